//! A step of `--stop` in single quotes is a line that is written to the child's standard input: into the pipe that
//! this is, or into one that rinit has put in the place of nothing. Anything else is refused before the spawn.

use crate::command_line::refusals::Marker;
use crate::harness;
use crate::harness::terminal::CTRL_C;
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, must, proc, send};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, dup2_stdin};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::{Duration, Instant};

const STOP: [&str; 2] = ["--stop", "'stop'/1000/KILL"];

/// A step for the caller: this is standard input.
fn stdin(descriptor: impl Into<OwnedFd>) -> impl Fn() + 'static {
    let descriptor = descriptor.into();
    move || must(dup2_stdin(&descriptor))
}

fn pipe() -> (OwnedFd, File) {
    let (reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
    (reader, writer.into())
}

/// A step for the caller: these descriptors are closed.
fn closed(descriptors: &'static [i32]) -> impl Fn() + 'static {
    || descriptors.iter().for_each(|descriptor| must(nix::unistd::close(*descriptor)))
}

fn nothing() -> [Box<dyn Fn()>; 2] {
    [Box::new(|| {}), Box::new(closed(&[0]))]
}

/// A child that prints what it reads and the signals that it gets, with this caller.
fn console(position: Position, options: &[&str], caller: impl Fn() + 'static) -> Running {
    Launch::init(position).args(options).caller(caller).probe(&["console"]).start().ready()
}

fn stops_with(mut running: Running, line: &str) {
    running.signal(libc::SIGTERM);
    assert_eq!(running.stdout.next(), line);
}

#[test]
fn a_line_is_written_into_the_pipe_that_standard_input_is() {
    everywhere(|position| {
        let (reader, mut writer) = pipe();
        let mut running = console(position, &STOP, stdin(reader));
        writer.write_all(b"say hello\n").unwrap();
        assert_eq!(running.stdout.next(), "\"say hello\"");
        stops_with(running, "\"stop\"");
    });
}

#[test]
fn a_fifo_by_name_is_such_a_pipe() {
    everywhere(|position| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        nix::unistd::mkfifo(&path, Mode::S_IRWXU).unwrap();
        // Opened both ways, it has a writer as long as it is open.
        let fifo = File::options().read(true).write(true).open(&path).unwrap();
        let mut writer = fifo.try_clone().unwrap();
        let mut running = console(position, &STOP, stdin(fifo));
        writer.write_all(b"say hello\n").unwrap();
        assert_eq!(running.stdout.next(), "\"say hello\"");
        stops_with(running, "\"stop\"");
    });
}

/// As with `docker run -d`. It waits for a line where it would have read the end.
#[test]
fn where_the_caller_gives_nothing_the_line_comes_from_rinit() {
    everywhere(|position| {
        for caller in nothing() {
            let mut running = console(position, &["--stop", "'stop'/10ms/'quit'/1000/KILL"], caller);
            running.signal(libc::SIGTERM);
            assert_eq!([running.stdout.next(), running.stdout.next()], ["\"stop\"", "\"quit\""]);
            assert_eq!(running.code(), 5);
            assert_eq!(running.stderr.rest(), "");
        }
        // The control: without a line standard input is what the caller gave.
        let mut running = console(position, &["--stop", "TERM/1000/KILL"], || {});
        assert_eq!(running.stdout.next(), "end");
    });
}

/// rinit must not hold the other end of the caller's pipe.
#[test]
fn the_end_of_the_callers_pipe_is_seen() {
    everywhere(|position| {
        let (reader, writer) = pipe();
        let mut running = console(position, &STOP, stdin(reader));
        drop(writer);
        assert_eq!(running.stdout.next(), "end");
    });
}

/// The descriptors of a process, and what they are: of a pipe without its number.
fn descriptors(pid: Pid) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().map(|entry| entry.unwrap());
    let describe = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let target = target.to_str().unwrap().split(":[").next().unwrap().to_owned();
        format!("{} {target}", entry.file_name().to_str().unwrap())
    };
    let mut all: Vec<_> = entries.map(describe).collect();
    all.sort();
    all
}

#[test]
fn the_child_inherits_no_other_descriptor_and_rinit_keeps_none() {
    everywhere(|position| {
        for gone in [&[][..], &[0], &[0, 1], &[0, 2], &[0, 1, 2], &[1]] {
            let start = |options: &[&str]| {
                let launch = Launch::init(position).args(options).caller(closed(gone));
                let running = launch.command(["/bin/sleep", "1000"]).start();
                eventually_eq(Some(libc::SYS_clock_nanosleep), || proc::system_call(running.child()));
                running
            };
            let (with, without) = (start(&STOP), start(&[]));
            let mut expected = descriptors(without.child());
            expected.retain(|descriptor| !descriptor.starts_with("0 "));
            expected.insert(0, "0 pipe".into());
            assert_eq!(descriptors(with.child()), expected, "{gone:?}");
            expected
                .retain(|descriptor| ["0 ", "1 ", "2 "].iter().any(|number| descriptor.starts_with(number)));
            eventually_eq(expected, || descriptors(with.pid));
        }
    });
}

/// What the child gets waits for a line, as every program expects it of its input.
#[test]
fn the_pipe_of_rinit_waits_for_its_reader() {
    everywhere(|position| {
        for caller in nothing() {
            let running = console(position, &STOP, caller);
            let info = fs::read_to_string(format!("/proc/{}/fdinfo/0", running.child())).unwrap();
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            let flags = i32::from_str_radix(flags.trim(), 8).unwrap();
            assert_eq!(flags & (libc::O_NONBLOCK | libc::O_CLOEXEC), 0, "{info}");
        }
    });
}

#[test]
fn what_is_between_the_quotes_is_written_as_it_is() {
    everywhere(|position| {
        for (schedule, lines) in [
            ("'save/all:now'/1000/KILL", &["\"save/all:now\""][..]),
            ("USR1,TERM:'tell a, b: 5/9 '/1000/KILL", &["\"tell a, b: 5/9 \""]),
            ("''/1000/KILL", &["\"\""]),
            ("'KILL'", &["\"KILL\""]),
            ("'9'/''/'TERM'/1000/KILL", &["\"9\"", "\"\"", "\"TERM\""]),
        ] {
            let mut running = console(position, &["--stop", schedule], || {});
            running.signal(libc::SIGTERM);
            for line in lines {
                assert_eq!(running.stdout.next(), *line, "{schedule}");
            }
            assert!(running.is_running());
        }
        let long = "x".repeat(4000);
        let running = console(position, &["--stop", &format!("'{long}'")], || {});
        stops_with(running, &format!("\"{long}\""));
    });
}

#[test]
fn a_variable_can_have_a_line_too() {
    everywhere(|position| {
        let launch = Launch::init(position).env("RINIT_STOP", "'save all'/1000/KILL");
        stops_with(launch.probe(&["console"]).start().ready(), "\"save all\"");
    });
}

#[test]
fn a_quote_that_is_not_closed_is_refused_and_so_is_a_quote_within() {
    let marker = Marker::new();
    everywhere(|position| {
        for wrong in
            ["'stop", "'stop/60/TERM/10/KILL", "stop'", "'", "'don't'/60/KILL", "'a''b'", "'stop'/60"]
        {
            let output = Launch::init(position).args(["--stop", wrong]).args(marker.command()).output();
            marker.refused(&output, &format!("rinit: parse --stop {wrong}"));
        }
    });
}

#[test]
fn the_schedule_goes_on_after_a_line() {
    everywhere(|position| {
        for schedule in ["'stop'/500ms/TERM/500ms/KILL", "TERM:'stop'/500ms/TERM/500ms/-9"] {
            let mut running = console(position, &["--stop", schedule], || {});
            let start = Instant::now();
            running.signal(libc::SIGTERM);
            assert_eq!(running.stdout.next(), "\"stop\"");
            let line = start.elapsed();
            running.signal(libc::SIGINT); // forwarded as it comes
            assert_eq!(running.stdout.next(), "2");
            assert_eq!(running.stdout.next(), "15");
            let term = start.elapsed();
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
            let kill = start.elapsed();
            let [half, whole] = [490, 990].map(Duration::from_millis); // rinit counts whole milliseconds
            assert!(line < half || term < line + half, "{line:?}"); // on a busy machine both come late
            assert!(term >= half && kill >= whole && kill < whole + harness::deadline(), "{term:?} {kill:?}");
        }
    });
}

#[test]
fn a_stop_that_begins_with_a_line_begins_with_sigterm_sigint_or_its_first_signal() {
    everywhere(|position| {
        for (schedule, begin) in [
            ("'stop'/1000/KILL", libc::SIGTERM),
            ("'stop'/1000/KILL", libc::SIGINT),
            ("'stop'/1000/USR1/5/KILL", libc::SIGUSR1),
            ("HUP:'stop'/1000/KILL", libc::SIGHUP),
        ] {
            let mut running = console(position, &["--stop", schedule], || {});
            running.signal(begin);
            assert_eq!(running.stdout.next(), "\"stop\"", "{schedule}");
        }
    });
}

#[test]
fn with_g_and_in_a_session_of_its_own_the_child_gets_the_line_too() {
    everywhere(|position| {
        for option in ["-g", "--session", "--no-group", "-s"] {
            stops_with(console(position, &[option, STOP[0], STOP[1]], || {}), "\"stop\"");
        }
    });
}

/// It could not read it else.
#[test]
fn a_child_that_is_stopped_is_continued_after_a_line() {
    everywhere(|position| {
        let running = console(position, &STOP, || {});
        let child = running.child();
        send(child, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(child));
        stops_with(running, "\"stop\"");
    });
}

#[test]
fn the_survivors_are_ended_as_ever() {
    everywhere(|position| {
        let script = "(trap 'echo survivor; exit' TERM; echo ready; while :; do sleep 0.05; done) & read line; echo $line";
        let launch = Launch::init(position).args(STOP).args(["--grace", "1m"]);
        let mut running = launch.shell(script).start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!([running.stdout.next(), running.stdout.next()], ["stop", "survivor"]);
        assert_eq!(running.code(), 0);
    });
}

/// Standard input was the child's, and what it has left does not read its commands, though it could.
#[test]
fn with_stay_no_line_is_written_when_the_child_has_ended() {
    everywhere(|position| {
        let (reader, _writer) = pipe();
        let options = ["--stay", "--stop", "'stop'/500ms/INT/500ms/KILL"];
        let launch =
            Launch::init(position).args(options).caller(stdin(reader)).env("PROBE", harness::probe());
        let mut running = launch.shell("exec 3<&0; (setsid $PROBE console <&3 &)").start().ready();
        eventually_eq(vec![Some("probe".into())], || {
            proc::children(running.pid).into_iter().map(proc::name).collect()
        });
        running.signal(libc::SIGTERM);
        assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
        assert_eq!((running.stdout.rest().as_str(), running.stderr.rest().as_str()), ("2\n", ""));
    });
}

/// Fills a pipe.
fn fill(pipe: &File) {
    let flags = OFlag::from_bits_retain(fcntl(pipe, FcntlArg::F_GETFL).unwrap());
    fcntl(pipe, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK)).unwrap();
    while (&mut &*pipe).write(&[b'\n'; 4096]).is_ok() {}
}

#[test]
fn a_full_pipe_costs_the_line_and_a_warning_and_the_schedule_goes_on() {
    everywhere(|position| {
        let (reader, writer) = pipe();
        fill(&writer);
        let launch =
            Launch::init(position).args(["--stop", "'stop'/10ms/TERM/1000/KILL"]).caller(stdin(reader));
        let mut running = launch.probe(&["signals"]).start().ready();
        let seen = proc::status(running.child(), "NSpid").unwrap();
        let child = seen.split_whitespace().next_back().unwrap().to_owned();
        running.signal(libc::SIGTERM);
        while running.stdout.next() != "15" {} // on a busy machine the SIGCONTs become one
        let warning = format!("rinit: send stop to stdin of child {child}: resource temporarily unavailable");
        assert_eq!(running.stderr.next(), warning);
        running.signal(libc::SIGKILL);
        if position == Position::Pid1 {
            assert_eq!(running.stderr.rest(), "");
        }
    });
}

/// Of one that is longer than `PIPE_BUF` a part can be written.
#[test]
fn a_line_that_is_written_in_part_costs_a_warning() {
    const ROOM: usize = 4096;
    let line = "x".repeat(2 * ROOM);
    everywhere(|position| {
        let (reader, writer) = pipe();
        fill(&writer);
        File::from(reader.try_clone().unwrap()).read_exact(&mut [0; ROOM]).unwrap();
        let schedule = format!("'{line}'/10ms/TERM/1000/KILL");
        let launch = Launch::init(position).args(["--stop", &schedule]).caller(stdin(reader));
        let mut running = launch.probe(&["signals"]).start().ready();
        running.signal(libc::SIGTERM);
        while running.stdout.next() != "15" {} // on a busy machine the SIGCONTs become one
        let warning = running.stderr.next();
        assert!(warning.starts_with("rinit: send xxx"), "{warning}");
        assert!(warning.ends_with(": resource temporarily unavailable"), "{warning}");
    });
}

#[test]
fn a_child_that_has_closed_its_input_gets_the_next_signal() {
    everywhere(|position| {
        for caller in nothing() {
            let launch = Launch::init(position).args(["--stop", "'stop'/10ms/TERM/1000/KILL"]).caller(caller);
            let mut running =
                launch.shell("exec $PROBE trap 15 5 <&-").env("PROBE", harness::probe()).start().ready();
            running.signal(libc::SIGTERM);
            running.stdout.expect("got 15");
            assert_eq!((running.code(), running.stderr.rest().as_str()), (5, ""));
        }
    });
}

#[test]
fn a_child_that_ends_keeps_its_code_and_no_line_is_missed() {
    everywhere(|position| {
        let mut running =
            Launch::init(position).args(STOP).shell("echo ready; read line; exit 7").start().ready();
        running.signal(libc::SIGTERM);
        assert_eq!((running.code(), running.stderr.rest().as_str()), (7, ""));
        let mut running = Launch::init(position).args(STOP).shell("exit 7").start();
        assert_eq!((running.code(), running.stderr.rest().as_str()), (7, ""));
    });
}

#[test]
fn with_vv_a_line_is_logged() {
    everywhere(|position| {
        let mut running = console(position, &["-vv", "--stop", "'save all'/'quit'"], || {});
        running.signal(libc::SIGTERM);
        running.code();
        let said = running.stderr.rest();
        let said: Vec<_> =
            said.lines().map(|line| line.rsplit_once(" child ").map_or("", |(said, _)| said)).collect();
        assert_eq!(said[..2], ["rinit: send save all to stdin of", "rinit: send quit to stdin of"]);
    });
}

/// A key is not taken from the line: the child has had the one and not the other.
#[test]
fn at_a_terminal_that_is_not_the_input_a_key_begins_the_stop_with_the_line() {
    everywhere(|position| {
        let (reader, _writer) = pipe();
        let launch = Launch::init(position).on_terminal().args(STOP).caller(stdin(reader));
        let mut running = launch.probe(&["console"]).start().ready();
        running.type_in(CTRL_C);
        let mut said = [running.stdout.next(), running.stdout.next()];
        said.sort();
        assert_eq!(said, ["\"stop\"", "2"]);
    });
}

const HINT: &str = "hint: a line needs /proc, and a pipe (-i, no -t) or no input\n";

/// What is refused: before the spawn, with one message.
fn is_refused(position: Position, reason: &str, prepare: impl Fn(Launch) -> Launch) {
    let marker = Marker::new();
    let mut running = prepare(Launch::init(position).args(STOP)).args(marker.command()).start();
    assert_eq!(running.code(), 125, "{reason}");
    let said = running.stdout.rest() + &running.stderr.rest(); // at a terminal both are one
    assert_eq!(said, format!("rinit: write to stdin: {reason}\n{HINT}"));
    assert!(!marker.path().exists());
    // The control: without a line it starts.
    let mut running = prepare(Launch::init(position)).args(marker.command()).start();
    assert_eq!(running.code(), 0, "{reason}");
    assert!(marker.path().exists());
}

#[test]
fn a_terminal_is_refused() {
    everywhere(|position| is_refused(position, "invalid argument", Launch::on_terminal));
}

#[test]
fn what_is_neither_a_pipe_nor_nothing_is_refused() {
    everywhere(|position| {
        for path in ["/etc/passwd", "/", "/dev/zero"] {
            is_refused(position, "invalid argument", |launch| {
                launch.caller(stdin(File::open(path).unwrap()))
            });
        }
        let empty = tempfile::tempfile().unwrap();
        is_refused(position, "invalid argument", |launch| launch.caller(stdin(empty.try_clone().unwrap())));
        let (stream, _other) = UnixStream::pair().unwrap();
        is_refused(position, "invalid argument", |launch| launch.caller(stdin(stream.try_clone().unwrap())));
        let (socket, _other) = UnixDatagram::pair().unwrap();
        is_refused(position, "invalid argument", |launch| launch.caller(stdin(socket.try_clone().unwrap())));
    });
}

#[test]
fn without_proc_a_line_is_refused() {
    let hide = || must(mount(Some("none"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>));
    let reason = "no such file or directory";
    is_refused(Position::Pid1, reason, |launch| launch.caller(hide));
    is_refused(Position::Pid1, reason, |launch| launch.caller(stdin(pipe().0)).caller(hide));
}

#[test]
fn a_pipe_that_rinit_may_not_write_to_is_refused() {
    if !harness::is_root_or_skip("a pipe of another user") {
        return;
    }
    everywhere(|position| {
        let start = |options: &[&str]| {
            let (reader, _) = pipe();
            let launch = Launch::init(position).args(options).caller(stdin(reader));
            launch.caller(|| harness::set_user(54321)).command(["echo", "started"]).output()
        };
        let refused = start(&STOP);
        let said = format!("rinit: write to stdin: permission denied\n{HINT}");
        assert_eq!((refused.code(), refused.stdout.as_str(), refused.stderr), (125, "", said));
        assert_eq!(start(&[]).stdout, "started\n");
    });
}

/// rinit has given up the capability by then, and says so.
#[test]
fn a_pipe_of_another_user_costs_root_the_line_and_a_warning() {
    if !harness::is_root_or_skip("a pipe of another user") {
        return;
    }
    everywhere(|position| {
        let (reader, _writer) = pipe();
        nix::unistd::fchown(&reader, Some(54321.into()), None).unwrap();
        let mut running = console(position, &["--stop", "'stop'/10ms/TERM/1000/KILL"], stdin(reader));
        running.signal(libc::SIGTERM);
        assert_eq!(running.stdout.next(), "15");
        assert!(running.stderr.next().ends_with(": permission denied"));
    });
}
