//! What can be wrong with a command line or an environment.
#![forbid(unsafe_code)]

use crate::sys::bytes::part;

/// Makes the reasons, and one text of all of them: a table of strings would hold addresses.
macro_rules! reasons {
    ($($reason:ident $text:literal)*) => {
        /// Why an option, its value or a variable is refused.
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
    NotASchedule "expected signals and durations: TERM/20/INT/10/KILL"
    NotASignal "not a signal"
    NotARewriting "expected FROM[,FROM...]:TO"
    FromIsNoSignal "FROM is not a signal"
    ToIsNoSignal "TO is not a signal"
    NeverReceived "SIGKILL and SIGSTOP cannot be received"
    NeverForwarded "SIGCHLD is rinit's own and not forwarded"
    CodeIsNoNumber "CODE is not 0 to 255"
    NewIsNoNumber "NEW is not 0 to 255"
    PauseRunsNothing "--pause runs no program"
    SignalsComeBack "--group with --no-group would send signals back to rinit"
    NoProgram "no program to run"
}

impl Reason {
    /// It in words.
    pub fn text(self) -> &'static [u8] {
        part(TEXTS, b'\n', self as usize).unwrap_or_default()
    }
}
