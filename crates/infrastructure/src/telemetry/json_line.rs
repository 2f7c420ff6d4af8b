//! A log line for programs: one JSON object with fixed names and the fields of the event and of its spans beside them.
//!
//! Must stay one valid JSON object on one line whatever the fields hold, also after masking and cutting.

use std::{fmt, time::SystemTime};

use serde_json::{Map, Value, json};
use synthesizer_model::{secret::MASK, text::is_deceptive};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormattedFields,
        format::{JsonFields, Writer},
    },
    registry::LookupSpan,
};

use super::{correlation, lines::LONGEST, masking};

/// The names that a line has of itself, in their order; a field of such a name is written with [`SUFFIX`].
const OWN: [&str; 5] = ["timestamp", "level", "target", "message", "correlation_id"];

/// What the name of a field gets that would overwrite one of [`OWN`].
const SUFFIX: &str = "_field";

/// How much of each text is kept in a line that is too long, in characters.
const KEPT: usize = 1_000;

/// Writes each event as one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonLine {
    /// With names of its own.
    Plain,
    /// With the names of the Elastic Common Schema 8.11; other fields lie below `synthesizer`.
    Elastic,
}

impl<S> FormatEvent<S, JsonFields> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            let extensions = span.extensions();
            let written = extensions.get::<FormattedFields<JsonFields>>();
            let parsed = written.and_then(|written| serde_json::from_str(&written.fields).ok());
            // An inner span's value wins over that of an outer one.
            fields.0.extend(parsed.unwrap_or_else(Map::new));
        }
        let message_of_span = fields.0.remove("message");
        event.record(&mut fields);
        let message = fields.0.remove("message").unwrap_or_else(|| "".into());
        if let Some(value) = message_of_span {
            fields.0.insert(format!("message{SUFFIX}"), value);
        }
        let metadata = event.metadata();
        let head = [
            ("timestamp", timestamp(SystemTime::now()).into()),
            ("level", metadata.level().as_str().into()),
            ("target", metadata.target().into()),
            ("message", message),
        ];
        let object = object(head, fields.0, correlation::current().as_deref());
        writer.write_str(&text(object, *self))?;
        writer.write_char('\n')
    }
}

/// Puts the line's own members first; without an id of its own a line takes the one that its fields name.
fn object<const N: usize>(
    head: [(&str, Value); N],
    mut fields: Map<String, Value>,
    correlation_id: Option<&str>,
) -> Map<String, Value> {
    let mut object = Map::new();
    object.extend(head.map(|(name, value)| (name.to_owned(), value)));
    let named = fields.shift_remove("correlation_id");
    match (correlation_id, named) {
        (Some(id), named) => {
            object.insert("correlation_id".to_owned(), id.into());
            if let Some(other) = named.filter(|named| named != id) {
                fields.insert("correlation_id".to_owned(), other);
            }
        }
        (None, Some(named)) => {
            object.insert("correlation_id".to_owned(), named);
        }
        (None, None) => {}
    }
    for (name, value) in fields {
        let name = if OWN.contains(&name.as_str()) {
            name + SUFFIX
        } else {
            name
        };
        object.insert(name, value);
    }
    object
}

/// Writes an object, masked and within the length of a line, in the given form.
fn text(object: Map<String, Value>, form: JsonLine) -> String {
    let mut text = masked(object);
    if text.len() > LONGEST {
        text = shortened(&text);
    }
    if form == JsonLine::Elastic {
        text = write(&elastic(parse(&text).unwrap_or_default()));
    }
    if !text.contains(is_deceptive) {
        return text;
    }
    // Inside JSON, these lie in strings alone.
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_deceptive(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Gives a line's members the names of the Elastic Common Schema, dots in names included.
fn elastic(object: Map<String, Value>) -> Map<String, Value> {
    let mut line = Map::new();
    let mut own = Map::new();
    for (name, value) in object {
        match (name.as_str(), value) {
            ("timestamp", value) => line.insert("@timestamp".to_owned(), value),
            ("level", Value::String(level)) => {
                line.insert("log.level".to_owned(), level.to_ascii_lowercase().into())
            }
            ("target", value) => line.insert("log.logger".to_owned(), value),
            ("message", value) => line.insert("message".to_owned(), value),
            ("correlation_id", value) => {
                line.insert("labels".to_owned(), json!({ "correlation_id": value }))
            }
            (_, value) => own.insert(name, value),
        };
    }
    line.insert("ecs.version".to_owned(), "8.11.0".into());
    line.insert("service.name".to_owned(), "synthesizer".into());
    line.insert(
        "service.version".to_owned(),
        env!("CARGO_PKG_VERSION").into(),
    );
    line.insert("event.dataset".to_owned(), "synthesizer.log".into());
    if !own.is_empty() {
        line.insert("synthesizer".to_owned(), own.into());
    }
    line
}

/// Masks the text of an object as a whole; where that would break it, member by member.
fn masked(object: Map<String, Value>) -> String {
    let whole = write(&object);
    let masked = masking::mask(&whole);
    if masked == whole || parse(&masked).is_some() {
        return masked.into_owned();
    }
    let mut kept = Map::new();
    for (name, value) in object {
        let member = write(&Map::from_iter([(name.clone(), value)]));
        match parse(&masking::mask(&member)) {
            Some(member) => kept.extend(member),
            None => {
                let name = masking::mask(&name).into_owned();
                kept.insert(name, MASK.into());
            }
        }
    }
    write(&kept)
}

/// Cuts the texts of an object; when there are too many, only the line's own members stay.
fn shortened(text: &str) -> String {
    let mut object = parse(text).unwrap_or_default();
    for value in object.values_mut() {
        if let Value::String(whole) = value
            && let Some((end, _)) = whole.char_indices().nth(KEPT)
        {
            whole.truncate(end);
            whole.push_str(" (cut)");
        }
    }
    object.insert("cut".to_owned(), true.into());
    let all = write(&object);
    // Escaped, a character may take six bytes of the line's length.
    if all.len() <= LONGEST {
        return all;
    }
    object.retain(|name, _| OWN.contains(&name.as_str()) || name == "cut");
    write(&object)
}

fn write(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

fn parse(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// Writes a time by RFC 3339 in UTC with milliseconds, such as `2026-11-23T02:10:00.123Z`.
fn timestamp(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(
        |_| "9999-12-31T23:59:59.999Z".to_owned(),
        |timestamp| timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
    )
}

/// Collects the fields of an event as JSON values.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }
}

#[cfg(test)]
#[path = "json_line_tests.rs"]
mod tests;
