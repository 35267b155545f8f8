//! Byte strings: what the kernel passes is bytes, not text.
//!
//! # Safety
//!
//! Slices are copied within their lengths, and a C string ends with the only NUL in it.

use super::arch;
use core::ffi::CStr;

/// Copies `from` to the beginning of `to`, or as much of it as `to` can hold.
pub fn copy(to: &mut [u8], from: &[u8]) {
    let length = to.len().min(from.len());
    // SAFETY: neither slice is left, and a borrowed one does not overlap a mutably borrowed one.
    unsafe { arch::copy(to.as_mut_ptr(), from.as_ptr(), length) }; // memcpy by name would be relocated
}

/// Whether both are the same. (Compared where they stand, as by `==`, constants take 20 to 60 bytes each.)
#[inline(never)]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a == b
}

/// Whether `byte` is among `bytes`.
#[allow(clippy::manual_contains, reason = "contains() brings in 240 bytes of memchr")]
pub fn contains(bytes: &[u8], byte: u8) -> bool {
    bytes.iter().any(|other| *other == byte)
}

/// The C string at the beginning of `bytes`, if there is a NUL among them.
pub fn c_string(bytes: &[u8]) -> Option<&CStr> {
    let length = bytes.iter().position(|byte| *byte == 0)?;
    // SAFETY: the one NUL is the last of these bytes. (The safe functions bring in 200 bytes of memchr.)
    Some(unsafe { CStr::from_bytes_with_nul_unchecked(bytes.get(..=length)?) })
}

/// What comes after the first `count` bytes, if there are more.
pub fn after(bytes: &[u8], count: usize) -> &[u8] {
    bytes.get(count.min(bytes.len())..).unwrap_or_default() // without the comparison it takes 10 bytes more
}

/// What stands before and after the first `separator`.
pub fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = parts(bytes, separator);
    parts.next().zip(parts.rest())
}

/// The parts between the separators: one more than there are of these.
pub fn parts(bytes: &[u8], separator: u8) -> Parts<'_> {
    Parts { rest: Some(bytes), separator, quote: 0 }
}

/// The part at `index`, which is empty if there are not so many.
pub fn part(bytes: &[u8], separator: u8, index: usize) -> &[u8] {
    parts(bytes, separator).nth(index).unwrap_or_default()
}

/// See [`parts`]. The iterator of `core` is compiled anew for each separator.
pub struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
    /// NUL where there is none.
    quote: u8,
}

impl<'a> Parts<'a> {
    /// The same, but a separator between two of `quote` is none. Of a quote that is not closed all that follows is
    /// one part.
    #[must_use]
    pub fn outside(self, quote: u8) -> Self {
        Self { quote, ..self }
    }

    /// What comes after those that were taken, with its separators; `None` if that was all.
    pub fn rest(&self) -> Option<&'a [u8]> {
        self.rest
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let mut is_quoted = false;
        let ends_here = |byte: &u8| {
            is_quoted ^= *byte == self.quote;
            *byte == self.separator && !is_quoted
        };
        let end = rest.iter().position(ends_here).unwrap_or(rest.len());
        self.rest = rest.get(end + 1..);
        rest.get(..end)
    }

    fn nth(&mut self, index: usize) -> Option<&'a [u8]> {
        for _ in 0..index {
            self.next();
        }
        self.next()
    }
}

/// A decimal number, 0..=255, of digits only.
pub fn parse_number(bytes: &[u8]) -> Option<u8> {
    parse_decimal(bytes)?.try_into().ok()
}

/// A decimal number, 0..=4294967295, of digits only.
pub fn parse_decimal(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() {
        return None;
    }
    let mut number = 0u32;
    for byte in bytes {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(number)
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
    fn does_not_split_between_quotes() {
        let parts = |text, quote| -> std::vec::Vec<&[u8]> { parts(text, b'/').outside(quote).collect() };
        assert_eq!(parts(b"a/'b/c'/d", b'\''), [&b"a"[..], b"'b/c'", b"d"]);
        assert_eq!(parts(b"a/'b/c'/d", b'"'), [&b"a"[..], b"'b", b"c'", b"d"]);
        assert_eq!(parts(b"a/'b/c", b'\''), [&b"a"[..], b"'b/c"]);
        assert_eq!(parts(b"''/'/'", b'\''), [&b"''"[..], b"'/'"]);
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
        for byte in (0..=255).filter(|byte: &u8| !byte.is_ascii_digit()) {
            assert_eq!(parse_number(&[b'1', byte]), None, "{byte}");
        }
    }
}
