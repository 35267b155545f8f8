//! A server that a package manager has started. All three managers leave at once when they get SIGTERM, whether
//! the server has had the signal too or not, and the container ends with them.

use super::managers::{MANAGERS, with_managers};
use crate::support::poll::PATIENCE;
use crate::support::{Launch, Position, Running, eventually, eventually_eq, must, proc, subject};
use nix::libc;
use nix::unistd::chdir;
use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use tempfile::TempDir;

/// Sends each request's body back as it comes. On SIGTERM the server takes no more requests, and ends when
/// those that it has are complete.
const SERVER: &str = r#"
const server = require("http").createServer((request, response) => request.pipe(response));
process.on("SIGTERM", () => { console.log("draining"); server.close(); });
server.listen(process.env.SOCKET, () => console.log("ready"));
"#;

const PACKAGE: &str =
    r#"{ "name": "application", "version": "1.0.0", "scripts": { "start": "node server.js" } }"#;

#[test]
fn a_server_behind_a_package_manager_completes_its_request_with_grace() {
    for manager in MANAGERS {
        let mut server = Server::start(manager, &["--grace", "20"]);
        let request = server.begin_request();
        server.stop_until_manager_has_left();
        assert_eq!(request.complete().expect(manager), "first half, second half");
        assert_eq!(server.signals_after(), 0, "{manager}: the server got one SIGTERM");
    }
}

/// Who gets the signal as a member of the group is not sent a second one, which many servers take for "at once".
#[test]
fn a_server_that_the_signal_has_reached_in_the_group_gets_it_once() {
    for manager in MANAGERS {
        let mut server = Server::start(manager, &["-g", "--grace", "20"]);
        let request = server.begin_request();
        server.stop_until_manager_has_left();
        assert_eq!(request.complete().expect(manager), "first half, second half");
        assert_eq!(server.signals_after(), 0, "{manager}: the server got one SIGTERM");
    }
}

/// The control: with `-g` alone manager and server get the signal, and the kernel kills the server when the
/// manager has left, and rinit with it.
#[test]
fn a_server_behind_a_package_manager_is_cut_off_when_the_signal_is_for_the_group() {
    is_cut_off(&["-g"]);
}

/// The control: without any option the server does not even get the signal.
#[test]
fn a_server_behind_a_package_manager_is_cut_off_without_an_option() {
    is_cut_off(&[]);
}

fn is_cut_off(options: &[&str]) {
    for manager in MANAGERS {
        let mut server = Server::start(manager, options);
        let request = server.begin_request();
        server.init.signal(libc::SIGTERM);
        server.init.wait();
        let end = request.complete();
        assert!(end.as_ref().map_or(true, |response| response != "first half, second half"), "{end:?}");
    }
}

/// A server on a socket in a folder of its own.
struct Server {
    init: Running,
    folder: TempDir,
}

impl Server {
    /// Has the manager start the server, with rinit as PID 1, and waits until the server is ready.
    fn start(manager: &str, options: &[&str]) -> Self {
        let folder = TempDir::new().expect("make a folder");
        fs::write(folder.path().join("package.json"), PACKAGE).expect("write a file");
        fs::write(folder.path().join("server.js"), SERVER).expect("write a file");
        let place = folder.path().to_owned();
        let launch = Launch::program(Position::Pid1, subject()).args(options).command([manager, "start"]);
        let launch = with_managers(launch, folder.path()).env("SOCKET", folder.path().join("socket"));
        let init = launch.caller(move || must(chdir(&place))).start().ready();
        Self { init, folder }
    }

    /// Begins a request, and waits for the first half of its response.
    fn begin_request(&self) -> Request {
        let stream = UnixStream::connect(self.folder.path().join("socket")).expect("connect");
        stream.set_read_timeout(Some(PATIENCE)).expect("set a time");
        let mut request = Request { stream, response: String::new() };
        request.send("POST / HTTP/1.0\r\nContent-Length: 23\r\n\r\nfirst half, ").expect("send it");
        while !request.response.ends_with("first half, ") {
            let mut byte = [0];
            request.stream.read_exact(&mut byte).expect("a response begins");
            request.response.push(char::from(byte[0]));
        }
        request
    }

    /// Has rinit stop the server, and waits until the server has noted that, until the manager has left, and until
    /// rinit has no more to do about it.
    fn stop_until_manager_has_left(&mut self) {
        let manager = self.init.child();
        self.init.signal(libc::SIGTERM);
        self.init.stdout.expect("draining");
        eventually("the manager's end", || proc::state(manager).is_none().then_some(()));
        eventually_eq(Some('S'), || proc::state(self.init.pid));
    }

    /// How many more signals the server noted, up to rinit's end.
    fn signals_after(&mut self) -> usize {
        self.init.wait();
        self.init.stdout.rest().matches("draining").count()
    }
}

/// A request of which the server has half, and the client half of the response.
struct Request {
    stream: UnixStream,
    response: String,
}

impl Request {
    fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes())
    }

    /// Sends the second half, and returns the body of the response.
    fn complete(mut self) -> io::Result<String> {
        self.send("second half")?;
        self.stream.read_to_string(&mut self.response)?;
        self.stream.shutdown(Shutdown::Both)?;
        let (_, body) = self.response.split_once("\r\n\r\n").expect("a head");
        Ok(body.to_owned())
    }
}
