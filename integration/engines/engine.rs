//! What the engines have in common.

use nix::unistd::Pid;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Or why an engine has nothing of the kind.
pub(super) type Offers<T> = Result<T, &'static str>;

pub(super) const NO_KUBERNETES: &str = "It reads no files for Kubernetes.";

/// A container that is to be run.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) name: String,
    pub(super) init: Init,
    /// What rinit runs.
    pub(super) program: Vec<&'static str>,
    pub(super) variables: Vec<(&'static str, &'static str)>,
    pub(super) terminal: bool,
    /// In place of the image's.
    pub(super) stop_signal: Option<&'static str>,
    /// In place of the one for the matrix.
    pub(super) image: Option<String>,
    pub(super) has_proc: bool,
    /// The container whose processes it sees, by its name and its PID 1.
    pub(super) within: Option<(String, Pid)>,
}

/// Who puts rinit in front of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Init {
    /// The engine, which is told to by an option of its own.
    Engine,
    /// The image or the user, in the container's command.
    Command,
    /// Nobody: the program is PID 1, unless the container has another's.
    None,
}

impl Order {
    pub(super) fn new(init: Init, program: impl IntoIterator<Item = &'static str>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            name: format!("rinit-{}-{number}", std::process::id()),
            init,
            program: program.into_iter().collect(),
            variables: vec![],
            terminal: false,
            stop_signal: None,
            image: None,
            has_proc: true,
            within: None,
        }
    }

    /// A shell's commands under rinit.
    pub(super) fn shell(init: Init, commands: &'static str) -> Self {
        Self::new(init, ["/bin/sh", "-c", commands])
    }

    /// What the container executes first, unless the engine puts an init before it.
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let before: &[_] = match self.init {
            Init::Engine | Init::None => &[],
            Init::Command => &["/rinit", "--"],
        };
        [before, &self.program].concat()
    }
}

/// A user's commands to an engine.
pub(super) trait Engine {
    /// As the column is called.
    fn name(&self) -> &'static str;

    /// Runs a container in the foreground, and exits with its code.
    fn run(&self, order: &Order) -> Offers<Command>;

    /// The process that is PID 1 of a container, as the machine sees it, if it runs yet. The client is what
    /// [`run`](Self::run) has started.
    fn pid_1(&self, name: &str, client: Pid) -> Option<Pid>;

    /// Stops a container as users do.
    fn stop(&self, name: &str, client: Pid) -> Command;

    /// Removes a container, whatever its state.
    fn remove(&self, name: &str);

    /// The same engine, started by a user without any rights.
    fn rootless(&self) -> Offers<Box<dyn Engine>>;

    /// Whether it can put an init in front of the program, as [`Init::Engine`] asks it to.
    fn has_init(&self) -> Offers<()> {
        Err("It has no `--init`.")
    }

    /// Runs a shell's commands in a running container.
    fn execute(&self, _name: &str, _commands: &str) -> Offers<Command> {
        Err("It has no command that enters a running sandbox.")
    }

    /// Whether containers are made of images, which tell the stop signal, for one.
    fn has_images(&self) -> Offers<()> {
        Err("It runs what is in a folder; only an image has a STOPSIGNAL and a HEALTHCHECK.")
    }

    /// Whether the image's HEALTHCHECK says so.
    fn is_healthy(&self, _name: &str) -> Offers<bool> {
        self.has_images().map(|()| false)
    }

    /// Builds rinit's own image and then the example's, and answers the latter's name.
    fn build(&self) -> Offers<String> {
        Err("It builds no images.")
    }

    /// The init that the engine says it has, and its version.
    fn info(&self) -> Offers<String> {
        self.has_init().map(|()| String::new())
    }

    /// Runs the pod of this name that a file for Kubernetes describes, has the PID 1 that its containers share
    /// checked, and stops it. Answers the exit code of PID 1.
    fn play(&self, _name: &str, _file: &Path, _check: &dyn Fn(Pid)) -> Offers<i32> {
        Err(NO_KUBERNETES)
    }

    /// Whether it runs containers without `/proc`.
    fn can_do_without_proc(&self) -> Offers<()> {
        Ok(())
    }

    /// Whether the container's terminal becomes as large as the user's.
    fn sizes_terminals(&self) -> Offers<()> {
        Ok(())
    }

    /// Whether the descriptors that its client has get into the container.
    fn passes_sockets(&self) -> Offers<()> {
        Ok(())
    }
}
