//! Any file as the program, through the program that ships: rinit runs what the kernel runs, and says of all else what
//! the kernel says of it. What that is, execve(2) is asked for in the same root, without rinit.

use super::checks::{expected_bytes, expected_interpreter};
use super::command_line::{NAMES, said};
use super::{HEADS, a_few, near};
use crate::harness::folder::Folder;
use crate::harness::{self, End, Launch, Position, must};
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{chdir, chroot};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

/// What exits with the code of a shell, where there is a shell: it reads nothing, whatever it is given.
const SHELLS_CODE: u8 = 42;

/// An ELF program for x86_64, elf(5), which exits with a code. What is not of its header or the path of its loader is
/// this code and traps, so that no other entry point leads far.
fn elf(code: u8, address: u64, loader: &str) -> Vec<u8> {
    const TRAP: u8 = 0xcc;
    let segments = if loader.is_empty() { 1 } else { 2 };
    let path = 64 + 56 * segments;
    let entry = path + loader.len() as u64 + 1;
    let size = entry + 32;
    let identity = [u64::from_le_bytes(*b"\x7fELF\x02\x01\x01\0"), 0];
    // ET_EXEC, EM_X86_64 and EV_CURRENT; where it begins, and where its segments are told; sizes, and how many.
    let header = [2 | 62 << 16 | 1 << 32, address + entry, 64, 0, 64 << 32 | 56 << 48, segments];
    let segment = |kind: u64, offset: u64, size: u64| {
        [kind | 5 << 32, offset, address + offset, 0, size, size, 1 << 12] // to be read and executed
    };
    let mut words = [&identity[..], &header].concat();
    if !loader.is_empty() {
        words.extend(segment(3, path, loader.len() as u64 + 1)); // PT_INTERP
    }
    words.extend(segment(1, 0, size)); // PT_LOAD
    let mut file: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    file.extend(loader.bytes().chain([0]));
    // mov eax, SYS_exit; mov edi, code; syscall
    file.extend([0xb8, 60, 0, 0, 0, 0xbf, code, 0, 0, 0, 0x0f, 0x05]);
    file.resize(size as usize, TRAP);
    file
}

/// A root file system for what programs may need, with or without a shell.
struct Root {
    folder: Folder,
    has_shell: bool,
}

impl Root {
    fn new(has_shell: bool) -> Self {
        let folder = Folder::new();
        let init = folder.file("rinit", 0o755, fs::read(harness::subject()).unwrap());
        for (name, _) in &NAMES[1..] {
            fs::hard_link(&init, folder.path().join(name)).unwrap();
        }
        if has_shell {
            folder.file("bin/sh", 0o755, elf(SHELLS_CODE, 0x40_0000, ""));
        }
        folder.file("ok", 0o755, elf(7, 0x40_0000, ""));
        folder.file("loader", 0o755, elf(8, 0x80_0000, ""));
        folder.file("dynamic", 0o755, elf(9, 0x40_0000, "/loader"));
        folder.file("without-loader", 0o755, elf(9, 0x40_0000, "/no/loader"));
        folder.file("script", 0o755, "#!/ok -x\n");
        folder.file("text", 0o755, "exit 3\n");
        folder.file("one", 0o755, "#!/two\n");
        folder.file("two", 0o755, "#!/one\n");
        folder.file("foreign", 0o755, [b"\x7fELF\x02\x01\x01", &[0; 200][..]].concat());
        folder.file("pe", 0o755, "MZ\u{90}\0");
        folder.file("denied", 0o644, elf(7, 0x40_0000, ""));
        folder.directory("folder");
        symlink("nowhere", folder.path().join("dangling")).unwrap();
        symlink("circle", folder.path().join("circle")).unwrap();
        nix::unistd::mkfifo(&folder.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        Self { folder, has_shell }
    }

    /// What the caller of the program does: the root is this, nothing is at a random address, and there is an end to a
    /// program that spins and to an init that does. System calls only.
    fn enter(&self) -> impl Fn() + 'static {
        let path: PathBuf = self.folder.path().to_owned();
        move || {
            must(chroot(&path).and_then(|()| chdir("/")));
            must(setrlimit(Resource::RLIMIT_CPU, 2, 2));
            must(setrlimit(Resource::RLIMIT_CORE, 0, 0));
            // SAFETY: an integer.
            unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) };
        }
    }

    /// What the kernel does with `/work/file`: how the program ends, or why there is none.
    fn kernel(&self) -> Result<End, Errno> {
        let launch = Launch::program(Position::Pid1, FILE).caller(self.enter()).caller(|| {
            let (argv, envp) = ([c"/work/file".as_ptr(), std::ptr::null()], [std::ptr::null()]);
            // SAFETY: null-terminated arrays of C strings.
            unsafe { libc::execve(argv[0], argv.as_ptr(), envp.as_ptr()) };
            let error = Errno::last_raw();
            let _ = nix::unistd::write(std::io::stdout(), REFUSED.as_bytes());
            // SAFETY: an integer.
            unsafe { libc::_exit(error) };
        });
        let output = launch.output();
        assert!(output.stderr.is_empty(), "{output:?}");
        match output.stdout.trim_end() {
            REFUSED => Err(Errno::from_raw(output.code())),
            _ => Ok(output.end),
        }
    }

    /// rinit under one of its names runs `command`, and ends and says what it has to.
    fn check(
        &self,
        content: &[u8],
        (name, [_, cannot_execute, not_found]): (&str, [i32; 3]),
        is_searched: bool,
    ) {
        let command = if is_searched { "file" } else { FILE };
        let launch =
            Launch::program(Position::Pid1, format!("/{name}")).no_environment().caller(self.enter());
        let output = launch.env("PATH", "/none:/ok:/work").command([command]).output();
        let refused = |error: Errno| {
            // A search goes on after this, and so finds nothing.
            let error = if error == Errno::ENOTDIR && is_searched { Errno::ENOENT } else { error };
            let code = if error == Errno::ENOENT { not_found } else { cannot_execute };
            (code, format!("rinit: spawn {FILE}: {}", words(error)))
        };
        let kernel = self.kernel();
        let (code, message) = match kernel {
            Ok(End::Exited(code)) => (code, String::new()),
            Ok(End::Killed(signal) | End::DumpedCore(signal)) => (128 + signal, String::new()),
            Err(Errno::ENOEXEC) if self.has_shell && is_for_a_shell(content) => {
                (SHELLS_CODE.into(), String::new())
            }
            Err(error) => refused(error),
        };
        let (messages, hints) = said(&output);
        assert_eq!((messages.join("\n"), output.code()), (message, code), "{kernel:?} {output:?}");
        assert!(hints.len() <= messages.len() && output.stdout.is_empty(), "{output:?}");
        hints.iter().for_each(|hint| self.is_true(hint, content));
    }

    /// What a hint says of a path is so, if it shows all of it.
    fn is_true(&self, hint: &str, content: &[u8]) {
        let words: Vec<_> =
            hint.split(' ').map(|word| expected_bytes(word.trim_end_matches(',').as_bytes())).collect();
        let words: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(word)).collect();
        let words: Vec<_> = words.iter().map(|word| &word[..]).collect();
        let inside = |path: &str| self.folder.path().join(path.trim_start_matches('/'));
        match words[..] {
            _ if hint.contains("...") => {}
            [_, path, "needs", needed, "which", "is", "missing:", ..] => {
                assert!(!inside(needed).exists(), "{hint}");
                if path == FILE && !content.starts_with(b"\x7fELF") {
                    let interpreter = expected_interpreter(&head(content)).unwrap_or(b"/bin/sh").to_vec();
                    assert_eq!(needed, String::from_utf8_lossy(&interpreter));
                }
            }
            [_, path, "is", "not", "executable:", ..] => {
                assert_eq!(inside(path).metadata().unwrap().permissions().mode() & 0o111, 0, "{hint}");
            }
            [_, path, "is", "missing"] => assert!(!inside(path).exists(), "{hint}"),
            [_, path, "is", "a", "directory"] => assert!(inside(path).is_dir(), "{hint}"),
            _ => {}
        }
    }
}

/// strerror(3), in lower case, or the number of an error that is none of the common ones.
fn words(error: Errno) -> String {
    match error {
        Errno::ELIBBAD => format!("error {}", error as i32),
        _ => {
            let words = std::io::Error::from(error).to_string().to_lowercase();
            words.split(" (").next().expect("the first").to_owned()
        }
    }
}

/// As the manual page says: no program of another kind, and no script whose interpreter cannot be run.
fn is_for_a_shell(content: &[u8]) -> bool {
    let others = [&b"\x7fELF"[..], b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"MZ\x90\0"]; // magic(5)
    !others.iter().any(|other| content.starts_with(other)) && expected_interpreter(&head(content)).is_none()
}

/// What the kernel looks at: `BINPRM_BUF_SIZE`.
fn head(content: &[u8]) -> [u8; 256] {
    let mut head = [0; 256];
    let length = content.len().min(head.len());
    head[..length].copy_from_slice(&content[..length]);
    head
}

const FILE: &str = "/work/file";
const REFUSED: &str = "refused";

/// What there is in the root, and what not.
const NEEDED: &[&str] = &[
    "/ok",
    "/loader",
    "/dynamic",
    "/without-loader",
    "/script",
    "/text",
    "/one",
    "/foreign",
    "/pe",
    "/denied",
    "/folder",
    "/dangling",
    "/circle",
    "/fifo",
    "/no/such",
    "/ok/below",
    "/folder/none",
    "ok",
    "./ok",
    "none",
    "/",
    "/work/file",
    "",
];

/// What comes after the interpreter.
const ENDS: &[&str] =
    &["\n", "\r\n", "", "\0", "\0\n", "\t\n", " \r\n", " -x\n", " -x y", "\nexit 3\n", " \0 \n"];

/// A `#!` line, also one that ends about where the kernel stops to look.
fn script() -> impl Strategy<Value = Vec<u8>> {
    let needed = prop_oneof![
        4 => prop::sample::select(NEEDED).prop_map(String::from),
        1 => (236usize..262).prop_map(|slashes| "/".repeat(slashes) + "ok"),
    ];
    ("#! {0,3}\t?", needed, prop::sample::select(ENDS).prop_map(String::from))
        .prop_map(|(start, needed, end)| [start, needed, end].concat().into_bytes())
}

/// An ELF program that is right, or in which some bytes of the header are not, or that is cut off.
fn program() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![prop::sample::select(vec![0u8, 1, 2, 3, 0x7f, 0x80, 0xff]), any::<u8>()];
    let edits = prop::collection::vec((0usize..200, byte), 0..4);
    let length = prop_oneof![3 => Just(usize::MAX), 1 => 0usize..240];
    (prop::sample::select(NEEDED), edits, length).prop_map(|(loader, edits, length)| {
        let mut file = elf(7, 0x40_0000, loader);
        for (index, byte) in edits {
            if let Some(place) = file.get_mut(index) {
                *place = byte;
            }
        }
        file.truncate(length);
        file
    })
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => script(),
        4 => program(),
        1 => near(HEADS),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ]
}

#[test]
fn any_file_is_run_as_the_kernel_runs_it_or_one_message_has_the_kernels_reason() {
    let roots = [Root::new(true), Root::new(false)];
    let case = (content(), prop::sample::select(&NAMES[..]), any::<bool>(), 0..roots.len());
    let mut runner = TestRunner::new(a_few(128));
    let result = runner.run(&case, |(content, name, is_searched, root)| {
        roots[root].folder.file("work/file", 0o755, &content);
        roots[root].check(&content, name, is_searched);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
