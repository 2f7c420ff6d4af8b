//! How long a search takes that the cache answers, beside an empty call through the same stack: prints the median and the 95th percentile of
//! each and how they compare. The platforms are stand-ins on this machine and are asked once.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use synthesizer_testkit::{
    http_client::HttpReply,
    platforms::PlatformWorld,
    program::Program,
    served::{HttpSession, Served},
};

/// How often each call is made.
const CALLS: usize = 300;

fn main() {
    let world = PlatformWorld::start();
    world.without_limits();
    let program = Program::at(env!("CARGO_BIN_EXE_synthesizer")).with_config(&world.config_toml());
    let program = world
        .credentials()
        .into_iter()
        .fold(program, |program, (name, value)| {
            program.with_env(&name, value)
        });
    let server = Served::start(&program, &[]);
    let session = server.session();
    let first = time(|| search(&session));
    let asked = world.requests();

    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..CALLS {
        // In turn, so that all see the same load of the machine.
        times[0].push(time(|| ping(&session)));
        times[1].push(time(|| unknown_job(&session)));
        times[2].push(time(|| search(&session)));
    }
    assert_eq!(world.requests(), asked, "the cache answers");

    println!("{CALLS} calls each over one session on loopback, in turn, a connection for each");
    println!(
        "first search, from six stand-ins: {:.2} ms",
        milliseconds(first)
    );
    let names = ["ping", "tool with an unknown id", "cached search"];
    let medians = times.each_mut().map(|times| {
        times.sort_unstable();
        times[CALLS / 2]
    });
    for (name, times) in names.iter().zip(&times) {
        println!(
            "{name}: median {:.3} ms, 95th percentile {:.3} ms",
            milliseconds(times[CALLS / 2]),
            milliseconds(times[CALLS * 95 / 100]),
        );
    }
    let ratio = |index: usize| medians[2].as_secs_f64() / medians[index].as_secs_f64();
    println!(
        "the cached search takes {:.2} times as long as a ping and {:.2} times as long as the empty tool",
        ratio(0),
        ratio(1),
    );
}

/// Searches; panics when there is no answer of all platforms.
fn search(session: &HttpSession) {
    let arguments = json!({ "query": "http client", "max_results": 10 });
    let reply = session.call(&[], "search_repositories", &arguments, &json!({}));
    let result = &reply.json()["result"];
    assert_eq!(result["isError"], false, "{}", reply.text());
    let found = result["structuredContent"]["repositories"].as_array();
    assert!(
        found.is_some_and(|found| !found.is_empty()),
        "{}",
        reply.text()
    );
}

/// Asks for nothing.
fn ping(session: &HttpSession) {
    let reply = session.post(&[], &json!({ "jsonrpc": "2.0", "id": 0, "method": "ping" }));
    assert_eq!(answer(&reply)["result"], json!({}), "{}", reply.text());
}

/// Asks for a job that there is not.
fn unknown_job(session: &HttpSession) {
    let arguments = json!({ "synthesis_id": "00000000-0000-4000-8000-000000000000" });
    let reply = session.call(&[], "get_synthesis_status", &arguments, &json!({}));
    assert_eq!(reply.json()["result"]["isError"], true, "{}", reply.text());
}

fn answer(reply: &HttpReply) -> Value {
    reply.json()
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
