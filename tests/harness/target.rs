//! The architecture of the init under test: `RINIT_TARGET` names one of those of `release/build`. What differs from
//! one to the other in the tests is in this table.

use super::programs::release_binary;
use goblin::elf::header;
use nix::libc::{self, c_long};

/// What a test has to know of an architecture.
pub struct Target {
    /// How its triples begin.
    triple: &'static str,
    /// How rinit calls it.
    pub name: &'static str,
    /// How qemu calls it.
    pub qemu: &'static str,
    /// The number of its machine in ELF files.
    pub machine: u16,
    /// The largest page that its kernels may have, in KiB.
    pub largest_page: u64,
}

/// In the order of `release/build --list`.
pub const TARGETS: [Target; 8] = [
    row("x86_64-", "x86_64", "x86_64", header::EM_X86_64, 4),
    row("aarch64-", "aarch64", "aarch64", header::EM_AARCH64, 64),
    row("riscv64gc-", "riscv64", "riscv64", header::EM_RISCV, 4),
    row("i686-", "i686", "i386", header::EM_386, 4),
    row("armv7-", "armv7", "arm", header::EM_ARM, 64),
    row("powerpc64le-", "powerpc64le", "ppc64le", header::EM_PPC64, 64),
    row("s390x-", "s390x", "s390x", header::EM_S390, 4),
    row("loongarch64-", "loongarch64", "loongarch64", header::EM_LOONGARCH, 64),
];

const fn row(
    triple: &'static str,
    name: &'static str,
    qemu: &'static str,
    machine: u16,
    largest_page: u64,
) -> Target {
    Target { triple, name, qemu, machine, largest_page }
}

/// The triple of the binary that ships, by the folder that cargo has built it in.
pub fn triple() -> String {
    let program = release_binary();
    let folder = program.ancestors().nth(2).expect("TRIPLE/release/rinit").file_name().expect("a name");
    let is_there = std::env::var_os("RINIT_TARGET").is_some();
    if is_there { folder.to_str().expect("a triple").to_owned() } else { "x86_64-".to_owned() }
}

/// That of the binary that ships.
pub fn target() -> &'static Target {
    let triple = triple();
    TARGETS.iter().find(|target| triple.starts_with(target.triple)).expect("an architecture of the table")
}

/// The architecture of a call in what ptrace(2) and seccomp(2) say, from `linux/audit.h`.
pub const AUDIT_ARCH_I386: u32 = 0x4000_0003;

/// What a 32-bit program of this machine calls the system calls that tests ask for, from the kernel's
/// `arch/x86/entry/syscalls/syscall_32.tbl`, and their numbers in a 64-bit one.
const I386: [(c_long, c_long); 28] = [
    (1, libc::SYS_exit),
    (4, libc::SYS_write),
    (11, libc::SYS_execve),
    (12, libc::SYS_chdir),
    (20, libc::SYS_getpid),
    (29, libc::SYS_pause),
    (37, libc::SYS_kill),
    (54, libc::SYS_ioctl),
    (57, libc::SYS_setpgid),
    (64, libc::SYS_getppid),
    (114, libc::SYS_wait4),
    (120, libc::SYS_clone),
    (172, libc::SYS_prctl),
    (174, libc::SYS_rt_sigaction),
    (175, libc::SYS_rt_sigprocmask),
    (177, libc::SYS_rt_sigtimedwait),
    (178, libc::SYS_rt_sigqueueinfo),
    (179, libc::SYS_rt_sigsuspend),
    (185, libc::SYS_capset),
    (220, libc::SYS_getdents64),
    (252, libc::SYS_exit_group),
    (265, libc::SYS_clock_gettime),
    (284, libc::SYS_waitid),
    (295, libc::SYS_openat),
    (340, libc::SYS_prlimit64),
    (403, libc::SYS_clock_gettime),   // clock_gettime64
    (421, libc::SYS_rt_sigtimedwait), // rt_sigtimedwait_time64
    (436, libc::SYS_close_range),
];

/// The system call of an i386 program by the number that it has on this machine; one that no test asks for is
/// given no number.
pub fn of_i386(number: c_long) -> c_long {
    I386.iter().find(|(theirs, _)| *theirs == number).map_or(-number, |(_, ours)| *ours)
}

/// The numbers that an i386 program has for a system call of this machine.
pub fn to_i386(number: c_long) -> impl Iterator<Item = c_long> {
    I386.iter().filter(move |(_, ours)| *ours == number).map(|(theirs, _)| *theirs)
}
