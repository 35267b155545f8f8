//! Small tools for byte strings: arguments are bytes, not text.
#![forbid(unsafe_code)]

use crate::sys::clock::Milliseconds;

/// What stands before and after the first `separator`.
pub fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == separator)?)?;
    Some((before, after.get(1..)?))
}

/// The parts between the separators: one more than there are of these.
pub fn parts(bytes: &[u8], separator: u8) -> Parts<'_> {
    Parts { rest: Some(bytes), separator }
}

/// The part at `index`, if there are so many.
#[inline(never)] // a call is smaller than what it does
pub fn part(bytes: &[u8], separator: u8, index: usize) -> Option<&[u8]> {
    parts(bytes, separator).nth(index)
}

/// See [`parts`]. The iterator of `core` is compiled anew for each separator.
pub struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    #[inline(never)] // a call is smaller than what it does
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        match split_once(rest, self.separator) {
            Some((part, rest)) => {
                self.rest = Some(rest);
                Some(part)
            }
            None => Some(rest),
        }
    }
}

/// A decimal number, 0..=255, of digits only.
pub fn parse_number(bytes: &[u8]) -> Option<u8> {
    parse_decimal(bytes)?.try_into().ok()
}

/// A length of time as sleep(1) takes it, in whole numbers: `20`, `20s`, `5m` or `1h`, and `500ms`. The
/// number is 0..=4294967295.
pub fn parse_duration(bytes: &[u8]) -> Option<Milliseconds> {
    let unit = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
    let (number, unit) = bytes.split_at_checked(unit)?;
    let unit = match unit {
        b"ms" => 1,
        b"" | b"s" => 1000,
        b"m" => 60 * 1000,
        b"h" => 60 * 60 * 1000,
        _ => return None,
    };
    Some(Milliseconds(u64::from(parse_decimal(number)?) * unit))
}

/// A decimal number, 0..=4294967295, of digits only.
pub fn parse_decimal(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u32, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_the_first_separator_only() {
        assert_eq!(split_once(b"TERM:USR1", b':'), Some((&b"TERM"[..], &b"USR1"[..])));
        assert_eq!(split_once(b"a:b:c", b':'), Some((&b"a"[..], &b"b:c"[..])));
        assert_eq!(split_once(b":", b':'), Some((&b""[..], &b""[..])));
        assert_eq!(split_once(b"TERM", b':'), None);
        assert_eq!(split_once(b"", b':'), None);
    }

    #[test]
    fn a_number_is_digits_up_to_255() {
        for number in 0..=255u8 {
            assert_eq!(parse_number(std::format!("{number}").as_bytes()), Some(number));
        }
        assert_eq!(parse_number(b"007"), Some(7));
        for wrong in ["", "-1", "+1", "256", "1000", "1.0", " 1", "0x10", "１"] {
            assert_eq!(parse_number(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("20", 20_000),
            ("20s", 20_000),
            ("500ms", 500),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("4294967295", 4_294_967_295_000),
            ("4294967295h", 15_461_882_262_000_000),
        ] {
            assert_eq!(parse_duration(text.as_bytes()), Some(Milliseconds(milliseconds)), "{text}");
        }
        for wrong in ["", "s", "ms", "-1", "1.5", "1 s", "1S", "1d", "4294967296", "1s2", " 1"] {
            assert_eq!(parse_duration(wrong.as_bytes()), None, "{wrong:?}");
        }
    }
}
