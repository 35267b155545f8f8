//! bwrap, which runs one program in new namespaces.

use super::engine::{Engine, Offers, Order};
use super::runtime;
use super::user::User;
use crate::support::proc;
use nix::unistd::Pid;
use std::path::PathBuf;
use std::process::Command;

pub(super) struct Bubblewrap {
    root: PathBuf,
    user: Option<User>,
}

impl Bubblewrap {
    pub(super) fn new() -> Self {
        Self { root: runtime::root(), user: None }
    }
}

impl Engine for Bubblewrap {
    fn name(&self) -> &'static str {
        "bwrap"
    }

    fn run(&self, order: &Order) -> Offers<Command> {
        if order.within.is_some() {
            return Err("A sandbox holds one program, and no other joins it.");
        }
        let mut bwrap = Command::new("bwrap");
        bwrap.args(["--unshare-all", "--as-pid-1", "--cap-drop", "ALL", "--uid", "10000", "--gid", "10000"]);
        bwrap.arg("--ro-bind").arg(&self.root).args(["/", "--dev", "/dev"]);
        if order.has_proc {
            bwrap.args(["--proc", "/proc"]);
        }
        for (name, value) in &order.variables {
            bwrap.args(["--setenv", name, value]);
        }
        // systemd has set LISTEN_PID to bwrap's own PID, and the sandbox's first process is another.
        bwrap.args(["--setenv", "LISTEN_PID", "1"]);
        bwrap.arg("--").args(order.arguments());
        Ok(User::run(self.user.as_ref(), bwrap))
    }

    fn pid_1(&self, _name: &str, client: Pid) -> Option<Pid> {
        let mut below = proc::descendants(client).into_iter();
        below.find(|pid| proc::name(*pid).as_deref() == Some("rinit"))
    }

    fn stop(&self, name: &str, client: Pid) -> Command {
        let mut kill = Command::new("kill");
        kill.args(["-s", "TERM", &self.pid_1(name, client).expect("it runs").to_string()]);
        kill
    }

    /// Does nothing: the sandbox ends with its client.
    fn remove(&self, _name: &str) {}

    fn rootless(&self) -> Offers<Box<dyn Engine>> {
        let user = User::new();
        Ok(Box::new(Self { root: user.shows(&self.root), user: Some(user) }))
    }
}
