//! Files of programs, by how they begin: ELF files, elf(5), as much of them as tells why one cannot be
//! executed, and those of other systems.

use crate::sys::arch::ELF_MACHINE;
use core::mem::offset_of;
#[cfg(target_pointer_width = "32")]
use libc::{Elf32_Ehdr as Header, Elf32_Phdr as ProgramHeader};
#[cfg(target_pointer_width = "64")]
use libc::{Elf64_Ehdr as Header, Elf64_Phdr as ProgramHeader};

// Where the fields are.
const MACHINE: usize = offset_of!(Header, e_machine);
const PROGRAM_HEADERS: usize = offset_of!(Header, e_phoff) + LOWER_HALF;
const SEGMENT_OFFSET: usize = offset_of!(ProgramHeader, p_offset) + LOWER_HALF;

/// Where in an offset its lower 32 bits are, which is all of it in a file below 4 GiB.
const LOWER_HALF: usize =
    if cfg!(all(target_pointer_width = "64", target_endian = "big")) { size_of::<u32>() } else { 0 };

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An ELF file for this architecture, as far as the kernel asks.
    Native,
    /// An ELF file for another architecture.
    Foreign,
    /// A program for macOS.
    MachO,
    /// A program for Windows.
    Pe,
    /// A script, or anything else that a shell may read.
    Text,
}

/// What a file is that begins with `head`.
pub fn kind(head: &[u8]) -> Kind {
    const ELF: u32 = u32::from_ne_bytes(*b"\x7fELF");
    const MACH_O: u32 = u32::from_ne_bytes(*b"\xcf\xfa\xed\xfe"); // for 64 bits
    const OF_64_BITS: u32 = u32::from_ne_bytes([1, 0, 0, 0]); // for 32 it is 0
    const PE: u32 = u32::from_ne_bytes(*b"MZ\x90\0"); // MZ alone may be a script that is a PE file too
    match number(head, 0) {
        // The last two of four bytes, in whichever order.
        ELF if number(head, MACHINE - 2).to_le() >> 16 == u32::from(ELF_MACHINE.to_le()) => Kind::Native,
        ELF => Kind::Foreign,
        PE => Kind::Pe,
        other if other | OF_64_BITS == MACH_O => Kind::MachO,
        _ => Kind::Text,
    }
}

/// Where in the file with this header its program headers are.
pub fn program_headers(header: &[u8]) -> u32 {
    number(header, PROGRAM_HEADERS)
}

/// Where in the file the path of its loader is; a program that is linked statically has none.
pub fn loader(program_headers: &[u8]) -> Option<u32> {
    program_headers
        .chunks_exact(size_of::<ProgramHeader>())
        .take_while(|header| segment(header) != libc::PT_LOAD) // it stands before these
        .find(|header| segment(header) == libc::PT_INTERP)
        .map(|header| number(header, SEGMENT_OFFSET))
}

/// What a program header describes, `p_type`, which is its first field.
fn segment(program_header: &[u8]) -> u32 {
    number(program_header, 0)
}

/// The number in the four bytes at `index`, in this architecture's order.
fn number(bytes: &[u8], index: usize) -> u32 {
    let bytes = bytes.get(index..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use goblin::elf::Elf;
    use std::fs;
    use std::vec::Vec;

    /// This test's own program.
    fn own() -> Vec<u8> {
        fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn this_architectures_programs_are_native_and_no_others() {
        let mut header = own();
        assert_eq!(kind(&header), Kind::Native);
        let others =
            [libc::EM_NONE, libc::EM_SPARC, libc::EM_MIPS, ELF_MACHINE.swap_bytes(), ELF_MACHINE + 1];
        for machine in others {
            header[18..20].copy_from_slice(&machine.to_ne_bytes());
            assert_eq!(kind(&header), Kind::Foreign, "{machine}");
        }
        assert_eq!(kind(b"\x7fELF"), Kind::Foreign);
    }

    /// As magic(5) has them: `file --list` has the numbers.
    #[test]
    fn programs_of_other_systems_are_known_by_their_first_four_bytes() {
        for (head, expected) in [
            (&b"\xcf\xfa\xed\xfe\x07\0\0\x01"[..], Kind::MachO), // x86_64
            (b"\xcf\xfa\xed\xfe\x0c\0\0\x01", Kind::MachO),      // arm64
            (b"\xce\xfa\xed\xfe\x07\0\0\0", Kind::MachO),        // i386
            (b"MZ\x90\0\x03\0\0\0\x04", Kind::Pe),
        ] {
            assert_eq!(kind(head), expected, "{head:?}");
        }
    }

    /// `MZqFpD='` begins a program that runs on several systems, and on Linux as a script.
    #[test]
    fn all_else_may_be_a_script() {
        for text in [
            &b""[..],
            b"\x7f",
            b"\x7fEL",
            b"\x7fELG",
            b"\x7felf",
            b"#!/bin/sh\n",
            b"MZqFpD='\n",
            b"MZ=1\n",
            &[0; 256],
        ] {
            assert_eq!(kind(text), Kind::Text, "{text:?}");
        }
    }

    #[test]
    fn the_loader_is_found_where_the_program_headers_say() {
        let program = own();
        let place = program_headers(&program) as usize;
        let found = loader(&program[place..]).map(|found| &program[found as usize..]);
        let expected = Elf::parse(&program).unwrap().interpreter.map(str::as_bytes); // none with musl
        assert_eq!(found.map(|found| &found[..expected.unwrap().len()]), expected);
    }

    #[test]
    fn without_a_header_that_says_so_there_is_no_loader() {
        let header = |kind: u32| [&kind.to_ne_bytes()[..], &[1; size_of::<ProgramHeader>() - 4]].concat();
        let [load, interp, phdr] = [libc::PT_LOAD, libc::PT_INTERP, libc::PT_PHDR].map(header);
        assert_eq!(loader(&[phdr.clone(), interp.clone()].concat()), Some(0x0101_0101));
        assert_eq!(loader(&[phdr, load.clone()].concat()), None);
        assert_eq!(loader(&[load, interp.clone()].concat()), None); // it would come first
        assert_eq!(loader(&interp[..interp.len() - 1]), None); // cut off
        assert_eq!(loader(b""), None);
    }
}
