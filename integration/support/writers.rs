//! The load under which a database is stopped: clients that write until the database is gone.

use crate::support::container::Container;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

/// The number of clients. Each is known by its own number.
const WRITERS: u32 = 4;

/// The number of writes after which all clients are at work.
const FLOWING: u32 = 25 * WRITERS;

/// The clients of a database.
pub(crate) struct Writers(Vec<JoinHandle<u32>>);

impl Writers {
    /// Starts the clients, and returns when they are at work. A write succeeds when the database has
    /// acknowledged it.
    pub(crate) fn on<C: Send + 'static>(
        database: &Container,
        connect: fn(&Container) -> C,
        write: fn(&mut C, u32) -> io::Result<()>,
    ) -> Self {
        let written = Arc::new(AtomicU32::new(0));
        let writer = |number| {
            let (mut connection, written) = (connect(database), written.clone());
            thread::spawn(move || {
                let mut acknowledged = 0;
                while write(&mut connection, number).is_ok() {
                    acknowledged += 1;
                    written.fetch_add(1, Ordering::Relaxed);
                }
                acknowledged
            })
        };
        let writers = (0..WRITERS).map(writer).collect();
        database.until("writes", || match written.load(Ordering::Relaxed) {
            FLOWING.. => Ok(()),
            few => Err(few),
        });
        Self(writers)
    }

    /// Waits until the database is gone, and returns each writer's number and how many of its writes were
    /// acknowledged.
    pub(crate) fn acknowledged(self) -> impl Iterator<Item = (u32, u32)> {
        (0..).zip(self.0.into_iter().map(|writer| writer.join().expect("a writer does not panic")))
    }
}
