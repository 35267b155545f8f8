//! Rewriting signals before they are forwarded: `-r FROM[,FROM...]:TO`.
#![forbid(unsafe_code)]

use crate::bytes::split_once;
use crate::signal_name;
use crate::sys::signal::Signal;

/// For each signal the one to send in its place, or `None` to drop it.
pub struct Rewrite([Option<Signal>; Signal::MAX as usize]);

impl Rewrite {
    /// Every signal goes as it came.
    pub fn none() -> Self {
        Self(core::array::from_fn(|index| Signal::new(index as u8 + 1)))
    }

    /// The signal to send for `received`; `None` to send nothing.
    pub fn apply(&self, received: Signal) -> Option<Signal> {
        self.0.get(usize::from(received.number()) - 1).copied().flatten()
    }

    /// Adds a rule, `TERM:USR1`, `15:10`, `TERM,QUIT:INT`, `WINCH:drop`. A later rule for the same
    /// signal replaces an earlier one. The error says what is wrong with it.
    pub fn add(&mut self, rule: &[u8]) -> Result<(), &'static str> {
        let (from, to) = split_once(rule, b':').ok_or("expected FROM[,FROM...]:TO")?;
        let to = match to {
            b"drop" | b"0" => None,
            _ => Some(signal_name::parse(to).ok_or("TO is not a signal")?),
        };
        for from in from.split(|byte| *byte == b',') {
            let from = signal_name::parse(from).ok_or("FROM is not a signal")?;
            match from {
                Signal::KILL | Signal::STOP => return Err("SIGKILL and SIGSTOP cannot be received"),
                Signal::CHLD => return Err("SIGCHLD is rinit's own and not forwarded"),
                _ => {}
            }
            if let Some(entry) = self.0.get_mut(usize::from(from.number()) - 1) {
                *entry = to;
            }
        }
        Ok(())
    }
}
