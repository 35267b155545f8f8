//! Writes the page: tables and charts from the results, and nothing else.

use crate::idle::Idle;
use crate::inits::{FLOOR, RINIT, is_packaged};
use crate::life::Lives;
use crate::results::Results;
use crate::series::Series;
use std::fmt::Display;

/// The page.
pub fn page(results: &Results) -> String {
    let machine = &results.machine;
    let mut page = format!(
        "# Benchmarks\n\n\
         {quick}\
         rinit beside other inits, and beside the floor: an init of a few instructions that starts its child, \
         waits for it and does nothing else, and so costs what the kernel alone costs. `cargo bench` measured \
         this in {minutes} min {seconds} s and wrote this page, on {date}, {host}: {cpu}, {cpus} CPUs, Linux \
         {kernel}. [How](../benches/README.md) it is measured; [all](../{raw}) that was.\n\n\
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

/// A table with a column for each init.
struct Table {
    text: String,
    inits: usize,
}

impl Table {
    fn new(results: &Results) -> Self {
        let heads: Vec<_> = results.names.iter().map(|name| format!(" {name} |")).collect();
        let rules = "---|".repeat(heads.len() + 1);
        Self { text: format!("| |{}\n|{rules}\n", heads.concat()), inits: heads.len() }
    }

    /// A row of what `cell` says of each init, by its number.
    fn row<D: Display>(mut self, label: &str, cell: impl Fn(usize) -> D) -> Self {
        let cells: Vec<_> = (0..self.inits).map(|init| format!(" {} |", cell(init))).collect();
        self.text += &format!("| {label} |{}\n", cells.concat());
        self
    }
}

/// With a comma after every third digit.
pub fn number(number: impl TryInto<i64>) -> String {
    let number: i64 = number.try_into().ok().expect("it is not that large");
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

/// Nanoseconds as microseconds.
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

/// How many times the floor's.
fn times(results: impl Fn(usize) -> i64) -> impl Fn(usize) -> String {
    move |init| format!("{:.2}", ratio(results(init), results(FLOOR)))
}

fn bytes(results: &Results) -> String {
    let of = |init: usize| &results.bytes[init];
    let table = Table::new(results)
        .row("file, bytes", |init| number(of(init).file))
        .row("executed", |init| number(of(init).text))
        .row("only read", |init| number(of(init).constants))
        .row("written", |init| number(of(init).data))
        .row("its segments in memory", |init| number(of(init).mapped))
        .row("the libraries that it loads, files", |init| number(of(init).libraries))
        .row("its address space when idle", |init| number(of(init).address_space));
    table.text
}

fn startup(results: &Results) -> String {
    let [outside, namespace] = &results.lives;
    let of = |lives: &Lives, init| spread(&lives.start(init), microseconds);
    let median = |lives: &Lives, init| lives.start(init).median();
    let mut table = Table::new(results)
        .row("µs before the child's first instruction", |init| of(outside, init))
        .row("… times the floor's", times(|init| median(outside, init)))
        .row("µs as PID 1 of a new namespace", |init| of(namespace, init))
        .row("… times the floor's", times(|init| median(namespace, init)))
        .row("instructions", |init| number(results.work[init].instructions))
        .row("system calls, the child's exec included", |init| results.work[init].calls)
        .row("page faults up to the end", |init| outside.faults(init).median());
    if let Some(containers) = &results.containers {
        table =
            table.row("ms of `crun run`, start to end", |init| spread(&containers.inits[init], milliseconds));
    }
    let alone = format!(
        "\nThe child alone, which is taken off, takes {} µs, and as PID 1 {} µs{}. {} and {} rounds.\n",
        spread(&outside.alone.start, microseconds),
        spread(&namespace.alone.start, microseconds),
        results.containers.as_ref().map_or(String::new(), |containers| format!(
            "; by crun, where nothing is taken off, {} ms",
            spread(&containers.alone, milliseconds)
        )),
        number(outside.alone.start.0.len() as i64),
        number(namespace.alone.start.0.len() as i64),
    );
    table.text + &alone
}

fn memory(results: &Results) -> String {
    let mut table = Table::new(results);
    let counts = [1, results.many];
    for (memory, count) in results.memory.iter().zip(counts) {
        let label = |what: &str| format!("{what}, KiB, {} of it", number(count as i64));
        table = table
            .row(&label("resident"), |init| number(memory[init].resident))
            .row(&label("proportional"), |init| number(memory[init].proportional))
            .row(&label("private and dirty"), |init| number(memory[init].dirty))
            .row(&label("page tables"), |init| number(memory[init].page_tables));
    }
    let note = format!(
        "\nA process has {} KiB of stack in the kernel besides, whichever program it runs. The resident of many \
         is a sum, and counts what they share again and again; the proportional counts it once.\n",
        results.kernel_stack
    );
    table.text + &note
}

fn idle(results: &Results) -> String {
    let mut table = Table::new(results);
    for (which, count) in [1, results.many].into_iter().enumerate() {
        let of = |init: usize| -> Idle { results.idle[init][which] };
        let label =
            |what: &str| format!("{what} in {} s, {} of it", results.idle_seconds, number(count as i64));
        table = table
            .row(&label("wake-ups"), |init| number(of(init).wake_ups))
            .row(&label("µs of CPU"), |init| number(of(init).nanoseconds / 1000));
    }
    table.text
}

fn forwarding(results: &Results) -> String {
    let of = |init: usize| &results.forwarding.inits[init];
    let tail = |series: &Series| {
        let [p50, p99, p999] = [0.5, 0.99, 0.999].map(|share| microseconds(series.quantile(share)));
        format!("{p50}, {p99}, {p999}")
    };
    let queue = results.forwarding.queue as i64;
    let rate = |init: usize| number(queue * 1_000_000_000 / of(init).queued.median());
    let table = Table::new(results)
        .row("µs, nothing else runs", |init| tail(&of(init).idle))
        .row("µs, all on one CPU", |init| tail(&of(init).one_cpu))
        .row("µs, every CPU busy", |init| tail(&of(init).busy))
        .row("real-time signals a second", rate)
        .row(&format!("lost of {}", number(queue)), |init| of(init).lost.quantile(1.0));
    let note = "\nFrom a kill(2) of the init to the child's sigtimedwait(2): the median, and what 99 % and 99.9 % do not exceed.\n";
    table.text + note
}

fn reaping(results: &Results) -> String {
    let reapings = &results.reaping;
    let of = |init: usize| &reapings.inits[init];
    let per_second = |count: usize, series: &Series| number(count as i64 * 1_000_000_000 / series.median());
    let orphans = number(reapings.orphans as i64);
    let mut table = Table::new(results)
        .row(&format!("orphans a second, {orphans} that die at once"), |init| {
            per_second(reapings.orphans, &of(init).orphans)
        })
        .row(&format!("ms to reap {orphans} zombies"), |init| spread(&of(init).drain, milliseconds))
        .row("… zombies a second", |init| per_second(reapings.orphans, &of(init).drain))
        .row(
            &format!(
                "ms to reap {} zombies beside {} that live",
                number(reapings.few as i64),
                number(reapings.living as i64)
            ),
            |init| spread(&of(init).among_living, milliseconds),
        );
    for (which, (count, _)) in reapings.inits[FLOOR].calls.iter().enumerate() {
        let label = format!("system calls for {} zombies, and to sleep again", number(*count as i64));
        table = table.row(&label, |init| number(of(init).calls[which].1 as i64));
    }
    let table = table.row("instructions for 100 zombies", |init| number(of(init).instructions)).row(
        "KiB resident, before and after",
        |init| {
            let [before, after] = of(init).memory.map(|memory| memory.resident);
            format!("{before}, {after}")
        },
    );
    table.text
}

fn exit(results: &Results) -> String {
    let [outside, namespace] = &results.lives;
    let of = |lives: &Lives, init| spread(&lives.exit(init), microseconds);
    let table = Table::new(results)
        .row("µs from the child's exit to the init's", |init| of(outside, init))
        .row("… times the floor's", times(|init| outside.exit(init).median()))
        .row("µs as PID 1 of a new namespace", |init| of(namespace, init))
        .row("… times the floor's", times(|init| namespace.exit(init).median()));
    table.text
}

/// A promise about rinit, what was measured, and whether that keeps it.
type Target = (String, String, bool);

fn targets(results: &Results) -> String {
    let mut text = String::from("| target | measured | met |\n|---|---|---|\n");
    for (target, measured, is_met) in all_targets(results) {
        text += &format!("| {target} | {measured} | {} |\n", if is_met { "yes" } else { "**no**" });
    }
    text
}

fn all_targets(results: &Results) -> Vec<Target> {
    let start = |init: usize| results.lives[0].start(init).median();
    let memory = &results.memory[0][RINIT];
    let idle = results.idle[RINIT];
    let forward = |init: usize| results.forwarding.inits[init].idle.median();
    let reap = |init: usize| results.reaping.inits[init].drain.median();
    let peers = || RINIT + 1..results.names.len();
    let calls = &results.reaping.inits[RINIT].calls;
    // Without the one to sleep again, which is made for any signal.
    let is_met = calls.iter().all(|(zombies, calls)| calls - 1 <= zombies + 1);
    let calls: Vec<_> = calls.iter().map(|(zombies, calls)| format!("{} for {zombies}", calls - 1)).collect();
    let [before, after] = results.reaping.inits[RINIT].memory.map(|memory| memory.resident);
    let at_most =
        |target: &str, measured: u64, most: u64| (target.to_owned(), number(measured), measured <= most);
    let ratio_at_most = |target: &str, own: i64, others: i64, most: f64| {
        let ratio = ratio(own, others);
        (target.to_owned(), format!("{ratio:.2}"), ratio <= most)
    };
    let fastest = |of: &dyn Fn(usize) -> i64| peers().map(of).min().unwrap_or(i64::MAX);
    let packaged = peers().filter(|init| is_packaged(&results.names[*init]));
    let fastest_packaged = packaged.map(start).min().unwrap_or(i64::MAX);
    vec![
        at_most("file: at most 24,576 bytes", results.bytes[RINIT].file, 24_576),
        ratio_at_most("start-up: at most 1.15 times the floor's", start(RINIT), start(FLOOR), 1.15),
        ratio_at_most(
            "start-up: at most 0.25 times the fastest packaged peer's",
            start(RINIT),
            fastest_packaged,
            0.25,
        ),
        at_most(
            "system calls before the child's exec, this included: at most 8",
            results.work[RINIT].calls,
            8,
        ),
        at_most("resident: at most 32 KiB", memory.resident, 32),
        at_most("private and dirty: at most 12 KiB", memory.dirty, 12),
        at_most("wake-ups when idle: 0", idle[0].wake_ups + idle[1].wake_ups, 0),
        ratio_at_most("forwarding: at most 1.1 times the floor's", forward(RINIT), forward(FLOOR), 1.1),
        ratio_at_most("forwarding: at most the fastest peer's", forward(RINIT), fastest(&forward), 1.0),
        ("system calls to reap n zombies: at most n + 1".into(), calls.join(", "), is_met),
        ratio_at_most("reaping: at most the fastest peer's time", reap(RINIT), fastest(&reap), 1.0),
        (
            format!(
                "memory after {} zombies: as before, to a page of stack",
                number(results.reaping.orphans as i64)
            ),
            format!("{after} KiB, {before} before"),
            after <= before + 4,
        ),
    ]
}
