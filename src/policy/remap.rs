//! Remapping exit codes: `-e CODE[:NEW]`.

use crate::message::Reason;
use crate::sys::bytes::{parse_number, parts};

/// For each exit code whether another replaces it, and which.
pub struct Remap([u16; 256]);

/// It is replaced, by the code that is in the lower byte.
const REPLACED: u16 = 0x100;

impl Remap {
    /// Every code stays as it is.
    pub fn none() -> Self {
        Self([0; 256])
    }

    /// The code that replaces `code`, if one does.
    pub fn apply(&self, code: u8) -> Option<u8> {
        self.0.get(usize::from(code)).filter(|by| **by != 0).map(|by| *by as u8)
    }

    /// Adds a rule, `143` or `143:0`. A later rule for the same code replaces an earlier one.
    ///
    /// # Errors
    ///
    /// What is wrong with the rule.
    pub fn add(&mut self, rule: &[u8]) -> Result<(), Reason> {
        let mut parts = parts(rule, b':');
        let code = parts.next().and_then(parse_number).ok_or(Reason::CodeIsNone)?;
        let new = parts.rest().map_or(Some(0), parse_number).ok_or(Reason::NewIsNone)?;
        if let Some(by) = self.0.get_mut(usize::from(code)) {
            *by = REPLACED | u16::from(new);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    /// That these codes become those, and all others stay.
    fn changes(rules: &[&str], changed: &[(u8, u8)]) {
        let mut remap = Remap::none();
        for rule in rules {
            assert_eq!(remap.add(rule.as_bytes()), Ok(()), "{rule}");
        }
        for code in 0..=255 {
            let expected = changed.iter().find(|(from, _)| *from == code).map_or(code, |(_, new)| *new);
            assert_eq!(remap.apply(code).unwrap_or(code), expected, "{rules:?}: code {code}");
        }
    }

    #[test]
    fn without_a_rule_every_code_stays() {
        changes(&[], &[]);
    }

    #[test]
    fn every_code_can_become_0_or_any_other() {
        for code in 0..=255u8 {
            changes(&[&format!("{code}")], &[(code, 0)]);
            changes(&[&format!("{code}:{}", 255 - code)], &[(code, 255 - code)]);
        }
    }

    #[test]
    fn rules_do_not_chain_and_the_last_for_a_code_counts() {
        changes(&["1:2", "2:3"], &[(1, 2), (2, 3)]);
        changes(&["1:2", "2:1"], &[(1, 2), (2, 1)]);
        changes(&["1:2", "1:3"], &[(1, 3)]);
        changes(&["1:2", "1:1"], &[]);
    }

    #[test]
    fn what_is_wrong_is_said_of_the_part_that_is_wrong() {
        for (rule, part) in [
            ("", "CODE "),
            ("256", "CODE "),
            ("-1", "CODE "),
            (":", "CODE "),
            (":1", "CODE "),
            ("256:1", "CODE "),
            ("1:", "NEW "),
            ("1:256", "NEW "),
            ("1:2:3", "NEW "),
            ("1: 2", "NEW "),
        ] {
            let reason = Remap::none().add(rule.as_bytes()).unwrap_err();
            assert!(reason.text().starts_with(part.as_bytes()), "{rule}: {reason:?}");
        }
    }
}
