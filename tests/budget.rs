//! What rinit may cost, on x86_64 but for the size of the file, and why: a test fails beyond these numbers.

/// The file, in bytes. Seven pages: enough for clear code; resident memory follows the file in whole pages, since
/// the kernel maps around the first fault.
pub const FILE: usize = 28_672;

/// The file for an architecture, in bytes, with a ready-made `core` or one that is compiled with rinit: the pages
/// that it takes on each with the larger of both. On x86_64, whose seven pages are full, the latter takes another one.
pub fn file(architecture: &str, is_core_compiled: bool) -> usize {
    let pages = match architecture {
        "x86_64" if is_core_compiled => 8,
        "x86_64" => return FILE,
        // More than half of its instructions have two bytes.
        "riscv64" => 7,
        // All have four bytes.
        "aarch64" => 8,
        // With eight registers, three times as many of them read or write the stack as on x86_64.
        "i686" => 9,
        // Four bytes, and 64 bits take two registers.
        "armv7" => 9,
        // A third of them have six bytes.
        "s390x" => 9,
        // Four bytes as on aarch64, but none saves or restores two registers.
        "loongarch64" => 10,
        // So it is here, and a function that needs an address finds out first where it is itself.
        "powerpc64le" => 11,
        _ => panic!("{architecture} has no budget"),
    };
    pages * 4096
}

/// Resident memory at idle, in KiB: the pages of the file, seven on x86_64, and four of stack and what the kernel maps.
pub fn resident(architecture: &str) -> u64 {
    file(architecture, false) as u64 / 1024 + 16
}

/// Of these, private and dirty memory, in KiB: two pages of stack, and a third where the kernel's random choice
/// of its start leaves less than rinit needs in the second.
pub const DIRTY: u64 = 12;

/// A search in PATH takes this more of both, in KiB: a path is put together in a buffer that takes a page.
pub const SEARCH: u64 = 4;

/// Instructions from rinit's exec to the child's as PID 1, without options, and with nothing but PATH in the
/// environment: each variable more takes some dozen. Speed does not pay for fewer: a trial that parsed nothing
/// started 0.8 µs sooner, which is 1 % of a start.
pub const INSTRUCTIONS: u64 = 800;

/// The same on i686, where an address that does not depend on where the program is takes several.
pub const INSTRUCTIONS_I686: u64 = 1_500;

/// System calls from rinit's exec to the child's, in either position, without a terminal. It is time that decides:
/// to ask three descriptors for a terminal takes a third of the time that it takes to open one.
pub const SYSTEM_CALLS: usize = 10;

/// Page faults up to rinit's sleep. The first instruction takes one, which maps the pages around it too. The
/// stack is there already, but for a page where the kernel's random choice of its start leaves too little of
/// the first.
pub const PAGE_FAULTS: u64 = 3;
