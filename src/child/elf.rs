//! ELF files, elf(5): as much of them as tells why one cannot be executed.
#![forbid(unsafe_code)]

use crate::sys::ELF_MACHINE;

/// Whether a file that begins with `head` is an ELF file.
pub fn is_elf(head: &[u8]) -> bool {
    number(head, 0) == u32::from_le_bytes(*b"\x7fELF")
}

/// Whether the ELF file with this header is for this architecture, as far as the kernel asks.
pub fn is_native(header: &[u8]) -> bool {
    number(header, 16) >> 16 == u32::from(ELF_MACHINE) // two bytes at 18
}

/// Where in the file with this header its program headers are.
pub fn program_headers(header: &[u8]) -> u32 {
    number(header, 32)
}

/// Where in the file the path of its loader is; a program that is linked statically has none.
pub fn loader(program_headers: &[u8]) -> Option<u32> {
    program_headers
        .chunks_exact(56)
        .take_while(|header| number(header, 0) != libc::PT_LOAD) // it stands before these
        .find(|header| number(header, 0) == libc::PT_INTERP)
        .map(|header| number(header, 8))
}

/// The number in the four bytes at `index`; of one in eight bytes the lower half, which is all of it in
/// a file below 4 GiB.
fn number(bytes: &[u8], index: usize) -> u32 {
    let bytes = bytes.get(index..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
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
    fn an_elf_file_is_known_by_its_first_four_bytes() {
        assert!(is_elf(&own()));
        assert!(is_elf(b"\x7fELF"));
        for other in [&b""[..], b"\x7f", b"\x7fEL", b"\x7fELG", b"\x7felf", b"#!/bin/sh\n", &[0; 256]] {
            assert!(!is_elf(other), "{other:?}");
        }
    }

    #[test]
    fn this_architectures_programs_are_native_and_no_others() {
        let mut header = own();
        assert!(is_native(&header));
        for machine in [libc::EM_NONE, libc::EM_386, libc::EM_AARCH64, libc::EM_S390, libc::EM_RISCV] {
            header[18..20].copy_from_slice(&machine.to_le_bytes());
            assert!(!is_native(&header), "{machine}");
        }
        assert!(!is_native(b"\x7fELF"));
    }

    #[test]
    fn the_loader_is_found_where_the_program_headers_say() {
        let program = own();
        let place = program_headers(&program) as usize;
        let found = loader(&program[place..]).unwrap() as usize;
        let expected = Elf::parse(&program).unwrap().interpreter.unwrap();
        assert!(program[found..].starts_with(expected.as_bytes()));
    }

    #[test]
    fn without_a_header_that_says_so_there_is_no_loader() {
        let header = |kind: u32| [&kind.to_le_bytes()[..], &[1; 52]].concat();
        let [load, interp, phdr] = [libc::PT_LOAD, libc::PT_INTERP, libc::PT_PHDR].map(header);
        assert_eq!(loader(&[phdr.clone(), interp.clone()].concat()), Some(0x0101_0101));
        assert_eq!(loader(&[phdr, load.clone()].concat()), None);
        assert_eq!(loader(&[load, interp.clone()].concat()), None); // it would come first
        assert_eq!(loader(&interp[..55]), None); // cut off
        assert_eq!(loader(b""), None);
    }
}
