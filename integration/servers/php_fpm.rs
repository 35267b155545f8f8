//! PHP-FPM, to which SIGTERM means "cut off" and SIGQUIT "finish". The image: `integration/examples/php-fpm`.

use crate::support::container::Container;
use crate::support::image;
use crate::support::load::Load;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use tempfile::NamedTempFile;

const FASTCGI: u16 = 9000;

#[test]
fn php_fpm_loses_no_request_when_stopped_under_load() {
    let php = Container::start([image::PHP_FPM.as_str()]);
    let load = Load::on(&php, FASTCGI, fastcgi);
    let stop = php.begin_to_stop(60);
    // It refuses no client before its end, so only its log shows that the stop has begun.
    php.wait_for_log("Finishing ...");
    assert_eq!(load.lost(), BTreeSet::new(), "{}", php.logs());
    assert_eq!(stop.join().expect("the engine stops it"), 0, "{}", php.logs());
}

/// The control: the code is the same without rinit, and the requests are lost.
#[test]
fn php_fpm_loses_the_requests_under_way_when_stopped_without_rinit() {
    let entrypoint = "--entrypoint=/usr/sbin/php-fpm8.2";
    let php = Container::start([entrypoint, &image::PHP_FPM, "--fpm-config", "/etc/php/php-fpm.conf"]);
    Load::on(&php, FASTCGI, fastcgi).stop_loses_requests(60, 0);
}

/// The control: the signal is not enough without the setting.
#[test]
fn php_fpm_loses_the_requests_under_way_when_its_configuration_gives_them_no_time() {
    let example = include_str!("../examples/php-fpm/php-fpm.conf");
    let without_time = example.lines().filter(|line| !line.starts_with("process_control_timeout"));
    let file = NamedTempFile::new().expect("make a file");
    fs::write(&file, without_time.collect::<Vec<_>>().join("\n")).expect("write the file");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("let all users read it");
    let volume = format!("--volume={}:/etc/php/php-fpm.conf:ro", file.path().display());

    let php = Container::start([&volume, image::PHP_FPM.as_str()]);
    Load::on(&php, FASTCGI, fastcgi).stop_loses_requests(60, 0);
}

#[test]
fn php_fpm_is_found_healthy_without_a_shell() {
    Container::start([image::PHP_FPM.as_str()]).wait_until_healthy();
}

/// Makes a request by FastCGI, as a web server does.
fn fastcgi(mut connection: TcpStream, number: u32) -> io::Result<String> {
    let mut parameters = Vec::new();
    for (name, value) in [
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", &format!("/application/{number}")),
        ("SCRIPT_FILENAME", "/srv/index.php"),
    ] {
        parameters.extend([name, value].map(|text| u8::try_from(text.len()).expect("it is short")));
        parameters.extend_from_slice([name, value].concat().as_bytes());
    }
    let responder: &[u8] = &[0, 1, 0, 0, 0, 0, 0, 0]; // the connection ends with the request
    for (kind, content) in [(1, responder), (4, &parameters), (4, &[]), (5, &[])] {
        let length = u16::try_from(content.len()).expect("it is short").to_be_bytes();
        connection.write_all(&[&[1, kind, 0, 1], &length[..], &[0, 0], content].concat())?;
    }

    let mut response = Vec::new();
    loop {
        let mut head = [0; 8];
        connection.read_exact(&mut head)?;
        let [_, kind, _, _, high, low, padding, _] = head;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let mut content = vec![0; length + usize::from(padding)];
        connection.read_exact(&mut content)?;
        match kind {
            6 => response.extend_from_slice(&content[..length]), // stdout
            3 => return Ok(String::from_utf8_lossy(&response).into_owned()), // the end
            _ => {}
        }
    }
}
