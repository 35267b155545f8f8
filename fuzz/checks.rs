//! What holds for any bytes, whoever has written them: the fuzz targets try it with theirs, and `cargo test` with the
//! corpus and with those that proptest makes. Expectations are from the manual page and from the kernel's sources, and
//! not from rinit's.
#![allow(dead_code, reason = "each fuzz target uses one of these")]

use rinit::child::elf::{self, Kind};
use rinit::child::search;
use rinit::message::words::{parse_duration, parse_signal, signal_name};
use rinit::policy::remap::Remap;
use rinit::policy::rewrite::{Rewrite, misnamed};
use rinit::policy::stop::{Beginning, Stage, Step, Stop};
use rinit::sys::clock::{Instant, Milliseconds};
use rinit::sys::types::Signal;

/// A schedule of `--stop` is refused or comes to an end, and takes no more steps than are written in it.
pub fn schedule(bytes: &[u8]) {
    with_static(bytes, |text| {
        let Ok(stop) = Stop::parse(text) else { return };
        let most = text.iter().filter(|byte| **byte == b'/').count() + 2; // `20` means TERM/20/KILL
        for beginning in [Beginning::AtOnce, Beginning::WithTheWait] {
            let mut stage = Stage::begin(stop.schedule, beginning, Instant(0));
            let mut taken = 0;
            for look in 0..200 {
                while let Some(step) = stage.advance(Instant(look * 250)) {
                    taken += 1;
                    assert!(taken <= most, "{taken} steps");
                    if let Step::Line(line) = step {
                        assert!(!line.contains(&b'\''));
                    }
                }
                assert!(stage.slice().is_none_or(|slice| slice.0 <= 250));
            }
        }
        assert_eq!(stop.schedule.has_line(), text.contains(&b'\''));
    });
}

/// Rules of `-r` and `-e` mean what the manual page says, or are refused.
pub fn rules(bytes: &[u8]) {
    let mut rewrite = Rewrite::none();
    let expected = expected_rewriting(bytes);
    assert_eq!(rewrite.add(bytes).is_ok(), expected.is_some());
    if let Some((from, to)) = expected {
        for number in 1..=64 {
            let expected = if from.contains(&number) { to } else { Some(number) };
            let signal = Signal::new(number).expect("a signal");
            assert_eq!(rewrite.apply(signal).map(Signal::number), expected, "signal {number}");
        }
    }
    if let Some(name) = misnamed(bytes) {
        assert!(expected_signal(name).is_none() && !name.is_empty());
    }

    let mut remap = Remap::none();
    let (code, new) = split_once(bytes, b':').map_or((bytes, None), |(code, new)| (code, Some(new)));
    let expected = expected_number(code).zip(new.map_or(Some(0), expected_number));
    assert_eq!(remap.add(bytes).is_ok(), expected.is_some());
    if let Some((from, to)) = expected {
        for code in 0..=255 {
            assert_eq!(remap.apply(code), (code == from).then_some(to), "code {code}");
        }
    }
}

/// Names of signals and lengths of time are those of signal(7), `kill -l` and sleep(1), and no others.
pub fn words(bytes: &[u8]) {
    let signal = parse_signal(bytes);
    assert_eq!(signal.map(Signal::number), expected_signal(bytes));
    if let Some(name) = signal.and_then(signal_name) {
        assert_eq!(parse_signal(name), signal, "the way back");
    }
    assert_eq!(parse_duration(bytes), expected_duration(bytes).map(Milliseconds));
}

/// Whatever a file begins with, its kind is known, nothing beyond the bytes is read, and the interpreter of a script
/// is the one that the kernel takes (`load_script`, `fs/binfmt_script.c`).
pub fn heads(bytes: &[u8]) {
    let mut head = [0; search::HEAD];
    let length = bytes.len().min(head.len());
    head[..length].copy_from_slice(&bytes[..length]);
    for head in [bytes, &head] {
        let is_elf = head.starts_with(b"\x7fELF");
        assert_eq!(matches!(elf::kind(head), Kind::Native | Kind::Foreign), is_elf);
        let _ = (elf::program_headers(head), elf::loader(head));
        let mut copy = head.to_vec();
        let found = search::interpreter(&mut copy).map(|path| path.to_bytes().to_vec());
        assert_eq!(found.as_deref(), expected_interpreter(head));
    }
}

fn expected_interpreter(head: &[u8]) -> Option<&[u8]> {
    let line = head.strip_prefix(b"#!")?;
    let blanks = line.iter().take_while(|byte| b" \t".contains(byte)).count();
    let line = &line[blanks..];
    // What is not ended in these bytes may be cut off, and is not executed.
    let end = line.iter().position(|byte| b" \t\n\0".contains(byte))?;
    (end > 0).then_some(&line[..end])
}

fn expected_rewriting(rule: &[u8]) -> Option<(Vec<u8>, Option<u8>)> {
    let (from, to) = split_once(rule, b':')?;
    let is_drop = to.eq_ignore_ascii_case(b"drop") || to == b"0";
    let to = if is_drop { None } else { Some(expected_signal(to)?) };
    let from: Option<Vec<_>> = from.split(|byte| *byte == b',').map(expected_signal).collect();
    let never = [libc::SIGKILL, libc::SIGSTOP, libc::SIGCHLD].map(|signal| signal as u8);
    from.filter(|from| !from.iter().any(|signal| never.contains(signal))).map(|from| (from, to))
}

/// `kill -l`, and the other names of signal(7).
const NAMES: &str = "HUP 1 INT 2 QUIT 3 ILL 4 TRAP 5 ABRT 6 IOT 6 BUS 7 FPE 8 KILL 9 USR1 10 SEGV 11 USR2 12 PIPE 13 \
    ALRM 14 TERM 15 STKFLT 16 CHLD 17 CLD 17 CONT 18 STOP 19 TSTP 20 TTIN 21 TTOU 22 URG 23 XCPU 24 XFSZ 25 VTALRM 26 \
    PROF 27 WINCH 28 IO 29 POLL 29 PWR 30 SYS 31 RTMIN 34 RTMAX 64";

fn expected_signal(text: &[u8]) -> Option<u8> {
    if let Some(number) = expected_number(text) {
        return (1..=64).contains(&number).then_some(number);
    }
    let name = str::from_utf8(text).ok()?.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let offset = |offset: &str| expected_number(offset.as_bytes()).filter(|offset| *offset <= 30);
    if let Some(up) = name.strip_prefix("RTMIN+") {
        return offset(up).map(|up| 34 + up);
    }
    if let Some(down) = name.strip_prefix("RTMAX-") {
        return offset(down).map(|down| 64 - down);
    }
    let words: Vec<_> = NAMES.split_whitespace().collect();
    words.chunks(2).find(|word| word[0] == name).and_then(|word| word[1].parse().ok())
}

/// Digits, up to 255.
fn expected_number(text: &[u8]) -> Option<u8> {
    expected_u32(text)?.try_into().ok()
}

fn expected_u32(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = str::from_utf8(text).ok()?.trim_start_matches('0');
    if digits.is_empty() { Some(0) } else { digits.parse().ok() }
}

/// In milliseconds.
fn expected_duration(text: &[u8]) -> Option<u64> {
    let units: [(&[u8], u64); 5] = [(b"ms", 1), (b"s", 1000), (b"m", 60_000), (b"h", 3_600_000), (b"", 1000)];
    let (unit, factor) = units.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    Some(u64::from(expected_u32(&text[..text.len() - unit.len()])?) * factor)
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let index = bytes.iter().position(|byte| *byte == separator)?;
    Some((&bytes[..index], &bytes[index + 1..]))
}

/// Arguments live as long as the program; these do not, since a fuzzer has many.
fn with_static(bytes: &[u8], check: impl FnOnce(&'static [u8])) {
    let leaked: *mut [u8] = Box::into_raw(bytes.to_vec().into_boxed_slice());
    // SAFETY: nothing that `check` makes of it is left when it has returned.
    unsafe {
        check(&*leaked);
        drop(Box::from_raw(leaked));
    }
}
