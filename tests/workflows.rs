//! The workflows of `.github/`, read as text: what only a hosted machine can run is to be as little as possible.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn workflow(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(".github/workflows").join(name)).unwrap()
}

/// The values of a key of steps, such as `run`.
fn values<'a>(workflow: &'a str, key: &str) -> Vec<&'a str> {
    let value = |line: &'a str| {
        let line = line.trim_start().trim_start_matches("- ");
        Some(line.strip_prefix(key)?.strip_prefix(':')?.trim())
    };
    workflow.lines().filter_map(value).collect()
}

/// The jobs, each as its text.
fn jobs(workflow: &str) -> Vec<String> {
    let (_, jobs) = workflow.split_once("\njobs:\n").unwrap();
    let mut all: Vec<String> = vec![];
    for line in jobs.lines() {
        if line.starts_with("  ") && !line.starts_with("   ") {
            all.push(String::new());
        }
        all.last_mut().unwrap().push_str(&format!("{line}\n"));
    }
    all
}

#[test]
fn each_step_of_the_release_is_a_script_that_can_be_run_by_hand() {
    let workflow = workflow("release.yml");
    let steps = values(&workflow, "run");
    assert!(steps.len() > 10, "{steps:?}");
    for step in steps {
        let script = step.split(' ').next().unwrap();
        let is_executable = script.starts_with("release/")
            && fs::metadata(Path::new(ROOT).join(script))
                .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 == 0o111);
        assert!(is_executable, "{step:?} is no script of release/");
        // One command, with arguments: no second one, and nothing that GitHub would put into the shell's text.
        assert!(!step.contains([';', '&', '|', '>', '<', '`']) && !step.contains("${{"), "{step:?}");
    }
}

#[test]
fn the_release_is_tested_by_the_scripts_that_it_runs() {
    let test = fs::read_to_string(Path::new(ROOT).join("release/test")).unwrap();
    for step in values(&workflow("release.yml"), "run") {
        let script = step.split(' ').next().unwrap();
        let runs = |line: &str| !line.trim_start().starts_with('#') && line.contains(script);
        assert!(test.lines().any(runs), "release/test does not run {script}");
    }
}

#[test]
fn every_action_is_pinned_by_a_commit() {
    for name in ["ci.yml", "release.yml"] {
        let workflow = workflow(name);
        let actions = values(&workflow, "uses");
        assert!(!actions.is_empty());
        for action in actions {
            let (commit, version) = action.split_once('@').unwrap().1.split_once(" # v").expect(action);
            let is_hash = commit.len() == 40 && commit.bytes().all(|digit| digit.is_ascii_hexdigit());
            assert!(is_hash && version.starts_with(|digit: char| digit.is_ascii_digit()), "{action}");
        }
    }
}

/// git(1) refuses to read a checkout that belongs to another user, as it does in a container.
#[test]
fn git_reads_the_checkout_in_a_container() {
    for name in ["ci.yml", "release.yml"] {
        let workflow = workflow(name);
        let (shared, jobs) = workflow.split_once("\njobs:\n").unwrap();
        assert!(jobs.contains("container:"), "{name}");
        let [count, key, value] =
            ["COUNT", "KEY_0", "VALUE_0"].map(|what| values(shared, &format!("GIT_CONFIG_{what}")));
        assert_eq!([count, key, value], [["1"], ["safe.directory"], ["\"*\""]], "{name}");
    }
}

#[test]
fn each_job_has_the_rights_that_it_names_and_no_others() {
    for name in ["ci.yml", "release.yml"] {
        let workflow = workflow(name);
        assert!(workflow.contains("\npermissions: {}"), "{name}");
        for job in jobs(&workflow) {
            assert_eq!(job.matches("\n    permissions:\n").count(), 1, "{job}");
        }
    }
}

#[test]
fn only_what_a_person_has_agreed_to_can_write_or_sign_and_the_only_secret_is_the_registrys() {
    let workflow = workflow("release.yml");
    for job in jobs(&workflow) {
        let is_protected = job.contains("\n    environment: release\n");
        assert_eq!(job.contains(": write"), is_protected, "{job}");
        assert_eq!(job.contains("secrets."), is_protected, "{job}");
    }
    assert_eq!(workflow.matches("secrets.").count(), 1);
    assert_eq!(workflow.matches("secrets.SECOND_PASSWORD").count(), 1);
}
