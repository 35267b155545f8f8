//! What the matrix asks of an engine.

use nix::unistd::Pid;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What an engine offers, or why it offers nothing of the kind: that is the note in the table.
pub(super) type Offers<T> = Result<T, &'static str>;

pub(super) const NO_KUBERNETES: &str = "It reads no files for Kubernetes.";

/// A container to run.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) name: String,
    pub(super) init: Init,
    /// The program and its arguments.
    pub(super) program: Vec<&'static str>,
    pub(super) variables: Vec<(&'static str, &'static str)>,
    pub(super) terminal: bool,
    /// The stop signal, in place of the image's.
    pub(super) stop_signal: Option<&'static str>,
    /// The image, in place of the matrix's.
    pub(super) image: Option<String>,
    pub(super) has_proc: bool,
    /// The name and the PID 1 of the container whose PID namespace this one joins.
    pub(super) within: Option<(String, Pid)>,
}

/// What puts rinit in front of the program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Init {
    /// The engine, by its option for that.
    Engine,
    /// The container's command.
    Command,
    /// Nothing: the program is PID 1, unless the container joins the PID namespace of another.
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

    /// Orders a shell that runs these commands.
    pub(super) fn shell(init: Init, commands: &'static str) -> Self {
        Self::new(init, ["/bin/sh", "-c", commands])
    }

    /// The container's command. The engine may put its init before it.
    pub(super) fn arguments(&self) -> Vec<&'static str> {
        let before: &[_] = match self.init {
            Init::Engine | Init::None => &[],
            Init::Command => &["/rinit", "--"],
        };
        [before, &self.program].concat()
    }
}

/// The commands that users give to an engine.
pub(super) trait Engine {
    /// The column's title.
    fn name(&self) -> &'static str;

    /// The command that runs a container in the foreground, and exits with its code.
    fn run(&self, order: &Order) -> Offers<Command>;

    /// The process that is PID 1 of a container, by its PID on the machine, if the container runs yet. The
    /// client is the process of [`run`](Self::run).
    fn pid_1(&self, name: &str, client: Pid) -> Option<Pid>;

    /// The command by which users stop a container.
    fn stop(&self, name: &str, client: Pid) -> Command;

    /// Removes a container, whatever its state.
    fn remove(&self, name: &str);

    /// The same engine, started by a user without privileges.
    fn rootless(&self) -> Offers<Box<dyn Engine>>;

    /// Whether the engine has an option that puts an init in front of the program, for [`Init::Engine`].
    fn has_init(&self) -> Offers<()> {
        Err("It has no `--init`.")
    }

    /// The command that runs a shell's commands in a running container.
    fn execute(&self, _name: &str, _commands: &str) -> Offers<Command> {
        Err("It has no command that enters a running sandbox.")
    }

    /// Whether containers are made of images, which have a STOPSIGNAL and a HEALTHCHECK.
    fn has_images(&self) -> Offers<()> {
        Err("It runs what is in a folder; only an image has a STOPSIGNAL and a HEALTHCHECK.")
    }

    /// Whether the image's HEALTHCHECK finds the container healthy.
    fn is_healthy(&self, _name: &str) -> Offers<bool> {
        self.has_images().map(|()| false)
    }

    /// Builds rinit's own image and then the example's, and returns the example's name.
    fn build(&self) -> Offers<String> {
        Err("It builds no images.")
    }

    /// The path of the engine's init and its version, as the engine shows them.
    fn info(&self) -> Offers<String> {
        self.has_init().map(|()| String::new())
    }

    /// Runs the pod of this name that a file for Kubernetes describes, calls `check` with the PID 1 that its
    /// containers share, stops the pod, and returns the exit code of PID 1.
    fn play(&self, _name: &str, _file: &Path, _check: &dyn Fn(Pid)) -> Offers<i32> {
        Err(NO_KUBERNETES)
    }

    /// Whether the engine runs containers without `/proc`.
    fn can_do_without_proc(&self) -> Offers<()> {
        Ok(())
    }

    /// Whether the container's terminal gets the size of the user's.
    fn sizes_terminals(&self) -> Offers<()> {
        Ok(())
    }

    /// Whether the descriptors of the engine's client are passed on to the container.
    fn passes_sockets(&self) -> Offers<()> {
        Ok(())
    }
}
