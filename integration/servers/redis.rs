//! Redis, which saves its data at SIGTERM. The image: `integration/examples/redis`.

use crate::support::container::{Container, Volume};
use crate::support::image;
use crate::support::proc;
use crate::support::writers::Writers;
use std::io::{self, BufRead, BufReader, Read, Write};

const REDIS: u16 = 6379;

#[test]
fn redis_has_all_that_it_acknowledged_at_the_next_start_when_stopped_under_load() {
    let volume = Volume::create();
    let redis = start(&volume);
    let writers = writers(&redis);
    assert_eq!(redis.stop(60), 0, "{}", redis.logs());

    let next = start(&volume);
    for (writer, acknowledged) in writers.acknowledged() {
        let kept = query(&next, &format!("GET {writer}")).parse().unwrap_or(0);
        assert!(kept >= acknowledged, "{kept} of {acknowledged} writes; {}", redis.logs());
    }
}

/// The control: in the test above it was the stop that saved the data.
#[test]
fn redis_has_lost_what_it_acknowledged_when_killed() {
    let volume = Volume::create();
    let redis = start(&volume);
    let writers = writers(&redis);
    redis.kill("KILL");
    assert_eq!(redis.exit_code(), 128 + libc::SIGKILL);

    let next = start(&volume);
    for (writer, _) in writers.acknowledged() {
        assert_eq!(query(&next, &format!("GET {writer}")), "(nil)");
    }
}

#[test]
fn redis_and_rinit_run_as_the_user_of_the_image() {
    let redis = Container::start([image::REDIS.as_str()]);
    let init = redis.pid();
    assert_eq!(proc::name(init).as_deref(), Some("rinit"));
    for field in ["Uid", "Gid"] {
        let ids = proc::status(init, field).expect("it runs");
        assert!(ids.starts_with("10000\t10000\t"), "{field}: {ids:?}");
    }
    assert_eq!(proc::status(init, "NoNewPrivs").as_deref(), Some("1"));
}

#[test]
fn redis_is_found_healthy_without_a_shell() {
    Container::start([image::REDIS.as_str()]).wait_until_healthy();
}

fn start(data: &Volume) -> Container {
    Container::start([&data.at("/data"), image::REDIS.as_str()])
}

/// Starts clients that each increment a counter.
fn writers(redis: &Container) -> Writers {
    Writers::on(
        redis,
        |redis| redis.connect(REDIS),
        |connection, writer| converse(connection, &format!("INCR {writer}")).map(drop),
    )
}

/// Returns the reply to a command, as soon as Redis gives one.
fn query(redis: &Container, command: &str) -> String {
    let network = redis.network();
    redis.until("a reply of Redis", || {
        network.connect(REDIS).and_then(|connection| converse(connection, command))
    })
}

/// Sends a command and returns the reply, which has one of the few forms that are needed here.
fn converse(mut connection: impl Read + Write, command: &str) -> io::Result<String> {
    write!(connection, "{command}\r\n")?;
    let mut reply = BufReader::new(connection).lines();
    let mut line = || reply.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
    let first = line()?;
    match first.split_at_checked(1) {
        Some(("+" | ":", text)) => Ok(text.to_owned()),
        Some(("$", "-1")) => Ok("(nil)".to_owned()),
        Some(("$", _length)) => line(),
        _ => Err(io::Error::other(first)), // such as "-LOADING ..."
    }
}
