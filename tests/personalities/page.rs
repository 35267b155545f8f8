//! What differs on purpose, as `doc/compatibility.md` says and its commands show.

use super::{Init, is_asked};
use crate::harness;
use crate::harness::{Launch, Position, eventually};
use std::path::Path;

const PAGE: &str = include_str!("../../doc/compatibility.md");

#[test]
fn the_page_names_every_option_of_the_originals() {
    for name in ["tini", "dumb-init", "catatonit"] {
        let path = Path::new("/usr/bin").join(name);
        if path.exists() || harness::skip(name) {
            let output = is_asked(&Init { name, path }, &["-h"]);
            let help = output.stdout + &output.stderr;
            let options = help.split_whitespace().filter(|word| word.starts_with('-'));
            for option in options.map(|option| option.trim_end_matches([',', ':'])) {
                assert!(PAGE.contains(&format!("`{option}")), "{name} {option}");
            }
        }
    }
}

/// A command of the page, and what it prints with an init: the original that has this name and
/// these options, or rinit.
struct Example<'a> {
    command: &'a str,
    init: &'a str,
    rinit: bool,
    prints: &'a str,
}

/// Each block of shell code with the table after it.
fn examples(page: &str) -> Vec<Example<'_>> {
    let mut examples: Vec<Example> = vec![];
    for block in page.split("```sh\n").skip(1) {
        let (command, after) = block.split_once("```\n").expect("the block ends");
        let table = after.lines().skip_while(|line| line.is_empty()).take_while(|line| line.starts_with('|'));
        let mut inits = vec![];
        for row in table.skip(2) {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            let &[who, prints] = cells.as_slice() else { panic!("two cells: {row}") };
            let example = |init, rinit| Example { command, init, rinit, prints };
            match who.strip_prefix("rinit as ") {
                None => {
                    inits.push(who.trim_matches('`'));
                    examples.push(example(who.trim_matches('`'), false));
                }
                Some("each") => examples.extend(inits.iter().map(|init| example(init, true))),
                Some(init) => examples.push(example(init.trim_matches('`'), true)),
            }
        }
        assert!(!inits.is_empty(), "no table follows {command}");
    }
    examples
}

/// In one test, since the commands wait most of the time and so can run side by side.
#[test]
fn what_differs_on_purpose_is_what_the_commands_of_the_page_show() {
    let names = harness::names();
    let run = |example: &Example| {
        let name = example.init.split(' ').next().expect("a name");
        if example.command.contains("setpriv") && !harness::is_root_or_skip("a child that is another user")
            || !example.rinit && !Path::new("/usr/bin").join(name).exists() && !harness::skip(name)
        {
            return;
        }
        let path = "/usr/bin:/bin:/usr/sbin:/sbin";
        let path = if example.rinit { format!("{}:{path}", names.display()) } else { path.into() };
        let output = eventually("a run without catatonit's own race", || {
            let launch = Launch::program(Position::Outside, "/bin/sh").args(["-c", example.command]);
            let output = launch.env("INIT", example.init).env("PATH", &path).output();
            // Whether its child is there catatonit asks by kill(2), which fails if by then the child is another
            // user.
            Some(output).filter(|output| !output.stderr.contains("self-check that pid1"))
        });
        let printed: Vec<_> = output.stdout.split_whitespace().collect();
        let who = if example.rinit { "rinit as" } else { "the original" };
        assert_eq!(
            printed.join(" "),
            example.prints,
            "{who} {}: {}{output:?}",
            example.init,
            example.command
        );
    };
    let examples = examples(PAGE);
    assert!(!examples.is_empty());
    for some in examples.chunks(12) {
        std::thread::scope(|scope| some.iter().for_each(|example| drop(scope.spawn(move || run(example)))));
    }
}
