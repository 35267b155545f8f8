//! Stopping the child in stages: `--stop TERM/20/INT/10/KILL`.

use crate::message::Reason;
use crate::message::words::{parse_duration, parse_signal};
use crate::sys::bytes::{part, parts};
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::types::Signal;

/// What to do in which order, in the form of `--retry` of start-stop-daemon(8).
///
/// It is the text as it was given, and read again as the stop goes on: that needs no memory and sets no
/// limit on its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule(&'static [u8]);

/// An element of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// Send a signal.
    Send(Signal),
    /// Wait before the next element.
    Wait(Milliseconds),
}

impl Element {
    fn parse(text: &[u8]) -> Option<Self> {
        if let Some(time) = parse_duration(text) {
            return Some(Self::Wait(time));
        }
        // start-stop-daemon(8) has a dash before numbers, to tell them from seconds, and lets names have one.
        let name = match text {
            [b'-', name @ ..] => name,
            name => name,
        };
        parse_signal(name).map(Self::Send)
    }
}

impl Schedule {
    /// Reads signals and durations with slashes between them, or a single duration: `20` is
    /// `TERM/20/KILL`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &'static [u8]) -> Result<Self, Reason> {
        if parts(text, b'/').any(|element| Element::parse(element).is_none()) {
            return Err("expected signals and durations: TERM/20/INT/10/KILL");
        }
        Ok(Self(text))
    }

    /// The element at `index`.
    fn element(self, index: usize) -> Option<Element> {
        match (parse_duration(self.0), index) {
            (None, _) => Element::parse(part(self.0, b'/', index)?),
            (Some(_), 0) => Some(Element::Send(Signal::TERM)),
            (Some(time), 1) => Some(Element::Wait(time)),
            (Some(_), 2) => Some(Element::Send(Signal::KILL)),
            _ => None,
        }
    }
}

/// How far the stop of the child has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// None has been asked for.
    Running,
    /// It goes on.
    Stopping {
        /// What is done in which order.
        schedule: Schedule,
        /// The index of the element that comes next.
        next: usize,
        /// When that is due.
        due: Instant,
    },
    /// The schedule is over, and the child lives.
    Finished,
}

impl Stage {
    /// Begins a stop, if there is a schedule and none has begun; returns whether this was so.
    pub fn begin(&mut self, schedule: Option<Schedule>) -> bool {
        match (*self, schedule) {
            (Self::Running, Some(schedule)) => {
                *self = Self::Stopping { schedule, next: 0, due: Instant::PAST };
                true
            }
            _ => false,
        }
    }

    /// When there is something to do again; `None` if no stop is going on.
    pub fn due(&self) -> Option<Instant> {
        match self {
            Self::Stopping { due, .. } => Some(*due),
            Self::Running | Self::Finished => None,
        }
    }

    /// Advances by one signal, if one is due `now`: to be called until none is.
    pub fn advance(&mut self, now: Instant) -> Option<Signal> {
        while let Self::Stopping { schedule, next, due } = self
            && *due <= now
        {
            let element = schedule.element(*next);
            *next += 1;
            match element {
                Some(Element::Send(signal)) => return Some(signal),
                Some(Element::Wait(time)) => *due = now.after(time),
                None => *self = Self::Finished,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// What a stop sends that begins at 0 and is looked after at these times, in seconds: `TERM@0`.
    fn sent(schedule: &'static str, times: impl IntoIterator<Item = f64>) -> Vec<String> {
        let schedule = Schedule::parse(schedule.as_bytes()).unwrap();
        let mut stage = Stage::Stopping { schedule, next: 0, due: Instant(0) };
        let mut sent = Vec::new();
        for time in times {
            while let Some(signal) = stage.advance(Instant((time * 1000.0) as u64)) {
                let name =
                    String::from_utf8_lossy(crate::message::words::signal_name(signal).unwrap()).into_owned();
                sent.push(format!("{name}@{time}"));
            }
        }
        sent
    }

    fn every_second() -> impl Iterator<Item = f64> {
        (0..1000).map(f64::from)
    }

    #[test]
    fn each_signal_is_sent_when_the_waits_before_it_are_over() {
        for (schedule, expected) in [
            ("TERM", &["TERM@0"][..]),
            ("TERM/20/INT/10/KILL", &["TERM@0", "INT@20", "KILL@30"]),
            ("TERM/20/INT/10/KILL/5", &["TERM@0", "INT@20", "KILL@30"]),
            ("QUIT/300/KILL", &["QUIT@0", "KILL@300"]),
            ("QUIT/5m/KILL", &["QUIT@0", "KILL@300"]),
            ("TERM/0/KILL", &["TERM@0", "KILL@0"]),
            ("TERM/INT", &["TERM@0", "INT@0"]),
            ("TERM/5/5/KILL", &["TERM@0", "KILL@10"]),
            ("5/TERM/5/KILL", &["TERM@5", "KILL@10"]),
            ("20", &["TERM@0", "KILL@20"]),
            ("SIGTERM/1/-INT/1/-9", &["TERM@0", "INT@1", "KILL@2"]),
        ] {
            assert_eq!(sent(schedule, every_second()), expected, "{schedule}");
        }
    }

    #[test]
    fn nothing_is_sent_before_its_time() {
        assert_eq!(sent("TERM/500ms/KILL", [0.0, 0.1, 0.499]), ["TERM@0"]);
        assert_eq!(sent("TERM/500ms/KILL", [0.0, 0.1, 0.499, 0.5]), ["TERM@0", "KILL@0.5"]);
    }

    /// As after a SIGSTOP, or when the machine has slept: the child still gets the whole of each wait.
    #[test]
    fn a_late_signal_does_not_shorten_the_wait_after_it() {
        assert_eq!(sent("TERM/5/INT/5/KILL", [0.0, 100.0]), ["TERM@0", "INT@100"]);
        assert_eq!(sent("TERM/5/INT/5/KILL", [0.0, 100.0, 104.9, 105.0]), ["TERM@0", "INT@100", "KILL@105"]);
    }

    #[test]
    fn it_is_known_when_there_is_something_to_do() {
        let schedule = Schedule::parse(b"TERM/20/KILL/5").unwrap();
        let mut stage = Stage::Stopping { schedule, next: 0, due: Instant(7) };
        for (now, signal, due) in [
            (7, Some(libc::SIGTERM), Some(7)),
            (7, None, Some(20_007)),
            (20_006, None, Some(20_007)),
            (20_007, Some(libc::SIGKILL), Some(20_007)),
            (20_007, None, Some(25_007)),
            (25_007, None, None),
            (99_999, None, None),
        ] {
            let sent = stage.advance(Instant(now)).map(|signal| i32::from(signal.number()));
            assert_eq!((sent, stage.due()), (signal, due.map(Instant)), "at {now}");
        }
        assert_eq!(stage, Stage::Finished);
        assert_eq!((Stage::Running.due(), Stage::Running.advance(Instant(7))), (None, None));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for wrong in [
            "",
            "/",
            "TERM/",
            "/TERM",
            "TERM//KILL",
            "TERM/20s5",
            "TERM/x",
            "TERM/-1",
            "-TERM/1.5",
            "forever",
        ] {
            // -1 is SIGHUP, as for start-stop-daemon(8).
            assert_eq!(Schedule::parse(wrong.as_bytes()).is_err(), wrong != "TERM/-1", "{wrong}");
        }
    }
}
