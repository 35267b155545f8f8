//! The load under which a server is stopped: requests that are under way at that moment, and a stream of
//! others that goes on until connections are refused.
//!
//! Behind the server is an application, which is the test. Every response comes from the application, so it
//! knows which requests the server has taken, and a request is under way for exactly as long as the test
//! holds its response back. A request is lost if the application has seen it and the client has not got the whole
//! response. A request that the application has not seen was not taken: when a server closes its socket, the
//! kernel resets the connections that wait there, and no signal can prevent that.

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

/// The port at which the servers of the examples expect the application.
const APPLICATION: u16 = 3000;

/// The number of clients that make one request after the other.
const STREAM: usize = 4;

/// The number of responses after which the stream flows.
const FLOWING: usize = 100;

/// Makes the request of this number, and returns the whole response.
pub(crate) type Exchange = fn(TcpStream, u32) -> io::Result<String>;

/// The clients of a server, and the application behind it.
pub(crate) struct Load<'a> {
    server: &'a Container,
    requests: Arc<Requests>,
    under_way: Vec<JoinHandle<()>>,
    stream: Vec<JoinHandle<()>>,
}

impl<'a> Load<'a> {
    /// Starts the clients. Returns when the server is busy with the requests that are to be under way, and
    /// others come and go.
    pub(crate) fn on(server: &'a Container, port: u16, exchange: Exchange) -> Self {
        let network = server.network();
        let application = network.listen(APPLICATION).expect("listen as the application");
        let requests = Arc::new(Requests::new(network, port, exchange));
        let behind = requests.clone();
        // The thread ends with the test program. No client is left then.
        thread::spawn(move || behind.serve(&application));
        server.connect(port);

        let client = |work: fn(&Requests)| {
            let requests = requests.clone();
            thread::spawn(move || work(&requests))
        };
        let under_way = UNDER_WAY.map(|_| client(Requests::make_one)).collect();
        server.until("requests under way", || requests.taken.reach(UNDER_WAY.len()));
        let stream = (0..STREAM).map(|_| client(Requests::make_many)).collect();
        server.until("a stream of requests", || requests.complete.reach(FLOWING));
        Self { server, requests, under_way, stream }
    }

    /// Has the application complete the responses to the requests that are under way.
    pub(crate) fn release(&self) {
        self.requests.release.get_or_init(|| ());
    }

    /// Stops the server, and asserts that it loses no request and exits with this code.
    pub(crate) fn stop_loses_nothing(self, code: i32) {
        let server = self.server;
        assert_eq!(self.stop(60), (BTreeSet::new(), code), "{}", server.logs());
    }

    /// Stops the server, which is killed after `patience` seconds, and asserts that it loses at least the
    /// requests that are under way, and exits with this code.
    pub(crate) fn stop_loses_requests(self, patience: u32, code: i32) {
        let server = self.server;
        let (lost, actual) = self.stop(patience);
        assert!(lost.is_superset(&UNDER_WAY.collect()), "{lost:?}; {}", server.logs());
        assert_eq!(actual, code, "{}", server.logs());
    }

    /// Stops the server, and returns the lost requests and the exit code. The responses to the requests under
    /// way are complete only after new clients have been refused.
    fn stop(mut self, patience: u32) -> (BTreeSet<u32>, i32) {
        let stop = self.server.begin_to_stop(patience);
        join(self.stream.drain(..));
        (self.lost(), stop.join().expect("the engine stops it"))
    }

    /// Has the application complete its responses, waits for the clients, and returns the lost requests.
    pub(crate) fn lost(self) -> BTreeSet<u32> {
        self.release();
        join(self.under_way.into_iter().chain(self.stream));
        &*self.requests.taken.get() - &*self.requests.complete.get()
    }
}

/// The requests, each known by its number.
struct Requests {
    network: Network,
    port: u16,
    exchange: Exchange,
    made: AtomicU32,
    /// The requests that the application has seen.
    taken: Numbers,
    /// The requests to which a client has got the whole response.
    complete: Numbers,
    /// Set when the application is to complete the responses that it holds back.
    release: OnceLock<()>,
}

impl Requests {
    fn new(network: Network, port: u16, exchange: Exchange) -> Self {
        let (made, taken, complete) = Default::default();
        Self { network, port, exchange, made, taken, complete, release: OnceLock::new() }
    }

    /// The work of a client that makes one request.
    fn make_one(&self) {
        let _ = self.make();
    }

    /// The work of a client that makes one request after the other until it is refused.
    fn make_many(&self) {
        while !self.make().is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {}
    }

    fn make(&self) -> io::Result<()> {
        let connection = self.network.connect(self.port)?;
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        // A response that is cut off is not whole, whether the connection was closed or reset.
        let response = (self.exchange)(connection, number).unwrap_or_default();
        if response.ends_with(&halves(number).concat()) {
            self.complete.get().insert(number);
        }
        Ok(())
    }

    /// The work of the application.
    fn serve(self: Arc<Self>, listener: &TcpListener) {
        for connection in listener.incoming() {
            let requests = self.clone();
            thread::spawn(move || requests.respond(connection.expect("accept")));
        }
    }

    /// Sends the first half of the response at once, and the second when it is released, by when the server
    /// may be gone.
    fn respond(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(PATIENCE))?;
        let mut head = BufReader::new(&connection).lines();
        let request = head.next().unwrap_or_else(|| Err(ErrorKind::UnexpectedEof.into()))?;
        // All of the request is read, because to close a connection with unread data resets it.
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
            self.release.wait();
        }
        connection.write_all(second.as_bytes())
    }
}

/// The two halves of the response to a request.
fn halves(number: u32) -> [String; 2] {
    [format!("What {number} has begun "), format!("{number} brings to an end.")]
}

/// Makes a request by HTTP 1.0, in which the response ends with the connection.
pub(crate) fn http(mut connection: TcpStream, number: u32) -> io::Result<String> {
    write!(connection, "GET /application/{number} HTTP/1.0\r\nHost: example\r\n\r\n")?;
    let mut response = String::new();
    connection.read_to_string(&mut response)?;
    Ok(response)
}

/// A set of requests that many threads add to.
#[derive(Default)]
struct Numbers(Mutex<BTreeSet<u32>>);

impl Numbers {
    fn get(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.0.lock().expect("no thread panics while it has the lock")
    }

    fn reach(&self, goal: usize) -> Result<(), String> {
        let count = self.get().len();
        if count < goal { Err(format!("{count} of {goal}")) } else { Ok(()) }
    }
}

fn join(clients: impl IntoIterator<Item = JoinHandle<()>>) {
    clients.into_iter().for_each(|client| client.join().expect("a client does not panic"));
}
