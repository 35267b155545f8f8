//! The table of options: it makes the parser, the help and the names of the variables.

use crate::sys::bytes::{contains, equal, parts};

macro_rules! options {
    ($($flag:ident [$($letter:literal)*] $name:literal [$($value:literal)?] $help:literal [$($variable:literal)?];)*) => {
        /// An option of the command line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Flag { $(#[doc = $help] $flag,)* }

        /// Every option, in the order of the table.
        const FLAGS: [Flag; [$($name),*].len()] = [$(Flag::$flag),*];

        // A line for each option, in that order. One text, since a table of strings would hold addresses,
        // which would have to be relocated.
        const LETTERS: &[u8] = concat!($($($letter,)* "\n"),*).as_bytes();
        const NAMES: &[u8] = concat!($($name, "\n"),*).as_bytes();
        const VARIABLES: &[u8] = concat!($($($variable,)? "\n"),*).as_bytes();

        impl Flag {
            /// Whether it takes a value.
            pub fn takes_value(self) -> bool {
                match self { $(Self::$flag => !concat!($($value)?).is_empty(),)* }
            }
        }

        /// What `--help` prints.
        pub const HELP: &str = concat!(
            "Usage: rinit [OPTION...] [--] PROGRAM [ARGUMENT...]\n\n",
            "Runs PROGRAM, forwards signals to it, reaps zombies, and exits with its code.\n\n",
            $("  ", $("-", $letter, ", ",)* "--", $name, $(" ", $value,)? "\n\t", $help,
                $(" [", $variable, "]",)? "\n",)*
            "\nThe names in brackets are environment variables; options win over them. Under the name\n",
            "tini, docker-init, dumb-init, catatonit, podman-init or pause, it behaves like that program.\n",
        );
    };
}

options! {
    Group ["g"] "group" []
        "forward signals to the child's process group" ["RINIT_GROUP"];
    Rewrite ["r"] "rewrite" ["FROM[,FROM...]:TO"]
        "send TO for each FROM received; 'drop' as TO sends nothing" ["RINIT_REWRITE"];
    Remap ["e"] "remap" ["CODE[:NEW]"]
        "exit with NEW, or 0, where the child's code is CODE" ["RINIT_REMAP"];
    Stop [] "stop" ["[SIGNAL[,SIGNAL...]:]SCHEDULE"]
        "stop in stages, at SIGTERM, SIGINT or SIGNAL: TERM/20/INT/10/KILL" ["RINIT_STOP"];
    StopOk [] "stop-ok" []
        "exit with 0 if a forwarded signal ended the child" ["RINIT_STOP_OK"];
    Grace [] "grace" ["DURATION"]
        "end what the child leaves: SIGTERM, and SIGKILL after DURATION" ["RINIT_GRACE"];
    Session [] "session" []
        "run the child in a session of its own" ["RINIT_SESSION"];
    NoGroup [] "no-group" []
        "run the child in rinit's own process group" [];
    SingleChild ["c"] "single-child" []
        "forward signals to the child alone, in rinit's own process group" [];
    ParentDeath ["p"] "parent-death" ["SIGNAL"]
        "get SIGNAL when the parent process ends" ["RINIT_PARENT_DEATH"];
    Subreaper ["s"] "subreaper" []
        "adopt orphans when not PID 1: the default" ["RINIT_SUBREAPER"];
    NoSubreaper [] "no-subreaper" []
        "do not adopt orphans when not PID 1" [];
    WarnReaped ["w"] "warn-reaped" []
        "warn of each reaped orphan" ["RINIT_WARN_REAPED"];
    Verbose ["v"] "verbose" []
        "log how the child ended; -vv: each signal; -vvv: each orphan" ["RINIT_VERBOSITY"];
    Pause ["P"] "pause" []
        "run nothing: only reap, until SIGTERM or SIGINT" [];
    License ["l" "L"] "license" []
        "print the license and exit" [];
    Help ["h"] "help" []
        "print this help and exit" [];
    Version ["V"] "version" []
        "print the version and exit" [];
}

impl Flag {
    /// Whether its values add up, so that its variable may hold several with spaces between them.
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Rewrite | Self::Remap)
    }

    /// The option with this letter.
    pub fn by_letter(letter: u8) -> Option<Self> {
        Self::find(LETTERS, |letters| contains(letters, letter))
    }

    /// The option with this long name.
    pub fn by_name(name: &[u8]) -> Option<Self> {
        Self::find(NAMES, |known| equal(known, name))
    }

    /// The option that this environment variable stands for.
    pub fn by_variable(name: &[u8]) -> Option<Self> {
        Self::find(VARIABLES, |known| equal(known, name))
    }

    fn find(lines: &[u8], is_it: impl Fn(&[u8]) -> bool) -> Option<Self> {
        let index = parts(lines, b'\n').position(|line| !line.is_empty() && is_it(line))?;
        FLAGS.get(index).copied()
    }
}
