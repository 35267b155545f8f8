//! rinit itself keeps nothing of its caller's.

use crate::harness;
use crate::harness::{Launch, eventually_eq, everywhere, must, proc};
use nix::libc;
use nix::unistd::Pid;
use std::fs::{self, File};
use std::os::fd::IntoRawFd;

fn descriptors(pid: Pid) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process is there");
    let mut numbers: Vec<u32> =
        entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn descriptors_above_2_are_closed_in_rinit_and_open_in_the_child() {
    everywhere(|position| {
        let caller = || {
            for descriptor in [7, 1500] {
                // SAFETY: integers.
                must(match unsafe { libc::dup2(must(File::open("/dev/null")).into_raw_fd(), descriptor) } {
                    -1 => Err(()),
                    _ => Ok(()),
                });
            }
        };
        let running = Launch::init(position).caller(caller).probe(&["wait"]).start().ready();
        // The child may be faster than rinit, which closes them once the child has exec'd.
        eventually_eq(vec![0, 1, 2], || descriptors(running.pid));
        let child = descriptors(running.child());
        assert!(child.contains(&7) && child.contains(&1500), "{child:?}");
    });
}

/// rinit has looked for a terminal by then, and has closed what it has opened for that.
#[test]
fn a_closed_standard_stream_stays_closed_on_a_terminal() {
    everywhere(|position| {
        for closed in 0..=2 {
            let caller = move || must(nix::unistd::close(closed));
            let launch = Launch::init(position).on_terminal().caller(caller);
            let running = launch.command(["/bin/sleep", "1000"]).start();
            let others: Vec<_> = (0..=2).filter(|number| *number != closed as u32).collect();
            let child = running.child();
            harness::eventually_eq(Some("sleep".into()), || proc::name(child));
            let standard = |pid| {
                let mut numbers = descriptors(pid);
                numbers.retain(|number| *number <= 2); // the caller of the tests may have given more
                numbers
            };
            harness::eventually_eq((others.clone(), others), || (standard(running.pid), standard(child)));
        }
    });
}

#[test]
fn rinits_working_directory_is_the_root_and_the_childs_is_the_callers() {
    everywhere(|position| {
        let caller = || must(nix::unistd::chdir("/usr/bin"));
        let running = Launch::init(position).caller(caller).probe(&["wait"]).start().ready();
        let directory = |pid| fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
        eventually_eq("/".into(), || directory(running.pid));
        assert_eq!(directory(running.child()).to_str(), Some("/usr/bin"));
    });
}

#[test]
fn no_signal_is_handled_by_a_function() {
    everywhere(|position| {
        let running = Launch::init(position).probe(&["wait"]).start().ready();
        assert_eq!(proc::status(running.pid, "SigCgt").as_deref(), Some("0000000000000000"));
    });
}
