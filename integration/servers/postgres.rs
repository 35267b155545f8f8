//! PostgreSQL, which at SIGTERM waits for its clients and at SIGINT does not: `integration/examples/postgres`.

use crate::support::container::{Container, Volume};
use crate::support::image;
use crate::support::writers::Writers;
use std::io::{self, Read, Write};
use std::net::TcpStream;

const POSTGRES: u16 = 5432;

const SMART: &str = "received smart shutdown request";
const FAST: &str = "received fast shutdown request";
const UNCLEAN: &str = "database system was not properly shut down";

/// An unlogged table is one that is emptied when PostgreSQL has to recover.
const CREATE: &str = "CREATE UNLOGGED TABLE promise (writer int)";

#[test]
fn postgres_is_stopped_cleanly_in_stages_and_has_all_that_it_acknowledged_though_its_clients_stay() {
    let volume = Volume::create();
    let postgres = Container::start([&volume.at("/data"), image::POSTGRES.as_str()]);
    let (writers, _idle) = clients(&postgres);

    assert_eq!(postgres.stop(60), 0, "{}", postgres.logs());
    let logs = postgres.logs();
    let (_, after_smart) = logs.split_once(SMART).unwrap_or_else(|| panic!("no smart shutdown:\n{logs}"));
    assert!(after_smart.contains(FAST), "no fast shutdown after the smart one:\n{logs}");

    let next = Container::start([&volume.at("/data"), image::POSTGRES.as_str()]);
    for (writer, acknowledged) in writers.acknowledged() {
        let kept = kept(&next, writer);
        assert!(kept >= acknowledged, "{kept} of {acknowledged} writes; {logs}");
    }
    assert!(!next.logs().contains(UNCLEAN), "{}", next.logs());
}

/// The control: with SIGTERM alone the engine loses its patience, and the data of that table are lost.
#[test]
fn postgres_is_killed_and_has_to_recover_when_sigterm_is_all_it_gets_and_clients_stay() {
    let volume = Volume::create();
    let entrypoint = r#"--entrypoint=["/rinit","--","/usr/lib/postgresql/15/bin/postgres"]"#;
    let postgres = Container::start([entrypoint, &volume.at("/data"), &image::POSTGRES, "-D", "/data"]);
    let (writers, _idle) = clients(&postgres);

    assert_eq!(postgres.stop(3), 128 + libc::SIGKILL, "{}", postgres.logs());
    let logs = postgres.logs();
    assert!(logs.contains(SMART) && !logs.contains(FAST), "{logs}");

    let next = Container::start([&volume.at("/data"), image::POSTGRES.as_str()]);
    for (writer, _) in writers.acknowledged() {
        assert_eq!(kept(&next, writer), 0);
    }
    assert!(next.logs().contains(UNCLEAN), "{}", next.logs());
}

#[test]
fn postgres_is_found_healthy_without_a_shell() {
    Container::start([image::POSTGRES.as_str()]).wait_until_healthy();
}

/// Clients who write and one who does nothing, none of whom goes by itself.
fn clients(postgres: &Container) -> (Writers, Client) {
    let mut idle = Client::of(postgres);
    idle.ask(CREATE).expect("make a table");
    let write =
        |client: &mut Client, writer| client.ask(&format!("INSERT INTO promise VALUES ({writer})")).map(drop);
    (Writers::on(postgres, Client::of, write), idle)
}

/// How many writes of this writer are there.
fn kept(postgres: &Container, writer: u32) -> u32 {
    let query = format!("SELECT count(*) FROM promise WHERE writer = {writer}");
    let answer = Client::of(postgres).ask(&query).expect("read");
    answer.concat().parse().expect("a number")
}

/// A client, who stays until it is dropped.
struct Client(TcpStream);

impl Client {
    /// Connects as soon as there is somebody to answer.
    fn of(postgres: &Container) -> Self {
        let network = postgres.network();
        postgres.until("an answer of PostgreSQL", || network.connect(POSTGRES).and_then(Self::introduce))
    }

    fn introduce(connection: TcpStream) -> io::Result<Self> {
        let mut client = Self(connection);
        client.send(b"\0\x03\0\0user\0postgres\0\0")?; // version 3.0 of the protocol
        client.rows()?;
        Ok(client)
    }

    /// The first column of the answer to a query.
    fn ask(&mut self, query: &str) -> io::Result<Vec<String>> {
        self.0.write_all(b"Q")?;
        self.send(format!("{query}\0").as_bytes())?;
        self.rows()
    }

    /// A message is its length, which counts too, and its content. All but the first begin with a letter.
    fn send(&mut self, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(4 + content.len()).expect("it is short");
        self.0.write_all(&[&length.to_be_bytes(), content].concat())
    }

    /// What comes until the server is ready for a query.
    fn rows(&mut self) -> io::Result<Vec<String>> {
        let mut rows = Vec::new();
        loop {
            let mut head = [0; 5];
            self.0.read_exact(&mut head)?;
            let [kind, length @ ..] = head;
            let mut content = vec![0; u32::from_be_bytes(length) as usize - 4];
            self.0.read_exact(&mut content)?;
            match kind {
                b'Z' => return Ok(rows),
                b'E' => return Err(io::Error::other(String::from_utf8_lossy(&content))),
                // How many columns, and of each its length and its text.
                b'D' => rows.push(String::from_utf8_lossy(&content[2 + 4..]).into_owned()),
                _ => {}
            }
        }
    }
}
