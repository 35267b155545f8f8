//! What differs per architecture: one file for each.
//!
//! Such a file has the instruction that calls the kernel, the entry point, the vfork trampoline, a trap, and the
//! architecture's name and its number in ELF files. All stand on `portable`, but for x86_64's, which has
//! instructions for what is in it.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "arm")]
mod arm;
#[cfg(target_arch = "loongarch64")]
mod loongarch64;
#[cfg(not(target_arch = "x86_64"))]
mod portable;
#[cfg(target_arch = "powerpc64")]
mod powerpc64;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "s390x")]
mod s390x;
#[cfg(target_arch = "x86")]
mod x86;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::*;
#[cfg(target_arch = "arm")]
pub use arm::*;
#[cfg(target_arch = "loongarch64")]
pub use loongarch64::*;
#[cfg(target_arch = "powerpc64")]
pub use powerpc64::*;
#[cfg(target_arch = "riscv64")]
pub use riscv64::*;
#[cfg(target_arch = "s390x")]
pub use s390x::*;
#[cfg(target_arch = "x86")]
pub use x86::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(not(all(
    target_os = "linux",
    any(
        all(target_arch = "x86_64", target_pointer_width = "64"),
        all(target_arch = "aarch64", target_pointer_width = "64", target_endian = "little"),
        all(target_arch = "arm", target_endian = "little", target_abi = "eabihf"),
        target_arch = "loongarch64",
        all(target_arch = "powerpc64", target_endian = "little"),
        target_arch = "riscv64",
        target_arch = "s390x",
        target_arch = "x86",
    )
)))]
compile_error!(
    "rinit is not ported to this target. It supports Linux (gnu and musl) on x86_64, aarch64, armv7 (hard \
     float), loongarch64, powerpc64le, riscv64gc, s390x and i686; ARCHITECTURE.md says how to add an \
     architecture."
);
