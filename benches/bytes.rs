//! Figure 1: the size of an init's file and of its address space.

use crate::harness::Position;
use crate::harness::proc;
use crate::inits::{Bench, Init, flags};
use crate::process::Process;
use goblin::elf::Elf;
use goblin::elf::program_header::{PF_W, PF_X, PT_LOAD};
use goblin::elf::section_header::{SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;

#[derive(Serialize, Deserialize)]
pub struct Bytes {
    pub file: u64,
    /// The sizes of the sections that are executed, only read, and written; of the segments if the file has
    /// no sections.
    pub text: u64,
    pub constants: u64,
    pub data: u64,
    /// The pages that its segments ask for, in bytes.
    pub mapped: u64,
    /// The sizes of the files of the libraries that it loads.
    pub libraries: u64,
    /// The address space of an idle process, with libraries, stack and vDSO.
    pub address_space: u64,
}

pub fn measure(bench: &Bench) -> Vec<Bytes> {
    bench.inits.iter().map(|init| of(bench, init)).collect()
}

fn of(bench: &Bench, init: &Init) -> Bytes {
    let content = fs::read(&init.path).expect("it is installed");
    let elf = Elf::parse(&content).expect("it is an ELF file");
    let sections = elf.section_headers.iter().filter(|section| section.sh_flags & u64::from(SHF_ALLOC) != 0);
    let sections = sections.map(|section| {
        let has = |flag: u32| section.sh_flags & u64::from(flag) != 0;
        (has(SHF_EXECINSTR), has(SHF_WRITE), section.sh_size)
    });
    let loaded = || elf.program_headers.iter().filter(|segment| segment.p_type == PT_LOAD);
    let segments =
        loaded().map(|segment| (segment.p_flags & PF_X != 0, segment.p_flags & PF_W != 0, segment.p_memsz));
    let parts: Vec<_> = if elf.section_headers.is_empty() { segments.collect() } else { sections.collect() };
    let sum = |is: fn(bool, bool) -> bool| {
        parts.iter().filter(|(text, data, _)| is(*text, *data)).map(|(.., size)| size).sum()
    };
    const PAGE: u64 = 4096;
    let pages = |address: u64, size: u64| (address + size).next_multiple_of(PAGE) - address / PAGE * PAGE;

    let line = init.line(Position::Pid1, &[&bench.sleeper]);
    let running = Process::start(&line, flags(Position::Pid1)).ready();
    Bytes {
        file: content.len() as u64,
        text: sum(|text, _| text),
        constants: sum(|text, data| !text && !data),
        data: sum(|_, data| data),
        mapped: loaded().map(|segment| pages(segment.p_vaddr, segment.p_memsz)).sum(),
        libraries: libraries(&running, init),
        address_space: proc::status_number(running.pid, "VmSize") << 10,
    }
}

/// The sizes of the other files that the process maps.
fn libraries(running: &Process, init: &Init) -> u64 {
    let maps = fs::read_to_string(format!("/proc/{}/maps", running.pid)).expect("it runs");
    let own = fs::canonicalize(&init.path).expect("it is there");
    let files = maps.lines().filter_map(|line| line.find('/').map(|start| &line[start..]));
    let files: BTreeSet<_> = files.filter(|file| own.to_str() != Some(file)).collect();
    files.iter().map(|file| fs::metadata(file).expect("it is mapped").len()).sum()
}
