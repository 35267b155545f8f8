//! Linker flags of the `rinit` program alone; the library, tests and tools link as any Rust program does.

use std::env;
use std::fs;
use std::path::Path;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let script = format!("{root}/src/sys/link.ld");

    // Unoptimised code has vtables and panic locations, whose addresses a position-independent image
    // would have to relocate at start. Optimised rinit has none, and the linker script insists on it.
    let optimised = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let base = if optimised { "0" } else { "0x400000" };

    // The linker's own flags have a prefix if rustc calls a C compiler, which calls the linker.
    let (prefix, position) = match (links_directly(), optimised) {
        (true, true) => ("", &["-pie", "--no-dynamic-linker"][..]),
        (true, false) => ("", &["-no-pie"][..]),
        (false, true) => ("-Wl,", &["-static-pie", "-nostartfiles"][..]),
        (false, false) => ("-Wl,", &["-no-pie", "-nostartfiles"][..]),
    };
    for flag in position.iter().chain(&["-static", "-nostdlib"]) {
        link_with(flag);
    }
    for flag in ["--build-id=none", "--hash-style=sysv", "--no-eh-frame-hdr"] {
        link_with(&format!("{prefix}{flag}"));
    }
    link_with(&format!("{prefix}--defsym=image_base={base}"));
    link_with(&format!("-T{script}")); // not by -Wl, which splits a path at its commas
    if links_directly() {
        provide_empty_libraries();
    } else if env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "musl") {
        // GNU ld, which links for musl, keeps room for what start-up objects of a libc need. rinit has none.
        for flag in ["-Wl,-init=none", "-Wl,-fini=none", "-Wl,--spare-dynamic-tags=0"] {
            link_with(flag);
        }
    }
    println!("cargo::rerun-if-changed={script}");
    println!("cargo::rerun-if-changed=build.rs");
}

fn link_with(flag: &str) {
    println!("cargo::rustc-link-arg-bin=rinit={flag}");
}

/// Whether rustc calls a linker, such as `rust-lld`, and no C compiler.
fn links_directly() -> bool {
    let linker = env::var("RUSTC_LINKER").unwrap_or_default();
    let name = Path::new(&linker).file_stem().unwrap_or_default();
    name.as_encoded_bytes().ends_with(b"ld")
}

/// The libraries that the crate `libc` names for a gnu target, from which nothing is linked. A C compiler knows
/// where they are; for a linker there are empty ones.
fn provide_empty_libraries() {
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for name in ["c", "dl", "gcc_eh", "gcc_s", "m", "pthread", "rt", "util"] {
        fs::write(format!("{folder}/lib{name}.a"), "!<arch>\n").expect("cargo's folder can be written to");
    }
    link_with(&format!("-L{folder}"));
}
