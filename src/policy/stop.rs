//! Stopping the child in stages: `--stop TERM/20/INT/10/KILL`.

use super::countdown::Countdown;
use super::rewrite::receivable;
use crate::message::Reason;
use crate::message::words::{parse_duration, parse_signal};
use crate::sys::bytes::{contains, parts};
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
        let mut halves = parts(text, b':').outside(QUOTE);
        let signals = halves.next().filter(|_| halves.rest().is_some());
        let schedule = Schedule(halves.rest().unwrap_or(text));
        let mut begun_by = SignalSet::of(Signal::TERM).and(Signal::INT).and(schedule.check()?);
        if let Some(signals) = signals {
            begun_by = SignalSet::NONE;
            for name in parts(signals, b',') {
                begun_by.insert(receivable(parse_signal(name).ok_or(Reason::SignalIsNone)?)?);
            }
        }
        Ok(Self { begun_by, schedule })
    }
}

/// What to do in which order, in the form of `--retry` of start-stop-daemon(8).
///
/// It is the text as it was given, and read again as the stop goes on: that needs no memory and sets no
/// limit on its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule(&'static [u8]);

/// What a line stands between.
const QUOTE: u8 = b'\'';

/// What is done for the child to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is sent a signal.
    Signal(Signal),
    /// It is written this line, which is without its end here.
    Line(&'static [u8]),
}

/// An element of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// Take a step.
    Take(Step),
    /// Wait before the next element.
    Wait(Milliseconds),
    /// It is none of these.
    Wrong,
    /// There are no more.
    End,
}

impl Schedule {
    /// Checks that it has signals, lines in single quotes and durations, with slashes between them, and that the last
    /// is no duration, since nothing comes after a wait; or that it is a single duration. Returns the first signal, or
    /// SIGTERM if it has none.
    fn check(self) -> Result<Signal, Reason> {
        let (mut index, mut first, mut ends_with_a_wait) = (0, None, false);
        loop {
            let element = self.element(index);
            index += 1;
            match element {
                Element::Take(Step::Signal(signal)) => first = first.or(Some(signal)),
                Element::Take(Step::Line(_)) | Element::Wait(_) => {}
                Element::Wrong => return Err(Reason::NotASchedule),
                Element::End if ends_with_a_wait => return Err(Reason::EndsWithAWait),
                Element::End => return Ok(first.unwrap_or(Signal::TERM)),
            }
            ends_with_a_wait = matches!(element, Element::Wait(_));
        }
    }

    /// The text of the element at `index`. A schedule that is a duration alone, such as `20`, means `TERM/20/KILL`:
    /// there the element that is empty stands for all of it.
    fn text_of(self, index: usize) -> Option<&'static [u8]> {
        let list = if parse_duration(self.0).is_some() { b"TERM//KILL" } else { self.0 };
        parts(list, b'/').outside(QUOTE).nth(index)
    }

    /// The element at `index`.
    fn element(self, index: usize) -> Element {
        let Some(text) = self.text_of(index) else { return Element::End };
        if let Some(time) = parse_duration(if text.is_empty() { self.0 } else { text }) {
            return Element::Wait(time);
        }
        let signal = match text {
            [QUOTE, line @ .., QUOTE] if !contains(line, QUOTE) => {
                return Element::Take(Step::Line(line));
            }
            // start-stop-daemon(8) has a dash before numbers, to tell them from seconds, and lets names have one.
            [b'-', name @ ..] => name,
            name => name,
        };
        parse_signal(signal).map_or(Element::Wrong, |signal| Element::Take(Step::Signal(signal)))
    }

    /// Whether a step of it is a line: nothing else has quotes.
    pub fn has_line(self) -> bool {
        contains(self.0, QUOTE)
    }

    /// The index of the first element that is no signal; that of the end if there is none.
    fn first_wait(self) -> usize {
        let mut index = 0;
        while let Element::Take(Step::Signal(_)) = self.element(index) {
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
    /// With its first wait, or a line before it: the child has had a signal just now, and may be cleaning up.
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

    /// Looks at the clock, which says `now`, and advances by one step if one is due: to be called until none is.
    pub fn advance(&mut self, now: Instant) -> Option<Step> {
        while let Self::Stopping { schedule, next, wait } = self {
            wait.look(now);
            if !wait.is_over() {
                return None;
            }
            let element = schedule.element(*next);
            *next += 1;
            match element {
                Element::Take(step) => return Some(step),
                Element::Wait(time) => *wait = Countdown::new(time, now),
                Element::Wrong | Element::End => *self = Self::Finished,
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

    fn read(schedule: &'static str) -> Schedule {
        Stop::parse(schedule.as_bytes()).unwrap().schedule
    }

    /// Any time but 0, at which the clock stands where a filter refuses it.
    const START: u64 = 1;

    /// What a stop sends that is looked after at these times since it has begun, in seconds: `TERM@0`.
    fn sent_by(
        schedule: &'static str,
        beginning: Beginning,
        times: impl IntoIterator<Item = f64>,
    ) -> Vec<String> {
        let mut stage = Stage::begin(read(schedule), beginning, Instant(START));
        let mut sent = Vec::new();
        for time in times {
            while let Some(step) = stage.advance(Instant(START + (time * 1000.0) as u64)) {
                let (mark, text) = match step {
                    Step::Signal(signal) => ("", signal_name(signal).unwrap()),
                    Step::Line(line) => ("'", line),
                };
                sent.push(format!("{mark}{}{mark}@{time}", String::from_utf8_lossy(text)));
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
            ("'stop'", &["'stop'@0"]),
            ("'stop'/60/TERM/10/KILL", &["'stop'@0", "TERM@60", "KILL@70"]),
            ("'say 5'/5/'stop'/60/KILL", &["'say 5'@0", "'stop'@5", "KILL@65"]),
            ("TERM/5/'save/all:now, '", &["TERM@0", "'save/all:now, '@5"]),
            ("HUP:''/'20'/'TERM'/'-9'", &["''@0", "'20'@0", "'TERM'@0", "'-9'@0"]),
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
            ("'stop'/5/KILL", &["'stop'@0", "KILL@5"]), // a line is no signal, and the child has not had it
            ("TERM/'stop'/5/KILL", &["'stop'@0", "KILL@5"]),
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
        let mut stage = Stage::begin(read("TERM/1/KILL"), Beginning::AtOnce, Instant(7));
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
            let step = signal.map(|number| Step::Signal(Signal::new(number as u8).unwrap()));
            let taken = stage.advance(Instant(now));
            assert_eq!((taken, stage.slice()), (step, slice.map(Milliseconds)), "at {now}");
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
            ("'stop'", &[libc::SIGTERM, libc::SIGINT]),
            ("'HUP:stop'/5/USR1", &[libc::SIGTERM, libc::SIGINT, libc::SIGUSR1]),
            ("HUP:'a:b'/5/USR1", &[libc::SIGHUP]),
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
    fn it_is_known_whether_there_is_a_line() {
        for (schedule, has_line) in
            [("TERM/20/KILL", false), ("20", false), ("TERM/20/'x'/5/KILL", true), ("''", true)]
        {
            assert_eq!(read(schedule).has_line(), has_line, "{schedule}");
        }
    }

    /// Checks that this is no stop, and that the reason has this word in it.
    fn is_refused(wrong: &'static str, word: &str) {
        match Stop::parse(wrong.as_bytes()) {
            Ok(_) => assert_eq!(word, "", "{wrong}"),
            Err(reason) => assert!(
                !word.is_empty() && String::from_utf8_lossy(reason.text()).contains(word),
                "{wrong}: {reason:?}"
            ),
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_or_is_in_a_line_is_refused() {
        for (wrong, word) in [
            ("'", "expected"),
            ("'stop", "expected"),
            ("stop'", "expected"),
            ("'stop/60/TERM/10/KILL", "expected"),
            ("'stop'/60/TERM/'", "expected"),
            ("'stop'/60", "wait"),
            ("'don't'", "expected"),
            ("'don't'/60/KILL", "expected"),
            ("'don't'/60/'x'", "expected"),
            ("''''", "expected"),
            ("'stop'TERM", "expected"),
            ("TERM'stop'", "expected"),
            ("\"stop\"/60/TERM", "expected"),
            ("'HUP':TERM", "signal"),
            ("TERM/20/'x:y", "expected"),
        ] {
            is_refused(wrong, word);
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
            is_refused(wrong, word);
        }
        // -1 is SIGHUP, as for start-stop-daemon(8).
        assert!(Stop::parse(b"TERM/-1").is_ok());
    }
}
