//! A container's network. The test serves and connects in it, so nothing outside is involved, and no port is
//! in use already.

use crate::support::poll::PATIENCE;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// A network namespace.
pub(crate) struct Network(File);

impl Network {
    pub(crate) fn of_process(pid: Pid) -> io::Result<Self> {
        File::open(format!("/proc/{pid}/ns/net")).map(Self)
    }

    /// Connects to a port of the loopback. A read from the connection fails when patience is over.
    pub(crate) fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let stream = self.within(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Listens on a port of the loopback.
    pub(crate) fn listen(&self, port: u16) -> io::Result<TcpListener> {
        self.within(|| TcpListener::bind((Ipv4Addr::LOCALHOST, port)))
    }

    /// Runs the action in a thread that enters the network. A socket stays in the network it was made in.
    fn within<T: Send>(&self, action: impl FnOnce() -> T + Send) -> T {
        let in_thread = || {
            setns(&self.0, CloneFlags::CLONE_NEWNET).expect("enter the container's network");
            action()
        };
        thread::scope(|scope| scope.spawn(in_thread).join()).expect("nothing panics in the thread")
    }
}
