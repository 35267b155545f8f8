//! Where the kernel allows little: under the filters of engines, in namespaces, at limits, and with as much as it takes.

use crate::harness::folder::Folder;
use crate::harness::{self, Launch, Output, Position, eventually_eq, everywhere, must, proc, subject};
use crate::waits::refused::{IS_EQUAL, LOAD, RETURN, filter, refuse, step};
use nix::fcntl::{OFlag, open};
use nix::libc::{self, c_int, c_long};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::Mode;
use nix::unistd::write;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

const CODE: i32 = 7;

/// A whole life: orphans are reaped, a signal is forwarded, a survivor ends in the grace, the child's code is kept, and
/// nothing is said.
fn lives(position: Position, setup: impl Fn() + 'static) {
    let script =
        format!("trap 'exit {CODE}' TERM; $PROBE trap 15 0 & (true &); echo set; while :; do wait; done");
    let launch = Launch::init(position).args(["--grace", "20"]).env("PROBE", harness::probe()).caller(setup);
    let mut running = launch.shell(&script).start();
    running.stdout.expect("ready"); // it and `set` come in any order
    eventually_eq(vec![], || proc::zombies(running.pid));
    eventually_eq(1, || proc::children(running.pid).len()); // the orphan may not have ended before
    let child = running.child();
    eventually_eq(1, || proc::children(child).len());
    running.signal(libc::SIGTERM);
    running.stdout.expect("got 15");
    assert_eq!(running.code(), CODE);
    assert_eq!(running.stderr.rest(), "");
}

const EPERM: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

/// Refuses each call that has a higher number, as what a profile does not know.
fn refuse_after(last: c_long) -> impl Fn() + 'static {
    filter(vec![
        step(LOAD, 0, [0, 0]), // the call's number
        step(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, last as u32, [1, 0]),
        step(RETURN, libc::SECCOMP_RET_ALLOW, [0, 0]),
        step(RETURN, EPERM, [0, 0]),
    ])
}

/// Refuses clone(2) with one of these flags.
fn refuse_clone_with(flags: c_int) -> impl Fn() + 'static {
    const FIRST_ARGUMENT: u32 = 16; // in the kernel's `struct seccomp_data`
    filter(vec![
        step(LOAD, 0, [0, 0]),
        step(IS_EQUAL, libc::SYS_clone as u32, [0, 2]),
        step(LOAD, FIRST_ARGUMENT, [0, 0]),
        step(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, flags as u32, [1, 0]),
        step(RETURN, libc::SECCOMP_RET_ALLOW, [0, 0]),
        step(RETURN, EPERM, [0, 0]),
    ])
}

/// Docker's default profile, <https://docs.docker.com/engine/security/seccomp/>, allows the calls that it names, and
/// of those that there are up to this one it names all but [`DOCKER_REFUSES`]. Later profiles name later ones as well.
const LAST_OF_DOCKER: c_long = libc::SYS_futex_waitv;

/// What no version of it names, or not each, or only for a capability that a container has not by default. The numbers
/// are this architecture's.
const DOCKER_REFUSES: [c_long; 65] = [
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_afs_syscall,
    libc::SYS_bpf,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_get_mempolicy,
    libc::SYS_getpmsg,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_kcmp,
    libc::SYS_kexec_file_load,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    libc::SYS_mbind,
    libc::SYS_migrate_pages,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_move_pages,
    libc::SYS_nfsservctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_madvise,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_putpmsg,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_security,
    libc::SYS_set_mempolicy,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_sysfs,
    libc::SYS_syslog,
    libc::SYS_tuxcall,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_uselib,
    libc::SYS_userfaultfd,
    libc::SYS_ustat,
    libc::SYS_vhangup,
    libc::SYS_vserver,
    libc::SYS__sysctl,
];

const NAMESPACES: c_int = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Whether the filters of these tests are for rinit: the calls of other architectures have other numbers.
fn has_these_numbers() -> bool {
    harness::target().name == "x86_64"
}

#[test]
fn under_dockers_default_profile_all_is_as_without_it() {
    if !has_these_numbers() {
        return;
    }
    let profile = || {
        let filters = (
            refuse_after(LAST_OF_DOCKER),
            refuse(&DOCKER_REFUSES, libc::EPERM),
            refuse_clone_with(NAMESPACES),
            refuse(&[libc::SYS_clone3], libc::ENOSYS), // so that C libraries go on with clone(2)
        );
        move || {
            filters.0();
            filters.1();
            filters.2();
            filters.3();
        }
    };
    everywhere(|position| lives(position, profile()));
    let namespace = Launch::init(Position::Outside).caller(profile());
    let output = namespace.command(["unshare", "--user", "/bin/true"]).output();
    assert!(output.code() == 1 && output.stderr.contains("Operation not permitted"), "{output:?}");
}

/// As libseccomp and profiles of their time have it: what came after Linux 4.18 is not known, and refused. So are
/// clone3(2) and close_range(2), which C libraries and rinit would use.
#[test]
fn a_profile_that_answers_eperm_to_calls_that_it_does_not_know_costs_nothing() {
    const LAST_OF_4_18: c_long = libc::SYS_rseq;
    if has_these_numbers() {
        everywhere(|position| lives(position, refuse_after(LAST_OF_4_18)));
    }
}

#[test]
fn without_new_privileges_all_is_as_with_them() {
    everywhere(|position| {
        lives(position, || {
            // SAFETY: integers.
            unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        });
    });
}

/// A /proc that shows a user no process of another's, proc(5), and one that shows nothing but processes.
#[test]
fn a_proc_that_hides_processes_hides_no_survivor() {
    for options in [c"hidepid=2", c"hidepid=2,subset=pid"] {
        lives(Position::Pid1, move || {
            must(mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), Some(options)));
            must(unshare(CloneFlags::CLONE_NEWUSER)); // without the capability to see all
        });
    }
}

/// Not even one: the user is not mapped, as before an engine has written the map.
#[test]
fn in_a_user_namespace_without_an_id_of_its_own_all_is_as_with_one() {
    everywhere(|position| lives(position, || must(unshare(CloneFlags::CLONE_NEWUSER))));
}

/// Root there, or a user. The caller is root, who may give itself away.
#[test]
fn in_a_user_namespace_with_one_id_all_is_as_with_many() {
    if !harness::is_root_or_skip("a map of root's ID alone") {
        return;
    }
    for map in ["0 0 1", "1000 0 1"] {
        everywhere(|position| {
            lives(position, || {
                must(unshare(CloneFlags::CLONE_NEWUSER));
                for (file, text) in [
                    (c"/proc/self/setgroups", "deny"),
                    (c"/proc/self/gid_map", map),
                    (c"/proc/self/uid_map", map),
                ] {
                    let file = must(open(file, OFlag::O_WRONLY, Mode::empty()));
                    must(write(file, text.as_bytes()));
                }
            });
        });
    }
}

#[test]
fn where_nothing_can_be_written_all_is_as_where_it_can() {
    let read_only = || {
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
        for place in ["/", "/proc", "/dev", "/tmp"] {
            let itself = mount(Some(place), place, None::<&str>, MsFlags::MS_BIND, None::<&str>);
            // In a user namespace the flags that others have set must stay.
            let locked = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
            let more = if place == "/proc" { locked } else { MsFlags::empty() };
            must(itself.and_then(|()| mount(None::<&str>, place, None::<&str>, flags | more, None::<&str>)));
        }
    };
    lives(Position::Pid1, read_only);
}

/// rinit below rinit: a program that needs no more than rinit itself.
fn prints_its_version(position: Position, setup: impl Fn() + 'static, what: &str) {
    let launch = Launch::init(position).args(["-e", "0:7"]).caller(setup);
    let output = launch.args(["--".into(), subject(), "--version".into()]).output();
    assert_eq!((output.code(), output.stderr.as_str()), (CODE, ""), "{what}: {output:?}");
    assert!(!output.stdout.is_empty(), "{what}");
}

/// Those at which a program can run. Without address space or a stack none is executed, one without CPU time is
/// killed at the next tick, and where no process can be made rinit says so, `exit_code::a_process_that_cannot_be_made_gives_125`.
const LIMITS: [Resource; 12] = [
    Resource::RLIMIT_CORE,
    Resource::RLIMIT_DATA,
    Resource::RLIMIT_FSIZE,
    Resource::RLIMIT_LOCKS,
    Resource::RLIMIT_MEMLOCK,
    Resource::RLIMIT_MSGQUEUE,
    Resource::RLIMIT_NICE,
    Resource::RLIMIT_NOFILE,
    Resource::RLIMIT_RSS,
    Resource::RLIMIT_RTPRIO,
    Resource::RLIMIT_RTTIME,
    Resource::RLIMIT_SIGPENDING,
];

#[test]
fn a_limit_of_nothing_keeps_no_program_from_running() {
    everywhere(|position| {
        for limit in LIMITS {
            prints_its_version(position, move || must(setrlimit(limit, 0, 0)), &format!("{limit:?}"));
        }
        prints_its_version(position, || LIMITS.iter().for_each(|limit| must(setrlimit(*limit, 0, 0))), "all");
        let small_stack = || must(setrlimit(Resource::RLIMIT_STACK, 16 * 1024, 16 * 1024));
        prints_its_version(position, small_stack, "a stack of 16 KiB");
    });
}

/// The new file gets the number of a closed standard stream, and there is no other for it.
#[test]
fn where_there_is_no_descriptor_for_a_copy_of_rinit_nothing_is_left_of_it() {
    everywhere(|position| {
        let folder = Folder::new();
        let path = folder.path().join("init");
        let launch = Launch::init(position).args(["--install".as_ref(), path.as_os_str()]);
        let output = launch.caller(|| {
            must(setrlimit(Resource::RLIMIT_NOFILE, 3, 3));
            must(nix::unistd::close(libc::STDIN_FILENO));
        });
        let output = output.output();
        assert_eq!((output.code(), output.stdout.as_str()), (125, ""));
        assert!(output.stderr.starts_with("rinit: install "), "{output:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    });
}

#[test]
fn limits_as_high_as_they_go_keep_none_either() {
    everywhere(|position| {
        let all_there_is = || {
            for limit in LIMITS.into_iter().chain([Resource::RLIMIT_STACK, Resource::RLIMIT_AS]) {
                let (_, most) = must(getrlimit(limit));
                must(setrlimit(limit, most, most));
            }
        };
        prints_its_version(position, all_there_is, "all");
    });
}

/// MAX_ARG_STRLEN is 128 KiB with the NUL, execve(2).
#[test]
fn the_longest_argument_and_the_longest_variable_go_on() {
    let longest = OsString::from_vec(vec![b'x'; 128 * 1024 - 1]);
    let value = OsString::from_vec(vec![b'y'; 128 * 1024 - 1 - "LONG=".len()]);
    everywhere(|position| {
        let script = r#"printf '%s %s %s' "${#1}" "${#LONG}" "$2""#;
        let launch = Launch::init(position).env("LONG", &value);
        let command: [OsString; 6] =
            ["sh".into(), "-c".into(), script.into(), "sh".into(), longest.clone(), "end".into()];
        let Output { end: _, stdout, stderr } = launch.command(command).output();
        assert_eq!((stdout.as_str(), stderr.as_str()), ("131071 131066 end\n", ""));
    });
}

#[test]
fn ten_thousand_variables_go_on_and_those_of_rinit_are_found_among_them() {
    let mut launch = Launch::init(Position::Pid1).no_environment();
    for number in 0..10_000 {
        launch = launch.env(&format!("RINIT_NOT_{number}"), "1");
    }
    let output = launch.env("RINIT_REMAP", "0:7").command(["/usr/bin/env"]).output();
    assert_eq!((output.code(), output.stdout.lines().count()), (CODE, 10_001));
}
