//! PostgreSQL, which waits for its clients at SIGTERM and does not at SIGINT. The image:
//! `integration/examples/postgres`.

use crate::support::container::{Container, Volume};
use crate::support::image;
use crate::support::writers::Writers;
use std::io::{self, Read, Write};
use std::net::TcpStream;

const POSTGRES: u16 = 5432;

const SMART: &str = "received smart shutdown request";
const FAST: &str = "received fast shutdown request";
const UNCLEAN: &str = "database system was not properly shut down";

/// The query that makes a table. An unlogged one is emptied when PostgreSQL has to recover.
const CREATE: &str = "CREATE UNLOGGED TABLE promise (writer int)";

#[test]
fn postgres_is_stopped_cleanly_in_stages_and_has_all_that_it_acknowledged_though_its_clients_stay() {
    is_stopped_cleanly_in_stages("SIGTERM");
}

/// The official image has this STOPSIGNAL. It begins the stop as well: the clients have the time that the schedule
/// gives them.
#[test]
fn postgres_is_stopped_cleanly_in_stages_with_stopsignal_sigint_though_its_clients_stay() {
    is_stopped_cleanly_in_stages("SIGINT");
}

fn is_stopped_cleanly_in_stages(stopsignal: &str) {
    let volume = Volume::create();
    let stopsignal = format!("--stop-signal={stopsignal}");
    let postgres = Container::start([&stopsignal, &volume.at("/data"), image::POSTGRES.as_str()]);
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

/// The control: with SIGTERM alone the engine has to kill PostgreSQL, and the table's data are lost.
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

/// Starts clients that write, and connects one that does nothing. None of them disconnects by itself.
fn clients(postgres: &Container) -> (Writers, Connection) {
    let mut idle = Connection::to(postgres);
    idle.query(CREATE).expect("make a table");
    let write = |connection: &mut Connection, writer| {
        connection.query(&format!("INSERT INTO promise VALUES ({writer})")).map(drop)
    };
    (Writers::on(postgres, Connection::to, write), idle)
}

/// Returns how many writes of this writer the table has.
fn kept(postgres: &Container, writer: u32) -> u32 {
    let query = format!("SELECT count(*) FROM promise WHERE writer = {writer}");
    let rows = Connection::to(postgres).query(&query).expect("read the table");
    rows.concat().parse().expect("a number")
}

/// A client's connection, which lasts until it is dropped.
struct Connection(TcpStream);

impl Connection {
    /// Connects as soon as PostgreSQL accepts clients.
    fn to(postgres: &Container) -> Self {
        let network = postgres.network();
        postgres.until("a response of PostgreSQL", || network.connect(POSTGRES).and_then(Self::introduce))
    }

    fn introduce(stream: TcpStream) -> io::Result<Self> {
        let mut connection = Self(stream);
        connection.send(b"\0\x03\0\0user\0postgres\0\0")?; // version 3.0 of the protocol
        connection.rows()?;
        Ok(connection)
    }

    /// Returns the first column of the rows that a query gives.
    fn query(&mut self, query: &str) -> io::Result<Vec<String>> {
        self.0.write_all(b"Q")?;
        self.send(format!("{query}\0").as_bytes())?;
        self.rows()
    }

    /// Sends a message: its length, its own four bytes included, and its content. All messages but the first
    /// begin with a letter.
    fn send(&mut self, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(4 + content.len()).expect("it is short");
        self.0.write_all(&[&length.to_be_bytes(), content].concat())
    }

    /// Returns the rows that come until the server is ready for a query.
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
                // The number of columns, and of each its length and its text.
                b'D' => rows.push(String::from_utf8_lossy(&content[2 + 4..]).into_owned()),
                _ => {}
            }
        }
    }
}
