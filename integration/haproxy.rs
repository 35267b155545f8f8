//! HAProxy, to which SIGTERM means "cut off" and SIGUSR1 "finish": `Dockerfile.example`.

use crate::container::Container;
use crate::network::Network;
use crate::{image, poll};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

const HTTP: u16 = 8080;
const APPLICATION: u16 = 9000;

const FIRST_HALF: &str = "What has begun ";
const SECOND_HALF: &str = "comes to its end.";

#[test]
fn haproxy_finishes_the_request_in_flight_and_takes_no_new_one_when_stopped() {
    let container = Container::start([image::HAPROXY.as_str()]);
    let network = container.network();
    let mut request = Request::half_answered(&container, &network);

    let stop = container.begin_to_stop();
    container.until("refused connections", || match network.connect(HTTP) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        other => Err(format!("{other:?}")),
    });
    // As long as it likes: from here to there HAProxy lives for this request alone.
    request.application.write_all(SECOND_HALF.as_bytes()).expect("answer the rest");

    assert_eq!(request.rest_of_answer(), SECOND_HALF);
    assert_eq!(stop.join().expect("the engine stops it"), 0, "{}", container.logs());
}

/// The control: without the rewriting, the same stop is not a soft one.
#[test]
fn haproxy_cuts_the_request_in_flight_off_when_sigterm_is_not_rewritten() {
    let entrypoint = r#"--entrypoint=["/rinit","-r","TERM:TERM","--","/usr/sbin/haproxy"]"#;
    let container = Container::start([entrypoint, &image::HAPROXY, "-db", "-f", "/etc/haproxy/haproxy.cfg"]);
    let mut request = Request::half_answered(&container, &container.network());

    let stop = container.begin_to_stop();

    assert_eq!(request.rest_of_answer(), "");
    assert_eq!(stop.join().expect("the engine stops it"), 128 + libc::SIGTERM, "{}", container.logs());
}

#[test]
fn haproxy_is_found_healthy_without_a_shell() {
    Container::start([image::HAPROXY.as_str()]).wait_until_healthy();
}

/// A request through HAProxy, seen from both of its ends.
struct Request {
    client: TcpStream,
    application: TcpStream,
}

impl Request {
    /// A request whose answer has begun to arrive and has not ended.
    fn half_answered(container: &Container, network: &Network) -> Self {
        let listener = network.listen(APPLICATION).expect("listen as the application");
        let mut client = container.connect(HTTP);
        client.write_all(b"GET / HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n").expect("ask");

        let mut application = accept(&listener);
        read_past(&mut application, "\r\n\r\n");
        let length = FIRST_HALF.len() + SECOND_HALF.len();
        write!(application, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{FIRST_HALF}")
            .expect("answer");
        read_past(&mut client, FIRST_HALF);
        Self { client, application }
    }

    /// What the client gets until the connection is closed, in whichever way.
    fn rest_of_answer(&mut self) -> String {
        let mut rest = String::new();
        match self.client.read_to_string(&mut rest) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("read {rest:?}, then {error}"),
            _ => rest,
        }
    }
}

fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).expect("do not wait for ever");
    let (stream, _) = poll::until("a connection to the application", || listener.accept());
    stream.set_nonblocking(false).expect("wait again");
    stream.set_read_timeout(Some(poll::PATIENCE)).expect("not for ever");
    stream
}

fn read_past(stream: &mut TcpStream, end: &str) {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        let mut byte = [0];
        match stream.read_exact(&mut byte) {
            Ok(()) => seen.extend(byte),
            Err(error) => panic!("waited for {end:?}: {error}; read {:?}", String::from_utf8_lossy(&seen)),
        }
    }
}
