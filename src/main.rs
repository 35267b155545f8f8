//! rinit's program: the flow, from the command line to the exit code.
//!
//! # Safety
//!
//! The only `unsafe` here is in what `rinit::start!` expands to, and says that names such as `memcpy` are
//! given to the linker: this program has no libc that would define them too.
#![no_std]
#![no_main]
#![deny(clippy::too_many_lines, clippy::too_many_arguments)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable
)]

use core::panic::PanicInfo;
use rinit::child::spawn;
use rinit::install::install;
use rinit::options::personality::Personality;
use rinit::options::settings::Settings;
use rinit::options::{self, Command};
use rinit::policy::exit::{OwnCode, OwnCodes};
use rinit::supervise::{self, Supervisor};
use rinit::sys::arguments::Arguments;
use rinit::sys::process;

rinit::start!(main);

fn main(arguments: Arguments) -> u8 {
    let personality = Personality::named(arguments.own_path());
    let mut settings = personality.settings();
    run(&arguments, personality, &mut settings).unwrap_or_else(|failure| settings.own_codes.of(failure))
}

/// Does what the command line asks for; returns the exit code, or what rinit itself failed with.
fn run(arguments: &Arguments, personality: Personality, settings: &mut Settings) -> Result<u8, OwnCode> {
    // Before all else: no signal is lost, and no message to a dead pipe ends rinit.
    let mask = supervise::block_signals()?;
    let command = options::parse(arguments, personality, settings)?;
    match command {
        Command::Print(text) => return options::print(text).map(|()| 0),
        Command::Install(path) => return install(path).map(|()| 0),
        Command::Run(_) | Command::Pause => {}
    }

    let mut supervisor = Supervisor::prepare(settings, supervise::own_pid()?);
    let Command::Run(program) = command else {
        return supervisor.pause();
    };
    supervisor.count_oom_kills();
    let child = spawn(program, settings, supervisor.rinit, supervisor.inherited(mask))?;

    // The point of no return: there is a child, and from here nothing fails.
    let end = supervisor.supervise(&child);
    Ok(supervisor.exit(&end))
}

/// Nothing in an optimised rinit can panic, and the linker leaves this out of it.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    process::exit(OwnCodes::RINITS.of(OwnCode::Failure))
}

/// An unoptimised `core` names it in its unwind tables, which rinit has not got.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
