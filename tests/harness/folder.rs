//! A folder for the files of a test.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes with this.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// install(1) writes it: a descriptor of ours that is open for writing could be in a process that
    /// another test is just forking, and until that has exec'd the file is busy (`ETXTBSY`).
    pub fn file(&self, name: &str, mode: u32, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        let mut install = Command::new("install")
            .args(["-D", "-m", &format!("{mode:o}"), "/dev/stdin"])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("install");
        install.stdin.take().expect("a pipe").write_all(content.as_ref()).unwrap();
        assert!(install.wait().unwrap().success());
        path
    }

    pub fn directory(&self, name: &str) {
        fs::create_dir_all(self.path().join(name)).unwrap();
    }

    /// A text in which `@` is this folder.
    pub fn expand(&self, text: &str) -> String {
        text.replace('@', self.path().to_str().expect("a name of ours"))
    }
}
