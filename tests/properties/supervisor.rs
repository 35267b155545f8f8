//! Signals, orphans, stops and an end in any order, to the program that ships and to a model of it.

use super::a_few;
use crate::harness::{Launch, Position, Running, eventually_eq, everywhere, proc};
use nix::libc;
use nix::unistd::Pid;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Event {
    /// rinit receives a signal.
    Signal(i32),
    /// rinit is stopped, receives a signal, and is continued.
    SignalWhileStopped(i32),
    /// The child is stopped meanwhile.
    SignalWhileChildIsStopped(i32),
    /// Orphans come and end.
    Orphans(u8),
}

/// The supervisor, as far as the child can see it.
struct Model {
    from: i32,
    /// 0 drops.
    to: i32,
}

impl Model {
    /// What the child gets for this signal to rinit.
    fn forwards(&self, received: i32) -> Option<i32> {
        match received {
            libc::SIGCHLD => None,
            other if other == self.from => Some(self.to).filter(|to| *to != 0),
            other => Some(other),
        }
    }

    /// What the child gets for this event, in any order.
    fn gets(&self, event: Event) -> Vec<i32> {
        match event {
            Event::Orphans(_) => vec![],
            Event::Signal(number) => self.forwards(number).into_iter().collect(),
            // SIGCONT continues rinit, and goes on to the child; it takes the signals that stop from the queue.
            Event::SignalWhileStopped(number) => {
                let stops = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&number);
                let mut pending = vec![libc::SIGCONT];
                pending.extend(Some(number).filter(|_| !stops));
                pending.into_iter().filter_map(|number| self.forwards(number)).collect()
            }
            Event::SignalWhileChildIsStopped(number) => {
                let mut pending: Vec<_> = self.forwards(number).into_iter().collect();
                if pending.iter().any(|number| [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(number))
                {
                    pending.clear(); // the SIGCONT takes it from the queue
                }
                pending.push(libc::SIGCONT);
                pending
            }
        }
    }
}

/// All that the child's C library does not keep to itself, and that neither end nor stop anybody whatever is blocked.
fn number() -> impl Strategy<Value = i32> {
    (1..=64).prop_filter("they can be forwarded", |number| {
        ![libc::SIGKILL, libc::SIGSTOP, 32, 33].contains(number)
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => number().prop_map(Event::Signal),
        1 => number().prop_map(Event::SignalWhileStopped),
        1 => number().prop_map(Event::SignalWhileChildIsStopped),
        1 => (1u8..30).prop_map(Event::Orphans),
    ]
}

fn act(running: &Running, child: Pid, event: Event) {
    let init = running.pid;
    let stop = |pid| {
        crate::harness::send(pid, libc::SIGSTOP);
        eventually_eq(Some('T'), || proc::state(pid));
    };
    match event {
        Event::Signal(number) => running.signal(number),
        Event::SignalWhileStopped(number) => {
            stop(init);
            running.signal(number);
            running.signal(libc::SIGCONT);
        }
        Event::SignalWhileChildIsStopped(number) => {
            stop(child);
            running.signal(number);
            // rinit has nothing more in its hands when it has none pending and sleeps.
            eventually_eq(proc::IDLE, || proc::activity(init));
            crate::harness::send(child, libc::SIGCONT);
        }
        Event::Orphans(count) => {
            drop(Launch::probe_inside(init, &["waves", "1", &count.to_string(), "0"]).start().ready());
        }
    }
}

proptest! {
    #![proptest_config(a_few(8))]

    #[test]
    fn the_child_gets_what_the_model_says_and_no_zombie_is_left(
        from in number(),
        to in prop_oneof![1 => Just(0), 4 => number()],
        events in prop::collection::vec(event(), 0..12),
    ) {
        let model = Model { from, to };
        if from == libc::SIGCHLD || [from, to].iter().any(|number| [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(number)) {
            return Ok(());
        }
        everywhere(|position| {
            let rule = format!("{from}:{to}");
            let mut running =
                Launch::init(position).args(["-r", &rule]).probe(&["signals"]).start().ready();
            let child = running.child();
            for event in &events {
                if matches!(event, Event::Orphans(_)) && position == Position::Outside {
                    continue; // what comes from beside is no descendant
                }
                let mut expected = model.gets(*event);
                expected.sort_unstable();
                if expected.windows(2).any(|two| two[0] == two[1]) {
                    continue; // the kernel may merge them
                }
                act(&running, child, *event);
                // Of two the child may have the second first: the kernel goes by their numbers.
                let mut got: Vec<i32> =
                    expected.iter().map(|_| running.stdout.next().parse().expect("a number")).collect();
                got.sort_unstable();
                assert_eq!(got, expected, "{event:?}");
            }
            eventually_eq((vec![], 1), || (proc::zombies(running.pid), proc::children(running.pid).len()));
            crate::harness::send(child, libc::SIGKILL);
            assert_eq!(running.wait(), position.killed_by(libc::SIGKILL));
            assert_eq!((running.stdout.rest(), running.stderr.rest()), (String::new(), String::new()));
        });
    }
}
