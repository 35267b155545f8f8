//! The table of options: it makes the parser, the help and the names of the variables.

use super::mistake::Form;
use crate::message::words::is_word;
use crate::sys::bytes::{equal, parts};

/// How the help begins.
macro_rules! usage {
    () => {
        "Usage: rinit [OPTION...] [--] PROGRAM [ARGUMENT...]\n\n\
         Runs PROGRAM, forwards signals to it, reaps zombies, exits with its code.\n\n"
    };
}

macro_rules! options {
    ($($flag:ident [$($letter:literal)*] $name:literal [$($value:literal)?] $help:literal;)*) => {
        /// An option of the command line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
        pub enum Flag { $(#[doc = $help] $flag,)* }

        /// Every option, in the order of the table.
        const FLAGS: [Flag; [$($name),*].len()] = [$(Flag::$flag),*];

        impl Flag {
            /// Whether it takes a value.
            pub fn takes_value(self) -> bool {
                match self { $(Self::$flag => !concat!($($value)?).is_empty(),)* }
            }
        }

        /// What `--help` prints.
        pub const HELP: &str = concat!(
            usage!(),
            $("  ", $("-", $letter, ", ",)* "--", $name, $(" ", $value,)? "\n\t", $help, "\n",)*
            "\nOptions up to --verbosity can be variables, as RINIT_STOP_OK=1; options win.\n",
            "Named like another init, it behaves like that.\n",
        );
    };
}

options! {
    Group ["g"] "group" []
        "signal the child's group";
    Rewrite ["r"] "rewrite" ["FROM[,FROM...]:TO"]
        "send TO for FROM; 'drop' sends nothing";
    Remap ["e"] "remap" ["CODE[:NEW]"]
        "exit with NEW, or 0, for the child's CODE";
    Stop [] "stop" ["[SIGNAL[,SIGNAL...]:]SCHEDULE"]
        "stop in stages: TERM/20/INT/10/KILL";
    StopOk [] "stop-ok" []
        "exit with 0 if a forwarded signal ended it";
    Stay [] "stay" []
        "stay for daemons and hot upgrades";
    Grace [] "grace" ["DURATION"]
        "end what the child leaves: SIGTERM, then SIGKILL";
    Session [] "session" []
        "give the child a session";
    ParentDeath ["p"] "parent-death" ["SIGNAL"]
        "get SIGNAL when the parent ends";
    Subreaper ["s"] "subreaper" []
        "adopt orphans when not PID 1: the default";
    WarnReaped ["w"] "warn-reaped" []
        "warn of each reaped orphan";
    Verbosity [] "verbosity" ["NUMBER"]
        "log 1: the child's end, 2: signals, 3: orphans";
    Verbose ["v"] "verbose" []
        "log one more: -vvv is --verbosity 3";
    NoGroup [] "no-group" []
        "leave the child in rinit's group";
    SingleChild ["c"] "single-child" []
        "the same, and signal it alone";
    NoSubreaper [] "no-subreaper" []
        "leave orphans to others";
    Pause ["P"] "pause" []
        "only reap, until SIGTERM or SIGINT";
    Install [] "install" ["PATH"]
        "copy rinit to this file or directory";
    License ["l" "L"] "license" []
        "print the license";
    Help ["h"] "help" []
        "print this help";
    Version ["V"] "version" []
        "print the version";
}

impl Flag {
    /// Whether its values add up, so that its variable may hold several with spaces between them.
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Rewrite | Self::Remap)
    }

    /// The last in the table that can be an environment variable.
    const LAST_VARIABLE: Self = Self::Verbosity;

    /// The option that is written so; the name of a variable without its `RINIT_`.
    ///
    /// It is looked for in the help, where each option has two lines: `  -g, --group` and what it does.
    pub fn find(form: Form, name: &[u8]) -> Option<Self> {
        let mut lines = parts(HELP.as_bytes().get(usage!().len()..)?, b'\n');
        for &flag in &FLAGS {
            for word in parts(lines.next()?, b' ') {
                let is_it = match word {
                    [b'-', b'-', long @ ..] => match form {
                        Form::Letter => false,
                        Form::Long => equal(long, name),
                        Form::Bare => flag <= Self::LAST_VARIABLE && is_word(long, name),
                    },
                    [b'-', letter, b','] => form == Form::Letter && name == [*letter],
                    _ => false,
                };
                if is_it {
                    return Some(flag);
                }
            }
            lines.next();
        }
        None
    }
}
