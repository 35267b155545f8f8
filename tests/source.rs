//! Rules of the source: the ones that the compiler holds are broken in a copy, to see that it does.

use crate::harness::folder::Folder;
use crate::harness::lane_skipped;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folders of `src/`, and the files beside them, each of which uses only those after it.
const LAYERS: [&str; 8] = ["main", "supervise", "child", "install", "options", "policy", "message", "sys"];

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The module paths of `src/` with their files: `sys::file` is `src/sys/file.rs`.
fn modules() -> BTreeMap<String, PathBuf> {
    fn visit(folder: &Path, path: &str, modules: &mut BTreeMap<String, PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let stem = entry.file_stem().unwrap().to_str().unwrap();
            let name = if path.is_empty() { stem.to_owned() } else { format!("{path}::{stem}") };
            if entry.is_dir() {
                visit(&entry, &name, modules);
            } else if stem == "mod" {
                modules.insert(path.to_owned(), entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") && stem != "lib" {
                modules.insert(name, entry);
            }
        }
    }
    let mut modules = BTreeMap::new();
    visit(&Path::new(ROOT).join("src"), "", &mut modules);
    modules
}

/// The code of a module: without comments and tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The paths in a `use` tree after its prefix: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let end = tree.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(tree.len());
    let (prefix, rest) = tree.split_at(end);
    if !(prefix.is_empty() || prefix.ends_with("::")) || !rest.starts_with('{') {
        return vec![prefix.to_owned()];
    }
    let (mut depth, mut start, mut paths_of_all) = (0, 1, vec![]);
    for (index, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && byte == b',' {
            let inner = paths(rest[start..index].trim());
            paths_of_all.extend(inner.into_iter().map(|path| format!("{prefix}{path}")));
            start = index + 1;
        }
        if depth == 0 {
            break;
        }
    }
    paths_of_all
}

/// The modules that each module names.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let nearest = |path: &str| {
        let mut path = path.to_owned();
        while !modules.contains_key(&path) {
            path = path.rsplit_once("::")?.0.to_owned();
        }
        Some(path)
    };
    let edges = |(name, file): (&String, &PathBuf)| {
        let code = code(file);
        let is_folder = file.ends_with("mod.rs");
        let parent = name.rsplit_once("::").map_or("", |(parent, _)| parent);
        let children = code
            .lines()
            .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
        let mut named: BTreeSet<_> =
            children.filter(|_| is_folder).map(|child| format!("{name}::{child}")).collect();
        for (prefix, base) in [("crate::", ""), ("rinit::", ""), ("super::", parent)] {
            for (index, _) in code.match_indices(prefix) {
                let base = if base.is_empty() { String::new() } else { format!("{base}::") };
                let found = paths(&code[index + prefix.len()..]);
                named.extend(found.iter().filter_map(|path| nearest(&format!("{base}{path}"))));
            }
        }
        named.remove(name);
        (name.clone(), named)
    };
    modules.iter().map(edges).collect()
}

fn layer(module: &str) -> usize {
    let folder = module.split("::").next().unwrap();
    LAYERS.iter().position(|layer| *layer == folder).unwrap_or_else(|| panic!("{module} has no place"))
}

#[test]
fn no_module_uses_one_above_it() {
    let edges = edges();
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 100, "{edges:#?}");
    for (module, used) in &edges {
        for used in used {
            assert!(layer(used) >= layer(module), "{module} uses {used}");
        }
    }
}

#[test]
fn no_module_uses_itself_by_way_of_others() {
    let mut edges = edges();
    // What uses none that is left is in no cycle.
    loop {
        let leaves: BTreeSet<_> =
            edges.iter().filter(|(_, used)| used.is_empty()).map(|(module, _)| module.clone()).collect();
        if leaves.is_empty() {
            break;
        }
        edges.retain(|module, _| !leaves.contains(module));
        edges.values_mut().for_each(|used| used.retain(|module| !leaves.contains(module)));
    }
    assert!(edges.is_empty(), "a cycle is among {edges:#?}");
}

#[test]
fn unsafe_code_is_allowed_in_sys_and_main_alone() {
    for (module, file) in modules() {
        let says_so = code(&file).contains("unsafe_code");
        assert!(!says_so, "{module} changes the lint unsafe_code");
    }
    let library = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    assert!(library.contains("\n#![deny(unsafe_code)]\n"));
    assert_eq!(library.matches("allow(unsafe_code)").count(), 1);
    assert!(library.contains("#[allow(unsafe_code)]\npub mod sys;\n"));
}

/// A copy of what cargo needs, in a folder of this name.
struct Copy {
    folder: Folder,
    name: &'static str,
}

impl Copy {
    fn new(name: &'static str) -> Self {
        let folder = Folder::new();
        let copy = folder.path().join(name);
        fs::create_dir(&copy).unwrap();
        for name in ["Cargo.toml", "Cargo.lock", "build.rs", "src", "tests", "benches", "integration"] {
            let source = Path::new(ROOT).join(name);
            let copied = Command::new("cp").arg("-r").arg(source).arg(&copy).status();
            assert!(copied.expect("cp").success());
        }
        Self { folder, name }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    /// Replaces the first `from` in a file.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let file = self.path().join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file:?}");
        fs::write(file, text.replacen(from, to, 1)).unwrap();
    }

    /// Runs cargo there; what it builds of other crates is kept for the next.
    fn cargo(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO"))
            .args(arguments)
            .args(["--locked", "--offline", "--target-dir"])
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies").join(self.name))
            .current_dir(self.path())
            .env_remove("CARGO_TARGET_DIR")
            .output()
            .expect("cargo")
    }

    /// Asserts that the library does not compile, and that the compiler says so.
    fn does_not_compile(&self, because: &str) {
        let output = self.cargo(&["check", "--lib"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && message.contains(because), "{message}");
    }
}

#[test]
fn unsafe_outside_sys_does_not_compile() {
    let copy = Copy::new("unsafe");
    let compiles = copy.cargo(&["check", "--lib"]);
    assert!(compiles.status.success(), "{compiles:?}");
    copy.edit("src/policy/mod.rs", "pub mod decide;", "pub mod decide;\npub mod new;");
    let function = "//! New.\n/// Reads.\npub fn read(at: &u8) -> u8 {\n    // SAFETY: it is a reference.\n    \
                    unsafe { *core::ptr::from_ref(at) }\n}\n";
    fs::write(copy.path().join("src/policy/new.rs"), function).unwrap();
    copy.does_not_compile("usage of an `unsafe` block");
}

#[test]
fn an_option_without_an_effect_does_not_compile() {
    let copy = Copy::new("option");
    let row = "Frobnicate [] \"frobnicate\" []\n        \"do nothing\";\n    ";
    copy.edit("src/options/table.rs", "Group [\"g\"]", &format!("{row}Group [\"g\"]"));
    copy.does_not_compile("`Flag::Frobnicate` not covered");
}

#[test]
fn a_message_with_too_few_pieces_does_not_compile() {
    let copy = Copy::new("message");
    copy.edit("src/install.rs", "say!(\"install {}: {}\", path, error)", "say!(\"install {}: {}\", path)");
    // Constants are evaluated when code is generated.
    let output = copy.cargo(&["build", "--lib"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("places(\"install "), "{message}");
}

#[test]
fn a_checkout_with_a_comma_and_a_space_in_its_path_links() {
    let copy = Copy::new("a,b c");
    let built = copy.cargo(&["build", "--release", "--bin", "rinit"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
}

/// Whether rustup has the standard library, or at least `core`, of a target.
pub fn has_target_or_skip(target: &str) -> bool {
    let libraries = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let libraries = String::from_utf8(libraries.expect("rustc").stdout).unwrap();
    let has_it = Path::new(libraries.trim()).exists();
    if !has_it {
        lane_skipped(&format!("rustup target add {target}"));
    }
    has_it
}

#[test]
fn an_unsupported_target_is_told_what_is_supported() {
    const TARGET: &str = "x86_64-unknown-none";
    if !has_target_or_skip(TARGET) {
        return;
    }
    let output = Copy::new("target").cargo(&["check", "--lib", "--target", TARGET]);
    let message = String::from_utf8_lossy(&output.stderr);
    let first = message.lines().find(|line| line.starts_with("error"));
    let expected =
        "error: rinit is not ported to this target. It supports Linux (gnu and musl) on x86_64, aarch64";
    assert!(first.is_some_and(|line| line.starts_with(expected)), "{message}");
}

/// No C library is linked, so that both targets give the same program.
#[test]
fn the_musl_target_builds_without_a_warning() {
    const TARGET: &str = "x86_64-unknown-linux-musl";
    if !has_target_or_skip(TARGET) {
        return;
    }
    let copy = Copy::new("musl");
    let built = copy.cargo(&["build", "--release", "--bin", "rinit", "--target", TARGET]);
    let message = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && !message.contains("warning"), "{message}");
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies/musl").join(TARGET).join("release/rinit");
    let status = Command::new(&program).args(["-e", "3:4", "--", "sh", "-c", "exit 3"]).status();
    assert_eq!(status.expect("it runs").code(), Some(4));
    let size = fs::metadata(program).unwrap().len();
    assert!(size <= crate::budget::FILE as u64, "{size} bytes");
}
