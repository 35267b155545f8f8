//! Linker flags of the `rinit` program alone; the library, tests and tools link as any Rust program does.

use std::env;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let script = format!("{root}/src/sys/link.ld");

    // Unoptimised code has vtables and panic locations, whose addresses a position-independent image
    // would have to relocate at start. Optimised rinit has none, and the linker script insists on it.
    let optimised = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let (position, base) = if optimised { ("-static-pie", "0") } else { ("-no-pie", "0x400000") };

    let flags = [
        position,
        "-static",
        "-nostartfiles",
        "-nostdlib",
        "-Wl,--build-id=none",
        "-Wl,--hash-style=sysv",
        "-Wl,--no-eh-frame-hdr",
        &format!("-Wl,--defsym=image_base={base}"),
        &format!("-T{script}"), // not by -Wl, which splits a path at its commas
    ];
    // GNU ld, which links for musl, keeps room for what start-up objects of a libc need. rinit has none.
    let is_musl = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "musl");
    let none = ["-Wl,-init=none", "-Wl,-fini=none", "-Wl,--spare-dynamic-tags=0"];
    let without_libc = if is_musl { &none[..] } else { &[] };
    for flag in flags.iter().chain(without_libc) {
        println!("cargo::rustc-link-arg-bin=rinit={flag}");
    }
    println!("cargo::rerun-if-changed={script}");
    println!("cargo::rerun-if-changed=build.rs");
}
