//! From a received signal to what is done about it.

use super::rewrite::Rewrite;
use crate::sys::types::Signal;

/// Where a received signal came from, as far as that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// rinit itself.
    Rinit,
    /// The terminal, which has sent it to the child too.
    SharedTerminal,
    /// Any other process, or the kernel.
    Elsewhere,
}

/// What to do about a received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reap: a child changed its state.
    Reap,
    /// Send this signal to the target.
    Forward(Signal),
    /// Send nothing, as the rewriting says.
    Drop,
    /// Do nothing and, above all, say nothing.
    Nothing,
}

/// Decides what to do about a received signal.
pub fn decide(signal: Signal, origin: Origin, rewrite: &Rewrite) -> Action {
    match (signal, origin) {
        (Signal::CHLD, _) => Action::Reap,
        // What write(2) raises for a message to a pipe that nobody reads, or to a file at its limit. To
        // speak of it would raise the next one.
        (Signal::PIPE | Signal::XFSZ, Origin::Rinit) => Action::Nothing,
        (_, Origin::SharedTerminal) => Action::Nothing,
        _ => rewrite.apply(signal).map_or(Action::Drop, Action::Forward),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: [Origin; 3] = [Origin::Rinit, Origin::SharedTerminal, Origin::Elsewhere];

    fn signal(number: i32) -> Signal {
        Signal::new(number as u8).unwrap()
    }

    fn forwarded(origin: Origin) -> std::vec::Vec<i32> {
        let rewrite = Rewrite::none();
        let is_forwarded =
            |number: &i32| decide(signal(*number), origin, &rewrite) == Action::Forward(signal(*number));
        (1..=libc::SIGRTMAX()).filter(is_forwarded).collect()
    }

    fn all_but(exceptions: &[i32]) -> std::vec::Vec<i32> {
        (1..=libc::SIGRTMAX()).filter(|number| !exceptions.contains(number)).collect()
    }

    #[test]
    fn every_signal_but_sigchld_is_forwarded() {
        assert_eq!(forwarded(Origin::Elsewhere), all_but(&[libc::SIGCHLD]));
        for origin in ORIGINS {
            assert_eq!(decide(Signal::CHLD, origin, &Rewrite::none()), Action::Reap);
        }
    }

    #[test]
    fn what_a_write_of_rinits_own_raises_causes_nothing() {
        assert_eq!(forwarded(Origin::Rinit), all_but(&[libc::SIGCHLD, libc::SIGPIPE, libc::SIGXFSZ]));
        for number in [libc::SIGPIPE, libc::SIGXFSZ] {
            assert_eq!(decide(signal(number), Origin::Rinit, &Rewrite::none()), Action::Nothing);
        }
    }

    #[test]
    fn what_a_shared_terminal_sends_to_the_child_as_well_is_not_forwarded() {
        assert_eq!(forwarded(Origin::SharedTerminal), [0; 0]);
        for key in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGWINCH] {
            assert_eq!(decide(signal(key), Origin::SharedTerminal, &Rewrite::none()), Action::Nothing);
        }
    }

    #[test]
    fn what_is_forwarded_is_rewritten_and_what_is_rewritten_to_nothing_is_dropped() {
        let mut rewrite = Rewrite::none();
        rewrite.add(b"TERM,PIPE:RTMIN").unwrap();
        rewrite.add(b"WINCH:drop").unwrap();
        rewrite.add(b"HUP:CHLD").unwrap();
        let decide = |number, origin| decide(signal(number), origin, &rewrite);
        for number in [libc::SIGTERM, libc::SIGPIPE] {
            assert_eq!(decide(number, Origin::Elsewhere), Action::Forward(signal(libc::SIGRTMIN())));
        }
        assert_eq!(decide(libc::SIGWINCH, Origin::Elsewhere), Action::Drop);
        assert_eq!(decide(libc::SIGHUP, Origin::Elsewhere), Action::Forward(Signal::CHLD));
        assert_eq!(decide(libc::SIGINT, Origin::Elsewhere), Action::Forward(signal(libc::SIGINT)));
        assert_eq!(decide(libc::SIGPIPE, Origin::Rinit), Action::Nothing);
    }
}
