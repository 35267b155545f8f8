//! From a received signal to what is done about it.

use super::rewrite::Rewrite;
use super::stop::{Beginning, Stop};
use crate::sys::types::Signal;

/// Where a received signal came from, as far as that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// rinit itself.
    Rinit,
    /// The terminal, which has sent it to the child too.
    SharedTerminal,
    /// The terminal, or another part of the kernel, which has sent it to rinit alone.
    Kernel,
    /// Any other process.
    Process,
}

/// What to do about a received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reap: a child changed its state.
    Reap,
    /// Send this signal to the target.
    Forward(Signal),
    /// Begin the stop.
    Stop(Beginning),
    /// Send nothing, as the rewriting says.
    Drop,
    /// Do nothing and, above all, say nothing.
    Nothing,
}

/// Decides what to do about a received signal; `stop` is the stop that has not begun yet, if there is one.
pub fn decide(signal: Signal, origin: Origin, rewrite: &Rewrite, stop: Option<&Stop>) -> Action {
    let rewritten = rewrite.apply(signal);
    let is_key = matches!(signal, Signal::INT | Signal::QUIT | Signal::HUP)
        && matches!(origin, Origin::SharedTerminal | Origin::Kernel);
    let begins = |stop: &Stop, rewritten| {
        is_key || stop.begun_by.contains(signal) || stop.begun_by.contains(rewritten)
    };
    let begins_stop = stop.zip(rewritten).is_some_and(|(stop, rewritten)| begins(stop, rewritten));
    match (signal, origin, rewritten) {
        (Signal::CHLD, ..) => Action::Reap,
        // What write(2) raises for a message to a pipe that nobody reads, or to a file at its limit. To
        // speak of it would raise the next one.
        (Signal::PIPE | Signal::XFSZ, Origin::Rinit, _) => Action::Nothing,
        (_, Origin::SharedTerminal, _) if begins_stop => Action::Stop(Beginning::WithTheWait),
        (_, Origin::SharedTerminal, _) => Action::Nothing,
        (_, _, None) => Action::Drop,
        (_, _, Some(_)) if begins_stop => Action::Stop(Beginning::AtOnce),
        (_, _, Some(rewritten)) => Action::Forward(rewritten),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: [Origin; 4] = [Origin::Rinit, Origin::SharedTerminal, Origin::Kernel, Origin::Process];

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    fn forwarded(origin: Origin) -> std::vec::Vec<i32> {
        let rewrite = Rewrite::none();
        let is_forwarded = |number: &i32| {
            decide(signal(*number), origin, &rewrite, None) == Action::Forward(signal(*number))
        };
        (1..=libc::SIGRTMAX()).filter(is_forwarded).collect()
    }

    fn all_but(exceptions: &[i32]) -> std::vec::Vec<i32> {
        (1..=libc::SIGRTMAX()).filter(|number| !exceptions.contains(number)).collect()
    }

    #[test]
    fn every_signal_but_sigchld_is_forwarded() {
        assert_eq!(forwarded(Origin::Process), all_but(&[libc::SIGCHLD]));
        for origin in ORIGINS {
            assert_eq!(decide(Signal::CHLD, origin, &Rewrite::none(), None), Action::Reap);
        }
    }

    #[test]
    fn what_a_write_of_rinits_own_raises_causes_nothing() {
        assert_eq!(forwarded(Origin::Rinit), all_but(&[libc::SIGCHLD, libc::SIGPIPE, libc::SIGXFSZ]));
        for number in [libc::SIGPIPE, libc::SIGXFSZ] {
            assert_eq!(decide(signal(number), Origin::Rinit, &Rewrite::none(), None), Action::Nothing);
        }
    }

    #[test]
    fn what_a_shared_terminal_sends_to_the_child_as_well_is_not_forwarded() {
        assert_eq!(forwarded(Origin::SharedTerminal), [0; 0]);
        for key in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGWINCH] {
            assert_eq!(decide(signal(key), Origin::SharedTerminal, &Rewrite::none(), None), Action::Nothing);
        }
    }

    #[test]
    fn what_is_forwarded_is_rewritten_and_what_is_rewritten_to_nothing_is_dropped() {
        let mut rewrite = Rewrite::none();
        rewrite.add(b"TERM,PIPE:RTMIN").unwrap();
        rewrite.add(b"WINCH:drop").unwrap();
        rewrite.add(b"HUP:CHLD").unwrap();
        let decide = |number, origin| decide(signal(number), origin, &rewrite, None);
        for number in [libc::SIGTERM, libc::SIGPIPE] {
            assert_eq!(decide(number, Origin::Process), Action::Forward(signal(libc::SIGRTMIN())));
        }
        assert_eq!(decide(libc::SIGWINCH, Origin::Process), Action::Drop);
        assert_eq!(decide(libc::SIGHUP, Origin::Process), Action::Forward(Signal::CHLD));
        assert_eq!(decide(libc::SIGINT, Origin::Process), Action::Forward(signal(libc::SIGINT)));
        assert_eq!(decide(libc::SIGPIPE, Origin::Rinit), Action::Nothing);
    }

    /// What a signal does while a stop has not begun that SIGTERM and SIGUSR1 begin.
    fn decide_with_stop(number: i32, origin: Origin, rules: &[&str]) -> Action {
        let mut rewrite = Rewrite::none();
        rules.iter().for_each(|rule| rewrite.add(rule.as_bytes()).unwrap());
        let stop = Stop::parse(b"TERM,USR1:QUIT/20/KILL").unwrap();
        decide(signal(number), origin, &rewrite, Some(&stop))
    }

    #[test]
    fn a_stop_is_begun_by_its_signals_as_received_or_as_rewritten() {
        let begun = Action::Stop(Beginning::AtOnce);
        for (number, rules) in [
            (libc::SIGTERM, &[][..]),
            (libc::SIGUSR1, &[]),
            (libc::SIGTERM, &["TERM:INT"]),
            (libc::SIGHUP, &["HUP,INT:TERM"]),
        ] {
            assert_eq!(decide_with_stop(number, Origin::Process, rules), begun, "{number}");
        }
        for number in (1..=libc::SIGRTMAX()).filter(|number| ![libc::SIGTERM, libc::SIGUSR1].contains(number))
        {
            assert_ne!(decide_with_stop(number, Origin::Process, &[]), begun, "{number}");
        }
        assert_eq!(decide_with_stop(libc::SIGTERM, Origin::Process, &["TERM:drop"]), Action::Drop);
    }

    #[test]
    fn a_key_begins_a_stop_too_and_one_that_the_child_had_begins_it_with_its_wait() {
        for number in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP] {
            let action = |origin, rules| decide_with_stop(number, origin, rules);
            assert_eq!(action(Origin::SharedTerminal, &[]), Action::Stop(Beginning::WithTheWait));
            assert_eq!(action(Origin::Kernel, &[]), Action::Stop(Beginning::AtOnce));
            let dropped = &["INT,QUIT,HUP:drop"][..];
            assert_eq!(action(Origin::SharedTerminal, dropped), Action::Nothing);
            assert_eq!(action(Origin::Kernel, dropped), Action::Drop);
        }
        for number in [libc::SIGTSTP, libc::SIGWINCH] {
            assert_eq!(decide_with_stop(number, Origin::SharedTerminal, &[]), Action::Nothing);
        }
    }
}
