//! What holds for any bytes, whoever has written them: the fuzz targets try it with theirs, and `cargo test` with the
//! corpus and with those that proptest makes. Expectations are from the manual page and from the kernel's sources, and
//! not from rinit's.
#![allow(dead_code, reason = "each fuzz target uses one of these")]

use rinit::child::elf::{self, Kind};
use rinit::child::search;
use rinit::message::text::{Piece, Text};
use rinit::message::words::{parse_duration, parse_signal, signal_name};
use rinit::options::personality::Personality;
use rinit::options::{self, Command};
use rinit::policy::remap::Remap;
use rinit::policy::rewrite::{Rewrite, misnamed};
use rinit::policy::stop::{Beginning, Stage, Step, Stop};
use rinit::sys::arguments::{Arguments, Strings};
use rinit::sys::clock::{Instant, Milliseconds};
use rinit::sys::types::Signal;
use std::ffi::CString;
use std::iter::successors;
use std::ptr::NonNull;

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
        assert_eq!(elf::kind(head), expected_kind(head));
        assert_eq!(elf::program_headers(head), number(head, 32));
        assert_eq!(elf::loader(head), expected_loader(head));
        let mut copy = head.to_vec();
        let found = search::interpreter(&mut copy).map(|path| path.to_bytes().to_vec());
        assert_eq!(found.as_deref(), expected_interpreter(head));
    }
}

/// What a message shows of any bytes is harmless on a terminal, in one line, and the bytes can be had back from it.
pub fn messages(bytes: &[u8]) {
    let mut text = Text::empty();
    text.append(b"{}", &[Piece::Bytes(bytes)]);
    let shown = text.bytes();
    assert!(shown.iter().all(|byte| (b' '..=b'~').contains(byte)), "{shown:?}");
    match bytes.len() {
        0 => assert_eq!(shown, b"''"),
        1..=128 => assert_eq!(expected_bytes(shown), bytes),
        _ => assert_eq!(expected_bytes(shown.strip_suffix(b"...").expect("more")), bytes[..128]),
    }
    // What is too long is cut off, and ends as a line.
    for _ in 0..20 {
        text.append(b"{}, {}", &[Piece::Bytes(bytes), Piece::Raw(bytes)]);
    }
    text.push(b'\n');
    assert!(text.bytes().ends_with(b"\n") && text.bytes().len() <= 1024);
}

/// What `printf %b` makes of it.
pub fn expected_bytes(shown: &[u8]) -> Vec<u8> {
    let mut parts = str::from_utf8(shown).expect("ASCII").split("\\x");
    let mut bytes = parts.next().expect("the first").as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(part[2..].bytes());
    }
    bytes
}

/// A command line, and after an empty string the environment, each string with a NUL behind it. What of it is the
/// program is the end of it, untouched, and follows a `--` or is not an option; with no such word there is none.
///
/// rinit says on standard error what is wrong with it.
pub fn command_line(bytes: &[u8]) {
    let mut strings = bytes.split(|byte| *byte == 0).map(|string| CString::new(string).expect("no NUL"));
    let argv: Vec<_> = strings.by_ref().take_while(|string| !string.is_empty()).collect();
    let environment: Vec<_> = strings.collect();
    let pointers =
        |strings: &[CString]| strings.iter().map(|string| string.as_ptr() as usize).collect::<Vec<_>>();
    let mut stack = [&[argv.len()][..], &pointers(&argv), &[0], &pointers(&environment), &[0]].concat();
    // SAFETY: laid out as the kernel does. What is made of it is not used when this returns.
    let arguments =
        unsafe { Arguments::from_initial_stack(NonNull::new(stack.as_mut_ptr()).expect("an address")) };
    let personality = Personality::named(arguments.own_path());
    let mut settings = personality.settings();
    if let Ok(Command::Run(program)) = options::parse(&arguments, personality, &mut settings) {
        let words: Vec<_> =
            successors(Some(program.argv()), |words| Some(words.rest())).map_while(Strings::first).collect();
        let start = argv.len() - words.len();
        assert!(words[1..].iter().copied().eq(argv[start + 1..].iter().map(CString::as_c_str)));
        let name = argv[1..=start].iter().rfind(|word| word.as_c_str() == words[0]).expect("one of them");
        let is_option = name.to_bytes().len() > 1 && name.to_bytes()[0] == b'-';
        assert!(!is_option || argv[1..start].iter().any(|word| word.as_c_str() == c"--"), "{name:?}");
    }
    let left = successors(Some(arguments.environment), |rest| Some(rest.rest())).map_while(Strings::first);
    assert!(left.eq(environment.iter().map(CString::as_c_str)));
}

/// As magic(5) tells files apart; an ELF file is for x86_64, which has the number 62.
fn expected_kind(head: &[u8]) -> Kind {
    match head {
        [0x7f, b'E', b'L', b'F', rest @ ..] if rest.get(14..16) == Some(&[62, 0]) => Kind::Native,
        [0x7f, b'E', b'L', b'F', ..] => Kind::Foreign,
        [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Kind::MachO,
        [b'M', b'Z', 0x90, 0, ..] => Kind::Pe,
        _ => Kind::Text,
    }
}

/// Where the first PT_INTERP (3) says, unless a PT_LOAD (1) stands before it, elf(5).
fn expected_loader(program_headers: &[u8]) -> Option<u32> {
    let mut headers = program_headers.chunks_exact(56).filter(|header| [1, 3].contains(&number(header, 0)));
    headers.next().filter(|header| header[0] == 3).map(|header| number(header, 8))
}

/// The lower four bytes of a number in a file of x86_64, 0 where it is cut off.
fn number(bytes: &[u8], index: usize) -> u32 {
    bytes.get(index..index + 4).map_or(0, |bytes| u32::from_le_bytes(bytes.try_into().expect("four")))
}

pub fn expected_interpreter(head: &[u8]) -> Option<&[u8]> {
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
