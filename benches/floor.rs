//! The floor: the smallest inits there can be, and the smallest children.
//!
//! # Safety
//!
//! This program never calls the programs below: they are read-only data between two labels, and
//! [`executable`] makes a file of each.

use nix::libc;
use std::arch::asm;
use std::mem::size_of;

// linux/capability.h
const CAPABILITIES_VERSION_3: u32 = 0x2008_0522;
const CAP_KILL: u32 = 5;

/// Assembles a position-independent program; returns its executable file.
macro_rules! program {
    ($($line:expr,)* ; $($name:ident = $value:expr),*) => {{
        let (begin, end): (*const u8, usize);
        // SAFETY: this only computes two addresses; the program is data.
        unsafe {
            asm!(
                ".pushsection .rodata",
                "800:",
                $($line,)*
                "801:",
                ".popsection",
                "lea {begin}, [rip + 800b]",
                "lea {end}, [rip + 801b]",
                begin = out(reg) begin,
                end = out(reg) end,
                $($name = const $value),*
            );
        }
        // SAFETY: the bytes between the labels exist as long as this program, and nothing writes to them.
        executable(unsafe { std::slice::from_raw_parts(begin, end - begin as usize) })
    }};
}

/// Executes the program's arguments; if that fails, jumps to the exit.
macro_rules! execute_arguments {
    () => {
        "mov rdi, [rsp + 16]           # argv[1]
         lea rsi, [rsp + 16]           # argv + 1
         mov rcx, [rsp]                # argc
         lea rdx, [rsp + 8 * rcx + 16] # envp
         mov eax, {execve}
         syscall
         mov edi, 127
         jmp 4f"
    };
}

/// Waits for any child; the line sets the options.
macro_rules! wait4 {
    ($options:literal) => {
        concat!(
            "mov edi, -1
             lea rsi, [rsp - 8] # the wait status\n",
            $options,
            "
             xor r10d, r10d
             mov eax, {wait4}
             syscall"
        )
    };
}

/// Waits for a signal in the set at `rsp - 24`; the line sets the address of the siginfo_t.
macro_rules! wait_for_signal {
    ($information:literal) => {
        concat!(
            "lea rdi, [rsp - 24]\n",
            $information,
            "
             xor edx, edx
             mov r10d, 8
             mov eax, {rt_sigtimedwait}
             syscall"
        )
    };
}

/// Sets the signal mask to the set whose address the line loads.
macro_rules! set_mask {
    ($set:literal) => {
        concat!(
            "mov edi, 2 # SIG_SETMASK\n",
            $set,
            "
             xor edx, edx
             mov r10d, 8
             mov eax, {rt_sigprocmask}
             syscall"
        )
    };
}

/// Asks for the foreground group of a terminal, which a standard stream may be.
macro_rules! foreground_of_stream {
    ($stream:literal) => {
        concat!(
            "mov edi, ",
            $stream,
            "
             mov esi, {get_foreground}
             lea rdx, [rsp - 64]
             mov eax, {ioctl}
             syscall"
        )
    };
}

/// Sets the limit that the first line points to, and gets the old one where the second does.
macro_rules! limit_of_pending_signals {
    ($new:literal, $old:literal) => {
        concat!(
            "xor edi, edi # the caller
             mov esi, {pending}\n",
            $new,
            "\n",
            $old,
            "
             mov eax, {prlimit64}
             syscall"
        )
    };
}

/// Exits with the exit code in the wait status.
macro_rules! exit_with_its_code {
    () => {
        "movzx edi, byte ptr [rsp - 7] # WEXITSTATUS
         4:
         mov eax, {exit_group}
         syscall"
    };
}

/// Executes its arguments, reaps until that child has ended, and exits with its code.
pub fn init() -> Vec<u8> {
    program!(
        "mov eax, {vfork}",
        "syscall",
        "test eax, eax",
        "jnz 2f",
        execute_arguments!(),
        "2:",
        "mov ebx, eax",
        "3:", // reap
        wait4!("xor edx, edx"),
        "cmp eax, ebx",
        "jne 3b",
        exit_with_its_code!(),
        ;
        vfork = libc::SYS_vfork,
        execve = libc::SYS_execve,
        wait4 = libc::SYS_wait4,
        exit_group = libc::SYS_exit_group
    )
}

/// Does what [`init`] does, with the system calls that rinit makes when it has no options, and with nothing
/// else of rinit.
pub fn with_rinits_calls() -> Vec<u8> {
    program!(
        "mov qword ptr [rsp - 32], 0", // no signal
        "mov qword ptr [rsp - 24], -1", // every signal
        set_mask!("lea rsi, [rsp - 24]"),
        "mov eax, {getpid}",
        "syscall",
        "cmp eax, 1",
        "je 5f",
        "mov edi, {subreaper}",
        "mov esi, 1",
        "mov eax, {prctl}",
        "syscall",
        "mov edi, {get_pdeathsig}",
        "lea rsi, [rsp - 64]",
        "mov eax, {prctl}",
        "syscall",
        "mov edi, {at_fdcwd}",
        "lea rsi, [rip + 7f]", // the terminal
        "mov edx, {flags}",
        "xor r10d, r10d",
        "mov eax, {openat}",
        "syscall",
        "jmp 12f",
        "5:", // that of PID 1 is a standard stream
        foreground_of_stream!(0),
        foreground_of_stream!(1),
        foreground_of_stream!(2),
        "12:",
        "mov edi, {sigchld}",
        "lea rsi, [rip + 9f]", // the default
        "lea rdx, [rsp - 64]",
        "mov r10d, 8",
        "mov eax, {rt_sigaction}",
        "syscall",
        "mov edi, {vfork}",
        "xor esi, esi", // the same stack
        "mov eax, {clone}",
        "syscall",
        "test eax, eax",
        "jnz 2f",
        "xor edi, edi",
        "xor esi, esi",
        "mov eax, {setpgid}",
        "syscall",
        set_mask!("lea rsi, [rsp - 32]"),
        execute_arguments!(),
        "2:",
        "mov ebx, eax",
        "mov edi, 2",
        "mov esi, {get_window}",
        "lea rdx, [rsp - 64]",
        "mov eax, {ioctl}",
        "syscall",
        "mov edi, 3",
        "mov esi, -1",
        "xor edx, edx",
        "mov eax, {close_range}",
        "syscall",
        "lea rdi, [rip + 8f]", // the root directory
        "mov eax, {chdir}",
        "syscall",
        "lea rdi, [rip + 13f]", // the version, and the caller
        "lea rsi, [rip + 14f]", // CAP_KILL alone
        "mov eax, {capset}",
        "syscall",
        limit_of_pending_signals!("xor edx, edx", "lea r10, [rsp - 64]"),
        "mov rcx, [rsp - 64]",
        "shr rcx, 3",
        "sub [rsp - 64], rcx", // an eighth less
        limit_of_pending_signals!("lea rdx, [rsp - 64]", "xor r10d, r10d"),
        "3:", // reap
        wait4!("mov edx, {wnohang}"),
        "cmp eax, ebx",
        "je 6f",
        "cmp eax, 0",
        "jg 3b",
        wait_for_signal!("lea rsi, [rsp - 192]"),
        "jmp 3b",
        "6:",
        exit_with_its_code!(),
        "7: .asciz \"/dev/tty\"",
        "8: .asciz \"/\"",
        "9: .quad {sig_dfl}, {nocldstop}, 0, 0",
        "13: .long {capabilities}, 0",
        "14: .long {cap_kill}, {cap_kill}, 0, 0, 0, 0",
        ;
        rt_sigprocmask = libc::SYS_rt_sigprocmask,
        getpid = libc::SYS_getpid,
        subreaper = libc::PR_SET_CHILD_SUBREAPER,
        get_pdeathsig = libc::PR_GET_PDEATHSIG,
        prctl = libc::SYS_prctl,
        get_foreground = libc::TIOCGPGRP,
        get_window = libc::TIOCGWINSZ,
        ioctl = libc::SYS_ioctl,
        at_fdcwd = libc::AT_FDCWD,
        flags = libc::O_RDWR | libc::O_CLOEXEC,
        openat = libc::SYS_openat,
        sigchld = libc::SIGCHLD,
        sig_dfl = libc::SIG_DFL,
        nocldstop = libc::SA_NOCLDSTOP,
        rt_sigaction = libc::SYS_rt_sigaction,
        vfork = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
        clone = libc::SYS_clone,
        setpgid = libc::SYS_setpgid,
        execve = libc::SYS_execve,
        close_range = libc::SYS_close_range,
        chdir = libc::SYS_chdir,
        capabilities = CAPABILITIES_VERSION_3,
        cap_kill = 1 << CAP_KILL,
        capset = libc::SYS_capset,
        pending = libc::RLIMIT_SIGPENDING,
        prlimit64 = libc::SYS_prlimit64,
        wnohang = libc::WNOHANG | libc::__WALL,
        wait4 = libc::SYS_wait4,
        rt_sigtimedwait = libc::SYS_rt_sigtimedwait,
        exit_group = libc::SYS_exit_group
    )
}

/// Does what [`init`] does, blocks every signal except in the child, and sends each signal that arrives to
/// the child.
pub fn forwarding_init() -> Vec<u8> {
    program!(
        "mov qword ptr [rsp - 16], 0", // no signal
        "mov qword ptr [rsp - 24], -1", // every signal
        set_mask!("lea rsi, [rsp - 24]"),
        "mov eax, {vfork}",
        "syscall",
        "test eax, eax",
        "jnz 2f",
        set_mask!("lea rsi, [rsp - 16]"),
        execute_arguments!(),
        "2:",
        "mov ebx, eax",
        "3:", // wait for a signal
        wait_for_signal!("xor esi, esi"),
        "cmp eax, {sigchld}",
        "je 5f",
        "mov edi, ebx",
        "mov esi, eax",
        "mov eax, {kill}",
        "syscall",
        "jmp 3b",
        "5:", // reap
        wait4!("mov edx, {wnohang}"),
        "cmp eax, 0",
        "jle 3b",
        "cmp eax, ebx",
        "jne 5b",
        exit_with_its_code!(),
        ;
        rt_sigprocmask = libc::SYS_rt_sigprocmask,
        vfork = libc::SYS_vfork,
        execve = libc::SYS_execve,
        rt_sigtimedwait = libc::SYS_rt_sigtimedwait,
        sigchld = libc::SIGCHLD,
        kill = libc::SYS_kill,
        wnohang = libc::WNOHANG,
        wait4 = libc::SYS_wait4,
        exit_group = libc::SYS_exit_group
    )
}

/// A child that writes the time, a `timespec` of CLOCK_MONOTONIC, and exits.
pub fn clock() -> Vec<u8> {
    program!(
        "mov edi, {clock_monotonic}",
        "lea rsi, [rsp - 16]",
        "mov eax, {clock_gettime}",
        "syscall",
        "mov edi, 1",
        "lea rsi, [rsp - 16]",
        "mov edx, 16",
        "mov eax, {write}",
        "syscall",
        "xor edi, edi",
        "mov eax, {exit_group}",
        "syscall",
        ;
        clock_monotonic = libc::CLOCK_MONOTONIC,
        clock_gettime = libc::SYS_clock_gettime,
        write = libc::SYS_write,
        exit_group = libc::SYS_exit_group
    )
}

/// A child that says `ready` and waits to be killed.
pub fn sleeper() -> Vec<u8> {
    program!(
        "mov edi, 1",
        "lea rsi, [rip + 5f]",
        "mov edx, 6",
        "mov eax, {write}",
        "syscall",
        "2:",
        "mov eax, {pause}",
        "syscall",
        "jmp 2b",
        "5:",
        ".ascii \"ready\\n\"",
        ;
        write = libc::SYS_write,
        pause = libc::SYS_pause
    )
}

/// An executable file, elf(5), of one segment that begins with the file's own headers.
fn executable(code: &[u8]) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    let headers = size_of::<libc::Elf64_Ehdr>() + 2 * size_of::<libc::Elf64_Phdr>();
    let size = (headers + code.len()) as u64;
    let (ehdr, phdr) = (size_of::<libc::Elf64_Ehdr>() as u16, size_of::<libc::Elf64_Phdr>() as u16);

    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(); // 64 bits, little endian, version 1
    let mut put = |bytes: &[u8]| file.extend(bytes);
    put(&libc::ET_EXEC.to_le_bytes());
    put(&libc::EM_X86_64.to_le_bytes());
    put(&libc::EV_CURRENT.to_le_bytes());
    put(&(BASE + headers as u64).to_le_bytes()); // e_entry
    put(&u64::from(ehdr).to_le_bytes()); // e_phoff
    put(&0u64.to_le_bytes()); // e_shoff
    put(&0u32.to_le_bytes()); // e_flags
    for number in [ehdr, phdr, 2, 0, 0, 0] {
        put(&number.to_le_bytes()); // e_ehsize, e_phentsize, e_phnum, and no sections
    }
    let segments = [
        (libc::PT_LOAD, libc::PF_R | libc::PF_X, BASE, size, 4096),
        (libc::PT_GNU_STACK, libc::PF_R | libc::PF_W, 0, 0, 16),
    ];
    for (kind, flags, address, size, align) in segments {
        put(&kind.to_le_bytes());
        put(&flags.to_le_bytes());
        for number in [0, address, address, size, size, align] {
            put(&number.to_le_bytes()); // offset, addresses, sizes in the file and in memory, alignment
        }
    }
    put(code);
    file
}
