//! Disks that are full and limits of the system: a clean error, nothing half written, and the next start works.

use std::{fs, path::Path, process::Command};

use rustix::process::Signal;
use serde_json::{Value, json};
use synthesizer_testkit::{
    http_client,
    program::{Program, Run},
    served::Served,
};

use super::{Local, SYNTHESIS};
use crate::{crafted::assert_nothing_left, gate::until, jobs_killed::jobs, project::Project};

/// Runs a script of the shell with the program as `$0`, within another program that takes it as its arguments.
fn run_within(program: &Program, wrapper: &[&str], script: &str) -> Run {
    let (name, arguments) = wrapper.split_first().expect("a wrapper");
    let mut command = Command::new(name);
    command
        .args(arguments)
        .args(["/bin/sh", "-c", script])
        .arg(program.binary());
    program.run_command(command)
}

/// Runs a script in which a folder is a disk of its own that holds so many bytes; what is in it is gone afterwards.
fn on_small_disk(program: &Program, folder: &Path, bytes: &str, script: &str) -> Run {
    fs::create_dir_all(folder).expect("the folder can be made");
    let folder = folder.to_str().expect("UTF-8");
    let wrapper = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--size",
        bytes,
        "--tmpfs",
        folder,
    ];
    run_within(program, &wrapper, script)
}

fn code(run: &Run) -> Value {
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run.json()["error"]["code"].clone()
}

#[test]
fn fault_22_wherever_the_disk_is_full_it_is_said_and_nothing_is_half_written() {
    let synthesis =
        "\"$0\" synthesize --json --no-verify --name fresh --output target/out --repo ./sample";
    // The folder that is full, how large it is, and whether its disk is filled by something else first.
    for (place, bytes, fill) in [
        ("data", "65536", false),
        ("data", "163840", false),
        ("work/target", "16384", false),
        ("work/target", "65536", false),
        ("work/target", "1048576", true),
        ("cache", "65536", false),
        ("cache", "1048576", true),
    ] {
        let case = format!("{place} of {bytes} bytes, filled: {fill}");
        let local = Local::new();
        let folder = local.program.world().join(place);
        let filling = if fill {
            "head -c 9999999 /dev/zero > ../FOLDER/filler 2>/dev/null; "
        } else {
            ""
        };
        let filling = filling.replace("FOLDER", place);
        // What is left in the folder is listed while the disk is there.
        let script = format!(
            "{filling}{synthesis}; status=$?; find ../{place} -name '*synthesizer-*' -o -name 'run-*' -o -name out >../home/left; exit $status"
        );
        let run = on_small_disk(&local.program, &folder, bytes, &script);
        let out = local.program.work().join("target/out");
        if place == "cache" && run.status == Some(0) {
            // What is only kept for later may be missing.
            Project::at(&out).assert_committed();
            fs::remove_dir_all(&out).expect("can be removed");
        } else {
            let shown = format!("{case}: {}{}", run.stdout, run.stderr);
            assert_eq!(code(&run), "E_LIMIT", "{shown}");
            assert!(!out.exists(), "{shown}");
        }
        let left = fs::read_to_string(local.program.world().join("home/left"));
        assert_eq!(left.expect("a list"), "", "{case}");
        assert_nothing_left(&local.program);
        // With room it works, and goes on where there is a record.
        fs::create_dir_all(local.program.work().join("target")).expect("a folder");
        let mut again = SYNTHESIS.to_vec();
        again[6] = "target/out";
        local.program.run(again).expect_status(0);
        Project::at(local.program.work().join("target/out")).assert_committed();
        assert_nothing_left(&local.program);
    }
}

#[test]
fn fault_22_an_update_on_a_full_disk_changes_nothing_and_goes_on_with_room() {
    let local = Local::new();
    local.program.run(SYNTHESIS).expect_status(0);
    fs::write(
        local.program.work().join("sample/sample.py"),
        "def double(number):\n    return number + number\n",
    )
    .expect("can be written");
    let script = "mkdir small/work && cp -a out small/work/out && cp -a sample small/work/sample && cp -a out /tmp/before && \
        head -c 99999999 /dev/zero > small/filler 2>/dev/null; \
        (cd small/work && \"$0\" update out --json); status=$?; \
        diff -r --exclude=.git small/work/out /tmp/before >/tmp/told; \
        rm small/filler; (cd small/work && \"$0\" update out --json >/tmp/again) || cat /tmp/again >>/tmp/told; \
        grep -q 'number + number' small/work/out/src/fresh/sample.py || echo 'not updated' >>/tmp/told; exit $status";
    let script = script.replace(
        "/tmp/",
        &format!("{}/", local.program.world().join("home").display()),
    );
    let folder = local.program.work().join("small");
    let run = on_small_disk(&local.program, &folder, "4194304", &script);
    assert_eq!(code(&run), "E_LIMIT", "{}{}", run.stdout, run.stderr);
    let told = fs::read_to_string(local.program.world().join("home/told"));
    assert_eq!(told.expect("a list"), "");
    assert_nothing_left(&local.program);
}

/// Whatever cannot be had any more, it is an answer: no panic, no abort, nothing left, and the next run works.
#[test]
fn fault_23_with_few_descriptors_a_job_fails_in_order() {
    let local = Local::new();
    let out = local.program.work().join("out");
    let script = format!("\"$0\" {}", SYNTHESIS.join(" "));
    let mut outcomes = Vec::new();
    for descriptors in [12, 16, 20, 24, 28, 32, 40, 48, 64, 96, 256] {
        let limit = format!("--nofile={descriptors}:{descriptors}");
        let run = run_within(&local.program, &["prlimit", &limit], &script);
        let case = format!(
            "{descriptors}: {:?} {}{}",
            run.status, run.stdout, run.stderr
        );
        assert!(!run.stderr.contains("panicked"), "{case}");
        let answer = run.json();
        outcomes.push((descriptors, run.status, answer["error"]["code"].clone()));
        match run.status {
            Some(0) => {
                Project::at(&out).assert_committed();
                fs::remove_dir_all(&out).expect("can be removed");
            }
            Some(2..=9) => {
                assert!(answer["error"]["message"].is_string(), "{case}");
                assert!(!out.exists(), "{case}");
            }
            _ => panic!("{case}"),
        }
        // The next start cleans up what could not be removed without descriptors.
        jobs(&local.program);
        assert_nothing_left(&local.program);
    }
    let last = outcomes.last().expect("some");
    assert_eq!(last.1, Some(0), "{outcomes:?}");
    assert!(outcomes.iter().any(|one| one.1 != Some(0)), "{outcomes:?}");
}

#[test]
fn fault_23_a_server_without_descriptors_refuses_connections_and_lives() {
    let local = Local::new();
    let served = Served::start(&local.program, &[]);
    served.limit_descriptors(40);
    let mut connections: Vec<_> = (0..120)
        .map(|_| http_client::connect(served.main()))
        .collect();
    connections.truncate(100);
    drop(connections);
    until("an answer", || {
        let Ok(mut stream) = std::net::TcpStream::connect(served.main()) else {
            return false;
        };
        use std::io::{Read as _, Write as _};
        let timeout = Some(std::time::Duration::from_secs(5));
        stream.set_read_timeout(timeout).expect("a fresh socket");
        let request = b"GET /nothing HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
        let mut answer = Vec::new();
        stream.write_all(request).is_ok()
            && stream.read_to_end(&mut answer).is_ok()
            && answer.starts_with(b"HTTP/1.1 ")
    });
    assert!(!served.log().contains("panicked"), "{}", served.log());
    let session = served.session();
    let answer = session.call_tool("get_platforms", &json!({}));
    assert!(answer["platforms"].is_array(), "{answer:#}");
    served.signal(Signal::TERM);
    assert_eq!(served.wait(), Some(0), "{}", served.log());
}
