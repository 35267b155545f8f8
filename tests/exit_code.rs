//! rinit exits with the child's code, and with codes of its own only where it has failed itself. What it does
//! where a signal killed the child is in `deaths`.

use crate::harness;
use crate::harness::{Launch, Position, everywhere};
use nix::sys::resource::{Resource, setrlimit};
use std::os::unix::fs::PermissionsExt;

fn code_of(position: Position, options: &[&str], script: &str) -> i32 {
    Launch::init(position).args(options).shell(script).output().code()
}

#[test]
fn every_exit_code_of_the_child_is_the_inits_and_none_is_spoken_of() {
    everywhere(|position| {
        for code in 0..=255 {
            let output = Launch::init(position).shell(&format!("exit {code}")).output();
            assert_eq!((output.code(), output.stderr.as_str()), (code, ""));
        }
    });
}

#[test]
fn a_remapped_code_gives_the_new_one_and_0_if_none_is_named() {
    everywhere(|position| {
        assert_eq!(code_of(position, &["-e", "143"], "kill -TERM $$"), 0);
        assert_eq!(code_of(position, &["-e", "143"], "exit 143"), 0);
        assert_eq!(code_of(position, &["-e", "3:7"], "exit 3"), 7);
        assert_eq!(code_of(position, &["-e", "3:7", "-e", "0:3"], "exit 0"), 3);
        assert_eq!(code_of(position, &["-e", "3:7", "-e", "3:8"], "exit 3"), 8);
        assert_eq!(code_of(position, &["-e", "3:7"], "exit 4"), 4);
        assert_eq!(code_of(position, &["-e", "255:0", "-e", "0:255"], "exit 255"), 0);
    });
}

#[test]
fn a_program_that_is_not_found_gives_127() {
    everywhere(|position| {
        for (name, shown) in
            [("no-such-program", "no-such-program"), ("/no/such/program", "/no/such/program"), ("", "''")]
        {
            let output = Launch::init(position).env("PATH", "/usr/bin:/bin").command([name]).output();
            assert_eq!(output.code(), 127, "{output:?}");
            assert!(output.stderr.starts_with(&format!("rinit: spawn {shown}: ")), "{output:?}");
        }
    });
}

#[test]
fn a_program_that_cannot_be_executed_gives_126() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let below_a_file = file.join("program");
    everywhere(|position| {
        for path in [folder.path(), &file, &below_a_file] {
            let output = Launch::init(position).command([path]).output();
            assert_eq!(output.code(), 126, "{output:?}");
            assert!(output.stderr.starts_with(&format!("rinit: spawn {}: ", path.display())), "{output:?}");
        }
    });
}

#[test]
fn a_process_that_cannot_be_made_gives_125() {
    if !harness::is_root_or_skip("a limit on the processes of an unused user") {
        return;
    }
    let user = 1_000_000 + std::process::id(); // who has no other process, which would count as well
    let output = Launch::init(Position::Outside)
        .caller(move || {
            harness::must(setrlimit(Resource::RLIMIT_NPROC, 0, 0));
            harness::set_user(user);
        })
        .command(["/bin/true"])
        .output();
    assert_eq!(output.code(), 125);
    assert_eq!(
        output.stderr,
        "rinit: fork for /bin/true: resource temporarily unavailable\n\
         hint: raise pids.max, ulimit -u or memory\n"
    );
}
