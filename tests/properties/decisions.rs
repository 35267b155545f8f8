//! The pure decisions, beside models.

use super::a_few;
use nix::libc;
use proptest::prelude::*;
use rinit::policy::decide::{Action, Origin, decide};
use rinit::policy::exit::{End, ExitPolicy};
use rinit::policy::remap::Remap;
use rinit::policy::rewrite::Rewrite;
use rinit::policy::stop::{Beginning, Stage, Step, Stop};
use rinit::sys::clock::Instant;
use rinit::sys::types::{Signal, SignalSet, WaitStatus};
use std::collections::HashMap;

fn signal(number: u8) -> Signal {
    Signal::new(number).expect("a signal")
}

/// Few, so that they meet: SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGTERM and SIGRTMIN+3.
fn common_signal() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![1, 2, 3, 10, 15, 37])
}

/// What a schedule is made of: a signal, or a wait in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Part {
    Signal(u8),
    Wait(u32),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![(1u8..=64).prop_map(Part::Signal), (0u32..3000).prop_map(Part::Wait)]
}

/// With a signal at its end, after which nothing is waited for.
fn schedule() -> impl Strategy<Value = Vec<Part>> {
    let end = (1u8..=64).prop_map(Part::Signal);
    (prop::collection::vec(part(), 0..8), end).prop_map(|(mut parts, end)| {
        parts.push(end);
        parts
    })
}

fn written(parts: &[Part]) -> &'static [u8] {
    let words = parts.iter().map(|part| match part {
        Part::Signal(number) => format!("-{number}"),
        Part::Wait(time) => format!("{time}ms"),
    });
    words.collect::<Vec<_>>().join("/").into_bytes().leak()
}

/// When a stop begins: any time but 0, at which the clock stands where a filter refuses it.
const START: u64 = 1;

proptest! {
    #![proptest_config(a_few(256))]

    /// In which order, and never before the waits that stand before it are over. `gaps` are between looks, in
    /// milliseconds; a long one is one in which rinit was frozen.
    #[test]
    fn a_stop_takes_its_steps_in_order_and_none_too_early(
        parts in schedule(),
        is_key in any::<bool>(),
        gaps in prop::collection::vec(prop_oneof![9 => 0u64..500, 1 => 501u64..100_000], 0..60),
    ) {
        let stop = Stop::parse(written(&parts)).expect("a schedule");
        // After a key at a terminal, which the child has had too, it begins after its first signals.
        let (beginning, had) = if is_key {
            (Beginning::WithTheWait, parts.iter().take_while(|part| matches!(part, Part::Signal(_))).count())
        } else {
            (Beginning::AtOnce, 0)
        };
        let parts = &parts[had..];
        let mut stage = Stage::begin(stop.schedule, beginning, Instant(START));
        let (mut now, mut given, mut sent) = (0, 0, vec![]);
        let mut look = |now: u64, given: u64, sent: &mut Vec<(u8, u64)>| {
            while let Some(step) = stage.advance(Instant(START + now)) {
                let Step::Signal(signal) = step else { panic!("{step:?}") };
                sent.push((signal.number(), given));
            }
        };
        look(now, given, &mut sent);
        // In the end everything is due.
        for gap in gaps.into_iter().chain(std::iter::repeat_n(250, 12 * 9)) {
            now += gap;
            given += gap.min(500); // what rinit overslept by more, nobody was given
            look(now, given, &mut sent);
        }
        let signals: Vec<_> = parts.iter().filter_map(|part| match part {
            Part::Signal(number) => Some(*number),
            Part::Wait(_) => None,
        }).collect();
        prop_assert_eq!(sent.iter().map(|(number, _)| *number).collect::<Vec<_>>(), signals);
        let (mut due, mut next) = (0, 0);
        for part in parts {
            match part {
                Part::Wait(time) => due += u64::from(*time),
                Part::Signal(_) => {
                    prop_assert!(sent[next].1 >= due, "{sent:?}: the one at {next} is due after {due} ms");
                    next += 1;
                }
            }
        }
    }

    /// The last rule for a signal counts, rules do not chain, and SIGCHLD is never forwarded.
    #[test]
    fn a_signal_is_forwarded_as_the_last_rule_for_it_says(
        rules in prop::collection::vec((prop::collection::vec(1u8..=64, 1..4), 0u8..=64), 0..12),
        received in 1u8..=64,
        origin in prop::sample::select(vec![Origin::Process, Origin::Kernel]),
    ) {
        let (mut rewrite, mut model) = (Rewrite::none(), HashMap::new());
        for (from, to) in rules {
            let names: Vec<_> = from.iter().map(u8::to_string).collect();
            let is_refused = from.iter().any(|number| [9, 17, 19].contains(number));
            if is_refused {
                continue;
            }
            let rule = format!("{}:{to}", names.join(","));
            prop_assert_eq!(rewrite.add(rule.as_bytes()), Ok(()));
            from.iter().for_each(|number| _ = model.insert(*number, to));
        }
        let expected = match (i32::from(received), *model.get(&received).unwrap_or(&received)) {
            (libc::SIGCHLD, _) => Action::Reap,
            (_, 0) => Action::Drop,
            (_, to) => Action::Forward(signal(to)),
        };
        prop_assert_eq!(decide(signal(received), origin, &rewrite, None), expected);
    }

    /// A stop begins with a signal that was named or, where none was, with SIGTERM, SIGINT or the first of the schedule,
    /// as it was received or as what a rule makes of it, but not with one that a rule drops; also with a key or a hang-up
    /// of the terminal, which the child may have had as well. All other signals are forwarded.
    #[test]
    fn a_stop_begins_with_its_signals_and_all_others_are_forwarded(
        named in prop::collection::vec(common_signal(), 0..3),
        first in common_signal(),
        rules in prop::collection::vec((common_signal(), prop_oneof![common_signal(), Just(0)]), 0..4),
        received in prop_oneof![3 => common_signal(), 1 => 1u8..=64],
        origin in prop::sample::select(vec![Origin::Process, Origin::Kernel, Origin::SharedTerminal]),
    ) {
        let names = named.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let text = if named.is_empty() { format!("-{first}/1/KILL") } else { format!("{names}:-{first}/1/KILL") };
        let stop = Stop::parse(text.into_bytes().leak()).expect("a schedule");
        let (mut rewrite, mut model) = (Rewrite::none(), HashMap::new());
        for (from, to) in rules {
            prop_assert_eq!(rewrite.add(format!("{from}:{to}").as_bytes()), Ok(()));
            model.insert(from, to);
        }
        let to = *model.get(&received).unwrap_or(&received);
        let begun_by = if named.is_empty() { vec![15, 2, first] } else { named };
        let is_key = [1, 2, 3].contains(&received) && origin != Origin::Process;
        let begins = to != 0 && (is_key || begun_by.contains(&received) || begun_by.contains(&to));
        let is_shared = origin == Origin::SharedTerminal;
        let expected = match (i32::from(received), to) {
            (libc::SIGCHLD, _) => Action::Reap,
            _ if begins && is_shared => Action::Stop(Beginning::WithTheWait),
            _ if begins => Action::Stop(Beginning::AtOnce),
            _ if is_shared => Action::Nothing, // the child has had it
            (_, 0) => Action::Drop,
            (_, to) => Action::Forward(signal(to)),
        };
        prop_assert_eq!(decide(signal(received), origin, &rewrite, Some(&stop)), expected);
    }

    /// The child's own, or 128 and the signal's number; a stop that was asked for is 0; then the last rule for it.
    #[test]
    fn the_exit_code_is_the_childs_and_then_what_the_rules_say(
        code in any::<u8>(),
        killed_by in prop::option::of(1u8..=64),
        core_dumped in any::<bool>(),
        forwarded in prop::collection::vec(1u8..=64, 0..5),
        rules in prop::collection::vec((any::<u8>(), any::<u8>()), 0..40),
        stop_ok in any::<bool>(),
    ) {
        let mut policy = ExitPolicy { stop_ok, remap: Remap::none(), die_alike: true };
        let mut model = HashMap::new();
        for (from, to) in rules {
            let rule = format!("{from}:{to}");
            prop_assert_eq!(policy.remap.add(rule.as_bytes()), Ok(()));
            model.insert(from, to);
        }
        let mut sent = SignalSet::NONE;
        forwarded.iter().for_each(|number| sent.insert(signal(*number)));
        let status = killed_by.map_or(WaitStatus::Exited(code), |number| WaitStatus::Killed {
            signal: signal(number),
            core_dumped,
        });
        let childs = killed_by.map_or(code, |number| 128 + number);
        let is_stop = stop_ok && forwarded.iter().any(|number| 128 + number == childs && *number != 9);
        let expected = if is_stop { Some(0) } else { model.get(&childs).copied() };
        let (code, dies_of) = policy.apply(&End { status, forwarded: sent });
        prop_assert_eq!(code, expected.unwrap_or(childs));
        let expected = killed_by.filter(|_| expected.is_none());
        prop_assert_eq!(dies_of.map(Signal::number), expected);
    }
}
