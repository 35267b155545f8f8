//! The page: tables and text from the results, and nothing else.

use crate::forwarding::Forwarding;
use crate::idle::Idle;
use crate::inits::{FLOOR, RINIT, is_packaged};
use crate::life::Lives;
use crate::memory::Memory;
use crate::reaping::Reaping;
use crate::results::Results;
use crate::series::{Ratio, Series};
use std::fmt::{self, Display, Formatter};

/// The page.
pub fn page(results: &Results) -> String {
    let machine = &results.machine;
    let mut page = format!(
        "# Benchmarks\n\n\
         {quick}\
         This page compares rinit with other inits, and with the floor: an init of a few instructions that \
         starts its child, waits for it and does nothing else, so that it costs what the kernel alone costs. \
         `cargo bench` measured everything in {minutes} min {seconds} s and wrote this page, on {date}, {host}: \
         {cpu}, {cpus} CPUs, Linux {kernel}. [benches/README.md](../benches/README.md) describes how; \
         [{raw}](../{raw}) has all measurements.\n\n\
         A figure is a median; the quartiles follow in brackets.\n",
        quick =
            if results.is_quick { "**A quick run, with too few rounds to mean anything.**\n\n" } else { "" },
        minutes = results.seconds / 60,
        seconds = results.seconds % 60,
        date = machine.date,
        raw = results.raw_file(),
        host = machine.host,
        cpu = machine.cpu,
        cpus = machine.cpus,
        kernel = machine.kernel,
    );
    page += "\n![Size](benchmarks-size.svg)\n\n![Start-up](benchmarks-startup.svg)\n\n![Memory](benchmarks-memory.svg)\n";
    for (title, text) in [
        ("Targets", targets(results)),
        ("Bytes", bytes(results)),
        ("Start-up", startup(results)),
        ("Memory", memory(results)),
        ("Idle", idle(results)),
        ("Forwarding", forwarding(results)),
        ("Reaping", reaping(results)),
        ("Exit", exit(results)),
    ] {
        page += &format!("\n## {title}\n\n{text}");
    }
    page
}

/// The README, with a new table of rinit and the packaged peers below `## Measured`.
pub fn readme(readme: &str, results: &Results) -> String {
    let (before, after) = readme.split_once("\n## Measured\n").expect("it has this section");
    let start = after.find("\n| |").expect("it has a table") + 1;
    let end = start + after[start..].find("\n\n").expect("more follows") + 1;
    format!("{before}\n## Measured\n{}{}{}", &after[..start], summary(results), &after[end..])
}

fn summary(results: &Results) -> String {
    let is_shown = |init: &usize| *init == RINIT || is_packaged(&results.names[*init]);
    let mut table = Table::of(results, (0..results.names.len()).filter(is_shown).collect());
    let memory = |init: usize| results.memory[0][init].expect("there is one of each");
    table
        .row("file, bytes", |init| file(results, init))
        .row("µs before the program's first instruction", |init| {
            microseconds(results.lives[0].start(init).median())
        })
        .row("system calls up to and including the program's exec", |init| results.work[init].calls)
        .row("resident, KiB", |init| number(memory(init).resident))
        .row("private and dirty, KiB", |init| memory(init).dirty)
        .row(&format!("wake-ups when idle, in {} s", results.idle_seconds), |init| {
            if_measured(&results.idle[0][init], |idle| number(idle.wake_ups))
        });
    table.text
}

/// The size of an init's file, and whether it needs libraries too.
pub fn file(results: &Results, init: usize) -> String {
    let bytes = &results.bytes[init];
    number(bytes.file) + if bytes.libraries > 0 { " + libc" } else { "" }
}

/// A table with a column for each of some inits.
struct Table {
    text: String,
    inits: Vec<usize>,
}

impl Table {
    /// A table with a column for each init.
    fn new(results: &Results) -> Self {
        Self::of(results, (0..results.names.len()).collect())
    }

    fn of(results: &Results, inits: Vec<usize>) -> Self {
        let heads: Vec<_> = inits.iter().map(|init| format!(" {} |", results.names[*init])).collect();
        let rules = "---|".repeat(heads.len() + 1);
        Self { text: format!("| |{}\n|{rules}\n", heads.concat()), inits }
    }

    /// Adds a row, with what `cell` returns for each init by its number.
    fn row<D: Display>(&mut self, label: &str, cell: impl Fn(usize) -> D) -> &mut Self {
        let cells: Vec<_> = self.inits.iter().map(|init| format!(" {} |", cell(*init))).collect();
        self.text += &format!("| {label} |{}\n", cells.concat());
        self
    }
}

/// What `show` makes of a measurement, or a dash if there is none.
fn if_measured<T>(measured: &Option<T>, show: impl FnOnce(&T) -> String) -> String {
    measured.as_ref().map_or("—".to_owned(), show)
}

/// A number with a comma between groups of three digits.
pub fn number(number: impl TryInto<i64>) -> String {
    let number: i64 = number.try_into().ok().expect("it is not that large");
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

/// A number of processes, in words.
fn processes(count: usize) -> String {
    plural(count, "process", "processes")
}

/// A number with the noun that it needs.
fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count as i64), if count == 1 { one } else { many })
}

/// Nanoseconds, in microseconds.
pub fn microseconds(nanoseconds: i64) -> String {
    match nanoseconds.abs() {
        ..100_000 => format!("{:.1}", nanoseconds as f64 / 1e3),
        _ => number((nanoseconds as f64 / 1e3).round() as i64),
    }
}

fn milliseconds(nanoseconds: i64) -> String {
    format!("{:.1}", nanoseconds as f64 / 1e6)
}

/// The median and the quartiles.
fn spread(series: &Series, show: fn(i64) -> String) -> String {
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| show(series.quantile(share)));
    format!("{middle} ({low}–{high})")
}

fn ratio(own: i64, others: i64) -> f64 {
    own as f64 / others as f64
}

/// The ratio of an init's result to the floor's.
fn times(results: impl Fn(usize) -> i64) -> impl Fn(usize) -> String {
    move |init| format!("{:.2}", ratio(results(init), results(FLOOR)))
}

fn bytes(results: &Results) -> String {
    let of = |init: usize| &results.bytes[init];
    let mut table = Table::new(results);
    table
        .row("file, bytes", |init| number(of(init).file))
        .row("executed", |init| number(of(init).text))
        .row("only read", |init| number(of(init).constants))
        .row("written", |init| number(of(init).data))
        .row("its segments in memory", |init| number(of(init).mapped))
        .row("files of the libraries that it loads", |init| number(of(init).libraries))
        .row("its address space when idle", |init| number(of(init).address_space));
    table.text
        + "\nThese are files for x86_64. [targets.md](targets.md) has rinit's for each architecture, with the facts that \
           hold for it and the tests that it passes; `tests/targets` measures them.\n\n\
           What is written is the size of the sections that the file says may be written to. rinit's is `.dynamic`, which the \
           linker marks so. The segment that it is in cannot be written to: rinit has no writable data.\n"
}

fn startup(results: &Results) -> String {
    let [outside, namespace, cold] = &results.lives;
    let of = |lives: &Lives, init| spread(&lives.start(init), microseconds);
    let median = |lives: &Lives, init| lives.start(init).median();
    let mut table = Table::new(results);
    table
        .row("µs before the child's first instruction", |init| of(outside, init))
        .row("… times the floor's", times(|init| median(outside, init)))
        .row("µs as PID 1 of a new namespace", |init| of(namespace, init))
        .row("… times the floor's", times(|init| median(namespace, init)))
        .row("µs with cold caches", |init| of(cold, init))
        .row("… times the floor's", times(|init| median(cold, init)))
        .row("instructions", |init| number(results.work[init].instructions))
        .row("system calls up to and including the child's exec", |init| results.work[init].calls)
        .row("page faults up to the end", |init| outside.faults(init).median());
    if let Some(containers) = &results.containers {
        table.row("ms of `crun run`, start to end", |init| spread(&containers.inits[init], milliseconds));
    }
    let [calls, namespaces, colds] = results.lives.each_ref().map(|lives| {
        let floor = lives.start(FLOOR);
        [lives.start_with_rinits_calls(), lives.start(RINIT)].map(|start| with_bounds(start.ratio(&floor)))
    });
    let calls = format!(
        "\nThe floor with the system calls that rinit makes, and nothing else of rinit, shows how much of that is \
         the kernel's work. It takes {} times as long as the floor, and rinit {} times; as PID 1 {} and {} times; \
         with cold caches {} and {} times.\n",
        calls[0], calls[1], namespaces[0], namespaces[1], colds[0], colds[1],
    );
    let alone = format!(
        "\nThe time of the child alone is subtracted: {} µs, as PID 1 {} µs, and with cold caches {} µs{}. There \
         were {}, {} and {} rounds.\n",
        spread(&outside.alone.start, microseconds),
        spread(&namespace.alone.start, microseconds),
        spread(&cold.alone.start, microseconds),
        results.containers.as_ref().map_or(String::new(), |containers| format!(
            "; `crun run` of the child alone, which is not subtracted, takes {} ms",
            spread(&containers.alone, milliseconds)
        )),
        number(outside.alone.start.0.len() as i64),
        number(namespace.alone.start.0.len() as i64),
        number(cold.alone.start.0.len() as i64),
    );
    let spins = match sleepless(results).as_str() {
        "" => String::new(),
        names => format!("\nThese never sleep, and so slow their child down on the one CPU: {names}.\n"),
    };
    table.text + &calls + &alone + &spins
}

fn memory(results: &Results) -> String {
    let mut table = Table::new(results);
    let counts = [1, results.many];
    for (memory, count) in results.memory.iter().zip(counts) {
        let mut row = |what: &str, of: fn(&Memory) -> u64| {
            let label = format!("{what}, KiB, {}", processes(count));
            table.row(&label, |init| if_measured(&memory[init], |memory| number(of(memory))));
        };
        row("resident", |memory| memory.resident);
        row("proportional", |memory| memory.proportional);
        row("private and dirty", |memory| memory.dirty);
        row("page tables", |memory| memory.page_tables);
    }
    let note = format!(
        "\nBesides, each process has a kernel stack of {} KiB, whichever program it runs. The resident memory of \
         many processes is a sum, which counts shared pages again and again; the proportional memory counts them \
         once.\n",
        results.kernel_stack
    );
    table.text + &note
}

fn idle(results: &Results) -> String {
    let mut table = Table::new(results);
    for (idle, count) in results.idle.iter().zip([1, results.many]) {
        let mut row = |what: &str, of: fn(&Idle) -> u64| {
            let label = format!("{what} in {} s, {}", results.idle_seconds, processes(count));
            table.row(&label, |init| if_measured(&idle[init], |idle| number(of(idle))));
        };
        row("wake-ups", |idle| idle.wake_ups);
        row("µs of CPU", |idle| idle.nanoseconds / 1000);
    }
    let note = match sleepless(results).as_str() {
        "" => String::new(),
        names => format!(
            "\nThese never sleep. So only one process of each is measured here, and none with signals and zombies: {names}.\n"
        ),
    };
    table.text + &note
}

/// The names of the inits that never sleep.
fn sleepless(results: &Results) -> String {
    names(results, |init| results.idle[1][init].is_none())
}

fn forwarding(results: &Results) -> String {
    let of = |init: usize, show: &dyn Fn(&Forwarding) -> String| {
        if_measured(&results.forwarding.inits[init], |forwarding| show(forwarding))
    };
    let tail = |series: &Series| {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| microseconds(series.quantile(share)));
        format!("{p50}, {p99}, {p999}")
    };
    let queue = results.forwarding.queue as i64;
    let mut table = Table::new(results);
    table
        .row("µs, nothing else runs", |init| of(init, &|forwarding| tail(&forwarding.idle)))
        .row("µs, all on one CPU", |init| of(init, &|forwarding| tail(&forwarding.one_cpu)))
        .row("µs, every CPU busy", |init| of(init, &|forwarding| tail(&forwarding.busy)))
        .row("real-time signals a second", |init| {
            of(init, &|forwarding| per_second(queue, &forwarding.queued))
        })
        .row(&format!("lost of {}", number(queue)), |init| {
            of(init, &|forwarding| number(forwarding.lost.quantile(1.0)))
        });
    let mut note = String::from(
        "\nThe time is that from a kill(2) of the init to the return of the child's rt_sigtimedwait(2): the \
         median, and the times that 99 % and 99.9 % of the signals do not exceed.",
    );
    let partial =
        names(results, |init| results.forwarding.inits[init].is_none() && results.idle[1][init].is_some());
    if !partial.is_empty() {
        note += &format!(" These do not forward every signal: {partial}.");
    }
    table.text + &note + "\n"
}

/// The names of the inits for which `is_so` holds.
fn names(results: &Results, is_so: impl Fn(usize) -> bool) -> String {
    let inits = (0..results.names.len()).filter(|init| is_so(*init));
    inits.map(|init| results.names[init].as_str()).collect::<Vec<_>>().join(", ")
}

fn per_second(count: i64, series: &Series) -> String {
    number(count * 1_000_000_000 / series.median())
}

fn reaping(results: &Results) -> String {
    let reapings = &results.reaping;
    let of = |init: usize, show: &dyn Fn(&Reaping) -> String| {
        if_measured(&reapings.inits[init], |reaping| show(reaping))
    };
    let [orphans, few] = [reapings.orphans, reapings.few].map(|count| number(count as i64));
    let mut table = Table::new(results);
    table
        .row(&format!("ms until {orphans} killed orphans are reaped"), |init| {
            of(init, &|reaping| spread(&reaping.orphans, milliseconds))
        })
        .row("… orphans a second", |init| {
            of(init, &|reaping| per_second(reapings.orphans as i64, &reaping.orphans))
        })
        .row(&format!("ms to reap {orphans} zombies"), |init| {
            of(init, &|reaping| spread(&reaping.drain, milliseconds))
        })
        .row("… zombies a second", |init| {
            of(init, &|reaping| per_second(reapings.orphans as i64, &reaping.drain))
        })
        .row(&format!("ms to reap {few} zombies"), |init| {
            of(init, &|reaping| spread(&reaping.drain_few, milliseconds))
        })
        .row("… zombies a second", |init| {
            of(init, &|reaping| per_second(reapings.few as i64, &reaping.drain_few))
        })
        .row(
            &format!("ms to reap {few} zombies beside {} living children", number(reapings.living as i64)),
            |init| of(init, &|reaping| spread(&reaping.among_living, milliseconds)),
        );
    for (which, (count, _)) in reaping_of(results, FLOOR).calls.iter().enumerate() {
        let label = format!("system calls to reap {} and sleep again", plural(*count, "zombie", "zombies"));
        table.row(&label, |init| of(init, &|reaping| number(reaping.calls[which].1 as i64)));
    }
    table.row("instructions for 100 zombies", |init| of(init, &|reaping| number(reaping.instructions))).row(
        "KiB resident, before and after",
        |init| {
            of(init, &|reaping| {
                let [before, after] = reaping.memory.map(|memory| memory.resident);
                format!("{before}, {after}")
            })
        },
    );
    table.text
}

/// The reaping of the floor or rinit, which sleep.
fn reaping_of(results: &Results, init: usize) -> &Reaping {
    results.reaping.inits[init].as_ref().expect("it sleeps")
}

fn exit(results: &Results) -> String {
    let [outside, namespace, _] = &results.lives;
    let of = |lives: &Lives, init| spread(&lives.exit(init), microseconds);
    let mut table = Table::new(results);
    table
        .row("µs from the child's exit to the init's", |init| of(outside, init))
        .row("… times the floor's", times(|init| outside.exit(init).median()))
        .row("µs as PID 1 of a new namespace", |init| of(namespace, init))
        .row("… times the floor's", times(|init| namespace.exit(init).median()));
    table.text
}

/// A promise about rinit, what was measured, and whether that meets it.
struct Target {
    promise: String,
    measured: String,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
enum Outcome {
    Met,
    Missed,
    /// The measurements vary by more than the difference.
    NotToldApart,
}

impl From<bool> for Outcome {
    fn from(is_met: bool) -> Self {
        if is_met { Self::Met } else { Self::Missed }
    }
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Met => "yes",
            Self::Missed => "**no**",
            Self::NotToldApart => "not told apart",
        })
    }
}

fn with_bounds(ratio: Ratio) -> String {
    format!("{:.2} ({:.2}–{:.2})", ratio.value, ratio.low, ratio.high)
}

impl Target {
    fn number(promise: &str, measured: u64, most: u64) -> Self {
        Self { promise: promise.into(), measured: number(measured), outcome: (measured <= most).into() }
    }

    fn ratio(promise: &str, ratio: Ratio, most: f64) -> Self {
        let outcome = if ratio.value <= most {
            Outcome::Met
        } else if ratio.low <= most {
            Outcome::NotToldApart
        } else {
            Outcome::Missed
        };
        Self { promise: promise.into(), measured: with_bounds(ratio), outcome }
    }
}

fn targets(results: &Results) -> String {
    let mut text = String::from(
        "Each ratio is followed by the bounds that it lies between with a confidence of 95 %. If the ratio is \
         above the limit and the limit is within the bounds, the outcome is \"not told apart\".\n\n\
         | target | measured | met |\n|---|---|---|\n",
    );
    for Target { promise, measured, outcome } in all_targets(results) {
        text += &format!("| {promise} | {measured} | {outcome} |\n");
    }
    text
}

fn all_targets(results: &Results) -> Vec<Target> {
    let start = |init: usize| Some(results.lives[0].start(init));
    let forward = |init: usize| Some(results.forwarding.inits[init].as_ref()?.idle.clone());
    let reap = |init: usize| Some(results.reaping.inits[init].as_ref()?.drain.clone());
    let reap_few = |init: usize| Some(results.reaping.inits[init].as_ref()?.drain_few.clone());
    let [orphans, few] = [results.reaping.orphans, results.reaping.few]
        .map(|count| format!("{} zombies", number(count as i64)));
    let to_floor = |of: &dyn Fn(usize) -> Option<Series>| {
        of(RINIT).expect("rinit is measured").ratio(&of(FLOOR).expect("the floor is measured"))
    };
    // The ratio to the fastest peer, which is the largest ratio.
    let to_fastest = |of: &dyn Fn(usize) -> Option<Series>, counts: &dyn Fn(usize) -> bool| {
        let peers = (RINIT + 1..results.names.len()).filter(|init| counts(*init));
        let rinits = of(RINIT).expect("rinit is measured");
        let ratios = peers.filter_map(|init| Some(rinits.ratio(&of(init)?)));
        ratios.max_by(|a, b| a.value.total_cmp(&b.value)).unwrap_or(Ratio { value: 0.0, low: 0.0, high: 0.0 })
    };
    let calls = results.lives[0].start_with_rinits_calls().ratio(&results.lives[0].start(FLOOR));
    let reaping_target = |zombies: &str, of: &dyn Fn(usize) -> Option<Series>| {
        let promise = format!("reaping {zombies}: at most the fastest peer's time");
        let target = Target::ratio(&promise, to_fastest(of, &|_| true), 1.0);
        Target {
            measured: format!("{}; the floor's {}", target.measured, with_bounds(to_floor(of))),
            ..target
        }
    };
    let memory = results.memory[0][RINIT].expect("rinit sleeps");
    let wake_ups = results.idle.iter().map(|idle| idle[RINIT].expect("rinit sleeps").wake_ups).sum();
    let reaping = reaping_of(results, RINIT);
    // Without the call to sleep again, which follows any signal.
    let is_met = reaping.calls.iter().all(|(zombies, calls)| calls - 1 <= zombies + 1);
    let reaping_calls: Vec<_> =
        reaping.calls.iter().map(|(zombies, calls)| format!("{} for {zombies}", calls - 1)).collect();
    let [before, after] = reaping.memory.map(|memory| memory.resident);
    vec![
        Target::number("file: at most 28,672 bytes", results.bytes[RINIT].file, 28_672),
        Target {
            measured: format!(
                "{}; its system calls alone {}",
                with_bounds(to_floor(&start)),
                with_bounds(calls)
            ),
            ..Target::ratio("start-up: at most 1.15 times the floor's", to_floor(&start), 1.15)
        },
        Target::ratio(
            "start-up: at most 0.25 times the fastest packaged peer's",
            to_fastest(&start, &|init| is_packaged(&results.names[init])),
            0.25,
        ),
        Target::number(
            "system calls up to and including the child's exec: at most 10",
            results.work[RINIT].calls,
            10,
        ),
        Target::number("resident: at most 44 KiB", memory.resident, 44),
        Target::number("private and dirty: at most 12 KiB", memory.dirty, 12),
        Target::number("wake-ups when idle: 0", wake_ups, 0),
        Target::ratio("forwarding: at most 1.1 times the floor's", to_floor(&forward), 1.1),
        Target::ratio("forwarding: at most the fastest peer's", to_fastest(&forward, &|_| true), 1.0),
        Target {
            promise: "system calls to reap n zombies: at most n + 1".into(),
            measured: reaping_calls.join(", "),
            outcome: is_met.into(),
        },
        reaping_target(&few, &reap_few),
        reaping_target(&orphans, &reap),
        Target {
            promise: format!("memory after {orphans}: at most a page more than before"),
            measured: format!("{after} KiB, {before} before"),
            outcome: (after <= before + 4).into(),
        },
    ]
}
