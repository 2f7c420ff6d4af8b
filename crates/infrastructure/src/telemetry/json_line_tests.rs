//! Tests of JSON lines: their shape with spans, scopes and hostile fields.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use super::{
    super::{correlation::scope, lines::MaskedLines, tasks},
    *,
};

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output {
    fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        let copy = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .fmt_fields(JsonFields::new())
            .event_format(JsonLine::Plain)
            .with_writer(MaskedLines(move || copy.clone()))
            .finish()
    }

    fn lines(&self) -> Vec<Map<String, Value>> {
        let bytes = self.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("text");
        let parsed = |line: &str| parse(line).unwrap_or_else(|| panic!("not JSON: {line}"));
        text.lines().map(parsed).collect()
    }
}

fn logged(work: impl FnOnce()) -> Vec<Map<String, Value>> {
    let output = Output::default();
    tracing::subscriber::with_default(output.subscriber(), work);
    output.lines()
}

/// Gives the one line without its time.
fn line(work: impl FnOnce()) -> Value {
    let mut lines = logged(work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let mut line = lines.remove(0);
    let time = line.shift_remove("timestamp").expect("a time");
    let time = time.as_str().expect("text");
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    Value::Object(line)
}

#[test]
fn fields_of_nested_spans_lie_beside_those_of_the_event() {
    let line = line(|| {
        let outer = tracing::info_span!("outer", a = 1, b = "outer", late = tracing::field::Empty);
        let _outer = outer.enter();
        outer.record("late", true);
        let _inner = tracing::info_span!("inner", b = "inner", c = "inner").entered();
        tracing::info!(target: "here", c = "event", d = 1.5, "happened");
    });
    let expected = json!({
        "level": "INFO", "target": "here", "message": "happened",
        "a": 1, "b": "inner", "c": "event", "d": 1.5, "late": true,
    });
    assert_eq!(line, expected);
}

#[test]
fn the_lines_own_names_come_first_and_are_never_overwritten() {
    let lines = logged(|| {
        let _span = tracing::info_span!("span", message = "m", target = "t").entered();
        tracing::info!(level = "l", timestamp = 0, "happened");
    });
    let line = lines.first().expect("a line");
    let names: Vec<&str> = line.keys().map(String::as_str).collect();
    assert_eq!(names[..4], ["timestamp", "level", "target", "message"]);
    assert_eq!(
        (&line["level"], &line["message"]),
        (&json!("INFO"), &json!("happened"))
    );
    assert_eq!(
        (
            &line["level_field"],
            &line["message_field"],
            &line["target_field"],
            &line["timestamp_field"]
        ),
        (&json!("l"), &json!("m"), &json!("t"), &json!(0))
    );
}

#[test]
fn the_correlation_id_is_that_of_the_scope_else_that_of_the_fields() {
    let check = |id: Option<&str>, field: Option<&str>, expected: Value| {
        let fields = field.map(|field| ("correlation_id".to_owned(), field.into()));
        let object = object([], fields.into_iter().collect(), id);
        assert_eq!(Value::Object(object), expected);
    };
    check(None, None, json!({}));
    check(Some("a"), None, json!({ "correlation_id": "a" }));
    check(None, Some("b"), json!({ "correlation_id": "b" }));
    check(Some("a"), Some("a"), json!({ "correlation_id": "a" }));
    check(
        Some("a"),
        Some("b"),
        json!({ "correlation_id": "a", "correlation_id_field": "b" }),
    );
}

#[tokio::test]
async fn every_line_of_concurrent_scopes_carries_the_right_id() {
    let output = Output::default();
    let _default = tracing::subscriber::set_default(output.subscriber());
    let works = (0..50).map(|number| async move {
        let id = format!("id-{number}");
        let work = async {
            tracing::info!(number, "begun");
            let task = tasks::spawn("test", async move {
                tokio::task::yield_now().await;
                tracing::info!(number, "in a task");
                let subscriber = tracing::dispatcher::get_default(Clone::clone);
                let work = move || {
                    tracing::dispatcher::with_default(&subscriber, || {
                        tracing::info!(number, "on a thread");
                    });
                };
                tasks::spawn_blocking("test", work).await.expect("ends");
            });
            task.await.expect("ends");
        };
        scope(&id, work).await;
    });
    futures_util::future::join_all(works).await;
    let lines = output.lines();
    assert_eq!(lines.len(), 150);
    for line in lines {
        assert_eq!(line["correlation_id"], format!("id-{}", line["number"]));
    }
}

#[test]
fn hostile_fields_stay_inside_one_object() {
    let name = "a\n{\"level\":\"ERROR\"}\r\n\u{1b}[31m\u{202e}\u{7f}\u{85}";
    let line = line(|| tracing::warn!(%name, "odd name"));
    assert_eq!(line["name"], name);
}

#[test]
fn masking_leaves_valid_json() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc";
    let lines = logged(|| {
        tracing::warn!(key, after = 1, "a key without its end");
        tracing::warn!(token = 123_456_789, password = "hunter22", "named");
        tracing::warn!("https://me:hunter22@host.example/");
    });
    let text = format!("{lines:?}");
    assert!(
        !text.contains("MII") && !text.contains("hunter22"),
        "{text}"
    );
    assert!(!text.contains("123456789"), "{text}");
    assert_eq!(
        (lines.len(), &lines[0]["after"], &lines[0]["message"]),
        (3, &json!(1), &json!("a key without its end"))
    );
}

#[test]
fn long_lines_are_cut_within_the_object() {
    let text = "\u{e9}\"".repeat(LONGEST);
    let line = line(|| tracing::info!(text, number = 1, "long"));
    assert_eq!((&line["cut"], &line["number"]), (&json!(true), &json!(1)));
    let cut = line["text"].as_str().expect("text");
    assert!(cut.ends_with(" (cut)") && cut.chars().count() == KEPT + 6);
    let many = (0..100).map(|number| (number.to_string(), "\u{1}".repeat(900).into()));
    let head = [("message", "many".into())];
    let many = super::text(object(head, many.collect(), None), JsonLine::Plain);
    assert_eq!(many, r#"{"message":"many","cut":true}"#);
}

#[test]
fn times_have_milliseconds() {
    let time = UNIX_EPOCH + Duration::from_millis(951_827_696_007);
    assert_eq!(timestamp(time), "2000-02-29T12:34:56.007Z");
}

#[test]
fn a_line_by_the_elastic_common_schema_has_its_names() {
    let head = [
        ("timestamp", json!("2026-11-23T02:10:00.123Z")),
        ("level", json!("WARN")),
        ("target", json!("synthesizer::a")),
        ("message", json!("call failed")),
    ];
    let fields = Map::from_iter([
        ("service".to_owned(), json!("github")),
        ("level".to_owned(), json!(3)),
    ]);
    let line = super::text(object(head, fields, Some("c-1")), JsonLine::Elastic);
    let expected = json!({
        "@timestamp": "2026-11-23T02:10:00.123Z",
        "log.level": "warn",
        "log.logger": "synthesizer::a",
        "message": "call failed",
        "labels": { "correlation_id": "c-1" },
        "ecs.version": "8.11.0",
        "service.name": "synthesizer",
        "service.version": env!("CARGO_PKG_VERSION"),
        "event.dataset": "synthesizer.log",
        "synthesizer": { "service": "github", "level_field": 3 },
    });
    assert_eq!(
        serde_json::from_str::<Value>(&line).expect("JSON"),
        expected
    );
}
