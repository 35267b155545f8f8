//! Why an option, its value or a variable is refused.

use crate::sys::bytes::part;

/// Makes the reasons, and one text of all, since a table of strings would hold addresses, which would have to be
/// relocated.
macro_rules! reasons {
    ($($reason:ident $text:literal)*) => {
        /// The reason in a message about a mistake: `expected 0 or 1`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $(#[doc = $text] $reason),* }

        const TEXTS: &[u8] = concat!($($text, "\n"),*).as_bytes();
    };
}

reasons! {
    NoSuchOption "no such option"
    TakesNoValue "it takes no value"
    ValueIsMissing "a value is missing"
    NotASwitch "expected 0 or 1"
    NotAVerbosity "expected 0 to 255"
    NotADuration "expected a duration: 10, 500ms, 2m"
    NotASchedule "expected a schedule: TERM/20/INT/10/KILL"
    EndsWithAWait "it ends with a wait: a signal is -9"
    NotASignal "not a signal"
    SignalIsNone "SIGNAL is not a signal"
    NotARewriting "expected FROM[,FROM...]:TO or :drop"
    NeverReceived "SIGKILL and SIGSTOP cannot be received"
    NeverForwarded "SIGCHLD is rinit's own"
    CodeIsNone "CODE is not 0 to 255"
    NewIsNone "NEW is not 0 to 255"
    RunsNone "--pause and --install run no program"
    NoProgram "no program to run"
    SignalsComeBack "--group with --no-group would signal rinit"
}

impl Reason {
    /// It in words.
    pub fn text(self) -> &'static [u8] {
        part(TEXTS, b'\n', self as usize)
    }
}
