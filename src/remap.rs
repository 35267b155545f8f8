//! Remapping exit codes: `-e CODE[:NEW]`.
#![forbid(unsafe_code)]

use crate::bytes::{parse_number, split_once};

/// For each exit code the one to exit with in its place.
pub struct Remap([u8; 256]);

impl Remap {
    /// Every code stays as it is.
    pub fn none() -> Self {
        Self(core::array::from_fn(|code| code as u8))
    }

    /// The code to exit with for `code`.
    pub fn apply(&self, code: u8) -> u8 {
        self.0.get(usize::from(code)).copied().unwrap_or(code)
    }

    /// Adds a rule, `143` or `143:0`. A later rule for the same code replaces an earlier one. The
    /// error says what is wrong with it.
    pub fn add(&mut self, rule: &[u8]) -> Result<(), &'static str> {
        let (code, new) = split_once(rule, b':').unwrap_or((rule, b"0"));
        let code = parse_number(code).ok_or("CODE is not a number from 0 to 255")?;
        let new = parse_number(new).ok_or("NEW is not a number from 0 to 255")?;
        if let Some(entry) = self.0.get_mut(usize::from(code)) {
            *entry = new;
        }
        Ok(())
    }
}
