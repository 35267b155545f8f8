//! The images. Each is built once, from the Dockerfile that users get, on bases that are made on this
//! machine.

use crate::support::command::run;
use crate::support::podman::{cgroup_parent, podman};
use crate::support::setup::{Shared, set_up};
use crate::support::subject;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The name that `Dockerfile`, the README and the book give to rinit's image.
pub(crate) const NAME_OF_RINIT: &str = concat!("localhost/rinit:", env!("CARGO_PKG_VERSION"));

/// The image that holds only `/rinit`.
pub(crate) static RINIT: Shared<String> = Shared::new(|| {
    RUST.ensure();
    let mut build = build("rinit", "Dockerfile", ".");
    build.args(["--network=none", "--tag", NAME_OF_RINIT]);
    set_up(build)
});

/// HAProxy. SIGTERM is rewritten.
pub(crate) static HAPROXY: Shared<String> = Shared::new(|| example("haproxy", "Dockerfile.example", "."));

/// Redis.
pub(crate) static REDIS: Shared<String> = Shared::new(|| example_in_folder("redis"));

/// nginx. SIGTERM is rewritten, and rinit waits for the workers.
pub(crate) static NGINX: Shared<String> = Shared::new(|| example_in_folder("nginx"));

/// Apache httpd. SIGTERM is rewritten, and no resized window stops the server.
pub(crate) static APACHE: Shared<String> = Shared::new(|| example_in_folder("apache"));

/// PHP-FPM. SIGTERM is rewritten.
pub(crate) static PHP_FPM: Shared<String> = Shared::new(|| example_in_folder("php-fpm"));

/// A Java virtual machine. Its exit code for a stop, 143, becomes 0.
pub(crate) static JVM: Shared<String> = Shared::new(|| example_in_folder("jvm"));

/// A Python server behind a shell. SIGTERM is for the whole process group.
pub(crate) static PYTHON: Shared<String> = Shared::new(|| example_in_folder("python"));

/// PostgreSQL. It is stopped in stages.
pub(crate) static POSTGRES: Shared<String> = Shared::new(|| example_in_folder("postgres"));

/// A shell script. rinit waits for what the script leaves.
pub(crate) static SCRIPT: Shared<String> = Shared::new(|| example_in_folder("script"));

/// A console. It is told to stop by a line.
pub(crate) static CONSOLE: Shared<String> = Shared::new(|| example_in_folder("console"));

/// socat. Its exit code for a stop, 143, becomes 0.
pub(crate) static SOCAT: Shared<String> = Shared::new(|| example_in_folder("socat"));

/// A program that gets its listening socket from systemd.
pub(crate) static SOCKET: Shared<String> = Shared::new(|| example_in_folder("socket"));

/// A static program on an empty root.
pub(crate) static STATIC_CHILD: Shared<String> = Shared::new(|| example_in_folder("static-child"));

/// Debian under the init under test.
pub(crate) static MATRIX: Shared<String> = Shared::new(|| {
    let context = TempDir::new().expect("make a folder");
    fs::copy(subject(), context.path().join("rinit")).expect("copy the init");
    DEBIAN.ensure();
    set_up(build("matrix", "integration/engines/Dockerfile", context.path()))
});

/// gunicorn, whose application asks that of the test. rinit stays for its successors.
pub(crate) static GUNICORN: Shared<String> = Shared::new(|| {
    let install = "apt-get update && apt-get install --yes --no-install-recommends gunicorn";
    let copy = format!("COPY --from={NAME_OF_RINIT} /rinit /rinit");
    let application = r"from urllib.request import urlopen\n\
def application(environment, start):\n\
    body = urlopen('http://127.0.0.1:3000' + environment['PATH_INFO']).read()\n\
    start('200 OK', [('Content-Length', str(len(body)))])\n\
    return [body]\n";
    from_lines(
        "gunicorn",
        &[
            &format!("FROM {}", *DEBIAN),
            &format!("RUN {install}"),
            &copy,
            &format!("RUN printf \"{application}\" > /srv/server.py"),
            "WORKDIR /srv",
            r#"ENTRYPOINT ["/rinit", "--stay", "--"]"#,
            r#"CMD ["gunicorn", "--bind=127.0.0.1:8080", "--threads=16", "--worker-tmp-dir=/dev/shm", "server:application"]"#,
        ],
    )
});

/// The settings of `debian:12-slim`: no documentation, no waiting for the disk, and apt keeps nothing that it
/// has fetched or computed. The last is for the packages that the examples install.
const SLIM: [&str; 8] = [
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=force-unsafe-io",
    r#"--aptopt=Acquire::Languages "none""#,
    r#"--aptopt=Dir::Cache::pkgcache """#,
    r#"--aptopt=Dir::Cache::srcpkgcache """#,
    r#"--customize-hook=echo 'APT::Keep-Downloaded-Packages "false";' > "$1/etc/apt/apt.conf.d/keep-nothing""#,
];

/// Debian with what is needed to install packages, and no more. The examples are built in it, and it has the
/// name that their Dockerfiles ask for.
pub(crate) static DEBIAN: Shared<&str> = Shared::new(|| {
    let name = "docker.io/library/debian:12-slim";
    let names = set_up(podman(["images", "--format={{.Repository}}:{{.Tag}}"]));
    if !names.lines().any(|known| known == name) {
        let mut bootstrap = Command::new("mmdebstrap");
        bootstrap.args(["--quiet", "--variant=apt"]).args(SLIM).args(["bookworm", "-"]);
        set_up(podman(["tag", &import(bootstrap), name]));
    }
    name
});

/// The stand-in for the official Rust image. It has the name that `Dockerfile` asks for.
pub(crate) static RUST: Shared<&str> = Shared::new(|| {
    DEBIAN.ensure();
    let name = "docker.io/library/rust:1.95-slim-bookworm";
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "sysroot"]);
    let mut build = build("rust", "integration/support/rust/Dockerfile", set_up(rustc));
    let crates = cargo_home().join("registry");
    build.args(["--network=host", "--tag", name]).arg(format!("--build-context=crates={}", crates.display()));
    set_up(build);
    name
});

/// Makes an image of the archive that a program prints, and returns the image's ID.
fn import(mut archiver: Command) -> String {
    let mut running = archiver.stdout(Stdio::piped()).spawn().expect("run the archiver");
    let mut import = podman(["import"]);
    import.arg("-").stdin(running.stdout.take().expect("it has a stdout"));
    let image = run(import);

    let status = running.wait().expect("wait for the archiver");
    if !status.success() {
        run(podman(["image", "rm", &image])); // half an image
        panic!("{archiver:?}: {status}");
    }
    image
}

/// Copies an image to another engine, by that engine's command that reads one. The image keeps its ID and its
/// names.
pub(crate) fn copy(image: &str, mut load: Command) {
    let mut save = podman(["save", image]);
    let mut running = save.stdout(Stdio::piped()).spawn().expect("run podman");
    run({
        load.stdin(running.stdout.take().expect("it has a stdout"));
        load
    });
    let status = running.wait().expect("wait for podman");
    assert!(status.success(), "{save:?}: {status}");
}

/// Debian with an init of this package as its entrypoint, and with this line in its Dockerfile.
pub(crate) fn with_package(package: &str, line: &str) -> String {
    let install = "apt-get update && apt-get install --yes --no-install-recommends";
    let entrypoint = format!("ENTRYPOINT [\"/usr/bin/{package}\", \"--\"]");
    from_lines(
        package,
        &[&format!("FROM {}", *DEBIAN), &format!("RUN {install} {package}"), line, &entrypoint],
    )
}

/// An empty root with rinit at this path, which is the entrypoint, without arguments.
pub(crate) fn with_rinit_at(path: &str) -> String {
    let copy = format!("COPY --from={NAME_OF_RINIT} /rinit {path}");
    from_lines("rinit-at-another-path", &["FROM scratch", &copy, &format!("ENTRYPOINT [\"{path}\"]")])
}

/// Builds an image from these lines of a Dockerfile, which may copy from rinit's image.
pub(crate) fn from_lines(name: &str, lines: &[&str]) -> String {
    RINIT.ensure();
    let folder = TempDir::new().expect("make a folder");
    let dockerfile = folder.path().join("Dockerfile");
    fs::write(&dockerfile, lines.join("\n")).expect("write the Dockerfile");
    let mut build = build(name, &dockerfile, folder.path());
    build.arg("--network=host");
    set_up(build)
}

fn example_in_folder(name: &str) -> String {
    let folder = format!("integration/examples/{name}");
    example(name, &format!("{folder}/Dockerfile"), &folder)
}

fn example(name: &str, dockerfile: &str, context: &str) -> String {
    RINIT.ensure();
    let mut build = build(name, dockerfile, context);
    // With the host's network apt works in the build as it does outside of it.
    build.arg("--network=host");
    set_up(build)
}

/// The command that builds an image, and prints its ID.
fn build(name: &str, dockerfile: impl AsRef<Path>, context: impl AsRef<Path>) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut build = podman(["build", "--quiet", "--format=docker"]);
    // podman 4.3 has a build run in the cgroup itself, which must have no other below it.
    build.arg(format!("--cgroup-parent={}/build", cgroup_parent()));
    build.arg(format!("--tag=localhost/test-of-{name}"));
    build.arg("--file").arg(root.join(dockerfile)).arg(root.join(context));
    build
}

/// The folder in which cargo keeps the crates that it has fetched.
fn cargo_home() -> PathBuf {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| env::home_dir().expect("a user has a home").join(".cargo"))
}
