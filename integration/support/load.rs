//! The load under which a server is stopped: requests that are under way at that moment, and a stream of
//! others that goes on until connections are refused.
//!
//! Behind the server is an application, which is the test. Every answer comes from it, so it knows what the
//! server has taken, and a request is under way for exactly as long as the test holds its answer back. A
//! request is lost if the application has seen it and the client has not got the whole answer. What the
//! application has not seen was not taken: when a server closes its socket, the kernel resets the
//! connections that wait there, and no signal can have them answered.

use crate::support::container::Container;
use crate::support::network::Network;
use crate::support::poll::PATIENCE;
use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::{self, JoinHandle};

/// The numbers of the requests that are under way when the server is stopped.
const UNDER_WAY: Range<u32> = 0..4;

/// Where the servers of the examples expect the application.
const APPLICATION: u16 = 3000;

/// How many clients make one request after the other.
const STREAM: usize = 4;

/// So many answers, and the stream flows.
const FLOWING: usize = 100;

/// Makes the request of this number, and reads the answer to its end.
pub(crate) type Ask = fn(TcpStream, u32) -> io::Result<String>;

/// Clients of a server, and the application behind it.
pub(crate) struct Load<'a> {
    server: &'a Container,
    requests: Arc<Requests>,
    under_way: Vec<JoinHandle<()>>,
    stream: Vec<JoinHandle<()>>,
}

impl<'a> Load<'a> {
    /// Returns when the server is busy with the requests that are to be under way, and others come and go.
    pub(crate) fn on(server: &'a Container, port: u16, ask: Ask) -> Self {
        let network = server.network();
        let application = network.listen(APPLICATION).expect("listen as the application");
        let requests = Arc::new(Requests::new(network, port, ask));
        let behind = requests.clone();
        // It ends with the test program: nobody is left then who could connect.
        thread::spawn(move || behind.serve(&application));
        server.connect(port);

        let client = |work: fn(&Requests)| {
            let requests = requests.clone();
            thread::spawn(move || work(&requests))
        };
        let under_way = UNDER_WAY.map(|_| client(Requests::make_one)).collect();
        server.until("requests under way", || requests.taken.reach(UNDER_WAY.len()));
        let stream = (0..STREAM).map(|_| client(Requests::make_many)).collect();
        server.until("a stream of requests", || requests.answered.reach(FLOWING));
        Self { server, requests, under_way, stream }
    }

    /// Asserts that the server, when it is stopped, loses no request and ends with this code.
    pub(crate) fn stop_loses_nothing(self, code: i32) {
        let server = self.server;
        assert_eq!(self.stop(60), (BTreeSet::new(), code), "{}", server.logs());
    }

    /// Asserts that the server, when it is stopped with so much patience, loses the requests that are under
    /// way, at least, and ends with this code.
    pub(crate) fn stop_loses_requests(self, patience: u32, code: i32) {
        let server = self.server;
        let (lost, actual) = self.stop(patience);
        assert!(lost.is_superset(&UNDER_WAY.collect()), "{lost:?}; {}", server.logs());
        assert_eq!(actual, code, "{}", server.logs());
    }

    /// Answers which requests were lost and the exit code. New clients are refused before the answers to
    /// those under way are complete.
    fn stop(mut self, patience: u32) -> (BTreeSet<u32>, i32) {
        let stop = self.server.begin_to_stop(patience);
        join(self.stream.drain(..));
        (self.lost(), stop.join().expect("the engine stops it"))
    }

    /// Has the application complete its answers, waits for the clients, and tells which requests were lost.
    pub(crate) fn lost(self) -> BTreeSet<u32> {
        self.requests.complete.set(()).expect("it is said once");
        join(self.under_way.into_iter().chain(self.stream));
        &*self.requests.taken.get() - &*self.requests.answered.get()
    }
}

/// The requests, each known by its number.
struct Requests {
    network: Network,
    port: u16,
    ask: Ask,
    made: AtomicU32,
    /// The application has seen them.
    taken: Numbers,
    /// The clients have got the whole answer.
    answered: Numbers,
    /// The word for the application to complete what it holds back.
    complete: OnceLock<()>,
}

impl Requests {
    fn new(network: Network, port: u16, ask: Ask) -> Self {
        let (made, taken, answered) = Default::default();
        Self { network, port, ask, made, taken, answered, complete: OnceLock::new() }
    }

    /// A client with one request.
    fn make_one(&self) {
        let _ = self.make();
    }

    /// A client who comes again until it is refused.
    fn make_many(&self) {
        while !self.make().is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {}
    }

    fn make(&self) -> io::Result<()> {
        let connection = self.network.connect(self.port)?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        // What is cut off is no whole answer, whether the connection was closed or reset.
        let answer = (self.ask)(connection, number).unwrap_or_default();
        if answer.ends_with(&halves(number).concat()) {
            self.answered.get().insert(number);
        }
        Ok(())
    }

    /// The application.
    fn serve(self: Arc<Self>, listener: &TcpListener) {
        for connection in listener.incoming() {
            let requests = self.clone();
            thread::spawn(move || requests.answer(connection.expect("accept")));
        }
    }

    /// Gives the first half at once, and the second when it is time. The server may be gone then.
    fn answer(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(PATIENCE))?;
        let mut head = BufReader::new(&connection).lines();
        let request = head.next().unwrap_or_else(|| Err(ErrorKind::UnexpectedEof.into()))?;
        // All of it is read, or the connection would be reset when it is closed.
        while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let path = request.split(' ').nth(1).expect("a path");
        let number = path.rsplit('/').next().and_then(|name| name.parse().ok()).expect("a number");
        self.taken.get().insert(number);

        let [first, second] = halves(number);
        let length = first.len() + second.len();
        write!(
            connection,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{first}"
        )?;
        if UNDER_WAY.contains(&number) {
            self.complete.wait();
        }
        connection.write_all(second.as_bytes())
    }
}

/// The answer to a request.
fn halves(number: u32) -> [String; 2] {
    [format!("What {number} has begun "), format!("{number} brings to an end.")]
}

/// Asks by HTTP. The form is the oldest: an answer ends with its connection.
pub(crate) fn http(mut connection: TcpStream, number: u32) -> io::Result<String> {
    write!(connection, "GET /application/{number} HTTP/1.0\r\nHost: example\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A set of requests that many threads add to.
#[derive(Default)]
struct Numbers(Mutex<BTreeSet<u32>>);

impl Numbers {
    fn get(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.0.lock().expect("nobody panics with it")
    }

    fn reach(&self, goal: usize) -> Result<(), String> {
        let count = self.get().len();
        if count < goal { Err(format!("{count} of {goal}")) } else { Ok(()) }
    }
}

fn join(clients: impl IntoIterator<Item = JoinHandle<()>>) {
    clients.into_iter().for_each(|client| client.join().expect("a client does not panic"));
}
