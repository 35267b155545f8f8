//! The same program for other architectures: the image is built for the one that is asked for, by the steps of
//! `Dockerfile`, taken one by one; and so is an unoptimised build.

use crate::harness::folder::Folder;
use crate::source::has_target_or_skip;
use goblin::elf::Elf;
use goblin::elf::header::{EM_386, EM_AARCH64, EM_X86_64};
use goblin::elf::program_header::{PF_W, PT_LOAD};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The instructions of the stage that builds, a line each.
fn steps() -> Vec<String> {
    let dockerfile = fs::read_to_string(Path::new(ROOT).join("Dockerfile")).unwrap();
    let stage = dockerfile.split("\nFROM ").find(|stage| stage.contains(" AS build\n"));
    let lines = stage.expect("a stage that builds").lines().skip(1);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Takes the steps in `folder`, as an engine does that compiles on this machine for `platform`; returns the
/// program.
fn build(folder: &Path, platform: &str) -> Vec<u8> {
    let (architecture, variant) = platform.split_once('/').unwrap_or((platform, ""));
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies/image").join(architecture);
    fs::create_dir_all(&kept).unwrap();
    symlink(kept, folder.join("target")).unwrap();
    for step in steps() {
        let (instruction, rest) = step.split_once(' ').unwrap();
        let mut shell = Command::new("sh");
        match instruction {
            "WORKDIR" | "ARG" => continue,
            "COPY" => {
                let sources: Vec<_> = rest.split(' ').collect();
                let (to, sources) = sources.split_last().unwrap();
                let to = folder.join(to);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                let how = if to.is_dir() { "--recursive" } else { "--recursive --no-target-directory" };
                shell
                    .args(["-ec", &format!("cp {how} \"$@\"")])
                    .arg("sh")
                    .args(sources)
                    .arg(to)
                    .current_dir(ROOT);
            }
            "RUN" => {
                shell.args(["-ec", rest]).current_dir(folder);
            }
            other => panic!("{other} is not known here"),
        }
        shell.env("TARGETARCH", architecture).env("TARGETVARIANT", variant);
        let output = shell.env_remove("CARGO_TARGET_DIR").output().expect("sh");
        assert!(output.status.success(), "{step}: {output:?}");
    }
    fs::read(folder.join("rinit")).unwrap()
}

#[test]
fn the_image_is_built_for_the_architecture_that_is_asked_for() {
    for (platform, target, machine) in [
        ("amd64", "x86_64-unknown-linux-gnu", EM_X86_64),
        ("arm64/v8", "aarch64-unknown-linux-musl", EM_AARCH64),
        ("386", "i686-unknown-linux-musl", EM_386),
    ] {
        if !has_target_or_skip(target) {
            continue;
        }
        let program = build(Folder::new().path(), platform);
        let elf = Elf::parse(&program).unwrap();
        assert_eq!(elf.header.e_machine, machine);
        assert_eq!(elf.interpreter, None);
        assert_eq!(elf.libraries, Vec::<&str>::new()); // NEEDED
        assert_eq!(elf.dynrelas.len() + elf.dynrels.len() + elf.pltrelocs.len(), 0);
        let writable =
            |header: &&goblin::elf::ProgramHeader| header.p_type == PT_LOAD && header.p_flags & PF_W != 0;
        assert_eq!(elf.program_headers.iter().find(writable), None);
    }
}

#[test]
fn an_architecture_that_is_not_there_is_named() {
    let output = Command::new(Path::new(ROOT).join("release/build")).arg("vax").output().expect("bash");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message, "release/build: rinit is not ported to vax: see release/build --list\n");
}

/// It has code that an optimised build has not, in which nothing may ask for a C library.
#[test]
fn an_unoptimised_build_for_another_architecture_links() {
    for (target, machine) in [("aarch64-unknown-linux-musl", EM_AARCH64), ("i686-unknown-linux-musl", EM_386)]
    {
        if !has_target_or_skip(target) {
            continue;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies/unoptimised");
        let variable = format!("CARGO_TARGET_{}", target.to_uppercase().replace('-', "_"));
        let output = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--bin", "rinit", "--target", target, "--target-dir"])
            .arg(&folder)
            .env(format!("{variable}_LINKER"), "rust-lld")
            .env(format!("{variable}_RUSTFLAGS"), "-Clink-self-contained=no")
            .env_remove("RUSTFLAGS")
            .current_dir(ROOT)
            .output();
        let output = output.expect("cargo");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !message.contains("warning"), "{message}");
        let program = fs::read(folder.join(target).join("debug/rinit")).unwrap();
        let elf = Elf::parse(&program).unwrap();
        assert_eq!((elf.header.e_machine, elf.interpreter), (machine, None));
    }
}
