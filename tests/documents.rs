//! README, book, examples and manual page say what is so: their command lines, messages and variables.

use crate::harness::folder::Folder;
use crate::harness::{self, End, Launch, Position, eventually_eq, names, proc, release_binary, variables};
use nix::libc;
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// All files below a folder of the checkout. Links are not followed.
fn files(folder: &str) -> Vec<PathBuf> {
    let (mut files, mut folders) = (vec![], vec![Path::new(ROOT).join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// The documents that show how rinit is called.
fn documents() -> Vec<PathBuf> {
    let mut all = files("book/src");
    all.extend(files("integration/examples"));
    all.extend(
        ["README.md", "Dockerfile", "Dockerfile.example", "doc/rinit.1"]
            .map(|file| Path::new(ROOT).join(file)),
    );
    all
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

/// Runs rinit with these options and a program that succeeds. What is said of its end, with `-v`, is left out.
fn said_with(options: &[String]) -> String {
    let mut rinit = Command::new(release_binary());
    let output = rinit.args(options).args(["--", "true"]).stdin(Stdio::null()).output().expect("run rinit");
    let said = String::from_utf8(output.stderr).unwrap();
    let others = said.lines().filter(|line| !line.ends_with("exited with code 0"));
    others.chain((!output.status.success()).then_some("it fails")).collect::<Vec<_>>().join("\n")
}

/// The lists of a text that begin with rinit, as ENTRYPOINT and `command` have them, up to the `--`.
fn lists(text: &str) -> Vec<Vec<String>> {
    let candidates = text.match_indices("[\"/").filter_map(|(start, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Vec<String>>();
        values.next()?.ok()
    });
    let of_rinit = candidates.filter(|list| list[0].ends_with("/rinit"));
    of_rinit.filter_map(|list| Some(list[1..].split(|word| word == "--").next()?.to_vec())).collect()
}

/// The command lines of a text in which `--` ends rinit's options, split as a shell splits them.
fn lines(text: &str) -> Vec<Vec<String>> {
    let options = |line: &str| {
        let (_, rest) = line.split_once("rinit ")?;
        let (options, _) =
            format!(" {rest} ").split_once(" -- ").map(|(a, b)| (a.to_owned(), b.to_owned()))?;
        let is_options = options.is_empty() || options.starts_with(" -");
        is_options.then(|| split(&options))
    };
    text.lines().filter_map(options).collect()
}

fn split(words: &str) -> Vec<String> {
    let script = format!("printf '%s\\n' {words}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("run a shell");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn every_command_line_in_the_documents_is_accepted() {
    let mut count = 0;
    for file in documents() {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for options in lists(&text).into_iter().chain(lines(&text)) {
            assert_eq!(said_with(&options), "", "{}: {options:?}", file.display());
            count += 1;
        }
    }
    assert!(count > 60, "only {count}: they are not found any more");
}

/// An example of an image: its name and its instructions, a line each, without comments.
type Example = (String, Vec<String>);

fn examples() -> Vec<Example> {
    let is_dockerfile = |file: &PathBuf| file.ends_with("Dockerfile");
    let in_folders = files("integration/examples").into_iter().filter(is_dockerfile);
    let example = |file: PathBuf| {
        let folder =
            file.parent().and_then(Path::file_name).expect("it is in a folder").display().to_string();
        let text = fs::read_to_string(file).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        (folder, lines.join("\n").replace("\\\n", " ").lines().map(str::to_owned).collect())
    };
    in_folders.chain([Path::new(ROOT).join("Dockerfile.example")]).map(example).collect()
}

/// What follows this word in the lines that begin with it.
fn instructions<'a>(example: &'a Example, word: &'a str) -> impl Iterator<Item = &'a str> {
    example.1.iter().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '))
}

fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The names of the examples that are so.
fn names_of(examples: &[Example], are_so: impl Fn(&Example) -> bool) -> Vec<&str> {
    examples.iter().filter(|example| are_so(example)).map(|(name, _)| name.as_str()).collect()
}

/// The parts of the code, which are where it has `…`, are in the text in this order.
fn has_in_order(text: &str, code: &str) -> bool {
    code.split('…').try_fold(text, |text, part| text.split_once(part).map(|(_, rest)| rest)).is_some()
}

/// The code in the second column of the page's table.
#[test]
fn what_the_page_on_images_shows_is_in_the_examples() {
    let mut texts = files("integration/examples");
    texts
        .extend(["Dockerfile", "Dockerfile.example", "release/build"].map(|file| Path::new(ROOT).join(file)));
    let texts: Vec<_> = texts.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let page = document("book/src/running/images.md").replace("\\|", "¦");
    let cells: Vec<_> =
        page.lines().filter(|line| line.starts_with("| ")).filter_map(|row| row.split('|').nth(2)).collect();
    let codes = cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let codes: Vec<_> = codes.map(|code| code.replace('¦', "|")).collect();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        let is_file =
            ["", "integration/examples"].map(|folder| Path::new(ROOT).join(folder).join(&code).exists());
        let is_there = is_file.contains(&true) || texts.iter().any(|text| has_in_order(text, &code));
        assert!(is_there, "no example has {code}");
    }
}

/// Whether what follows an instruction's word is as it should be.
type Rule = fn(&str) -> bool;

const OF_EVERY_EXAMPLE: [(&str, Rule); 6] = [
    ("FROM", |base| {
        base == "scratch" || base.starts_with("${DEBIAN_IMAGE}") || base == "${RINIT_IMAGE} AS rinit"
    }),
    ("LABEL", |labels| labels.starts_with("org.opencontainers.image.title=\"")),
    ("USER", |user| {
        user.split_once(':').is_some_and(|(user, group)| [user, group].into_iter().all(is_not_root))
    }),
    ("STOPSIGNAL", |signal| signal == "SIGTERM"),
    ("ENTRYPOINT", |entrypoint| list(entrypoint).first().is_some_and(|first| first == "/rinit")),
    ("CMD", |cmd| !list(cmd).is_empty()),
];

fn is_not_root(number: &str) -> bool {
    number.parse::<u32>().is_ok_and(|number| number > 0)
}

#[test]
fn every_example_of_an_image_has_what_the_page_says_of_all() {
    for example in examples() {
        for (word, rule) in OF_EVERY_EXAMPLE {
            let found: Vec<_> = instructions(&example, word).collect();
            assert!(!found.is_empty() && found.iter().copied().all(rule), "{}: {word} {found:?}", example.0);
        }
        for text in instructions(&example, "RUN").filter(|text| text.contains("apt-get install")) {
            assert!(text.contains("apt-get install --yes --no-install-recommends "), "{}: {text}", example.0);
        }
        let text = example.1.concat().to_lowercase();
        assert!(!["password", "token", "secret"].iter().any(|word| text.contains(word)), "{}", example.0);
    }
}

#[test]
fn the_examples_of_images_without_a_practice_are_those_that_the_page_names() {
    let examples = examples();
    let not_from_scratch =
        names_of(&examples, |example| instructions(example, "FROM").last() != Some("scratch"));
    let (last, others) = not_from_scratch.split_last().expect("there are some");
    let named = format!("in all examples but `{}` and `{last}`,", others.join("`, `"));
    assert!(document("book/src/running/images.md").contains(&named), "{named}");
    let has_stage = |example: &Example| instructions(example, "FROM").any(|text| text.ends_with(" AS root"));
    let has_shell = |example: &Example| {
        instructions(example, "SHELL").any(|text| list(text).contains(&"-euo".to_owned()))
    };
    assert_eq!(names_of(&examples, has_stage), names_of(&examples, has_shell));
    let has = |word: &'static str| move |example: &Example| instructions(example, word).next().is_some();
    let with_check = names_of(&examples, has("HEALTHCHECK"));
    assert_eq!(with_check, names_of(&examples, has("EXPOSE")));
    for example in &examples {
        for text in instructions(example, "HEALTHCHECK") {
            let command = list(text.split_once(" CMD ").expect("a command").1);
            assert!(command.first().is_some_and(|first| !first.ends_with("sh")), "{}: {text}", example.0);
        }
    }
}

#[test]
fn the_example_of_nginx_has_first_what_changes_seldom() {
    let examples = examples();
    let (_, nginx) = examples.iter().find(|(name, _)| name == "nginx").expect("it is there");
    let order = "RUN apt-get…RUN mkdir…ldd…RUN mkdir…/etc/passwd…COPY nginx.conf";
    assert!(has_in_order(&nginx.join("\n"), order), "{nginx:?}");
}

#[test]
fn only_what_the_build_of_an_example_reads_is_sent_to_it() {
    let dockerfiles = files("integration/examples").into_iter().filter(|file| file.ends_with("Dockerfile"));
    for file in dockerfiles.chain([Path::new(ROOT).join("Dockerfile")]) {
        let ignored = fs::read_to_string(file.with_file_name(".dockerignore")).expect("it is there");
        let mut lines = ignored.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.next(), Some("*"), "{}", file.display());
        assert!(lines.all(|line| line.starts_with('!')), "{ignored}");
    }
}

/// What is between backticks in the first column of the tables of a text.
fn first_cells(text: &str) -> BTreeSet<String> {
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    cells.map(|(cell, _)| cell.to_owned()).collect()
}

#[test]
fn the_variables_are_those_of_the_options() {
    let help = Command::new(release_binary()).arg("--help").output().unwrap();
    let of_options = variables(&String::from_utf8(help.stdout).unwrap());
    assert_eq!(first_cells(&document("book/src/reference/variables.md")), of_options.into_iter().collect());
}

/// The page on the JVM says so, of timeout(1) outside a container. This program ignores SIGTERM, and the time is over
/// at SIGALRM as well. That is so of the one in GNU coreutils.
#[test]
fn where_the_time_of_timeout_is_over_a_stop_leaves_nothing_and_a_killed_rinit_its_child() {
    let version = Command::new("/usr/bin/timeout").arg("--version").output();
    if !version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("GNU")) {
        harness::skip("the timeout(1) of GNU coreutils");
        return;
    }
    let script = "trap '' TERM; echo $$; exec sleep 1000 >/dev/null 2>&1";
    for (of_timeout, of_rinit, end, is_left) in [
        (&["1000"][..], &["--stop", "TERM/1/KILL"][..], End::Exited(128 + libc::SIGKILL), false),
        (&["-s", "KILL", "1000"], &[], End::Killed(libc::SIGKILL), true),
    ] {
        let timeout = Launch::program(Position::Outside, "/usr/bin/timeout").args(of_timeout);
        let mut running = timeout.args([release_binary()]).args(of_rinit).shell(script).start();
        let child = Pid::from_raw(running.stdout.next().parse().expect("a process ID"));
        // Before it waits it does not know its own child, and exits at a signal.
        eventually_eq(Some(libc::SYS_rt_sigsuspend), || proc::system_call(running.pid));
        running.signal(libc::SIGALRM);
        assert_eq!(running.wait(), end);
        assert_eq!(proc::state(child).is_some(), is_left, "{of_timeout:?}");
    }
}

/// The codes of a wrong option, and of programs that cannot be executed or are not there.
#[test]
fn under_each_name_failures_have_the_codes_of_the_table() {
    let page = document("book/src/reference/exit-codes.md");
    let mut count = 0;
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        for name in cells[1].split('`').skip(1).step_by(2) {
            let failures = [&["--no-such-option"][..], &["--", "/etc/passwd"], &["--", "no-such-program"]];
            for (expected, arguments) in cells[2..5].iter().zip(failures).filter(|(cell, _)| !cell.is_empty())
            {
                let init = if name == "rinit" { release_binary().to_owned() } else { names().join(name) };
                let output = Command::new(init).args(arguments).output().expect("run it");
                assert_eq!(output.status.code().unwrap().to_string(), *expected, "{name} {arguments:?}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 7 * 3 + 1);
}

/// The string literals of a file's code, without its tests, each with what stands before it on its line.
fn literals(file: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let of_line = |line: &str| {
        let parts: Vec<_> = line.split('"').map(str::to_owned).collect();
        (1..parts.len())
            .step_by(2)
            .map(move |index| (parts[..index].concat(), parts[index].clone()))
            .collect()
    };
    lines.flat_map(|line| -> Vec<_> { of_line(line) }).collect()
}

/// The first lines of the messages in the source: templates with places, and texts in `say!` and `report!`.
fn messages() -> BTreeSet<String> {
    let mut messages = BTreeSet::new();
    for file in files("src").iter().filter(|file| !file.starts_with(Path::new(ROOT).join("src/message"))) {
        for (before, literal) in literals(file) {
            let is_path = literal.ends_with("\\0");
            let is_hint =
                literal.starts_with("{}") || literal.starts_with("\\n") || literal.starts_with("searched");
            if before.contains("OwnCode::refused(") {
                messages.insert(format!("{literal}: {{}}"));
            } else if (literal.contains("{}") || before.contains("report!(")) && !is_hint && !is_path {
                messages.insert(literal.split("\\n").next().unwrap().to_owned());
            }
        }
    }
    messages
}

#[test]
fn the_messages_are_those_of_the_source() {
    let page = document("book/src/reference/messages.md");
    let (of_page, reasons) = page.split_once("\n## Why an option is refused\n").expect("it has this section");
    assert_eq!(first_cells(of_page), messages());
    let literals = literals(&Path::new(ROOT).join("src/message/reason.rs")).into_iter();
    let of_source = literals.filter(|(before, _)| before.starts_with("    ") && !before.contains('('));
    assert_eq!(first_cells(reasons), of_source.map(|(_, reason)| reason).collect());
}

#[test]
fn each_hint_is_in_the_table_of_those_who_cannot_be_started() {
    let page = document("book/src/guide/not-started.md");
    let literals = literals(&Path::new(ROOT).join("src/child/diagnosis.rs")).into_iter();
    let hints: Vec<_> =
        literals.filter(|(before, _)| before.starts_with("    ") && !before.contains('(')).collect();
    assert!(hints.len() > 15, "{hints:?}");
    for (_, hint) in hints {
        for part in hint.replace("\\\\", "\\").split("{}").map(str::trim).filter(|part| !part.is_empty()) {
            assert!(page.contains(part), "{part:?} of the hint {hint:?} is not in the table");
        }
    }
}

#[test]
fn a_script_runs_itself_under_rinit() {
    let folder = Folder::new();
    let (_, page) = document("book/src/recipes/shebang.md").split_once("# rinit").map(own).expect("a title");
    let shebangs: Vec<_> = page.lines().filter(|line| line.starts_with("#!")).collect();
    assert_eq!(shebangs.len(), 2, "{page}");
    for (number, line) in shebangs.into_iter().enumerate() {
        let rinit = release_binary();
        let first = line.replace("/usr/local/bin/rinit", "rinit").replace("rinit", rinit.to_str().unwrap());
        let script = folder.file(&format!("script-{number}"), 0o755, format!("{first}\necho $1; exit 4\n"));
        let output = Command::new(script).arg("argument").output().expect("run the script");
        assert_eq!((&output.stdout[..], output.status.code()), (&b"argument\n"[..], Some(4)), "{line}");
    }
}

fn own((before, after): (&str, &str)) -> (String, String) {
    (before.to_owned(), after.to_owned())
}

/// Pages of the book, without those that are links to documents elsewhere.
fn pages() -> Vec<PathBuf> {
    let mut pages = files("book/src");
    pages.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    pages
}

/// mdBook leaves out what is not in the summary, and its links are then not checked.
#[test]
fn every_page_is_in_the_summary() {
    let summary = document("book/src/SUMMARY.md");
    for page in pages().iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        let name = page.strip_prefix(Path::new(ROOT).join("book/src")).unwrap().display();
        assert!(summary.contains(&format!("]({name})")), "{name} is not in the summary");
    }
}

/// mdBook includes nothing where there is no such part.
#[test]
fn every_part_of_the_readme_that_the_book_includes_is_there() {
    let readme = document("README.md");
    let mut count = 0;
    for page in pages() {
        for (_, part) in
            fs::read_to_string(page).unwrap().lines().filter_map(|line| line.split_once("README.md:"))
        {
            let name = part.trim_end_matches('}');
            for mark in ["ANCHOR", "ANCHOR_END"] {
                assert!(
                    readme.contains(&format!("<!-- {mark}: {name} -->\n")),
                    "the README has no {mark}: {name}"
                );
            }
            count += 1;
        }
    }
    assert!(count > 4, "only {count}: they are not found any more");
}

/// The book's own links are checked in the built book.
#[test]
fn every_link_of_the_other_documents_leads_to_a_file() {
    let mut all = files("doc");
    all.extend(files("benches"));
    all.extend(files("integration"));
    all.extend(fs::read_dir(ROOT).unwrap().map(|entry| entry.unwrap().path()));
    for file in all.iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        for link in fs::read_to_string(file).unwrap().split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap();
            let is_there = target.contains("://") || file.parent().unwrap().join(target).exists();
            assert!(is_there, "{}: {target}", file.display());
        }
    }
}

/// What the documents say of how they are read, built and tested: all of them, and all pages of the book.
fn pages_and_documents() -> Vec<PathBuf> {
    let mut all = pages();
    for folder in ["doc", "benches", "integration", "release"] {
        all.extend(files(folder));
    }
    all.extend(fs::read_dir(ROOT).unwrap().map(|entry| entry.unwrap().path()));
    all.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    all
}

/// The commands of a page that make a namespace, and what the page says that they print.
fn session(page: &str) -> (String, String) {
    let text = document(page);
    let block = text.split("```sh\n").find(|block| block.contains("unshare ")).expect("there are some");
    let (commands, rest) = block.split_once("```").expect("the block ends");
    let (_, output) = rest.split_once("```text\n").expect("another follows");
    (commands.to_owned(), output.split("```").next().unwrap().to_owned())
}

/// As pasted into a shell, where rinit has been built and is in PATH.
#[test]
fn the_first_commands_print_what_the_documents_say() {
    let folder = Folder::new();
    folder.directory("target/release");
    symlink(release_binary(), folder.path().join("target/release/rinit")).unwrap();
    let path = format!("{}/target/release:{}", folder.path().display(), env::var("PATH").unwrap());
    for page in ["README.md", "book/src/guide/why.md"] {
        let (commands, expected) = session(page);
        let script = format!("exec 2>&1\n{}", commands.replace("cargo build --release\n", ""));
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", &script]).current_dir(folder.path()).env("PATH", &path);
        let printed = String::from_utf8(shell.output().expect("run a shell").stdout).unwrap();
        // rinit may say that it has forwarded a signal when the child has already said that it got it.
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(lines(&printed), lines(&expected), "{page}: {printed}");
    }
}

/// The words that follow a command in a text, up to the end of the line, of the code or to a comment.
fn words_after<'a>(text: &'a str, command: &str) -> Vec<&'a str> {
    let rests = text.split(command).skip(1).filter(|rest| rest.starts_with(' '));
    rests.flat_map(|rest| rest.split(['\n', '`', '#', ')']).next().unwrap().split_whitespace()).collect()
}

/// cargo runs no test for a name that there is not, and says that all is well.
#[test]
fn every_test_that_the_documents_name_is_there() {
    let list = Command::new(env::current_exe().unwrap()).arg("--list").output().expect("list the tests");
    let tests = String::from_utf8(list.stdout).unwrap();
    let servers =
        ["servers", "commands", "engines"].map(|folder| Path::new(ROOT).join("integration").join(folder));
    let mut count = 0;
    for file in pages_and_documents() {
        let text = fs::read_to_string(&file).unwrap();
        for name in words_after(&text, "cargo test --test rinit") {
            let is_name = name.contains("::") && !name.ends_with("NAME");
            assert!(!is_name || tests.contains(name), "{}: no test {name}", file.display());
            count += usize::from(is_name);
        }
        for name in words_after(&text, "integration/run").iter().filter(|name| !name.starts_with('-')) {
            let module = format!("{}.rs", name.trim_end_matches("::"));
            let is_there = servers.iter().any(|folder| folder.join(&module).exists());
            assert!(is_there, "{}: no test {name}", file.display());
            count += 1;
        }
    }
    assert!(count > 70, "only {count}: they are not found any more");
}

#[test]
fn every_step_and_every_file_of_the_source_that_the_documents_name_is_there() {
    let list = Command::new(Path::new(ROOT).join(".ci/run")).arg("--list").output().expect("run .ci/run");
    let list = String::from_utf8(list.stdout).unwrap();
    let steps: BTreeSet<_> = list.lines().chain(["quick"]).collect();
    let folders = [
        ".ci/",
        ".github/",
        "benches/",
        "book/",
        "doc/",
        "fuzz/",
        "integration/",
        "release/",
        "src/",
        "tests/",
    ];
    let mut count = 0;
    for file in pages_and_documents() {
        let text = fs::read_to_string(&file).unwrap();
        for step in words_after(&text, ".ci/run").iter().filter(|step| !step.starts_with('-')) {
            assert!(steps.contains(step), "{}: no step {step}", file.display());
            count += 1;
        }
        let words = text.split(|char: char| char.is_whitespace() || "`()[]{}<>,;:\"'|*#".contains(char));
        for word in words.filter(|word| folders.iter().any(|folder| word.starts_with(folder))) {
            let name = word.trim_end_matches('.');
            assert!(Path::new(ROOT).join(name).exists(), "{}: no file {name}", file.display());
            count += 1;
        }
    }
    assert!(count > 150, "only {count}: they are not found any more");
}

/// The README's two commands put rinit where its lines of configuration name it, under a name that each engine knows.
#[test]
fn the_readmes_commands_install_the_init_that_its_configuration_names() {
    let readme = document("README.md");
    let mut names = vec![];
    for block in readme.split("```sh\ninstall -D target/release/rinit ").skip(1) {
        let (path, rest) = block.split_once("\n```").expect("the block ends");
        let (_, configuration) = rest.split_once("\n```").expect("another follows");
        let (configuration, _) = configuration.split_once("\n```").expect("it ends");
        assert!(configuration.contains(&format!("\"{path}\"")), "{path} is not in {configuration:?}");
        let folder = Folder::new();
        let installed = folder.path().join(path.trim_start_matches('/'));
        let install = Command::new("install").arg("-D").args([&release_binary(), &installed]).status();
        assert!(install.expect("run install").success());
        let version = Command::new(&installed).arg("--version").output().expect("run what is installed");
        assert!(version.stdout.starts_with(b"tini version "), "{path}: {version:?}");
        names.push(installed.file_name().unwrap().to_owned());
    }
    assert_eq!(names, ["docker-init", "catatonit"]);
}

/// Nobody reads more before they try it.
#[test]
fn the_readme_is_short() {
    let lines = document("README.md").lines().count();
    assert!(lines <= 220, "{lines} lines");
}

#[test]
fn the_manual_page_has_this_version() {
    let version = format!(".Os rinit {}", env!("CARGO_PKG_VERSION"));
    assert!(document("doc/rinit.1").lines().any(|line| line == version), "no line {version:?}");
}
