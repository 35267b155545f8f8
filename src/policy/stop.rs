//! Stopping the child in stages: `--stop TERM/20/INT/10/KILL`.

use super::countdown::Countdown;
use super::rewrite::receivable;
use crate::message::Reason;
use crate::message::words::{parse_duration, parse_signal};
use crate::sys::bytes::{part, parts, split_once};
use crate::sys::clock::{Instant, Milliseconds};
use crate::sys::types::{Signal, SignalSet};

/// A stop in stages: which signals begin it, and what is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The signals that begin it, as they are received or rewritten.
    pub begun_by: SignalSet,
    /// What is done then.
    pub schedule: Schedule,
}

impl Stop {
    /// Reads `[SIGNAL[,SIGNAL...]:]SCHEDULE`. Without the signals it is begun by SIGTERM, SIGINT and the
    /// schedule's first signal.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &'static [u8]) -> Result<Self, Reason> {
        let Some((signals, schedule)) = split_once(text, b':') else {
            let schedule = Schedule::parse(text)?;
            let begun_by = SignalSet::of(Signal::TERM).and(Signal::INT).and(schedule.first_signal());
            return Ok(Self { begun_by, schedule });
        };
        let mut begun_by = SignalSet::NONE;
        for name in parts(signals, b',') {
            begun_by.insert(receivable(parse_signal(name).ok_or(Reason::SignalIsNone)?)?);
        }
        Ok(Self { begun_by, schedule: Schedule::parse(schedule)? })
    }
}

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
    /// `TERM/20/KILL`. The last element is a signal, since nothing comes after a wait.
    fn parse(text: &'static [u8]) -> Result<Self, Reason> {
        let schedule = Self(text);
        let elements = parts(text, b'/').count();
        let mut last = None;
        for index in 0..elements {
            let element = schedule.element(index);
            last = Some(element.ok_or(Reason::NotASchedule)?);
        }
        match last {
            Some(Element::Wait(_)) => Err(Reason::EndsWithAWait),
            _ => Ok(schedule),
        }
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

    /// The first signal, of which there is one.
    fn first_signal(self) -> Signal {
        let mut index = 0;
        loop {
            match self.element(index) {
                Some(Element::Send(signal)) => return signal,
                Some(Element::Wait(_)) => index += 1,
                None => return Signal::TERM,
            }
        }
    }

    /// The index of the first wait; that of the end if there is none.
    fn first_wait(self) -> usize {
        let mut index = 0;
        while let Some(Element::Send(_)) = self.element(index) {
            index += 1;
        }
        index
    }
}

/// Where in the schedule a stop begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// With its first element.
    AtOnce,
    /// With its first wait: the child has had a signal just now, and may be cleaning up.
    WithTheWait,
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
        /// How long until then.
        wait: Countdown,
    },
    /// The schedule is over, and the child lives.
    Finished,
}

impl Stage {
    /// A stop by `schedule` that begins `now`.
    pub fn begin(schedule: Schedule, beginning: Beginning, now: Instant) -> Self {
        let next = match beginning {
            Beginning::AtOnce => 0,
            Beginning::WithTheWait => schedule.first_wait(),
        };
        Self::Stopping { schedule, next, wait: Countdown::new(Milliseconds(0), now) }
    }

    /// How long to wait until the next look at the clock; `None` if no stop is going on.
    pub fn slice(&self) -> Option<Milliseconds> {
        match self {
            Self::Stopping { wait, .. } => Some(wait.slice()),
            Self::Running | Self::Finished => None,
        }
    }

    /// Looks at the clock, which says `now`, and advances by one signal if one is due: to be called until
    /// none is.
    pub fn advance(&mut self, now: Instant) -> Option<Signal> {
        while let Self::Stopping { schedule, next, wait } = self {
            wait.look(now);
            if !wait.is_over() {
                return None;
            }
            let element = schedule.element(*next);
            *next += 1;
            match element {
                Some(Element::Send(signal)) => return Some(signal),
                Some(Element::Wait(time)) => *wait = Countdown::new(time, now),
                None => *self = Self::Finished,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::words::signal_name;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// What a stop sends that begins at 0 and is looked after at these times, in seconds: `TERM@0`.
    fn sent_by(
        schedule: &'static str,
        beginning: Beginning,
        times: impl IntoIterator<Item = f64>,
    ) -> Vec<String> {
        let schedule = Schedule::parse(schedule.as_bytes()).unwrap();
        let mut stage = Stage::begin(schedule, beginning, Instant(0));
        let mut sent = Vec::new();
        for time in times {
            while let Some(signal) = stage.advance(Instant((time * 1000.0) as u64)) {
                let name = String::from_utf8_lossy(signal_name(signal).unwrap()).into_owned();
                sent.push(format!("{name}@{time}"));
            }
        }
        sent
    }

    fn sent(schedule: &'static str, times: impl IntoIterator<Item = f64>) -> Vec<String> {
        sent_by(schedule, Beginning::AtOnce, times)
    }

    /// The times at which rinit looks.
    fn looks() -> impl Iterator<Item = f64> {
        (0..4000).map(|slice| f64::from(slice) / 4.0)
    }

    #[test]
    fn each_signal_is_sent_when_the_waits_before_it_are_over() {
        for (schedule, expected) in [
            ("TERM", &["TERM@0"][..]),
            ("TERM/20/INT/10/KILL", &["TERM@0", "INT@20", "KILL@30"]),
            ("QUIT/300/KILL", &["QUIT@0", "KILL@300"]),
            ("QUIT/5m/KILL", &["QUIT@0", "KILL@300"]),
            ("TERM/0/KILL", &["TERM@0", "KILL@0"]),
            ("TERM/INT", &["TERM@0", "INT@0"]),
            ("TERM/5/5/KILL", &["TERM@0", "KILL@10"]),
            ("5/TERM/5/KILL", &["TERM@5", "KILL@10"]),
            ("20", &["TERM@0", "KILL@20"]),
            ("SIGTERM/1/-INT/1/-9", &["TERM@0", "INT@1", "KILL@2"]),
        ] {
            assert_eq!(sent(schedule, looks()), expected, "{schedule}");
        }
    }

    #[test]
    fn after_a_key_that_the_child_had_too_it_begins_with_its_first_wait() {
        for (schedule, expected) in [
            ("TERM/3/KILL", &["KILL@3"][..]),
            ("TERM/INT/20/QUIT/10/KILL", &["QUIT@20", "KILL@30"]),
            ("5/TERM/5/KILL", &["TERM@5", "KILL@10"]),
            ("20", &["KILL@20"]),
            ("TERM", &[]),
        ] {
            assert_eq!(sent_by(schedule, Beginning::WithTheWait, looks()), expected, "{schedule}");
        }
    }

    #[test]
    fn nothing_is_sent_before_its_time() {
        assert_eq!(sent("TERM/500ms/KILL", [0.0, 0.1, 0.499]), ["TERM@0"]);
        assert_eq!(sent("TERM/500ms/KILL", [0.0, 0.1, 0.499, 0.5]), ["TERM@0", "KILL@0.5"]);
    }

    /// As after a SIGSTOP or in a freezer: the child still gets the time that it has not had.
    #[test]
    fn time_in_which_rinit_was_frozen_is_not_taken_for_the_childs() {
        let frozen = [0.0, 0.25, 0.5].into_iter().chain(looks().skip_while(|time| *time < 100.0));
        assert_eq!(sent("TERM/500ms/INT/5/KILL", frozen), ["TERM@0", "INT@0.5", "KILL@104.75"]);
    }

    #[test]
    fn it_is_known_when_to_look_again() {
        let schedule = Schedule::parse(b"TERM/1/KILL").unwrap();
        let mut stage = Stage::begin(schedule, Beginning::AtOnce, Instant(7));
        for (now, signal, slice) in [
            (7, Some(libc::SIGTERM), Some(0)),
            (7, None, Some(250)),
            (757, None, Some(250)), // a freeze of more than a slice
            (1_000, None, Some(250)),
            (1_250, None, Some(250)),
            (1_400, None, Some(107)),
            (1_507, Some(libc::SIGKILL), Some(0)),
            (1_507, None, None),
            (99_999, None, None),
        ] {
            let sent = stage.advance(Instant(now)).map(|signal| i32::from(signal.number()));
            assert_eq!((sent, stage.slice()), (signal, slice.map(Milliseconds)), "at {now}");
        }
        assert_eq!(stage, Stage::Finished);
        let mut running = Stage::Running;
        assert_eq!((running.slice(), running.advance(Instant(7))), (None, None));
    }

    #[test]
    fn a_stop_is_begun_by_the_signals_that_are_named_or_else_the_usual_ones() {
        for (text, begun_by) in [
            ("TERM/20/KILL", &[libc::SIGTERM, libc::SIGINT][..]),
            ("QUIT/20/KILL", &[libc::SIGTERM, libc::SIGINT, libc::SIGQUIT]),
            ("5/USR1/20/KILL", &[libc::SIGTERM, libc::SIGINT, libc::SIGUSR1]),
            ("20", &[libc::SIGTERM, libc::SIGINT]),
            ("HUP:TERM/20/KILL", &[libc::SIGHUP]),
            ("int,SIGQUIT,RTMIN+3:20", &[libc::SIGINT, libc::SIGQUIT, libc::SIGRTMIN() + 3]),
        ] {
            let stop = Stop::parse(text.as_bytes()).unwrap();
            for number in 1..=libc::SIGRTMAX() {
                let begins = stop.begun_by.contains(Signal::new(number as u8).unwrap());
                assert_eq!(begins, begun_by.contains(&number), "{text}: {number}");
            }
        }
    }

    #[test]
    fn what_is_no_stop_is_refused_and_the_reason_is_said() {
        for (wrong, word) in [
            ("", "expected"),
            ("/", "expected"),
            ("TERM/", "expected"),
            ("TERM/5/", "expected"),
            ("/TERM", "expected"),
            ("TERM//KILL", "expected"),
            ("TERM/20s5", "expected"),
            ("TERM/x", "expected"),
            ("-TERM/1.5", "expected"),
            ("forever", "expected"),
            ("TERM/1/9", "wait"),
            ("TERM/20/INT/10", "wait"),
            ("5/5", "wait"),
            ("x:TERM/20/KILL", "signal"),
            (":TERM/20/KILL", "signal"),
            ("TERM,:20", "signal"),
            ("5:20", ""), // a number is a signal's here
            ("KILL:20", "received"),
            ("CHLD:20", "SIGCHLD"),
            ("TERM:INT:20", "expected"),
            ("TERM:", "expected"),
        ] {
            match Stop::parse(wrong.as_bytes()) {
                Ok(_) => assert_eq!(word, "", "{wrong}"),
                Err(reason) => assert!(
                    !word.is_empty() && String::from_utf8_lossy(reason.text()).contains(word),
                    "{wrong}: {reason:?}"
                ),
            }
        }
        // -1 is SIGHUP, as for start-stop-daemon(8).
        assert!(Stop::parse(b"TERM/-1").is_ok());
    }
}
