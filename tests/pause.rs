//! `--pause`: no child, as the infra container of a pod.

use crate::harness;
use crate::harness::{Launch, Position, everywhere, must, proc};
use nix::libc;

/// The init when it has nothing to do and sleeps.
fn pausing(position: Position) -> harness::Running {
    let running = Launch::init(position).args(["-P"]).start();
    sleeps(&running);
    running
}

fn sleeps(running: &harness::Running) {
    harness::eventually_eq(Some(libc::SYS_rt_sigtimedwait), || proc::system_call(running.pid));
}

#[test]
fn it_ends_with_0_on_sigterm_and_on_sigint_and_stays_for_all_others() {
    everywhere(|position| {
        for stop in [libc::SIGTERM, libc::SIGINT] {
            let mut running = pausing(position);
            for other in [libc::SIGHUP, libc::SIGUSR1, libc::SIGQUIT, libc::SIGCHLD, libc::SIGRTMAX()] {
                running.signal(other);
            }
            sleeps(&running);
            assert!(running.is_running());
            running.signal(stop);
            assert_eq!(running.code(), 0);
            assert_eq!((running.stdout.rest(), running.stderr.rest()), (String::new(), String::new()));
        }
    });
}

#[test]
fn a_signal_that_comes_before_it_waits_is_not_lost() {
    everywhere(|position| {
        let pending = || {
            must(nix::sys::signal::SigSet::all().thread_block());
            must(nix::sys::signal::raise(nix::sys::signal::Signal::SIGTERM));
        };
        assert_eq!(Launch::init(position).args(["-P"]).caller(pending).output().code(), 0);
    });
}

/// As with `shareProcessNamespace: true`: the other containers' processes enter the namespace.
#[test]
fn it_reaps_what_others_leave_in_its_namespace() {
    let mut running = pausing(Position::Pid1);
    let mut member = Launch::probe_inside(running.pid, &["orphans", "200"]).start().ready();
    harness::eventually_eq(0, || proc::children(running.pid).len());
    running.signal(libc::SIGTERM);
    assert_eq!(running.code(), 0);
    member.wait();
}

#[test]
fn it_reaps_children_that_were_there_before_it() {
    everywhere(|position| {
        let earlier = || {
            if harness::fork_is_child() {
                // SAFETY: it does not return.
                unsafe { libc::_exit(42) }
            }
        };
        let mut running = Launch::init(position).args(["-P"]).caller(earlier).start();
        sleeps(&running);
        harness::eventually_eq(0, || proc::children(running.pid).len());
        running.signal(libc::SIGTERM);
        assert_eq!(running.code(), 0);
    });
}

#[test]
fn it_holds_no_descriptor_and_no_folder() {
    everywhere(|position| {
        let running = pausing(position);
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", running.pid)).unwrap().count();
        assert_eq!(descriptors, 3);
        let folder = std::fs::read_link(format!("/proc/{}/cwd", running.pid)).unwrap();
        assert_eq!(folder, std::path::Path::new("/"));
    });
}
