//! Small tools for byte strings: arguments are bytes, not text.
#![forbid(unsafe_code)]

/// What stands before and after the first `separator`.
pub fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = bytes.splitn(2, |byte| *byte == separator);
    Some((parts.next()?, parts.next()?))
}

/// A decimal number, 0..=255, of digits only.
pub fn parse_number(bytes: &[u8]) -> Option<u8> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u8, |number, byte| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(byte - b'0'),
        _ => None,
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
}
