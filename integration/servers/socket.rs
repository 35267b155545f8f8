//! A program that gets its listening socket from systemd, sd_listen_fds(3), and takes it only if
//! `LISTEN_PID` is its own process ID: `integration/examples/socket`.

use crate::support::activation::activated;
use crate::support::container::Container;
use crate::support::podman::run;
use crate::support::{image, poll, send};
use nix::unistd::Pid;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use tempfile::TempDir;

/// Passes connections on from the socket that it got.
const PROGRAM: &str = "/lib/systemd/systemd-socket-proxyd";

const GREETING: &str = "It came through.";

#[test]
fn a_socket_of_systemds_gets_through_rinit_to_its_child() {
    let application = Application::new();
    let mut rinit = Command::new(env!("CARGO_BIN_EXE_rinit"));
    rinit.args(["--", PROGRAM]).arg(application.path());
    let mut running = Running(activated(&rinit, &application.activation()).spawn().expect("activate it"));

    application.greets(application.client());
    assert_eq!(running.stop(), Some(128 + libc::SIGTERM));
}

/// The control: who is in between and does not say that the socket is for another.
#[test]
fn a_socket_of_systemds_does_not_get_through_a_shell_to_its_child() {
    let application = Application::new();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", r#"$0 "$1"; exit $?"#, PROGRAM]).arg(application.path());
    let running = activated(&shell, &application.activation()).spawn().expect("activate it");

    let _client = application.client();
    let output = running.wait_with_output().expect("wait for it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Didn't get any sockets passed in."), "{said}");
}

#[test]
fn a_socket_of_systemds_gets_into_a_container_without_a_network() {
    let application = Application::new();
    let volume = format!("--volume={}:/run/application", application.folder.path().display());
    let start = activated(&Container::command([&volume, image::SOCKET.as_str()]), &application.activation());
    let start = thread::spawn(|| Container::known_as(run(start)));

    let client = application.client();
    let container = start.join().expect("it starts");
    application.greets(client);
    assert_eq!(container.stop(60), 128 + libc::SIGTERM, "{}", container.logs());
}

/// The application that connections are passed on to, whose socket everybody may use.
struct Application {
    folder: TempDir,
    listener: UnixListener,
}

impl Application {
    fn new() -> Self {
        let folder = TempDir::new().expect("make a folder");
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).expect("listen as the application");
        listener.set_nonblocking(true).expect("do not wait for ever");
        for path in [folder.path(), &socket] {
            fs::set_permissions(path, Permissions::from_mode(0o777)).expect("let everybody in");
        }
        Self { folder, listener }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Where systemd listens.
    fn activation(&self) -> PathBuf {
        self.folder.path().join("activation")
    }

    /// A client that connects as soon as systemd listens.
    fn client(&self) -> UnixStream {
        let client = poll::until("systemd", || UnixStream::connect(self.activation()));
        client.set_read_timeout(Some(poll::PATIENCE)).expect("not for ever");
        client
    }

    /// What the application says comes to the client.
    fn greets(&self, mut client: UnixStream) {
        let (mut connection, _) = poll::until("the connection that is passed on", || self.listener.accept());
        connection.write_all(GREETING.as_bytes()).expect("greet");
        let mut heard = [0; GREETING.len()];
        client.read_exact(&mut heard).expect("hear the greeting");
        assert_eq!(heard, GREETING.as_bytes());
    }
}

/// A program that ends with the test.
struct Running(Child);

impl Running {
    /// Asks it to end, unless it has, and answers its exit code.
    fn stop(&mut self) -> Option<i32> {
        if let Ok(None) = self.0.try_wait() {
            send(Pid::from_raw(self.0.id().cast_signed()), libc::SIGTERM);
        }
        let ended = || self.0.try_wait().ok().flatten().ok_or("it runs");
        poll::try_until(ended).ok()?.code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
