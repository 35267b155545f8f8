//! podman takes a program of this name for systemd, and stops it by another signal.

use crate::support::command::run;
use crate::support::container::Container;
use crate::support::image;
use crate::support::podman::podman;

const SIGRTMIN_3: i32 = 34 + 3; // as the kernel and engines count

#[test]
fn under_the_name_of_systemds_init_podmans_signal_has_to_be_rewritten() {
    let image = with_rinit_as_init();
    for (podmans, rinits, signal, ends_by) in [
        (&[][..], &["-r", "RTMIN+3:TERM"][..], SIGRTMIN_3, libc::SIGTERM),
        (&["--systemd=false"], &[], libc::SIGTERM, libc::SIGTERM),
        // The control: the program gets podman's signal as it is.
        (&[], &[], SIGRTMIN_3, SIGRTMIN_3),
    ] {
        let command = [podmans, &[image.as_str(), "/sbin/init"], rinits, &["--", "/bin/sleep", "infinity"]];
        let id = run(Container::command(command.concat()));
        let of_podman = run(podman(["inspect", "--format", "{{.Config.StopSignal}}", &id]));
        let container = Container::with_id(id);
        assert_eq!(of_podman, signal.to_string(), "{command:?}");
        container.child();
        assert_eq!(container.stop(60), 128 + ends_by, "{command:?}");
    }
}

fn with_rinit_as_init() -> String {
    let copy = format!("COPY --from={} /rinit /usr/sbin/init", image::NAME_OF_RINIT);
    image::from_lines("rinit-as-init", &[&format!("FROM {}", *image::DEBIAN), &copy])
}
