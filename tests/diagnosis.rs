//! When the program cannot be executed, rinit says why in one line and, in a second, what to do about it.

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::{End, Launch, Position, everywhere, must};
use goblin::elf::Elf;
use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::{PermissionsExt, symlink};

/// Where in the file the number of its machine is, elf(5).
const MACHINE: usize = 18;

/// In both positions rinit fails to run the command, with this code and these lines. `@` is the folder.
fn says(folder: &Folder, command: &str, code: i32, lines: &str) {
    everywhere(|position| check(folder, Launch::init(position), command, code, lines));
}

fn check(folder: &Folder, launch: Launch, command: &str, code: i32, lines: &str) {
    let output = launch.command([folder.expand(command)]).output();
    assert_eq!(output.stderr, folder.expand(lines));
    assert_eq!((output.code(), output.stdout.as_str()), (code, ""));
}

/// As PID 1 of a root file system of nothing but the init and the files of this folder.
fn in_a_root_of(folder: &Folder) -> Launch {
    folder.file("rinit", 0o755, init());
    let root = folder.path().to_owned();
    Launch::program(Position::Pid1, "/rinit").no_environment().caller(move || {
        must(nix::unistd::chroot(&root));
        must(nix::unistd::chdir("/"));
    })
}

/// As another user, who may execute the init and get to the folder's files.
fn as_another_user(folder: &Folder) -> Launch {
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let init = folder.file("rinit", 0o755, init());
    Launch::program(Position::Outside, init).caller(|| harness::set_user(54321))
}

/// A program that is linked statically.
fn init() -> Vec<u8> {
    fs::read(harness::subject()).unwrap()
}

/// A program for the init's architecture that is linked dynamically.
fn dynamic() -> Vec<u8> {
    if harness::target().machine == goblin::elf::header::EM_386 {
        dynamic_i386()
    } else {
        fs::read(harness::probe()).unwrap()
    }
}

/// There is no compiler for one. This is the init, with the path of a loader at its end and, instead of what the
/// stack is to be, a program header that tells of it.
fn dynamic_i386() -> Vec<u8> {
    let mut program = init();
    let elf = Elf::parse(&program).unwrap();
    let is_stack =
        |header: &goblin::elf::ProgramHeader| header.p_type == goblin::elf::program_header::PT_GNU_STACK;
    let index = elf.program_headers.iter().position(is_stack).unwrap();
    let headers = elf.header.e_phoff as usize;
    let path = b"/lib/ld-linux-i386.so.2\0";
    let (offset, size) = (program.len() as u32, path.len() as u32);
    // Type, offset, addresses, sizes, flags and alignment, elf(5).
    let header = [goblin::elf::program_header::PT_INTERP, offset, offset, offset, size, size, 4, 1];
    let header = header.map(u32::to_le_bytes);
    program.copy_within(headers..headers + 32, headers + 32 * index); // it comes first, elf(5)
    program[headers..][..32].copy_from_slice(header.as_flattened());
    program.extend(path);
    program
}

/// Where in such a program the path of its loader is.
fn loader(program: &[u8]) -> Range<usize> {
    let elf = Elf::parse(program).unwrap();
    let headers = &elf.program_headers;
    headers
        .iter()
        .find(|header| header.p_type == goblin::elf::program_header::PT_INTERP)
        .unwrap()
        .file_range()
}

/// The program with another loader.
fn with_loader(mut program: Vec<u8>, path: &str) -> Vec<u8> {
    let range = loader(&program);
    program[range.clone()].fill(0);
    program[range][..path.len()].copy_from_slice(path.as_bytes());
    program
}

#[test]
fn a_carriage_return_in_the_shebang_is_named() {
    let folder = Folder::new();
    for content in ["#!/bin/sh\r\nexit 0\r\n", "#! /bin/sh\r\n", "#!/bin/sh\r"] {
        folder.file("script", 0o755, content);
        says(
            &folder,
            "@/script",
            127,
            "rinit: spawn @/script: no such file or directory\n\
             hint: @/script needs /bin/sh\\x0d, which is missing: \\x0d is a carriage return, use Unix line ends\n",
        );
    }
}

#[test]
fn a_missing_interpreter_is_named() {
    let folder = Folder::new();
    for line in ["#!/no/such", "#!/no/such\n", "#! \t /no/such\n", "#!/no/such -x y\n", "#!/no/such\t\r\n"] {
        folder.file("script", 0o755, line);
        says(
            &folder,
            "@/script",
            127,
            "rinit: spawn @/script: no such file or directory\n\
             hint: @/script needs /no/such, which is missing: install it or use another #! line\n",
        );
    }
}

#[test]
fn a_missing_loader_is_named() {
    let folder = Folder::new();
    folder.file("program", 0o755, with_loader(dynamic(), "/no/such/ld.so"));
    says(
        &folder,
        "@/program",
        127,
        "rinit: spawn @/program: no such file or directory\n\
         hint: @/program needs /no/such/ld.so, which is missing: add it or link statically\n",
    );
}

/// This happens to a program for one C library in an image that has another, or none.
#[test]
fn a_dynamically_linked_program_in_an_empty_image_needs_its_loader() {
    let folder = Folder::new();
    let program = dynamic();
    let loader = std::str::from_utf8(&program[loader(&program)]).unwrap().trim_end_matches('\0').to_owned();
    folder.file("program", 0o755, program);
    let expected = format!(
        "rinit: spawn /program: no such file or directory\n\
         hint: /program needs {loader}, which is missing: add it or link statically\n"
    );
    check(&folder, in_a_root_of(&folder), "/program", 127, &expected);
}

#[test]
fn what_the_interpreter_needs_is_named() {
    let folder = Folder::new();
    folder.file("interpreter", 0o755, with_loader(dynamic(), "/no/such/ld.so"));
    folder.file("script", 0o755, folder.expand("#!@/interpreter\n"));
    folder.file("outer", 0o755, folder.expand("#!@/script\n"));
    for script in ["script", "outer"] {
        let expected = format!(
            "rinit: spawn @/{script}: no such file or directory\n\
             hint: @/interpreter needs /no/such/ld.so, which is missing: add it or link statically\n"
        );
        says(&folder, &format!("@/{script}"), 127, &expected);
    }
}

#[test]
fn another_architecture_is_named() {
    let folder = Folder::new();
    let mut foreign = init();
    foreign[MACHINE..][..2].copy_from_slice(&0xbeefu16.to_le_bytes()); // no machine's number, and no emulator's
    folder.file("bin/foreign", 0o755, &foreign);
    everywhere(|position| {
        for command in ["@/bin/foreign", "foreign"] {
            check(
                &folder,
                Launch::init(position).env("PATH", folder.expand("@/bin")),
                command,
                126,
                &format!(
                    "rinit: spawn @/bin/foreign: exec format error\n\
                     hint: @/bin/foreign is not built for {}\n",
                    harness::target().name
                ),
            );
        }
    });
}

#[test]
fn a_missing_execute_permission_is_named() {
    let folder = Folder::new();
    folder.file("program", 0o644, init());
    says(
        &folder,
        "@/program",
        126,
        "rinit: spawn @/program: permission denied\n\
         hint: @/program is not executable: chmod +x it\n",
    );
}

#[test]
fn an_interpreter_without_execute_permission_is_named() {
    let folder = Folder::new();
    folder.file("interpreter", 0o644, init());
    folder.file("script", 0o755, folder.expand("#!@/interpreter\n"));
    says(
        &folder,
        "@/script",
        126,
        "rinit: spawn @/script: permission denied\n\
         hint: @/interpreter is not executable: chmod +x it\n",
    );
}

#[test]
fn another_users_program_is_named() {
    if !harness::is_root_or_skip("a process that becomes another user") {
        return;
    }
    let folder = Folder::new();
    folder.file("program", 0o744, init());
    folder.file("closed/program", 0o755, init());
    fs::set_permissions(folder.path().join("closed"), PermissionsExt::from_mode(0o700)).unwrap();
    check(
        &folder,
        as_another_user(&folder),
        "@/program",
        126,
        "rinit: spawn @/program: permission denied\n\
         hint: @/program is not executable: chmod +x it\n",
    );
    for (command, path) in [("@/closed/program", ""), ("program", "@/closed:@/none")] {
        check(
            &folder,
            as_another_user(&folder).env("PATH", folder.expand(path)),
            command,
            126,
            "rinit: spawn @/closed/program: permission denied\n\
             hint: @/closed is not executable: chmod +x it\n",
        );
    }
}

#[test]
fn a_noexec_mount_is_named() {
    let folder = Folder::new();
    folder.directory("mount");
    let directory = folder.path().join("mount");
    let program = directory.join("program");
    let launch = Launch::init(Position::Pid1).caller(move || {
        must(mount(Some("tmpfs"), &directory, Some("tmpfs"), MsFlags::MS_NOEXEC, None::<&str>));
        must(open(&program, OFlag::O_CREAT | OFlag::O_WRONLY, Mode::from_bits_truncate(0o755)));
    });
    check(
        &folder,
        launch,
        "@/mount/program",
        126,
        "rinit: spawn @/mount/program: permission denied\n\
         hint: @/mount/program is on a noexec mount: move it\n",
    );
}

#[test]
fn a_directory_is_named() {
    let folder = Folder::new();
    folder.directory("directory");
    folder.file("script", 0o755, folder.expand("#!@/directory\n"));
    for command in ["directory", "script"] {
        let expected = format!(
            "rinit: spawn @/{command}: permission denied\n\
             hint: @/directory is a directory\n"
        );
        says(&folder, &format!("@/{command}"), 126, &expected);
    }
}

#[test]
fn a_script_without_an_interpreter_line_needs_a_shell() {
    let folder = Folder::new();
    for content in ["exit 0\n", "#!\nexit 0\n", "#! \t\n", ""] {
        folder.file("script", 0o755, content);
        check(
            &folder,
            in_a_root_of(&folder),
            "/script",
            126,
            "rinit: spawn /script: exec format error\n\
             hint: /script needs /bin/sh, which is missing: install it or use another #! line\n",
        );
    }
}

#[test]
fn a_name_that_is_not_found_comes_with_the_path() {
    let folder = Folder::new();
    for (path, shown) in [
        (Some("@/none:/no/such"), "@/none:/no/such"),
        (Some(""), "''"),
        (None, "/usr/local/bin:/bin:/usr/bin"),
    ] {
        let expected = format!(
            "rinit: spawn no-such-program: not found in PATH\n\
             hint: searched in {shown}\n"
        );
        everywhere(|position| {
            let launch = Launch::init(position).no_environment();
            let launch = match path {
                Some(path) => launch.env("PATH", folder.expand(path)),
                None => launch,
            };
            check(&folder, launch, "no-such-program", 127, &expected);
        });
    }
}

#[test]
fn a_long_path_is_cut_short() {
    let folder = Folder::new();
    let expected = format!(
        "rinit: spawn no-such-program: not found in PATH\n\
         hint: searched in {}...\n",
        "x".repeat(128)
    );
    everywhere(|position| {
        let launch = Launch::init(position).env("PATH", "x".repeat(10_000));
        check(&folder, launch, "no-such-program", 127, &expected);
    });
}

#[test]
fn what_is_said_is_about_the_file_that_was_found() {
    let folder = Folder::new();
    folder.directory("none");
    folder.file("one/script", 0o755, "#!/no/such\n");
    folder.file("two/script", 0o755, "#!/no/such/either\n");
    folder.file("denied/program", 0o644, init());
    for (path, command, code, expected) in [
        (
            "@/none:/no/such:@/one:@/two",
            "script",
            127,
            "rinit: spawn @/one/script: no such file or directory\n\
             hint: @/one/script needs /no/such, which is missing: install it or use another #! line\n",
        ),
        (
            "@/none:@/denied:@/one",
            "program",
            126,
            "rinit: spawn @/denied/program: permission denied\n\
             hint: @/denied/program is not executable: chmod +x it\n",
        ),
    ] {
        everywhere(|position| {
            let launch = Launch::init(position).env("PATH", folder.expand(path));
            check(&folder, launch, command, code, expected);
        });
    }
}

#[test]
fn names_in_a_hint_are_bytes_that_do_no_harm() {
    let folder = Folder::new();
    folder.file("a\nb", 0o755, b"#!/no/\x1b[31m\xff\n");
    says(
        &folder,
        "@/a\nb",
        127,
        "rinit: spawn @/a\\x0ab: no such file or directory\n\
         hint: @/a\\x0ab needs /no/\\x1b[31m\\xff, which is missing: install it or use another #! line\n",
    );
}

/// The directory to which the command is relative is this folder.
fn in_the_folder(folder: &Folder, position: Position) -> Launch {
    let directory = folder.path().to_owned();
    Launch::init(position).caller(move || must(nix::unistd::chdir(&directory)))
}

/// A shell would print what comes after the first line.
#[test]
fn a_program_for_another_system_is_named_and_not_run_by_a_shell() {
    let folder = Folder::new();
    for (head, system) in [
        (&b"\xcf\xfa\xed\xfe\x0c\0\0\x01"[..], "macOS"), // magic(5): Mach-O, 64 bits, arm64
        (b"\xce\xfa\xed\xfe\x07\0\0\0", "macOS"),        // Mach-O, 32 bits, i386
        (b"MZ\x90\0\x03\0\0\0", "Windows"),              // PE
    ] {
        folder.file("program", 0o755, [head, b"\necho a shell ran this\n"].concat());
        let expected = format!(
            "rinit: spawn @/program: exec format error\n\
             hint: @/program is a {system} program\n"
        );
        says(&folder, "@/program", 126, &expected);
    }
}

#[test]
fn a_truncated_program_is_named() {
    let folder = Folder::new();
    let program = dynamic();
    for (length, reason) in [
        (20, "exec format error"),
        (100, "exec format error"),
        (loader(&program).start, "input/output error"),
    ] {
        folder.file("program", 0o755, &program[..length]);
        let expected = format!(
            "rinit: spawn @/program: {reason}\n\
             hint: @/program is truncated or no program\n"
        );
        says(&folder, "@/program", 126, &expected);
    }
}

/// The kernel says the same of these as of a script without a `#!` line, and a shell could read them.
#[test]
fn a_script_whose_interpreter_is_no_program_is_not_run_by_a_shell() {
    let folder = Folder::new();
    let mut foreign = init();
    foreign[MACHINE..][..2].copy_from_slice(&0xbeefu16.to_le_bytes());
    for (interpreter, what) in [
        (&foreign[..], format!("is not built for {}", harness::target().name)),
        (b"\xcf\xfa\xed\xfe\x0c\0\0\x01", "is a macOS program".to_owned()),
        (b"exit 0\n", "is truncated or no program".to_owned()),
    ] {
        folder.file("interpreter", 0o755, interpreter);
        folder.file("script", 0o755, folder.expand("#!@/interpreter\necho a shell ran this\n"));
        folder.file("outer", 0o755, folder.expand("#!@/script\necho a shell ran this\n"));
        for script in ["script", "outer"] {
            let expected = format!(
                "rinit: spawn @/{script}: exec format error\n\
                 hint: @/interpreter {what}\n"
            );
            says(&folder, &format!("@/{script}"), 126, &expected);
        }
    }
}

#[test]
fn the_directory_that_is_locked_is_named() {
    if !harness::is_root_or_skip("a process that becomes another user") {
        return;
    }
    let folder = Folder::new();
    folder.file("open/closed/below/program", 0o755, init());
    symlink("open/closed/below/program", folder.path().join("link")).unwrap();
    for (name, mode) in [("open", 0o755), ("open/closed", 0o766), ("open/closed/below", 0o700)] {
        fs::set_permissions(folder.path().join(name), PermissionsExt::from_mode(mode)).unwrap();
    }
    for (command, hint) in [
        ("@/open/closed/below/program", "@/open/closed is not executable: chmod +x it"),
        ("@/open//closed/below/none", "@/open//closed is not executable: chmod +x it"),
        ("@/link", "@/link is a broken link to open/closed/below/program"),
    ] {
        let expected = format!("rinit: spawn {command}: permission denied\nhint: {hint}\n");
        check(&folder, as_another_user(&folder), command, 126, &expected);
    }
}

#[test]
fn what_is_not_a_regular_file_is_named() {
    let folder = Folder::new();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, Mode::from_bits_truncate(0o755)).unwrap();
    for command in ["/dev/null", "@/fifo"] {
        let expected = format!(
            "rinit: spawn {command}: permission denied\n\
             hint: {command} is not a regular file\n"
        );
        says(&folder, command, 126, &expected);
    }
}

#[test]
fn it_is_said_where_a_dangling_link_leads() {
    let folder = Folder::new();
    symlink("../no-such-file", folder.path().join("dangling")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    let longest = "x".repeat(255);
    symlink(&longest, folder.path().join("long")).unwrap();
    let long = format!("long is a broken link to {}...", &longest[..128]);
    for (command, code, reason, hint) in [
        ("dangling", 127, "no such file or directory", "dangling is a broken link to ../no-such-file"),
        (
            "dangling/program",
            127,
            "no such file or directory",
            "dangling is a broken link to ../no-such-file",
        ),
        ("long", 127, "no such file or directory", &long),
        ("loop", 126, "too many levels of symbolic links", "loop is a broken link to loop"),
    ] {
        let expected = format!("rinit: spawn @/{command}: {reason}\nhint: @/{hint}\n");
        says(&folder, &format!("@/{command}"), code, &expected);
    }
}

#[test]
fn the_directory_that_is_missing_is_named() {
    let folder = Folder::new();
    folder.directory("directory");
    folder.file("file", 0o644, "");
    for (command, code, reason, hint) in [
        ("/no/such/directory/program", 127, "no such file or directory", "/no is missing"),
        ("@/directory/no/such/program", 127, "no such file or directory", "@/directory/no is missing"),
        ("@/file/below/program", 126, "not a directory", "@/file is not a directory"),
        ("@/file/", 126, "not a directory", "@/file is not a directory"),
    ] {
        says(&folder, command, code, &format!("rinit: spawn {command}: {reason}\nhint: {hint}\n"));
    }
}

#[test]
fn it_is_said_where_a_relative_path_begins() {
    let folder = Folder::new();
    folder.directory("directory");
    for (command, missing) in [
        ("./program", "./program"),
        ("directory/program", "directory/program"),
        ("../no-such-program", "../no-such-program"),
        ("no/such/program", "no"),
    ] {
        everywhere(|position| {
            let expected = format!(
                "rinit: spawn {command}: no such file or directory\n\
                 hint: {missing} is missing in @\n"
            );
            check(&folder, in_the_folder(&folder, position), command, 127, &expected);
        });
    }
}

#[test]
fn without_a_proc_it_is_not_said_where_a_relative_path_begins() {
    let folder = Folder::new();
    for (command, hint) in [("./program", ""), ("no/such/program", "hint: no is missing\n")] {
        let expected = format!("rinit: spawn {command}: no such file or directory\n{hint}");
        check(&folder, in_a_root_of(&folder), command, 127, &expected);
    }
}

#[test]
fn a_file_that_is_being_written_is_named() {
    let folder = Folder::new();
    folder.file("program", 0o755, init());
    folder.file("script", 0o755, "#!/bin/sh\n");
    for name in ["program", "script"] {
        everywhere(|position| {
            let path = folder.path().join(name);
            // The init inherits it, and so has the file open when its child is to execute it.
            let launch = Launch::init(position).caller(move || {
                must(open(&path, OFlag::O_WRONLY, Mode::empty()).map(std::os::fd::IntoRawFd::into_raw_fd));
            });
            let expected = format!(
                "rinit: spawn @/{name}: text file busy\n\
                 hint: @/{name} is open for writing\n"
            );
            check(&folder, launch, &format!("@/{name}"), 126, &expected);
        });
    }
}

#[test]
fn words_and_variables_are_a_shells_work() {
    let folder = Folder::new();
    for (name, reason) in [
        ("ps -o pid", "not found in PATH"),
        ("$APP", "not found in PATH"),
        ("/bin/ps -o pid", "no such file or directory"),
        ("$HOME/bin/program", "no such file or directory"),
        ("./program --option", "no such file or directory"),
    ] {
        let expected = format!(
            "rinit: spawn {name}: {reason}\n\
             hint: words and $ are a shell's work: sh -c\n"
        );
        says(&folder, name, 127, &expected);
    }
    // What is there has a name as any other.
    folder.file("my $app", 0o755, "#!/no/such\n");
    says(
        &folder,
        "@/my $app",
        127,
        "rinit: spawn @/my $app: no such file or directory\n\
         hint: @/my $app needs /no/such, which is missing: install it or use another #! line\n",
    );
}

#[test]
fn an_empty_name_may_be_a_variable_that_is_not_set() {
    let lines = "rinit: spawn '': no such file or directory\nhint: is a variable empty?\n";
    says(&Folder::new(), "", 127, lines);
}

#[test]
fn there_is_no_hint_where_none_helps() {
    says(&Folder::new(), "@/none", 127, "rinit: spawn @/none: no such file or directory\n");
}

/// 16 KiB, of which the kernel may leave up to 8 KiB unused in front of the arguments: many attempts, since how
/// much that is is random.
#[test]
fn a_small_stack_is_enough_to_say_why() {
    let folder = Folder::new();
    folder.file("denied", 0o644, init());
    folder.file("bad", 0o755, "#!/no/such\n");
    folder.file("foreign", 0o755, b"\x7fELF");
    folder.file("one", 0o755, folder.expand("#!@/two\n"));
    folder.file("two", 0o755, folder.expand("#!@/foreign\n"));
    folder.file("closed/program", 0o755, init());
    symlink("none", folder.path().join("dangling")).unwrap();
    fs::set_permissions(folder.path().join("closed"), PermissionsExt::from_mode(0o600)).unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let init = folder.file("rinit", 0o755, init());
    let is_root = nix::unistd::geteuid().is_root();
    for (command, code, hint) in [
        ("no-such-program", 127, "hint: searched in /no/such:/none"),
        ("$APP", 127, "hint: words and $ are"),
        ("./none", 127, "hint: ./none is missing"),
        ("/no/such/program", 127, "hint: /no is missing"),
        ("@/dangling", 127, "hint: @/dangling is a broken link"),
        ("@/denied", 126, "hint: @/denied is not executable"),
        ("@/bad", 127, "hint: @/bad needs /no/such"),
        ("@/foreign", 126, "hint: @/foreign is not built for"),
        ("@/one", 126, "hint: @/foreign is not built for"),
        ("@/closed/program", 126, "hint: @/closed is not executable"),
        ("/dev/null", 126, "hint: /dev/null is not a regular file"),
    ] {
        for _ in 0..50 {
            let launch = Launch::program(Position::Outside, &init).no_environment().caller(move || {
                if is_root {
                    harness::set_user(54321);
                }
                must(setrlimit(Resource::RLIMIT_CORE, 0, 0));
                must(setrlimit(Resource::RLIMIT_STACK, 16 * 1024, 16 * 1024));
            });
            let output = launch.env("PATH", "/no/such:/none").command([folder.expand(command)]).output();
            assert_eq!(output.end, End::Exited(code), "{command}: {output:?}");
            assert!(output.stderr.contains(&folder.expand(hint)), "{command}: {output:?}");
        }
    }
}

/// The stack is too small for a search without an end.
#[test]
fn scripts_that_are_each_others_interpreter_come_to_an_end() {
    let folder = Folder::new();
    folder.file("one", 0o755, folder.expand("#!@/two\n"));
    folder.file("two", 0o755, folder.expand("#!@/one\n"));
    everywhere(|position| {
        let launch = Launch::init(position).no_environment().caller(|| {
            let (_, hard) = must(getrlimit(Resource::RLIMIT_STACK));
            must(setrlimit(Resource::RLIMIT_STACK, 256 * 1024, hard));
        });
        let lines = "rinit: spawn @/one: too many levels of symbolic links\n";
        check(&folder, launch, "@/one", 126, lines);
    });
}
