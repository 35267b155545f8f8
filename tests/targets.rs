//! What `doc/targets.md` says of each target is so, but for the number of tests, which grows. `tests/targets --write`
//! writes the page.

use crate::budget;
use crate::harness::target::{TARGETS, triple};
use crate::harness::{self, lane_skipped};
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page() -> String {
    fs::read_to_string(Path::new(ROOT).join("doc/targets.md")).unwrap()
}

/// The cells of each row of the table below a heading.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = page();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("a section");
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// 28672 as 28,672.
fn grouped(number: usize) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", grouped(number / 1000), number % 1000)
    }
}

/// The row of the file under test: what is measured, and what is allowed.
fn row() -> String {
    let bytes = fs::read(harness::release_binary()).unwrap();
    let elf = Elf::parse(&bytes).unwrap();
    let target = harness::target();
    let core = harness::core_of_release_binary().expect("release/build says so");
    let segment = elf.program_headers.iter().find(|header| header.p_type == PT_LOAD).expect("a segment");
    format!(
        "| {} | `{}` | {} | {} | {} | {} bits, {}-endian | {} KiB |",
        target.name,
        triple(),
        grouped(bytes.len()),
        grouped(budget::file(target.name, core != "ready-made")),
        core,
        if elf.is_64 { 64 } else { 32 },
        if elf.little_endian { "little" } else { "big" },
        segment.p_align / 1024,
    )
}

/// Another compiler or another `core` gives other bytes: then the budget holds, and the page says nothing.
#[test]
fn the_row_of_the_file_is_on_the_page() {
    if std::env::var_os("RINIT_TARGET").is_none() {
        return; // `cargo build` uses another linker than release/build may
    }
    let row = row();
    println!("row: {row}");
    let version = Command::new("rustc").arg("--version").output().expect("rustc").stdout;
    let version = String::from_utf8(version).unwrap();
    let version = version.split(' ').nth(1).expect("rustc VERSION");
    let measured = table("The files").into_iter().find(|cells| cells[0] == harness::target().name);
    let core = measured.expect("a row").swap_remove(4);
    if !page().contains(&format!("Rust {version} "))
        || Some(core.as_str()) != harness::core_of_release_binary()
    {
        return lane_skipped(&format!(
            "the compiler and the core that doc/targets.md was written with: {row}"
        ));
    }
    assert!(page().lines().any(|line| line == row), "tests/targets --write makes it {row}");
}

#[test]
fn the_page_has_every_target_with_its_budget() {
    let list = Command::new(Path::new(ROOT).join("release/build")).arg("--list").output().expect("bash");
    let list = String::from_utf8(list.stdout).unwrap();
    let names: Vec<_> = list.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(names, TARGETS.each_ref().map(|target| target.name));
    let files = table("The files");
    assert_eq!(files.iter().map(|cells| cells[0].as_str()).collect::<Vec<_>>(), names);
    assert_eq!(table("The tests").iter().map(|cells| cells[0].clone()).collect::<Vec<_>>(), names);
    for cells in files {
        assert_eq!(cells[3], grouped(budget::file(&cells[0], cells[4] != "ready-made")), "{cells:?}");
    }
}

/// The list to which `tests/run-on` holds the emulated targets: a test, the targets, a question mark where it races,
/// and the reason.
#[test]
fn the_page_has_what_is_impossible_under_qemu_with_the_reason() {
    let list = fs::read_to_string(Path::new(ROOT).join("tests/emulated")).unwrap();
    let rows = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let listed: Vec<_> = rows
        .map(|row| {
            let [test, targets, rest] = row.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let reason = rest.trim_start_matches("? ");
            [format!("`{test}`"), targets.replace(',', ", "), reason.to_owned()].to_vec()
        })
        .collect();
    assert!(!listed.is_empty());
    assert_eq!(table("Impossible under qemu-user"), listed, "tests/targets --write writes the page");
}
