//! How the server over HTTP ends, and what becomes of calls that nobody waits for any more.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};
use synthesizer_testkit::{
    faults::{Fault, Gate},
    http_client,
    platforms::PlatformWorld,
    served::{HttpSession, Served, begin_stateless},
};

use crate::{crafted::program, mcp::assert_work_is_gone};

/// A server whose only platform answers when the gate opens.
struct Held {
    served: Served,
    gate: Gate,
    world: PlatformWorld,
    program: synthesizer_testkit::program::Program,
}

impl Held {
    fn start(settings: &str) -> Self {
        let world = PlatformWorld::start();
        let gate = Gate::default();
        world
            .server("github")
            .faults()
            .always(Fault::Hold(gate.clone()));
        let program = program()
            .with_config(&format!("{}\n{settings}", world.config_toml()))
            .with_env("SYNTHESIZER__TELEMETRY__LOG", "debug");
        let served = Served::start(&program, &[]);
        Self {
            served,
            gate,
            world,
            program,
        }
    }

    fn arguments() -> Value {
        json!({ "query": "http client", "platforms": ["github"] })
    }

    /// Begins a search that waits at the gate.
    fn search(&self, session: &HttpSession, id: &str) -> TcpStream {
        let arrived = self.gate.arrived();
        let headers = [("x-correlation-id", id)];
        let call = session.begin_call(&headers, "search_repositories", &Self::arguments());
        self.gate.block_for_arrivals(arrived + 1);
        call
    }

    /// Waits until it has stopped to accept.
    fn wait_until_closed(&self) {
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(self.served.main()).is_ok() {
            assert!(Instant::now() < end, "it still accepts");
            std::thread::yield_now();
        }
    }

    fn wait_for_outcome(&self, id: &str) -> Value {
        let event = self.served.wait_for_event(|event| {
            event["correlation_id"] == id
                && event["operation"] == "search"
                && event["outcome"].is_string()
        });
        event["outcome"].clone()
    }
}

fn structured(call: TcpStream) -> Value {
    let reply = http_client::finish(call);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["result"]["structuredContent"].clone()
}

#[test]
fn a_call_in_flight_finishes_after_the_signal() {
    let held = Held::start("[server]\ndrain_delay = \"1 ms\"\nshutdown_timeout = \"60 s\"\n");
    let session = held.served.session();
    let call = held.search(&session, "in-flight");
    let idle = http_client::connect(held.served.main());
    let stream = http_client::begin(
        held.served.main(),
        "GET",
        "/mcp",
        &[
            ("accept", "text/event-stream"),
            ("mcp-session-id", session.id()),
        ],
        b"",
    );
    assert_eq!(held.served.admin("/readyz").status, 200);
    held.served.signal(Signal::TERM);
    held.served.wait_for_event(|event| {
        event["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("stopping"))
    });
    assert_eq!(
        (
            held.served.admin("/readyz").status,
            held.served.admin("/livez").status
        ),
        (503, 200)
    );
    held.wait_until_closed();
    assert_eq!(
        (
            held.served.admin("/readyz").status,
            held.served.admin("/metrics").status
        ),
        (503, 200)
    );
    held.gate.open();
    let answer = structured(call);
    assert_eq!(answer["sources"][0]["status"], "ok", "{answer:#}");
    assert!(
        answer["repositories"]
            .as_array()
            .is_some_and(|found| !found.is_empty())
    );
    assert_eq!(answer["correlation_id"], "in-flight");
    let start = Instant::now();
    assert_eq!(held.served.wait(), Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(
        held.served
            .events()
            .iter()
            .any(|event| event["finished"] == 1 && event["cancelled"] == 0),
        "{}",
        held.served.log()
    );
    drop((idle, stream));
    assert_work_is_gone(&held.program);
}

#[test]
fn calls_are_still_taken_during_the_delay() {
    let held = Held::start("[server]\ndrain_delay = \"30 s\"\n");
    let session = held.served.session();
    held.served.signal(Signal::INT);
    held.served.wait_for_event(|event| {
        event["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("stopping"))
    });
    assert_eq!(held.served.admin("/readyz").status, 503);
    assert!(session.call_tool("get_platforms", &json!({}))["platforms"].is_array());
}

#[test]
fn what_does_not_finish_in_time_is_cancelled_and_says_so() {
    let held = Held::start(
        "[server]\ndrain_delay = \"1 ms\"\nshutdown_timeout = \"1 s\"\n[limits]\nsearch_timeout = \"60 s\"\nhttp_timeout = \"60 s\"\n",
    );
    let session = held.served.session();
    let call = held.search(&session, "too-slow");
    let start = Instant::now();
    held.served.signal(Signal::TERM);
    let answer = structured(call);
    assert_eq!(answer["error"]["code"], "E_CANCELLED", "{answer:#}");
    assert_eq!(answer["error"]["correlation_id"], "too-slow");
    assert_eq!(held.served.wait(), Some(0));
    let took = start.elapsed();
    assert!(
        (Duration::from_secs(1)..Duration::from_secs(10)).contains(&took),
        "{took:?}"
    );
    assert!(
        held.served
            .events()
            .iter()
            .any(|event| event["cancelled"] == 1),
        "{}",
        held.served.log()
    );
    assert_work_is_gone(&held.program);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let held = Held::start("");
    let session = held.served.session();
    let _call = held.search(&session, "abandoned");
    held.served.signal(Signal::TERM);
    held.served.wait_for_event(|event| {
        event["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("stopping"))
    });
    let start = Instant::now();
    held.served.signal(Signal::TERM);
    assert_eq!(held.served.wait(), Some(130));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_work_is_gone(&held.program);
}

#[test]
fn a_call_without_a_session_ends_with_its_connection() {
    let held = Held::start("[limits]\nsearch_timeout = \"60 s\"\nhttp_timeout = \"60 s\"\n");
    let headers = [("x-correlation-id", "gone")];
    let arguments = Held::arguments();
    let call = begin_stateless(
        held.served.main(),
        &headers,
        "search_repositories",
        &arguments,
        &json!({}),
    );
    held.gate.block_for_arrivals(1);
    drop(call);
    assert_eq!(held.wait_for_outcome("gone"), "cancelled");
    let metrics = held.served.admin("/metrics").text();
    let line = "synthesizer_operations_in_flight{operation=\"search\"} 0\n";
    assert!(metrics.contains(line), "{metrics}");
    held.world.heal("github");
    let call = begin_stateless(
        held.served.main(),
        &[],
        "search_repositories",
        &arguments,
        &json!({}),
    );
    assert_eq!(structured(call)["sources"][0]["status"], "ok");
}

#[test]
fn a_call_of_a_session_goes_on_until_its_deadline() {
    let held = Held::start("[limits]\nsearch_timeout = \"2 s\"\n");
    // The client may come back for its answer.
    drop(held.search(&held.served.session(), "left"));
    assert_eq!(held.wait_for_outcome("left"), "timeout");
}

#[test]
fn a_request_whose_id_is_under_way_is_refused() {
    let held = Held::start("");
    let session = held.served.session();
    let parameters = json!({ "name": "search_repositories", "arguments": Held::arguments() });
    let message =
        json!({ "jsonrpc": "2.0", "id": "same", "method": "tools/call", "params": parameters });
    std::thread::scope(|scope| {
        let (session, message) = (&session, &message);
        let first = scope.spawn(move || session.post(&[], message));
        held.gate.block_for_arrivals(1);
        let second = session.post(&[], message);
        let error = second.json()["error"]["code"].clone();
        assert_eq!((second.status, error), (400, json!(-32600)));
        held.gate.open();
        let first = first.join().expect("it answers").json();
        assert_eq!(first["id"], "same", "{first}");
    });
    assert_eq!(session.post(&[], &message).status, 200);
}

#[test]
fn a_call_of_a_session_ends_with_the_session() {
    let held = Held::start("[limits]\nsearch_timeout = \"60 s\"\nhttp_timeout = \"60 s\"\n");
    let session = held.served.session();
    let call = held.search(&session, "ended");
    let headers = [("mcp-session-id", session.id())];
    let reply = http_client::send(held.served.main(), "DELETE", "/mcp", &headers, b"");
    assert_eq!(reply.status, 202);
    assert_eq!(held.wait_for_outcome("ended"), "cancelled");
    drop(call);
}
