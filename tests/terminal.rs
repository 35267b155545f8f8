//! The child gets the terminal if rinit has it, and what is typed there reaches the child.

use crate::harness;
use crate::harness::folder::Folder;
use crate::harness::shell::{BASH, job_has_terminal, shell, timeout_waits};
use crate::harness::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_Z, Terminal, ctrl_z_freezes_nothing};
use crate::harness::{Launch, Position, Running, eventually, eventually_eq, everywhere, proc};
use nix::libc;
use nix::unistd::{Pid, getpgid};
use std::os::fd::AsRawFd;

fn foreground(running: &Running) -> Pid {
    running.terminal().foreground()
}

/// Waits for a line with this word in it; returns the process ID at its end.
fn pid_after(running: &mut Running, word: &str) -> Pid {
    let line = running.stdout.expect_part(word);
    let number = line.split_whitespace().last().expect("a word");
    Pid::from_raw(number.parse().unwrap_or_else(|_| panic!("{line:?}")))
}

#[test]
fn the_childs_group_has_the_terminal_that_rinit_had() {
    everywhere(|position| {
        for options in [&[][..], &["-g"]] {
            let launch = Launch::init(position).args(options).on_terminal();
            let mut running = launch.probe(&["wait"]).start().ready();
            let child = running.child();
            assert_eq!(getpgid(Some(child)), Ok(child), "{options:?}");
            assert_eq!(foreground(&running), child, "{options:?}");
            assert!(running.is_running());
        }
    });
}

/// timeout(1) does that, and keeps the terminal, since it leads its group already.
#[test]
fn a_child_that_makes_a_group_of_its_own_can_read_and_be_interrupted() {
    everywhere(|position| {
        let launch = Launch::init(position).on_terminal();
        let script = "echo ready; read line; echo got $line; exec sleep 1000";
        let mut running = launch.command(["timeout", "1000", "sh", "-c", script]).start().ready();
        running.type_in("hello\n");
        running.stdout.expect("got hello");
        running.type_in(CTRL_C);
        assert_eq!(running.wait(), position.killed_by(libc::SIGINT));
    });
}

/// In a pipeline that takes it out of the foreground, and rinit forwards the keys' signals.
#[test]
fn a_child_that_left_the_group_of_a_pipeline_is_interrupted() {
    let mut running = shell("bash");
    running.type_in("sleep 1000 | $RINIT timeout 1000 $PROBE trap 2 5\n");
    running.stdout.expect("ready");
    job_has_terminal(&running);
    timeout_waits(&running);
    running.type_in(CTRL_C);
    running.stdout.expect("got 2");
    shell_is_back(&mut running);
}

/// A terminal whose name cannot be opened is still there, such as in a container with a `/dev` of its own.
#[test]
fn the_child_can_read_from_a_terminal_without_a_name() {
    use nix::mount::{MsFlags, mount};
    let nameless = || {
        let bind =
            |flags| mount(Some("/dev/tty"), "/dev/tty", None::<&str>, MsFlags::MS_BIND | flags, None::<&str>);
        harness::must(bind(MsFlags::empty()));
        harness::must(bind(MsFlags::MS_REMOUNT | MsFlags::MS_NODEV));
    };
    let launch = Launch::init(Position::Pid1).on_terminal().caller(nameless);
    let script = "echo </dev/tty || echo no name; echo ready; read line; echo got $line";
    let mut running = launch.shell(script).start();
    running.stdout.expect("no name");
    reads_what_is_typed(&mut running);
}

/// For [`Launch::caller`]: these standard streams are /dev/null.
fn redirect(streams: impl Iterator<Item = i32> + Clone + 'static) -> impl Fn() + 'static {
    move || {
        let null = harness::must(std::fs::File::options().read(true).write(true).open("/dev/null"));
        for stream in streams.clone() {
            // SAFETY: two descriptors.
            harness::must(match unsafe { libc::dup2(null.as_raw_fd(), stream) } {
                -1 => Err(()),
                _ => Ok(()),
            });
        }
    }
}

/// In an image's `/dev` there may be no name of a terminal, and what the program reads or prints may be elsewhere.
#[test]
fn pid_1_finds_its_terminal_on_any_of_its_standard_streams_and_needs_no_name_of_it() {
    use nix::mount::{MsFlags, mount};
    let no_dev = || harness::must(mount(Some("none"), "/dev", Some("tmpfs"), MsFlags::empty(), None::<&str>));
    for kept in 0..=2 {
        for options in [&[][..], &["-g"], &["--session"]] {
            let launch = Launch::init(Position::Pid1).args(options).on_terminal();
            let launch =
                launch.caller(redirect((0..=2).filter(move |stream| *stream != kept))).caller(no_dev);
            let running = launch.command(["/bin/sleep", "1000"]).start();
            let child = running.child();
            eventually_eq(child, || foreground(&running));
            assert_eq!(getpgid(Some(child)), Ok(child), "{options:?}");
        }
    }
}

/// A stream that is another terminal than the one that rinit's session has is none that can be given to the child.
#[test]
fn pid_1_looks_on_where_a_stream_is_a_terminal_of_another_session() {
    let (other, slave) = Terminal::open();
    let stdin_is_another = move || {
        // SAFETY: two descriptors.
        harness::must(match unsafe { libc::dup2(slave.as_raw_fd(), 0) } {
            -1 => Err(()),
            _ => Ok(()),
        });
    };
    let launch = Launch::init(Position::Pid1).on_terminal().caller(stdin_is_another);
    let running = launch.command(["/bin/sleep", "1000"]).start();
    let child = running.child();
    eventually_eq(child, || foreground(&running));
    drop(other);
}

/// Elsewhere than as PID 1 a program may have its streams redirected and use its terminal by name, like a pager.
#[test]
fn outside_pid_1_the_terminal_is_found_by_its_name() {
    let keep_it = || {
        // SAFETY: two descriptors. A terminal that no program has open ends what is read at its other end.
        unsafe { libc::dup2(0, 9) };
    };
    let launch = Launch::init(Position::Outside).on_terminal().caller(keep_it).caller(redirect(0..=2));
    let script = "exec <>/dev/tty >&0; echo ready; read line; echo got $line";
    let mut running = launch.shell(script).start();
    reads_what_is_typed(&mut running);
    assert_eq!(running.code(), 0);
}

/// `unshare … rinit` in a shell, or an engine's `run` without `-t`: none of its streams is the terminal, so that rinit
/// has none, leaves it to whoever has it, and forwards what is typed there.
#[test]
fn pid_1_without_a_stream_on_it_leaves_a_shells_terminal_and_forwards_its_keys() {
    let folder = Folder::new();
    let file = folder.path().join("output");
    let printed = || std::fs::read_to_string(&file).unwrap_or_default();
    let mut running = shell("bash");
    let line = format!(
        "{} $RINIT -- $PROBE trap 2 5 </dev/null >{} 2>&1; echo code $?\n",
        unshare(),
        file.display()
    );
    running.type_in(&line);
    eventually_eq("ready\n".to_owned(), printed);
    let child = harness::below(running.pid, "probe");
    let job = foreground(&running);
    assert_ne!(job, running.pid);
    assert_ne!(getpgid(Some(child)), Ok(job));
    running.type_in(CTRL_C);
    running.stdout.expect("code 5");
    assert_eq!(printed(), "ready\ngot 2\n");
    shell_is_back(&mut running);
}

/// With one of them left it has the terminal, and gives it to the child.
#[test]
fn pid_1_with_one_stream_on_it_gives_the_child_a_shells_terminal() {
    for redirections in ["</dev/null >/dev/null", "</dev/null 2>/dev/null", ">/dev/null 2>&1"] {
        let mut running = shell("bash");
        let script = "exec <>/dev/tty >&0; echo ready; read line; echo got $line";
        running.type_in(&format!("{} $RINIT sh -c '{script}' {redirections}\n", unshare()));
        reads_what_is_typed(&mut running);
        shell_is_back(&mut running);
    }
}

#[test]
fn the_child_can_read_from_the_terminal() {
    everywhere(|position| {
        let launch = Launch::init(position).on_terminal();
        let mut running = launch.shell("echo ready; read line; echo got $line").start().ready();
        running.type_in("hello\n");
        running.stdout.expect("got hello");
        assert_eq!(running.code(), 0);
    });
}

#[test]
fn ctrl_c_and_ctrl_backslash_end_the_child_once() {
    everywhere(|position| {
        for (key, signal) in [(CTRL_C, libc::SIGINT), (CTRL_BACKSLASH, libc::SIGQUIT)] {
            let launch = Launch::init(position).on_terminal();
            let mut running = launch.probe(&["signals"]).start().ready();
            running.type_in(key);
            assert_eq!(running.stdout.next(), signal.to_string());
            // And nothing came twice.
            running.signal(harness::last_signal());
            assert_eq!(running.stdout.next(), harness::last_signal().to_string());

            let mut running =
                Launch::init(position).on_terminal().shell("echo ready; exec sleep 1000").start().ready();
            running.type_in(key);
            assert_eq!(running.wait(), position.killed_by(signal));
        }
    });
}

#[test]
fn a_new_size_of_the_terminal_is_told_to_the_child_once() {
    everywhere(|position| {
        let mut running = Launch::init(position).on_terminal().probe(&["signals"]).start().ready();
        running.terminal().resize(30, 100);
        assert_eq!(running.stdout.next(), libc::SIGWINCH.to_string());
        running.signal(harness::last_signal());
        assert_eq!(running.stdout.next(), harness::last_signal().to_string());
    });
}

/// As PID 1, or as the leader of a session, rinit has no shell behind it.
#[test]
fn ctrl_z_freezes_nothing_where_there_is_no_shell() {
    everywhere(|position| {
        for options in [&[][..], &["-g"]] {
            let launch = Launch::init(position).args(options).on_terminal();
            let mut running = ctrl_z_freezes_nothing(launch);
            running.type_in(CTRL_C);
            assert_eq!(running.wait(), position.killed_by(libc::SIGINT));
        }
    });
}

/// It stops its jobs, continues them and gives them the terminal.
#[test]
fn a_shell_has_job_control_as_the_child_of_pid_1() {
    for options in [&[][..], &["-g"]] {
        let launch = Launch::init(Position::Pid1).args(options).on_terminal().env("PS1", "");
        let mut running = launch.command(BASH).start();
        running.type_in("sh -c 'echo ready; exec sleep 1000'\n");
        running.stdout.expect("ready");
        let job = foreground(&running);
        running.type_in(CTRL_Z);
        running.stdout.expect_part("Stopped");
        running.type_in("bg; jobs\n");
        running.stdout.expect_part("Running");
        running.type_in("fg\n");
        eventually_eq(job, || foreground(&running));
        running.type_in(CTRL_C);
        eventually("the shell to be in the foreground", || (foreground(&running) != job).then_some(()));
        running.type_in("exit 7\n");
        assert_eq!(running.code(), 7);
    }
}

/// Only keys are undone under PID 1: this signal was sent on purpose.
#[test]
fn a_child_that_is_stopped_by_sigstop_stays_so() {
    for options in [&["-vv"][..], &["-gvv"]] {
        let launch = Launch::init(Position::Pid1).args(options).on_terminal();
        let mut running = launch.shell("echo ready; exec sleep 1000").start().ready();
        let child = running.child();
        harness::send(child, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(child));
        // The init has had its SIGCHLD by the time that it has forwarded something else.
        running.signal(libc::SIGUSR1);
        running.stdout.expect_part("forward SIGUSR1");
        assert_eq!(proc::state(child), Some('T'));
    }
}

/// Checks that a program gets what is typed once it has printed `ready`.
fn reads_what_is_typed(running: &mut Running) {
    running.stdout.expect("ready");
    running.type_in("hello\n");
    running.stdout.expect("got hello");
}

/// Checks that the shell reads commands again.
fn shell_is_back(running: &mut Running) {
    running.type_in("echo back\n");
    running.stdout.expect("back");
}

#[test]
fn a_background_job_leaves_the_terminal_to_the_shell() {
    for name in ["bash", "dash"] {
        let mut running = shell(name);
        running.type_in("$RINIT -- $PROBE wait & echo job $!\n");
        let init = pid_after(&mut running, "job ");
        let child = eventually("the child", || proc::children(init).first().copied());
        eventually_eq(Some("probe".into()), || proc::name(child));
        assert_eq!(foreground(&running), running.pid);
        assert_eq!(getpgid(Some(child)), Ok(child));
        running.type_in("echo still here\n");
        running.stdout.expect("still here");
        running.type_in("kill -KILL %1\n");
        harness::send(child, libc::SIGKILL);
    }
}

#[test]
fn a_foreground_job_has_the_terminal_and_the_shell_has_it_back_after() {
    for name in ["bash", "dash"] {
        let mut running = shell(name);
        running.type_in("$RINIT -- sh -c 'echo ready; read line; echo got $line'\n");
        reads_what_is_typed(&mut running);
        shell_is_back(&mut running);
    }
}

/// `rinit | reader`: the reader of the terminal is another member of the pipeline.
#[test]
fn another_member_of_a_pipeline_keeps_its_terminal() {
    for name in ["bash", "dash"] {
        let mut running = shell(name);
        running.type_in(
            "$RINIT sh -c 'echo ready; exec sleep 1000' | \
             sh -c 'read line; echo $line; read line </dev/tty; echo got $line'\n",
        );
        reads_what_is_typed(&mut running);
        running.type_in(CTRL_C);
        shell_is_back(&mut running);
    }
}

/// `x | rinit reader`: the child reads from the terminal, like a pager does.
#[test]
fn the_child_keeps_its_terminal_as_a_member_of_a_pipeline() {
    for name in ["bash", "dash"] {
        let mut running = shell(name);
        running.type_in("sleep 1000 | $RINIT sh -c 'echo ready; read line </dev/tty; echo got $line'\n");
        reads_what_is_typed(&mut running);
        running.type_in(CTRL_C);
        shell_is_back(&mut running);
    }
}

/// How a user makes a PID namespace within a session.
fn unshare() -> &'static str {
    if nix::unistd::geteuid().is_root() { "unshare -pf" } else { "unshare -Urpf" }
}

/// rinit is PID 1 there, and in the process group of a job of the shell outside.
#[test]
fn a_namespace_in_the_background_leaves_the_terminal_to_the_shell() {
    let mut running = shell("bash");
    running.type_in(&format!("{} $RINIT -- $PROBE wait & echo job $!\n", unshare()));
    let job = pid_after(&mut running, "job ");
    let probe = harness::below(job, "probe");
    assert_eq!(foreground(&running), running.pid);
    running.type_in("echo still here\n");
    running.stdout.expect("still here");
    harness::send(probe, libc::SIGKILL);
}

/// A script is one job: what comes after rinit, or after a namespace that rinit was PID 1 of, reads
/// from the terminal as well.
#[test]
fn a_script_keeps_its_terminal_after_rinit() {
    for command in ["", unshare()] {
        let mut running = shell("bash");
        let script = format!("sh -c '{command} $RINIT true; echo ready; read line; echo got $line'\n");
        running.type_in(&script);
        reads_what_is_typed(&mut running);
    }
}

/// The next line with something in it: the shell goes to a new line when a job is interrupted.
fn next_word(running: &mut Running) -> String {
    std::iter::repeat_with(|| running.stdout.next()).find(|line| !line.is_empty()).expect("it never ends")
}

#[test]
fn ctrl_c_reaches_the_child_in_a_pipeline_once() {
    let mut running = shell("bash");
    running.type_in("sleep 1000 | $RINIT $PROBE signals\n");
    running.stdout.expect("ready");
    job_has_terminal(&running);
    running.type_in(CTRL_C);
    assert_eq!(next_word(&mut running), libc::SIGINT.to_string());
    let probe = harness::below(running.pid, "probe");
    let init = proc::parent(probe).expect("it runs");
    harness::send(init, harness::last_signal());
    assert_eq!(next_word(&mut running), harness::last_signal().to_string());
    harness::send(probe, libc::SIGKILL);
}
