//! Facts about the binary that ships, read from the ELF file itself, and its documents.

use crate::budget;
use crate::harness;
use goblin::elf::dynamic::{DF_1_NOW, DF_1_PIE, DF_BIND_NOW, DT_FLAGS, DT_FLAGS_1};
use goblin::elf::header::ET_DYN;
use goblin::elf::program_header::{PF_W, PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD};
use goblin::elf::{Elf, ProgramHeader};
use std::fs;
use std::process::Command;

fn with_elf(check: impl FnOnce(&Elf)) {
    let bytes = fs::read(harness::release_binary()).unwrap();
    check(&Elf::parse(&bytes).unwrap());
}

fn segments(elf: &Elf, kind: u32) -> Vec<ProgramHeader> {
    elf.program_headers.iter().filter(|header| header.p_type == kind).cloned().collect()
}

fn dynamic(elf: &Elf, tag: u64) -> u64 {
    let dynamic = elf.dynamic.as_ref().expect("a dynamic section");
    dynamic.dyns.iter().find(|entry| entry.d_tag == tag).map_or(0, |entry| entry.d_val)
}

/// Which `--install` writes: the kernel maps whole pages, the smallest of which have 4096 bytes.
#[test]
fn the_whole_file_is_in_memory() {
    let size = fs::read(harness::release_binary()).unwrap().len() as u64;
    with_elf(|elf| {
        let [segment] = &segments(elf, PT_LOAD)[..] else { panic!("more than one segment") };
        assert_eq!(segment.p_offset, 0);
        assert!(size <= segment.p_filesz.next_multiple_of(4096), "{size} bytes, {segment:?}");
    });
}

#[test]
fn the_file_is_within_its_budget() {
    let size = fs::read(harness::release_binary()).unwrap().len();
    let core = harness::core_of_release_binary().unwrap_or("ready-made");
    assert!(size <= budget::file(harness::target().name, core != "ready-made"), "{size} bytes");
}

#[test]
fn it_is_for_the_architecture_that_was_asked_for() {
    with_elf(|elf| assert_eq!(elf.header.e_machine, harness::target().machine));
}

#[test]
fn it_is_a_static_position_independent_executable() {
    with_elf(|elf| {
        assert_eq!(elf.header.e_type, ET_DYN);
        assert_ne!(dynamic(elf, DT_FLAGS_1) & DF_1_PIE, 0);
        assert_eq!(elf.interpreter, None);
        assert_eq!(elf.libraries, Vec::<&str>::new()); // NEEDED
    });
}

#[test]
fn no_segment_can_be_written_and_the_stack_cannot_be_executed() {
    with_elf(|elf| {
        for segment in segments(elf, PT_LOAD) {
            assert_eq!(segment.p_flags & PF_W, 0, "{segment:?}");
        }
        let stack = segments(elf, PT_GNU_STACK);
        assert_eq!(stack.len(), 1);
        assert_eq!(stack[0].p_flags & PF_X, 0);
    });
}

/// The kernel maps a segment at a multiple of its pages, whatever their size on that machine.
#[test]
fn its_segments_are_aligned_to_the_largest_page_of_the_architecture() {
    with_elf(|elf| {
        for segment in segments(elf, PT_LOAD) {
            assert_eq!(segment.p_align, harness::target().largest_page * 1024);
            assert_eq!(segment.p_vaddr % segment.p_align, segment.p_offset % segment.p_align);
        }
    });
}

#[test]
fn relro_is_full() {
    with_elf(|elf| {
        assert_ne!(dynamic(elf, DT_FLAGS) & DF_BIND_NOW, 0);
        assert_ne!(dynamic(elf, DT_FLAGS_1) & DF_1_NOW, 0);
        let relro = segments(elf, PT_GNU_RELRO);
        assert_eq!(relro.len(), 1);
        // It covers the dynamic section.
        let dynamic = elf
            .program_headers
            .iter()
            .find(|header| header.p_type == goblin::elf::program_header::PT_DYNAMIC);
        assert!(relro[0].vm_range().contains(&dynamic.unwrap().vm_range().start));
    });
}

#[test]
fn nothing_is_relocated_and_no_symbol_is_missing() {
    with_elf(|elf| {
        assert_eq!(elf.dynrelas.len() + elf.dynrels.len() + elf.pltrelocs.len(), 0);
        assert!(elf.dynsyms.iter().all(|symbol| symbol.st_name == 0));
        assert_eq!(elf.syms.len(), 0); // stripped
    });
}

#[test]
fn nothing_in_it_can_panic() {
    let bytes = fs::read(harness::release_binary()).unwrap();
    // What a panic in `core` or in this crate would print: its location, or its reason.
    for text in [&b".rs"[..], b"index out of", b"overflow", b"unwrap"] {
        assert!(!bytes.windows(text.len()).any(|window| window == text), "{}", text.escape_ascii());
    }
}

#[test]
fn an_unoptimised_build_works_as_well() {
    let debug = harness::debug_binary();
    let status = Command::new(debug).args(["-e", "3:4", "--", "sh", "-c", "exit 3"]).status().unwrap();
    assert_eq!(status.code(), Some(4));
}

fn document(name: &str) -> String {
    fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn help() -> String {
    let output = Command::new(harness::release_binary()).arg("--help").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_readme_shows_the_help_as_it_is() {
    assert!(document("README.md").contains(&format!("```text\n{}```\n", help())));
}

/// The text of the first block of this kind, and the rest of the document.
fn block<'a>(document: &'a str, kind: &str) -> (&'a str, &'a str) {
    let (_, rest) = document.split_once(&format!("```{kind}\n")).expect("there is one");
    rest.split_once("```").expect("it ends")
}

#[test]
fn the_readmes_first_command_prints_what_the_readme_says() {
    let readme = document("README.md");
    let (_, section) = readme.split_once("\n## Try it\n").expect("it has this section");
    let (command, rest) = block(section, "sh");
    let (expected, _) = block(rest, "text");
    let output = Command::new("bash")
        .args(["-c", command])
        .env_remove("CARGO_TARGET_DIR") // without it cargo builds to the folder that the command names
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("bash");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    for line in expected.lines() {
        assert!(lines.contains(&line), "{line:?} is not in {printed:?}");
    }
}

/// The options are those of the help, `-g` and `--group` each, and the variables those that it has by its rule.
#[test]
fn the_man_page_names_every_option_and_variable() {
    let man = document("doc/rinit.1");
    let help = help();
    let lines = help.lines().filter(|line| line.starts_with("  -")).map(str::trim_start);
    let flags = lines.map(|line| line.split_once("  ").map_or(line, |(flags, _help)| flags));
    let options: Vec<_> =
        flags.flat_map(str::split_whitespace).filter(|word| word.starts_with('-')).collect();
    assert!(options.len() > 20, "{options:?}");
    for option in options {
        // mdoc(7) writes an option without its first dash.
        let name = option.trim_end_matches(',').strip_prefix('-').unwrap();
        let is_named = |line: &&str| {
            line.split_whitespace().collect::<Vec<_>>().windows(2).any(|words| words == ["Fl", name])
        };
        assert!(man.lines().any(|line| is_named(&line)), "{option} is not in the man page");
    }
    let variables = harness::variables(&help);
    assert!(variables.len() > 10, "{help}");
    for variable in variables {
        assert!(man.contains(&format!(".It Ev {variable}")), "{variable} is not in the man page");
    }
}

#[test]
fn the_changelog_has_this_version() {
    assert!(document("CHANGELOG.md").contains(&format!("[{}]", env!("CARGO_PKG_VERSION"))));
}
