//! Tests of the sandbox with hostile programs. On a machine without one they assert that a reason is given.

use std::{io::ErrorKind, net::TcpListener, time::Instant};

use super::*;

const MEBIBYTE: u64 = 1 << 20;

fn config(bounds: config::Sandbox) -> Config {
    let folder: PathBuf = std::env::temp_dir();
    Config {
        paths: config::Paths {
            roots: Vec::new(),
            data: folder.clone(),
            cache: folder.clone(),
            working_directory: folder,
        },
        network: config::Network::default(),
        limits: config::Limits::default(),
        sandbox: bounds,
        telemetry: config::Telemetry {
            log: "off".to_owned(),
            format: config::LogFormat::Text,
        },
        resilience: Default::default(),
        platforms: Default::default(),
        cache: Default::default(),
        server: Default::default(),
        admin: Default::default(),
        jobs: Default::default(),
        synthesis: Default::default(),
        tokens: BTreeMap::new(),
        tool_environment: BTreeMap::from([(
            "PATH".to_owned(),
            "/usr/local/bin:/usr/bin:/bin".to_owned(),
        )]),
        offline: true,
    }
}

fn bounds() -> config::Sandbox {
    config::Sandbox {
        timeout: Duration::from_secs(20),
        memory_bytes: 256 * MEBIBYTE,
        processes: 24,
        output_bytes: 4096,
        scratch_bytes: 8 * MEBIBYTE,
        ..config::Sandbox::default()
    }
}

fn script(program: &str, text: &str) -> SandboxRun {
    SandboxRun {
        program: program.into(),
        arguments: vec!["-c".into(), text.into()],
        environment: BTreeMap::new(),
        read_only: Vec::new(),
        working_directory: "/tmp/work".into(),
        input: Vec::new(),
    }
}

/// Runs inside; `None`, after asserting the reason, on a machine without a sandbox.
async fn run_within(bounds: config::Sandbox, run: SandboxRun) -> Option<SandboxOutcome> {
    match Sandbox::find(&config(bounds)).await {
        Ok(sandbox) => Some(
            sandbox
                .run(run, &CancellationToken::new())
                .await
                .expect("runs"),
        ),
        Err(reason) => {
            assert!(
                reason.contains("bwrap") || reason.contains("prlimit"),
                "{reason}"
            );
            println!("skipped: {reason}");
            None
        }
    }
}

/// Asserts what a shell script prints inside.
async fn check(text: &str, expected: &str) {
    let Some(outcome) = run_within(bounds(), script("/bin/sh", text)).await else {
        return;
    };
    let printed = String::from_utf8_lossy(&outcome.stdout);
    assert_eq!(
        printed,
        expected,
        "{text}: {}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    assert_eq!(outcome.killed, None);
}

/// Asserts what a Python program prints inside; says so where the system has no Python.
async fn check_python(text: &str, expected: &str) {
    if !Path::new("/usr/bin/python3").exists() {
        println!("skipped: no /usr/bin/python3");
        return;
    }
    let Some(outcome) = run_within(bounds(), script("/usr/bin/python3", text)).await else {
        return;
    };
    let printed = String::from_utf8_lossy(&outcome.stdout);
    assert_eq!(
        printed,
        expected,
        "{text}: {}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    assert_eq!(outcome.killed, None);
}

#[tokio::test]
async fn a_reason_is_given_where_there_is_none() {
    let mut without = config(bounds());
    without.tool_environment.clear();
    let reason = Sandbox::find(&without).await.expect_err("no program");
    assert_eq!(reason, "the program bwrap (bubblewrap) is not installed");
    without.sandbox.enabled = false;
    let reason = Sandbox::find(&without).await.expect_err("switched off");
    assert_eq!(reason, "the sandbox is switched off by sandbox.enabled");
}

#[tokio::test]
async fn status_and_streams_come_back() {
    let mut run = script("/bin/sh", "cat; echo problem >&2; pwd; exit 7");
    run.input = b"given ".to_vec();
    let Some(outcome) = run_within(bounds(), run).await else {
        return;
    };
    assert_eq!(
        (outcome.status, outcome.killed, outcome.truncated),
        (Some(7), None, false)
    );
    assert_eq!(outcome.stdout, b"given /tmp/work\n");
    assert_eq!(outcome.stderr, b"problem\n");
}

#[tokio::test]
async fn the_machine_s_files_are_not_there() {
    let mut top = vec![
        "bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr",
    ];
    top.retain(|name| Path::new("/").join(name).symlink_metadata().is_ok());
    check("ls -A / | xargs", &format!("{}\n", top.join(" "))).await;
    check(
        "ls -A /etc | grep -vE '^(alternatives|ld.so.cache)$' | xargs",
        "group hosts passwd\n",
    )
    .await;
}

#[tokio::test]
async fn what_is_shown_can_be_read_and_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "seen").expect("writes");
    let mut run = script(
        "/bin/sh",
        "cat data/file; echo x > data/file; echo x > data/other; rm data/file; ls data",
    );
    run.read_only = vec![(folder.path().to_owned(), "/tmp/work/data".into())];
    let Some(outcome) = run_within(bounds(), run).await else {
        return;
    };
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "seenfile\n");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("file")).expect("still there"),
        "seen"
    );
}

#[tokio::test]
async fn a_folder_below_a_home_folder_is_shown_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "seen\n").expect("writes");
    let mut run = script(
        "/bin/sh",
        "cat /home/deep/prefix/file; ls -A /home /home/deep | xargs; pwd",
    );
    run.read_only = vec![(folder.path().to_owned(), "/home/deep/prefix".into())];
    run.working_directory = "/home/deep/prefix".into();
    let Some(outcome) = run_within(bounds(), run).await else {
        return;
    };
    let printed = String::from_utf8_lossy(&outcome.stdout);
    assert_eq!(
        printed,
        "seen\n/home: deep /home/deep: prefix\n/home/deep/prefix\n"
    );
}

#[tokio::test]
async fn a_missing_folder_is_a_failure() {
    let sandbox = Sandbox {
        program: "/usr/bin/bwrap".into(),
        bounds: bounds(),
    };
    let mut run = script("/bin/sh", "true");
    run.read_only = vec![("/absent/folder".into(), "/data".into())];
    let failure = sandbox
        .run(run, &CancellationToken::new())
        .await
        .expect_err("fails");
    assert_eq!(failure.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn only_scratch_can_be_written() {
    let places = "/ /usr /etc /bin /dev /proc /home /tmp /tmp/home /tmp/work /dev/shm";
    let text = format!(
        "for place in {places}; do (echo x > $place/x) 2>/dev/null && echo $place; done; true"
    );
    check(&text, "/tmp\n/tmp/home\n/tmp/work\n/dev/shm\n").await;
}

#[tokio::test]
async fn scratch_is_bounded() {
    let text = "for place in /tmp /dev/shm; do head -c 4000000 /dev/zero >$place/a && echo fits
        (head -c 4000000 /dev/zero >$place/b && head -c 4000000 /dev/zero >$place/c) 2>/dev/null || echo full; done
        rm /tmp/*; (head -c 9000000 /dev/zero > /tmp/d) 2>/dev/null; [ $? = 0 ] || echo too large";
    check(text, "fits\nfull\nfits\nfull\ntoo large\n").await;
}

#[tokio::test]
async fn the_kernel_s_settings_cannot_be_changed() {
    let text = "for file in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sysrq-trigger /proc/self/oom_score_adj
        do (exec 3>> $file) 2>/dev/null && echo $file; done; unshare -U true 2>/dev/null && echo namespace; ulimit -c";
    check(text, "0\n").await;
}

#[tokio::test]
async fn the_environment_is_the_sandbox_s_own() {
    let expected = "HOME=/tmp/home\nLANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\nPWD=/tmp/work\nTMPDIR=/tmp\n";
    check("env | grep -v '^_=' | sort", expected).await;
    check(
        "id -un; hostname 2>/dev/null || cat /proc/sys/kernel/hostname",
        "sandbox\nsandbox\n",
    )
    .await;
}

#[tokio::test]
async fn the_correlation_id_stays_outside() {
    let script = "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c SYNTHESIZER; true";
    crate::telemetry::correlation::scope("id-1", check(script, "0\n")).await;
}

#[tokio::test]
async fn the_machine_s_processes_are_not_visible() {
    check("for process in /proc/[0-9]*; do cat $process/comm; done | sort -u | grep -vE '^(cat|sort|grep)$'", "bwrap\nsh\n").await;
}

#[tokio::test]
async fn descriptors_of_this_process_are_not_inherited() {
    let file = tempfile::tempfile().expect("a file");
    // Left open for children on purpose, as whoever starts us may do.
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).expect("sets");
    // The fourth is the folder that `ls` reads.
    check("exec ls /proc/self/fd", "0\n1\n2\n3\n").await;
}

#[tokio::test]
async fn the_machine_s_network_is_out_of_reach() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    listener.set_nonblocking(true).expect("sets");
    let port = listener.local_addr().expect("an address").port();
    let connect = "import socket, sys
for address in [('127.0.0.1', PORT), ('8.8.8.8', 53)]:
    try: socket.create_connection(address, 1); print('connected')
    except OSError as error: print(type(error).__name__, error.errno)";
    check_python(
        &connect.replace("PORT", &port.to_string()),
        "ConnectionRefusedError 111\nOSError 101\n",
    )
    .await;
    assert_eq!(
        listener.accept().expect_err("nobody came").kind(),
        ErrorKind::WouldBlock
    );
}

#[tokio::test]
async fn memory_outside_of_processes_is_refused() {
    let text = "import os, ctypes
try: os.memfd_create('x'); print('made')
except OSError as error: print(error.errno)
libc = ctypes.CDLL(None, use_errno=True)
print(libc.shmget(0, 1 << 20, 0o1600), libc.msgget(0, 0o1600), ctypes.get_errno())";
    check_python(text, "38\n-1 -1 38\n").await;
}

#[tokio::test]
async fn a_fork_bomb_is_ended_quickly() {
    let start = Instant::now();
    let run = script(
        "/bin/sh",
        "exec 2>/dev/null; bomb() { bomb | bomb & }; bomb & while :; do :; done",
    );
    let Some(outcome) = run_within(bounds(), run).await else {
        return;
    };
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(
        (outcome.killed, outcome.status),
        (Some(Kill::Processes), None)
    );
    assert!(seconds < 5.0, "{seconds}");
}

#[tokio::test]
async fn a_quiet_crowd_of_processes_is_ended() {
    let run = script(
        "/bin/sh",
        "i=0; while [ $i -lt 40 ]; do sleep 1000 & i=$((i+1)); done; exec >&- 2>&-; wait",
    );
    let Some(outcome) = run_within(bounds(), run).await else {
        return;
    };
    assert_eq!(outcome.killed, Some(Kill::Processes));
}

#[tokio::test]
async fn memory_of_one_process_is_bounded() {
    let text = "try: bytearray(1 << 30)\nexcept MemoryError: print('refused')";
    check_python(text, "refused\n").await;
}

#[tokio::test]
async fn memory_of_all_processes_together_is_bounded() {
    // Each keeps an endless line in memory, and is small enough by itself for a while.
    let text = format!("{}wait", "tail /dev/zero & ".repeat(4));
    let Some(outcome) = run_within(bounds(), script("/bin/sh", &text)).await else {
        return;
    };
    assert_eq!(outcome.killed, Some(Kill::Memory));
}

#[tokio::test]
async fn an_endless_loop_is_ended() {
    let bounds = config::Sandbox {
        timeout: Duration::from_millis(300),
        ..bounds()
    };
    let sandbox = Sandbox {
        program: "/usr/bin/bwrap".into(),
        bounds,
    };
    if !sandbox.program.exists() {
        return;
    }
    let run = script(
        "/bin/sh",
        "trap '' TERM INT HUP; echo begun; while :; do :; done",
    );
    let outcome = sandbox
        .run(run, &CancellationToken::new())
        .await
        .expect("runs");
    assert_eq!(
        (outcome.killed, outcome.status),
        (Some(Kill::Timeout), None)
    );
    assert_eq!(outcome.stdout, b"begun\n");
}

#[tokio::test]
async fn endless_output_is_ended_and_cut() {
    let Some(outcome) = run_within(bounds(), script("/bin/sh", "exec yes")).await else {
        return;
    };
    assert_eq!(
        (outcome.killed, outcome.truncated, outcome.stdout.len()),
        (Some(Kill::Output), true, 4096)
    );
}

#[tokio::test]
async fn long_output_within_the_factor_is_only_cut() {
    let Some(outcome) =
        run_within(bounds(), script("/bin/sh", "yes | head -c 20000; exit 3")).await
    else {
        return;
    };
    assert_eq!(
        (outcome.killed, outcome.truncated, outcome.status),
        (None, true, Some(3))
    );
}

/// Counts the processes of this machine that have the mark among their arguments.
fn alive(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines
        .filter(|line| {
            line.split(|byte| *byte == 0)
                .any(|argument| argument == mark.as_bytes())
        })
        .count()
}

/// Gives the runtime a turn until the number of marked processes is as wanted.
async fn until(mark: &str, wanted: impl Fn(usize) -> bool) {
    let start = Instant::now();
    while !wanted(alive(mark)) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{} marked processes",
            alive(mark)
        );
        tokio::task::yield_now().await;
    }
}

fn sleepers(mark: &str) -> SandboxRun {
    script(
        "/bin/sh",
        &format!("exec >&- 2>&-; sleep {mark} & setsid sleep {mark} & exec sleep {mark}"),
    )
}

#[tokio::test]
async fn cancelling_leaves_nothing_behind() {
    let Ok(sandbox) = Sandbox::find(&config(bounds())).await else {
        return;
    };
    let cancellation = CancellationToken::new();
    let cancel = async {
        until("71234567", |count| count == 3).await;
        cancellation.cancel();
    };
    let (outcome, ()) = tokio::join!(sandbox.run(sleepers("71234567"), &cancellation), cancel);
    assert_eq!(outcome.expect_err("cancelled").code, ErrorCode::Cancelled);
    assert_eq!(alive("71234567"), 0);
}

#[tokio::test]
async fn a_dropped_run_leaves_nothing_behind() {
    let Ok(sandbox) = Sandbox::find(&config(bounds())).await else {
        return;
    };
    let cancellation = CancellationToken::new();
    tokio::select! {
        outcome = sandbox.run(sleepers("81234567"), &cancellation) => panic!("{outcome:?}"),
        () = until("81234567", |count| count == 3) => {}
    }
    until("81234567", |count| count == 0).await;
}

#[tokio::test]
async fn programs_left_running_end_with_the_first() {
    let Ok(sandbox) = Sandbox::find(&config(bounds())).await else {
        return;
    };
    let run = script(
        "/bin/sh",
        "sleep 91234567 >/dev/null 2>&1 & setsid sleep 91234567 >/dev/null 2>&1 & echo done",
    );
    let outcome = sandbox
        .run(run, &CancellationToken::new())
        .await
        .expect("runs");
    assert_eq!(
        (outcome.status, outcome.stdout.as_slice()),
        (Some(0), b"done\n".as_slice())
    );
    assert_eq!(alive("91234567"), 0);
}
