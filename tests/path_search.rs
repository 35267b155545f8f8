//! The program is found as execvp(3) of the C library finds it, and as POSIX says under "Command Search and
//! Execution".

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::{Launch, Position, everywhere, must};
use nix::mount::{MsFlags, mount};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

impl Folder {
    /// A program that prints its name.
    fn program(&self, name: &str) {
        self.file(name, 0o755, format!("#!/bin/sh\necho {name}\n"));
    }

    /// Runs `command` from this folder with this PATH, or none: by the init or by execvp(3).
    fn run(&self, launch: Launch, path: Option<&str>) -> (i32, String, String) {
        let directory = self.path().to_owned();
        let launch = launch.no_environment().caller(move || must(nix::unistd::chdir(&directory)));
        let output = match path {
            Some(path) => launch.env("PATH", self.expand(path)),
            None => launch,
        }
        .output();
        (output.code(), output.stdout, output.stderr)
    }

    /// The same command by the init and by the C library; the init's exit code and output.
    fn same(&self, position: Position, path: Option<&str>, command: &[&str]) -> (i32, String) {
        let command: Vec<_> = command.iter().map(|word| self.expand(word)).collect();
        let (code, stdout, stderr) = self.run(Launch::init(position).command(&command), path);
        let by_libc = Launch::program(position, harness::probe()).args(["execvp"]).args(&command);
        let (libc_code, libc_stdout, libc_stderr) = self.run(by_libc, path);
        let context = format!("PATH {path:?}, {command:?}: {stderr}");
        assert_eq!((code, &stdout), (libc_code, &libc_stdout), "{context}");
        // Where the C library ran nothing that could print an error, rinit prints one.
        if libc_stderr.is_empty() && libc_code >= 126 {
            assert!(stderr.starts_with("rinit: spawn "), "{context}");
        } else {
            assert_eq!(stderr, libc_stderr, "{context}");
        }
        (code, stdout)
    }

    /// The command runs, and prints this.
    fn runs(&self, path: &str, command: &[&str], expected: &str) {
        everywhere(|position| {
            let ran = self.same(position, Some(path), command);
            assert_eq!(ran, (0, expected.to_owned()), "PATH {path:?}, {command:?}");
        });
    }

    /// The command cannot run: 127 if nothing was found, else 126; and rinit says which file, by this name.
    fn fails(&self, path: &str, command: &[&str], code: i32, named: &str) {
        everywhere(|position| {
            assert_eq!(self.same(position, Some(path), command), (code, String::new()), "PATH {path:?}");
            self.says(position, path, command, code, named);
        });
    }

    /// What rinit alone does with a command that cannot run.
    fn says(&self, position: Position, path: &str, command: &[&str], code: i32, named: &str) {
        let command: Vec<_> = command.iter().map(|word| self.expand(word)).collect();
        let output = self.run(Launch::init(position).command(&command), Some(path));
        assert_eq!((output.0, output.1.as_str()), (code, ""), "PATH {path:?}, {command:?}");
        assert!(output.2.starts_with(&self.expand(&format!("rinit: spawn {named}: "))), "{output:?}");
    }
}

/// limits.h(0p): with the NUL at its end, and without.
const PATH_MAX: usize = nix::libc::PATH_MAX as usize;
const NAME_MAX: usize = nix::libc::NAME_MAX as usize;

#[test]
fn the_first_match_wins() {
    let folder = Folder::new();
    folder.program("first/program");
    folder.program("second/program");
    folder.program("second/other");
    folder.runs("@/first:@/second", &["program"], "first/program\n");
    folder.runs("@/second:@/first", &["program"], "second/program\n");
    folder.runs("@/first:@/second", &["other"], "second/other\n");
    folder.runs("@/none:@/first", &["program"], "first/program\n");
    folder.fails("@/first", &["other"], 127, "other");
}

#[test]
fn a_name_with_a_slash_is_not_searched() {
    let folder = Folder::new();
    folder.program("in/sub/program");
    folder.program("sub/here");
    folder.runs("@/in", &["sub/here"], "sub/here\n");
    folder.runs("@/in", &["./sub/here"], "sub/here\n");
    folder.runs("", &["@/in/sub/program"], "in/sub/program\n");
    folder.fails("@/in", &["sub/program"], 127, "sub/program");
    folder.fails("@/in/sub", &["./program"], 127, "./program");
    folder.fails("@/in/sub", &["/program"], 127, "/program");
    folder.fails("@/in/sub", &["program/"], 127, "program/");
    folder.fails("@", &["sub/"], 126, "sub/");
}

#[test]
fn an_empty_element_is_the_current_directory() {
    let folder = Folder::new();
    folder.program("program");
    folder.program("other/program");
    folder.directory("none");
    for path in ["", ":", "::", ":@/none", "@/none:", "@/none::@/none", ":@/other", "@/none::@/other"] {
        folder.runs(path, &["program"], "program\n");
    }
    folder.runs("@/other:", &["program"], "other/program\n");
    folder.fails("@/none", &["program"], 127, "program");
    folder.fails(":@/none:", &["no-program"], 127, "no-program");
}

#[test]
fn an_element_may_be_relative_and_may_end_in_a_slash() {
    let folder = Folder::new();
    folder.program("sub/program");
    for path in ["sub", "./sub", "sub/", "sub//", "sub/.", "none:sub", "@/sub/"] {
        folder.runs(path, &["program"], "sub/program\n");
    }
    folder.fails(".", &["program"], 127, "program");
}

#[test]
fn an_empty_name_is_not_found() {
    let folder = Folder::new();
    folder.program("program");
    folder.fails("@", &[""], 127, "''");
    folder.fails("", &[""], 127, "''");
}

#[test]
fn the_search_goes_on_past_a_file_without_permission() {
    let folder = Folder::new();
    folder.file("denied/program", 0o644, "#!/bin/sh\n");
    folder.program("allowed/program");
    folder.directory("none");
    folder.runs("@/denied:@/allowed", &["program"], "allowed/program\n");
    folder.fails("@/denied", &["program"], 126, "@/denied/program");
    folder.fails("@/denied:@/none", &["program"], 126, "@/denied/program");
    folder.fails("@/none:@/denied:@/none:@/missing", &["program"], 126, "@/denied/program");
    folder.fails("@/none", &["@/denied/program"], 126, "@/denied/program");
}

#[test]
fn the_search_goes_on_past_a_directory_of_that_name() {
    let folder = Folder::new();
    folder.directory("one/program");
    folder.program("two/program");
    folder.runs("@/one:@/two", &["program"], "two/program\n");
    folder.fails("@/one:@/missing", &["program"], 126, "@/one/program");
}

#[test]
fn the_search_goes_on_past_a_folder_that_may_not_be_searched() {
    if !harness::is_root_or_skip("a process that becomes another user") {
        return;
    }
    let folder = Folder::new();
    folder.program("allowed/program");
    folder.program("denied/program");
    for (name, mode) in [(".", 0o755), ("allowed", 0o755), ("denied", 0o700)] {
        fs::set_permissions(folder.path().join(name), PermissionsExt::from_mode(mode)).unwrap();
    }
    // The other user may execute this copy, and cannot read root's folders.
    let copy = Folder::new();
    fs::set_permissions(copy.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let subject = copy.file("init", 0o755, fs::read(harness::subject()).unwrap());
    let run = |path: &str| {
        let launch = Launch::program(Position::Outside, &subject).command(["program"]);
        folder.run(launch.caller(|| harness::set_user(54321)), Some(path))
    };
    let (code, stdout, _) = run("@/denied:@/allowed");
    assert_eq!((code, stdout.as_str()), (0, "allowed/program\n"));
    let (code, _, stderr) = run("@/denied:@/none");
    assert_eq!(code, 126);
    assert!(stderr.starts_with(&folder.expand("rinit: spawn @/denied/program: ")), "{stderr}");
}

#[test]
fn the_search_goes_on_past_a_file_in_the_place_of_a_folder() {
    let folder = Folder::new();
    folder.file("file", 0o644, "");
    folder.program("folder/program");
    folder.runs("@/file:@/folder", &["program"], "folder/program\n");
    folder.runs("@/file/deeper:@/folder", &["program"], "folder/program\n");
    folder.fails("@/file:@/missing", &["program"], 127, "program");
    // The C library keeps the last folder's error, so that the order decides between 126 and 127. A
    // program that is in no folder is not found.
    everywhere(|position| {
        folder.says(position, "@/missing:@/file", &["program"], 127, "program");
        folder.says(position, "@/file", &["program"], 127, "program");
    });
}

#[test]
fn a_link_is_followed_and_a_dangling_one_is_not_there() {
    let folder = Folder::new();
    folder.program("real/program");
    folder.program("other/dangling");
    folder.directory("links");
    symlink("../real/program", folder.path().join("links/link")).unwrap();
    symlink("../real/none", folder.path().join("links/dangling")).unwrap();
    symlink("loop", folder.path().join("links/loop")).unwrap();
    folder.runs("@/links", &["link"], "real/program\n");
    folder.runs("@/links:@/other", &["dangling"], "other/dangling\n");
    folder.fails("@/links", &["dangling"], 127, "dangling");
    folder.fails("@/links", &["loop"], 126, "@/links/loop");
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    const SCRIPT: &str = "echo \"$0\" $#; for argument do echo \"<$argument>\"; done\n";
    let folder = Folder::new();
    folder.file("script", 0o755, SCRIPT);
    folder.file("bin/script", 0o755, SCRIPT);
    let arguments = ["a b", "", "--", "-c", "*", "-x"];
    let printed = "6\n<a b>\n<>\n<-->\n<-c>\n<*>\n<-x>\n";
    for (path, name, script) in [
        ("", "@/script", "@/script"),
        ("", "./script", "./script"),
        ("@/bin", "script", "@/bin/script"),
        ("bin", "script", "bin/script"),
        ("@/none:@/bin", "script", "@/bin/script"),
    ] {
        let expected = format!("{} {printed}", folder.expand(script));
        folder.runs(path, &[&[name], &arguments[..]].concat(), &expected);
        let expected = format!("{} 0\n", folder.expand(script));
        folder.runs(path, &[name], &expected);
    }
    // Without options and without `--` too.
    everywhere(|position| {
        let launch = Launch::init(position).args([folder.path().join("script")]).args(["a", "b"]);
        let (code, stdout, stderr) = folder.run(launch, None);
        let expected = format!("{} 2\n<a>\n<b>\n", folder.expand("@/script"));
        assert_eq!((code, stdout, stderr.as_str()), (0, expected, ""));
    });
}

#[test]
fn a_script_that_the_shell_runs_exits_with_its_own_code() {
    let folder = Folder::new();
    folder.file("script", 0o755, "exit 42\n");
    folder.file("empty", 0o755, "");
    folder.file("no-interpreter", 0o755, "#!\nexit 43\n");
    everywhere(|position| {
        assert_eq!(folder.same(position, Some("@"), &["script"]).0, 42);
        assert_eq!(folder.same(position, Some("@"), &["empty"]).0, 0);
        assert_eq!(folder.same(position, Some("@"), &["no-interpreter"]).0, 43);
    });
}

/// The shell decides what it does with them, and does the same after execvp(3).
#[test]
fn bytes_in_no_format_are_the_shells_to_complain_about() {
    let folder = Folder::new();
    folder.file("garbage", 0o755, [0x00, 0xff, 0x7f, b'E', b'L', b'F', 0x01, b'\n']);
    everywhere(|position| {
        for name in ["garbage", "@/garbage"] {
            assert_ne!(folder.same(position, Some("@"), &[name]).0, 0, "{name}");
        }
    });
}

/// execvp(3) hands it to the shell, which takes it for a script and complains of a syntax error in it.
#[test]
fn an_elf_file_that_the_kernel_cannot_execute_is_not_for_the_shell() {
    let folder = Folder::new();
    folder.file("one/program", 0o755, "\x7fELF\necho a shell ran this\n");
    folder.program("two/program");
    everywhere(|position| {
        let named = "@/one/program";
        folder.says(position, "@/one", &["program"], 126, named);
        folder.says(position, "", &["@/one/program"], 126, named);
        folder.says(position, "@/one:@/two", &["program"], 126, named); // it ends the search
    });
}

/// So do programs that are for several systems at once (actually portable executables), which are scripts on Linux.
#[test]
fn a_script_may_begin_with_the_letters_of_a_windows_program() {
    let folder = Folder::new();
    folder.file("program", 0o755, "MZqFpD='\n'\necho a shell ran this\n");
    folder.runs("@", &["program"], "a shell ran this\n");
}

#[test]
fn a_script_whose_interpreter_is_missing_is_not_found() {
    let folder = Folder::new();
    folder.file("one/script", 0o755, "#!/no/such/interpreter\n");
    folder.program("two/script");
    everywhere(|position| {
        assert_eq!(folder.same(position, Some("@/one"), &["script"]).0, 127);
        assert_eq!(folder.same(position, Some(""), &["@/one/script"]).0, 127);
    });
    folder.runs("@/one:@/two", &["script"], "two/script\n");
}

#[test]
fn a_script_whose_interpreter_may_not_be_executed_is_denied() {
    let folder = Folder::new();
    let interpreter = folder.file("interpreter", 0o644, "");
    folder.file("one/script", 0o755, format!("#!{}\n", interpreter.display()));
    folder.program("two/script");
    everywhere(|position| assert_eq!(folder.same(position, Some("@/one"), &["script"]).0, 126));
    folder.runs("@/one:@/two", &["script"], "two/script\n");
}

#[test]
fn a_name_that_is_too_long_for_a_file_cannot_be_executed() {
    let folder = Folder::new();
    let longest = "x".repeat(NAME_MAX);
    folder.program(&longest);
    folder.runs("@", &[&longest], &format!("{longest}\n"));
    everywhere(|position| {
        for length in [256, 4000, 4095, 4096, 5000, 100_000] {
            let name = "x".repeat(length);
            assert_eq!(folder.same(position, Some("@"), &[&format!("./{name}")]).0, 126, "{length}");
        }
        for length in [256, 4000] {
            assert_eq!(folder.same(position, Some("@"), &["x".repeat(length).as_str()]).0, 126, "{length}");
        }
    });
}

#[test]
fn an_element_that_is_too_long_is_passed_over() {
    let folder = Folder::new();
    folder.program("bin/program");
    folder.directory("none");
    let long = "/x".repeat(3000);
    folder.runs(&format!("{long}:@/bin"), &["program"], "bin/program\n");
    folder.runs(&format!("@/none:{long}:{long}:@/bin:{long}"), &["program"], "bin/program\n");
    folder.fails(&format!("@/none:{long}"), &["program"], 127, "program");
    // From where it fits with the name to where it does not. The C library gives up at an element
    // that is a few bytes too long, and passes over one that is longer; rinit passes over both.
    let root = folder.path().to_str().expect("a name of ours").len();
    everywhere(|position| {
        for length in 4080..=4100 {
            let path = format!("@/bin{}:@/bin", "/".repeat(length - root - "/bin".len()));
            let command = Launch::init(position).command(["program"]);
            let (code, stdout, stderr) = folder.run(command, Some(&path));
            assert_eq!((code, &*stdout, &*stderr), (0, "bin/program\n", ""), "{length}");
            let command = Launch::init(position).command(["program"]);
            let (code, ..) = folder.run(command, Some(path.strip_suffix(":@/bin").expect("it ends so")));
            let fits = length + "/program".len() < PATH_MAX;
            assert_eq!(code, if fits { 0 } else { 127 }, "{length}");
        }
        // A folder's name that is too long ends the search, as it does in the C library.
        let path = format!("/{}:@/bin", "x".repeat(NAME_MAX + 1));
        assert_eq!(folder.same(position, Some(&path), &["program"]).0, 126);
    });
}

#[test]
fn path_is_the_one_that_the_child_gets() {
    let folder = Folder::new();
    folder.program("bin/program");
    everywhere(|position| {
        let launch = Launch::init(position).args(["sh", "-c", "echo $PATH; exec program"]);
        let (code, stdout, _) = folder.run(launch, Some("@/bin:/bin"));
        assert_eq!((code, stdout), (0, folder.expand("@/bin:/bin\nbin/program\n")));
        // Names that only begin or end like it are other variables.
        let output = Launch::init(position)
            .no_environment()
            .env("PATHS", "/no/such")
            .env("XPATH", "/no/such")
            .env("PATH", folder.path().join("bin"))
            .env("PATH_", "/no/such")
            .command(["program"])
            .output();
        assert_eq!((output.code(), output.stdout.as_str()), (0, "bin/program\n"));
    });
}

#[test]
fn without_a_path_the_usual_folders_are_searched() {
    let folder = Folder::new();
    folder.program("no-such-program-elsewhere");
    everywhere(|position| {
        assert_eq!(folder.same(position, None, &["echo", "found"]), (0, "found\n".into()));
        // The current directory is not among them.
        assert_eq!(folder.same(position, None, &["no-such-program-elsewhere"]).0, 127);
    });
}

/// In a root file system of nothing but the init, copies of which are the programs; a file that
/// nothing can execute tells whether a folder is looked into before another.
#[test]
fn without_a_path_the_folders_are_usr_local_bin_then_bin_then_usr_bin() {
    const FOLDERS: [&str; 4] = ["usr/local/bin", "bin", "usr/bin", "sbin"];
    let init = fs::read(harness::subject()).unwrap();
    // Which of the folders have the program, and which have bytes in no format.
    let run = |programs: &[usize], garbage: &[usize]| {
        let root = Folder::new();
        root.file("init", 0o755, &init);
        for index in programs {
            root.file(&format!("{}/program", FOLDERS[*index]), 0o755, &init);
        }
        for index in garbage {
            root.file(&format!("{}/program", FOLDERS[*index]), 0o755, "garbage");
        }
        let path = root.path().to_owned();
        let enter = move || {
            must(nix::unistd::chroot(&path));
            must(nix::unistd::chdir("/"));
        };
        let launch = Launch::program(Position::Pid1, "/init").no_environment().caller(enter);
        launch.command(["program", "--version"]).output().code()
    };
    for (index, folder) in FOLDERS.into_iter().enumerate() {
        let expected = if folder == "sbin" { 127 } else { 0 };
        assert_eq!(run(&[index], &[]), expected, "{folder}");
    }
    for (earlier, later) in [(0, 1), (1, 2), (0, 2)] {
        assert_eq!(run(&[earlier], &[later]), 0, "{} before {}", FOLDERS[earlier], FOLDERS[later]);
        assert_eq!(run(&[later], &[earlier]), 126, "{} before {}", FOLDERS[earlier], FOLDERS[later]);
    }
}

#[test]
fn the_search_goes_on_past_a_file_system_without_programs() {
    let folder = Folder::new();
    folder.program("two/program");
    folder.directory("one");
    let one = folder.path().join("one");
    let program = one.join("program");
    let no_exec = move || {
        let flags = MsFlags::MS_NOEXEC;
        must(mount(Some("tmpfs"), &one, Some("tmpfs"), flags, None::<&str>));
        must(nix::fcntl::open(
            &program,
            nix::fcntl::OFlag::O_CREAT | nix::fcntl::OFlag::O_WRONLY,
            nix::sys::stat::Mode::from_bits_truncate(0o755),
        ));
    };
    let run = |path| {
        let launch = Launch::init(Position::Pid1).caller(no_exec.clone()).command(["program"]);
        folder.run(launch, Some(path))
    };
    assert_eq!(run("@/one:@/two").1, "two/program\n");
    let (code, _, stderr) = run("@/one");
    assert_eq!(code, 126);
    assert!(stderr.starts_with(&folder.expand("rinit: spawn @/one/program: ")), "{stderr}");
}
