//! A program that gets its listening socket from systemd, sd_listen_fds(3), and uses the socket only if
//! `LISTEN_PID` is its own process ID. The image: `integration/examples/socket`.

use crate::support::activation::activated;
use crate::support::command::run;
use crate::support::container::Container;
use crate::support::{image, poll, send};
use nix::unistd::Pid;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use tempfile::TempDir;

/// The program, which passes connections on from that socket.
const PROGRAM: &str = "/lib/systemd/systemd-socket-proxyd";

const GREETING: &str = "It came through.";

#[test]
fn a_socket_of_systemds_gets_through_rinit_to_its_child() {
    let application = Application::new();
    let mut rinit = Command::new(env!("CARGO_BIN_EXE_rinit"));
    rinit.args(["--", PROGRAM]).arg(application.path());
    let mut rinit = Activated(activated(&rinit, &application.activation()).spawn().expect("activate it"));

    application.greets(application.client());
    // As the program itself would, outside a container.
    assert_eq!(rinit.stop().and_then(|status| status.signal()), Some(libc::SIGTERM));
}

/// The control: a shell in between leaves `LISTEN_PID` at its own process ID.
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
    let start = thread::spawn(|| Container::with_id(run(start)));

    let client = application.client();
    let container = start.join().expect("it starts");
    application.greets(client);
    assert_eq!(container.stop(60), 128 + libc::SIGTERM, "{}", container.logs());
}

/// The application that connections are passed on to. All users may connect to its socket.
struct Application {
    folder: TempDir,
    listener: UnixListener,
}

impl Application {
    fn new() -> Self {
        let folder = TempDir::new().expect("make a folder");
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).expect("listen as the application");
        listener.set_nonblocking(true).expect("make accept return at once");
        for path in [folder.path(), &socket] {
            fs::set_permissions(path, Permissions::from_mode(0o777)).expect("let all users connect");
        }
        Self { folder, listener }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The socket at which systemd listens.
    fn activation(&self) -> PathBuf {
        self.folder.path().join("activation")
    }

    /// A client that connects as soon as systemd listens.
    fn client(&self) -> UnixStream {
        let client = poll::until("systemd", || UnixStream::connect(self.activation()));
        client.set_read_timeout(Some(poll::PATIENCE)).expect("set a deadline");
        client
    }

    /// Asserts that the application's greeting comes to the client.
    fn greets(&self, mut client: UnixStream) {
        let (mut connection, _) = poll::until("the connection that is passed on", || self.listener.accept());
        connection.write_all(GREETING.as_bytes()).expect("greet");
        let mut received = [0; GREETING.len()];
        client.read_exact(&mut received).expect("read the greeting");
        assert_eq!(received, GREETING.as_bytes());
    }
}

/// A program that systemd has started. It ends with the test.
struct Activated(Child);

impl Activated {
    /// Ends the program by SIGTERM, unless it has ended, and returns how it ended.
    fn stop(&mut self) -> Option<ExitStatus> {
        if let Ok(None) = self.0.try_wait() {
            send(Pid::from_raw(self.0.id().cast_signed()), libc::SIGTERM);
        }
        let ended = || self.0.try_wait().ok().flatten().ok_or("it runs");
        poll::try_until(ended).ok()
    }
}

impl Drop for Activated {
    fn drop(&mut self) {
        self.stop();
    }
}
