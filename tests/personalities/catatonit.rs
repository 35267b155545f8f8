//! What catatonit promises; podman-init is catatonit by another name.

use super::pause::pauses;
use super::{
    CATATONIT, adopts_orphans, each, each_everywhere, is_asked, reaches_the_child_alone, reaches_the_group,
};
use crate::harness::{Launch, Position};

/// "Print version information." "Print license information." "Print this help page."
#[test]
fn prints_its_help_license_and_version() {
    each(&CATATONIT, |init| {
        let help = is_asked(init, &["-h"]);
        assert!((help.stdout + &help.stderr).contains("-P"));
        assert!(is_asked(init, &["-L"]).stdout.to_lowercase().contains("licen"));
        for option in ["-V", "--version"] {
            let version = is_asked(init, &[option, "echo", "started"]).stdout;
            assert!(version.starts_with("tini version "), "{version}");
            assert_eq!(version.lines().count(), 1);
        }
    });
}

/// "Forward signals to pid1's process group."
#[test]
fn signals_the_group_if_asked_to() {
    each_everywhere(&CATATONIT, |init, position| {
        reaches_the_group(init.launch(position, &["-g"]));
        reaches_the_child_alone(init.launch(position, &[]));
    });
}

#[test]
fn is_a_subreaper_in_silence() {
    each(&CATATONIT, |init| {
        adopts_orphans(init.launch(Position::Outside, &[]));
        let output = init.output(Position::Outside, &[], "(true &)");
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    });
}

/// sd_listen_fds(3): the sockets are for the process that `LISTEN_PID` names, and that is to be the child.
#[test]
fn passes_sockets_on() {
    each_everywhere(&CATATONIT, |init, position| {
        let child = "echo $(( LISTEN_PID == $$ )) $LISTEN_FDS";
        let script = format!("LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" -- sh -c '{child}'");
        let launch = Launch::program(position, "/bin/sh").args(["-c", &script]).args([&init.path]);
        assert_eq!(launch.output().stdout, "1 1\n");
    });
}

/// "Run in pause mode (no program is run and quit on SIGINT)." Engines stop with SIGTERM.
#[test]
fn pauses_until_it_is_told_to_end() {
    each_everywhere(&CATATONIT, |init, position| {
        for arguments in [&["-P"][..], &["-P", "echo", "started"]] {
            pauses(|| init.launch(position, &[]).args(arguments), position);
        }
    });
}
