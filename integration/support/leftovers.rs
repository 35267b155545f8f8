//! What a run of the tests leaves behind although its tests should have removed it. `integration/run` has it
//! looked for at the end, in the namespaces that belong to the run alone.

use crate::support::command::run;
use crate::support::container::Volume;
use crate::support::podman::{PODMAN, Podman, run_folder, run_id};
use crate::support::{poll, proc};
use nix::mount::{MsFlags, mount, umount};
use nix::unistd::Pid;
use std::env;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// The time that a process has to end that was told to.
const LEEWAY: Duration = Duration::from_secs(5);

#[test]
#[ignore = "integration/run runs it when all others have ended"]
fn nothing_is_left() {
    assert!(run_id().is_some(), "only `integration/run` makes the namespaces in which all is the run's own");
    let look = || {
        let left = [processes(), mounts(), files()].concat();
        if left.is_empty() { Ok(()) } else { Err(left) }
    };
    // A process that is left may be using podman.
    let left = poll::try_for(LEEWAY, look).map_or_else(|left| left, |()| containers(&Podman::of_run()));
    assert!(left.is_empty(), "left behind:\n{}", left.join("\n"));
}

/// The control: what is left is named. The files are looked for where the test makes them.
#[test]
fn each_kind_of_leftover_is_named() {
    let folder = TempDir::new().expect("make a folder");
    let place = folder.path().display().to_string();
    assert!(files().contains(&format!("file {place}")));

    // The kernel lets spawn return a moment before the process has the program's name, so the name is not asked.
    let mut sleep = Command::new("sleep").arg("1000").spawn().expect("leave a process");
    let line = format!("process {} (", sleep.id());
    let left = processes();
    sleep.kill().and_then(|()| sleep.wait()).expect("end it");
    assert!(left.iter().any(|left| left.starts_with(&line)), "{left:#?}");
    assert!(!processes().iter().any(|left| left.starts_with(&line)), "{:#?}", processes());

    let line = format!("mount {place}");
    mount(Some("none"), folder.path(), Some("tmpfs"), MsFlags::empty(), None::<&str>).expect("leave a mount");
    assert!(mounts().contains(&line), "{:#?}", mounts());
    umount(folder.path()).expect("unmount it");
    assert!(!mounts().contains(&line), "{:#?}", mounts());

    let before = containers(&PODMAN);
    let volume = Volume::create();
    assert_eq!(containers(&PODMAN).len(), before.len() + 1);
    drop(volume);
    assert_eq!(containers(&PODMAN), before);
}

/// The processes of the PID namespace, without this one and its ancestors.
fn processes() -> Vec<String> {
    let ours: Vec<_> = iter::successors(Some(Pid::this()), |pid| parent(*pid)).collect();
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).map(Pid::from_raw);
    pids.filter(|pid| !ours.contains(pid)).filter_map(describe).collect()
}

fn parent(pid: Pid) -> Option<Pid> {
    proc::parent(pid).filter(|parent| parent.as_raw() != 0)
}

/// A process in words, if it is still there.
fn describe(pid: Pid) -> Option<String> {
    let (state, name) = (proc::state(pid)?, proc::name(pid)?);
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&arguments).replace('\0', " ");
    Some(format!("process {pid} ({name}, {state}): {command}"))
}

/// The mounts of this mount namespace that are below the run's own folders. podman mounts its storage on
/// itself, and that mount ends with the namespace.
fn mounts() -> Vec<String> {
    let mounts = fs::read_to_string("/proc/thread-self/mountinfo").expect("/proc is mounted");
    let places = mounts.lines().filter_map(|line| line.split(' ').nth(4)).map(Path::new);
    let ours = |place: &&Path| own_folders().iter().any(|folder| place.starts_with(folder));
    let left = places.filter(ours).filter(|place| *place != Podman::storage());
    left.map(|place| format!("mount {}", place.display())).collect()
}

/// Where the tests make files: below `target`, and in the run's folder, which has the temporary ones.
fn own_folders() -> [PathBuf; 2] {
    [env!("CARGO_TARGET_TMPDIR").into(), run_folder().unwrap_or_else(env::temp_dir)]
}

/// The temporary files, unix sockets among them.
fn files() -> Vec<String> {
    let entries = fs::read_dir(env::temp_dir()).expect("list the folder for temporary files");
    entries.map(|entry| format!("file {}", entry.expect("an entry").path().display())).collect()
}

/// The containers, pods and volumes of podman's.
fn containers(podman: &Podman) -> Vec<String> {
    let containers = ["ps", "--all", "--external", "--format=container {{.ID}} {{.Names}} {{.Status}}"];
    let pods = ["pod", "ps", "--format=pod {{.Id}} {{.Name}} {{.Status}}", "--noheading"];
    let volumes = ["volume", "ls", "--format=volume {{.Name}}", "--noheading"];
    let printed = [run(podman.command(containers)), run(podman.command(pods)), run(podman.command(volumes))];
    printed.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
}
