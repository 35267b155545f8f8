//! `--install`: a copy of rinit, for an init container whose image holds nothing but rinit.

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::trace::{self, Stop};
use crate::harness::{End, Launch, Output, Position, everywhere, must};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::{Mode, umask};
use std::fs;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

fn installing(position: Position, path: &Path) -> Launch {
    Launch::init(position).args(["--install".as_ref(), path.as_os_str()])
}

/// It succeeds, and says nothing.
fn installs(launch: Launch) {
    let output = launch.output();
    assert_eq!((output.code(), output.stdout.as_str(), output.stderr.as_str()), (0, "", ""));
}

/// The file is the init under test, to the last byte, and everybody may execute it.
fn is_a_copy(file: &Path) {
    assert!(fs::read(file).unwrap() == fs::read(harness::subject()).unwrap(), "{file:?} differs");
    assert_eq!(format!("{:o}", fs::symlink_metadata(file).unwrap().mode()), "100755");
}

fn names(directory: &Path) -> Vec<String> {
    let names =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Runs a script as PID 1 of namespaces of its own, in which `@` is the folder and `$init` the init under test.
fn in_a_namespace(folder: &Folder, script: &str) -> Output {
    let script = folder.expand(script);
    Launch::program(Position::Pid1, "/bin/sh").args(["-c", &script]).env("init", harness::subject()).output()
}

#[test]
fn the_copy_is_the_same_file_and_runs() {
    everywhere(|position| {
        let folder = Folder::new();
        installs(installing(position, &folder.path().join("init")));
        assert_eq!(names(folder.path()), ["init"]);
        let copy = folder.path().join("init");
        is_a_copy(&copy);
        let output = Launch::program(position, &copy).args(["-v"]).shell("exit 3").output();
        assert!(output.code() == 3 && output.stderr.ends_with("exited with code 3\n"), "{output:?}");
    });
}

#[test]
fn a_path_is_absolute_or_relative_and_one_argument_with_the_option_or_another() {
    let folder = Folder::new();
    for path in ["./a", "b", "../c", "@//d"] {
        let [one, other] = [folder.expand(path), folder.expand(path) + "2"];
        let directory = folder.path().join("x");
        folder.directory("x");
        for arguments in [&[format!("--install={one}")][..], &["--install".into(), other]] {
            let directory = directory.clone();
            installs(
                Launch::init(Position::Outside)
                    .args(arguments)
                    .caller(move || must(nix::unistd::chdir(&directory))),
            );
        }
    }
    assert_eq!(names(&folder.path().join("x")), ["a", "a2", "b", "b2"]);
    assert_eq!(names(folder.path()), ["c", "c2", "d", "d2", "x"]);
}

/// Whatever name it has been started by.
#[test]
fn in_a_directory_it_is_named_rinit() {
    let folder = Folder::new();
    folder.directory("directory");
    let directory = folder.path().join("directory");
    std::os::unix::fs::symlink(&directory, folder.path().join("link")).unwrap();
    let tini = folder.path().join("tini");
    std::os::unix::fs::symlink(harness::subject(), &tini).unwrap();
    for (init, to) in [(harness::subject(), "directory"), (tini.into(), "link/")] {
        installs(Launch::program(Position::Outside, init).args(["--install"]).args([folder.path().join(to)]));
        assert_eq!(names(&directory), ["rinit"]);
        is_a_copy(&directory.join("rinit"));
        fs::remove_file(directory.join("rinit")).unwrap();
    }
}

#[test]
fn every_user_may_execute_it_whatever_the_umask_is() {
    let folder = Folder::new();
    for mask in [0, 0o022, 0o077, 0o777] {
        let path = folder.path().join(format!("{mask:o}"));
        let caller = move || {
            umask(Mode::from_bits_truncate(mask));
        };
        installs(installing(Position::Outside, &path).caller(caller));
        is_a_copy(&path);
    }
}

#[test]
fn an_ordinary_user_can_install_it() {
    if !harness::is_root_or_skip("a process that becomes another user") {
        return;
    }
    let folder = Folder::new();
    folder.directory("theirs");
    let directory = folder.path().join("theirs");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::chown(&directory, Some(54321), None).unwrap();
    // They may execute this one and not read it.
    let init = folder.file("init", 0o711, fs::read(harness::subject()).unwrap());
    let launch = Launch::program(Position::Pid1, init).args(["--install".as_ref(), directory.as_os_str()]);
    installs(launch.caller(|| harness::set_user(54321)));
    is_a_copy(&directory.join("rinit"));
    assert_eq!(fs::metadata(directory.join("rinit")).unwrap().uid(), 54321);
}

/// A file of the old name that somebody holds is the old one, and a link's target is not touched.
#[test]
fn what_was_there_is_replaced_and_not_overwritten() {
    let folder = Folder::new();
    folder.file("old", 0o600, "old");
    let path = folder.path().join("init");
    let ways: [fn(&Path, &Path) -> io::Result<()>; 2] =
        [|old, path| fs::hard_link(old, path), |old, path| std::os::unix::fs::symlink(old, path)];
    for make in ways {
        make(&folder.path().join("old"), &path).unwrap();
        installs(installing(Position::Outside, &path));
        is_a_copy(&path);
        assert_eq!(fs::read(folder.path().join("old")).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["init", "old"]);
        fs::remove_file(&path).unwrap();
    }
}

/// The control is a copy by `cat`: the kernel refuses to write to a program that runs.
#[test]
fn it_replaces_a_running_init_and_itself() {
    let folder = Folder::new();
    let path = folder.file("init", 0o755, fs::read(harness::subject()).unwrap());
    let mut running =
        Launch::program(Position::Pid1, &path).shell("echo ready; exec sleep 1000").start().ready();
    let control = fs::OpenOptions::new().write(true).open(&path);
    assert_eq!(control.unwrap_err().raw_os_error(), Some(nix::libc::ETXTBSY));
    for init in [harness::subject(), path.clone().into()] {
        installs(Launch::program(Position::Outside, init).args(["--install"]).args([&path]));
        is_a_copy(&path);
    }
    assert!(running.is_running());
    assert_eq!(Launch::program(Position::Pid1, &path).shell("exit 5").output().code(), 5);
    running.signal(nix::libc::SIGKILL);
    running.wait();
}

/// As in the containers of several pods that have a folder of the machine in common, in which rinit has the same
/// process ID.
#[test]
fn many_can_install_it_at_the_same_time() {
    let folder = Folder::new();
    let path = folder.path().join("init");
    for _ in 0..4 {
        let all: Vec<_> = (0..16).map(|_| installing(Position::Pid1, &path).start()).collect();
        for mut running in all {
            assert_eq!((running.code(), running.stderr.rest().as_str()), (0, ""));
            is_a_copy(&path);
        }
        assert_eq!(names(folder.path()), ["init"]);
    }
}

#[test]
fn what_a_killed_one_has_left_is_in_nobodys_way() {
    let folder = Folder::new();
    let path = folder.path().join("init");
    let (mut running, tracee) = trace::start(installing(Position::Outside, &path), |running| running.pid);
    while tracee.go_on() != Stop::Call(nix::libc::SYS_write) {}
    running.signal(nix::libc::SIGKILL);
    assert_eq!(running.wait(), End::Killed(nix::libc::SIGKILL));
    let left = names(folder.path());
    assert!(left.len() == 1 && left[0].starts_with("init."), "{left:?}");

    installs(installing(Position::Outside, &path));
    is_a_copy(&path);
    assert_eq!(names(folder.path()), ["init", &left[0]]);
}

#[test]
fn a_full_disk_keeps_the_old_file() {
    let folder = Folder::new();
    let output = in_a_namespace(
        &folder,
        "mount -t tmpfs -o size=16k none @ && echo old >@/init
         $init --install @/init; echo $?
         $init --install @; echo $?
         ls -A @; cat @/init",
    );
    let expected =
        "rinit: install @/init: no space left on device\nrinit: install @: no space left on device\n";
    assert_eq!(output.stdout, "125\n125\ninit\nold\n");
    assert_eq!(output.stderr, folder.expand(expected));
}

#[test]
fn what_cannot_be_written_to_is_named() {
    let folder = Folder::new();
    folder.file("file", 0o644, "old");
    folder.directory("directory/rinit");
    folder.directory("none");
    let long = "x".repeat(256);
    let longer = "x/".repeat(1000);
    for (path, reason) in [
        ("@/no/init", "no such file or directory"),
        ("@/no/", "no such file or directory"),
        ("@/file/init", "not a directory"),
        ("@/directory", "is a directory"),
        ("", "no such file or directory"),
        (&format!("@/{long}"), "file name too long"),
        (&longer, "file name too long"),
        ("/proc/init", "no such file or directory"),
    ] {
        let path = folder.expand(path);
        let directory = folder.path().join("none");
        let caller = move || must(nix::unistd::chdir(&directory));
        let output = installing(Position::Pid1, Path::new(&path)).caller(caller).output();
        let shown = match path.len() {
            0 => "''".into(),
            129.. => format!("{}...", &path[..128]),
            _ => path,
        };
        assert_eq!(output.stderr, format!("rinit: install {shown}: {reason}\n"));
        assert_eq!((output.code(), output.stdout.as_str()), (125, ""));
    }
    assert_eq!(names(folder.path()), ["directory", "file", "none"]);
    assert_eq!(names(&folder.path().join("directory")), ["rinit"]);
    assert_eq!(names(&folder.path().join("none")), [""; 0]);
}

#[test]
fn so_is_a_file_system_that_is_mounted_read_only() {
    let folder = Folder::new();
    folder.directory("mount");
    let script = "mount -t tmpfs -o ro none @/mount; $init --install @/mount/init; $init --install @/mount";
    let expected = "rinit: install @/mount/init: read-only file system\n\
                    rinit: install @/mount: read-only file system\n";
    assert_eq!(in_a_namespace(&folder, script).stderr, folder.expand(expected));
}

#[test]
fn so_is_what_the_user_may_not_write_to() {
    if !harness::is_root_or_skip("a process that becomes another user") {
        return;
    }
    let folder = Folder::new();
    folder.directory("closed");
    let closed = folder.path().join("closed");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    // The second may not even be entered, and there would be room beside it.
    for mode in [0o755, 0o700] {
        fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
        for path in [closed.clone(), closed.join("init")] {
            let output = installing(Position::Outside, &path).caller(|| harness::set_user(54321)).output();
            let expected = format!("rinit: install {}: permission denied\n", path.display());
            assert_eq!((output.code(), output.stderr), (125, expected));
        }
    }
    assert_eq!(names(folder.path()), ["closed"]);
    assert_eq!(names(&closed), [""; 0]);
}

/// As tini 1, as dumb-init and catatonit 1, which have no such option.
#[test]
fn under_another_inits_name_a_failure_has_that_inits_code() {
    for (name, code) in [("tini", 1), ("dumb-init", 1), ("catatonit", 1), ("pause", 1)] {
        let init = harness::names().join(name);
        let output = Launch::program(Position::Outside, init).args(["--install", "/no/init"]).output();
        let said = "rinit: install /no/init: no such file or directory\n";
        assert_eq!((output.code(), output.stderr.as_str()), (code, said), "{name}");
    }
}

/// The root directory holds rinit and a folder that is to be written to, and no /proc.
#[test]
fn it_needs_nothing_but_itself() {
    let folder = Folder::new();
    folder.file("root/rinit", 0o755, fs::read(harness::subject()).unwrap());
    folder.directory("root/shared");
    let root = folder.path().join("root");
    let launch = Launch::program(Position::Pid1, "/rinit").args(["--install", "/shared"]);
    installs(launch.caller(move || must(nix::unistd::chroot(&root))));
    is_a_copy(&folder.path().join("root/shared/rinit"));
}

/// Nobody could find it by one that is gone, or was never there.
#[test]
fn its_file_is_looked_up_by_no_name() {
    let folder = Folder::new();
    let output = in_a_namespace(
        &folder,
        "cp $init @/gone; exec 3<@/gone; rm @/gone; exec /proc/self/fd/3 --install @/a",
    );
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""));
    is_a_copy(&folder.path().join("a"));

    let init = fs::read(harness::subject()).unwrap();
    let mut file = fs::File::from(memfd_create(c"init", MFdFlags::empty()).unwrap());
    file.write_all(&init).unwrap();
    let b = folder.path().join("b");
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    installs(Launch::program(Position::Outside, path).args(["--install".as_ref(), b.as_os_str()]));
    is_a_copy(&b);
}
