//! Rewriting signals before they are forwarded: `-r FROM[,FROM...]:TO`.

use crate::message::Reason;
use crate::message::words::{is_word, parse_signal};
use crate::sys::bytes::{equal, parts, split_once};
use crate::sys::types::Signal;

/// What becomes of a received signal: the number of the one to send, or one of these.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Rule(u8);

impl Rule {
    /// It is sent as it came.
    const AS_RECEIVED: Self = Self(0);
    /// None is sent.
    const DROP: Self = Self(u8::MAX);

    fn send(signal: Signal) -> Self {
        Self(signal.number())
    }

    /// The one that sends what has this name.
    fn named(to: &[u8]) -> Option<Self> {
        if is_word(to, b"DROP") || equal(to, b"0") {
            return Some(Self::DROP);
        }
        parse_signal(to).map(Self::send)
    }
}

/// The rule for each signal, by its number.
pub struct Rewrite([Rule; Signal::MAX as usize + 1]);

impl Rewrite {
    /// Every signal is sent as it came.
    pub fn none() -> Self {
        Self([Rule::AS_RECEIVED; Signal::MAX as usize + 1])
    }

    /// The signal to send for `received`; `None` to send nothing.
    pub fn apply(&self, received: Signal) -> Option<Signal> {
        match self.0.get(usize::from(received.number())) {
            None | Some(&Rule::AS_RECEIVED) => Some(received),
            Some(&Rule::DROP) => None,
            Some(Rule(number)) => Signal::new(*number),
        }
    }

    /// Adds a rule, `TERM:USR1`, `15:10`, `TERM,QUIT:INT`, `WINCH:drop`. A later rule for the same signal
    /// replaces an earlier one.
    ///
    /// # Errors
    ///
    /// What is wrong with the rule.
    pub fn add(&mut self, rule: &[u8]) -> Result<(), Reason> {
        let (from, to) = split_once(rule, b':').ok_or(Reason::NotARewriting)?;
        let to = Rule::named(to).ok_or(Reason::NotARewriting)?;
        for from in parts(from, b',') {
            self.set(receivable(parse_signal(from).ok_or(Reason::NotARewriting)?)?, to);
        }
        Ok(())
    }

    /// Lets the signals of job control that have no rule stop the process that gets them, as only SIGSTOP
    /// does in an orphaned process group, setpgid(2).
    pub fn stop_by_default(&mut self) {
        for from in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
            if self.0.get(usize::from(from.number())) == Some(&Rule::AS_RECEIVED) {
                self.set(from, Rule::send(Signal::STOP));
            }
        }
    }

    fn set(&mut self, from: Signal, rule: Rule) {
        if let Some(entry) = self.0.get_mut(usize::from(from.number())) {
            *entry = rule;
        }
    }
}

/// What is longer is not taken for a name: it would be shown twice in a message.
const LONGEST_NAME: usize = 32;

/// The first name in rules that are refused which is none, if that is the reason.
pub fn misnamed(rules: &[u8]) -> Option<&[u8]> {
    let mut rest = rules;
    loop {
        let is_end = |byte: &u8| matches!(byte, b' ' | b',' | b':');
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        if matches!(name.len(), 1..=LONGEST_NAME) && Rule::named(name).is_none() {
            return Some(name);
        }
        rest = after.get(1..)?;
    }
}

/// A signal that rinit can receive and does not need itself.
///
/// # Errors
///
/// Why this one is not.
pub fn receivable(signal: Signal) -> Result<Signal, Reason> {
    match signal {
        Signal::KILL | Signal::STOP => Err(Reason::NeverReceived),
        Signal::CHLD => Err(Reason::NeverForwarded),
        _ => Ok(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    fn rewrite(rules: &[&str]) -> Rewrite {
        let mut rewrite = Rewrite::none();
        for rule in rules {
            assert_eq!(rewrite.add(rule.as_bytes()), Ok(()), "{rule}");
        }
        rewrite
    }

    /// That these signals go as those, and all others as they came.
    fn changes(rewrite: &Rewrite, changed: &[(i32, Option<i32>)]) {
        for number in 1..=libc::SIGRTMAX() {
            let expected = match changed.iter().find(|(from, _)| *from == number) {
                Some((_, to)) => *to,
                None => Some(number),
            };
            assert_eq!(rewrite.apply(signal(number)), expected.map(signal), "signal {number}");
        }
    }

    #[test]
    fn without_a_rule_every_signal_goes_as_it_came() {
        changes(&Rewrite::none(), &[]);
    }

    #[test]
    fn a_rule_changes_its_signals_and_no_other() {
        changes(&rewrite(&["TERM:USR1"]), &[(libc::SIGTERM, Some(libc::SIGUSR1))]);
        changes(&rewrite(&["1:64"]), &[(libc::SIGHUP, Some(libc::SIGRTMAX()))]);
        changes(&rewrite(&["RTMAX:HUP"]), &[(libc::SIGRTMAX(), Some(libc::SIGHUP))]);
        let int = Some(libc::SIGINT);
        let several = [(libc::SIGTERM, int), (libc::SIGQUIT, int), (libc::SIGRTMIN() + 3, int)];
        changes(&rewrite(&["TERM,QUIT,RTMIN+3:INT"]), &several);
    }

    #[test]
    fn a_rule_can_drop_signals() {
        for rule in ["WINCH,HUP:drop", "WINCH,HUP:DROP", "WINCH,HUP:Drop", "WINCH,HUP:0"] {
            changes(&rewrite(&[rule]), &[(libc::SIGWINCH, None), (libc::SIGHUP, None)]);
        }
    }

    #[test]
    fn rules_do_not_chain() {
        let swapped = [(libc::SIGUSR1, Some(libc::SIGHUP)), (libc::SIGHUP, Some(libc::SIGUSR1))];
        changes(&rewrite(&["USR1:HUP", "HUP:USR1"]), &swapped);
        changes(&rewrite(&["USR1:HUP", "HUP:drop"]), &[swapped[0], (libc::SIGHUP, None)]);
    }

    #[test]
    fn a_later_rule_replaces_an_earlier_one_for_its_signals() {
        let rules = rewrite(&["TERM,HUP:drop", "TERM:INT"]);
        changes(&rules, &[(libc::SIGTERM, Some(libc::SIGINT)), (libc::SIGHUP, None)]);
        changes(&rewrite(&["TERM:INT", "TERM:TERM"]), &[]);
    }

    #[test]
    fn job_control_stops_where_no_rule_says_otherwise() {
        let stop = Some(libc::SIGSTOP);
        let all = [(libc::SIGTSTP, stop), (libc::SIGTTIN, stop), (libc::SIGTTOU, stop)];
        for (rules, changed) in [
            (&[][..], &all[..]),
            (&["TERM:QUIT"], &[all[0], all[1], all[2], (libc::SIGTERM, Some(libc::SIGQUIT))]),
            (&["TSTP:TSTP"], &all[1..]),
            (&["TSTP:drop"], &[all[1], all[2], (libc::SIGTSTP, None)]),
            (&["TTIN,TTOU:HUP"], &[all[0], (libc::SIGTTIN, Some(1)), (libc::SIGTTOU, Some(1))]),
        ] {
            let mut rewrite = rewrite(rules);
            rewrite.stop_by_default();
            changes(&rewrite, changed);
        }
    }

    #[test]
    fn what_is_never_received_can_be_sent_only() {
        for number in [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD] {
            changes(&rewrite(&[&format!("TERM:{number}")]), &[(libc::SIGTERM, Some(number))]);
            for rule in [format!("{number}:TERM"), format!("TERM,{number}:INT"), format!("{number}:drop")] {
                assert!(Rewrite::none().add(rule.as_bytes()).is_err(), "{rule}");
            }
        }
    }

    #[test]
    fn what_is_no_rule_is_refused_and_a_name_that_is_none_is_found() {
        for (rule, expected) in [
            ("TERM", None),
            ("", None),
            ("x:TERM", Some("x")),
            (":TERM", None),
            ("TERM,:INT", None),
            ("0:TERM", None),
            ("drop:TERM", None),
            ("TERM:", None),
            ("TERM:x", Some("x")),
            ("TERM:65", Some("65")),
            ("TERM:DROPS", Some("DROPS")),
            ("TERM:INT,HUP", None),
            ("TERM:INT:HUP", None),
            ("TERM,INTT,QUIT:USR1", Some("INTT")),
            ("TERM,INTT,QUITT:x", Some("INTT")),
            ("WINCH:drop HUP:0 TERM:y", Some("y")), // several, as a variable may hold
        ] {
            assert_eq!(Rewrite::none().add(rule.as_bytes()), Err(Reason::NotARewriting), "{rule}");
            assert_eq!(misnamed(rule.as_bytes()), expected.map(str::as_bytes), "{rule}");
        }
    }
}
