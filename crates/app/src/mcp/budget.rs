//! Cuts a result to the size that a client asked for and says what was left out. Must not lose anything that a next page cannot give.

use serde_json::{Map, Value, json};
use synthesizer_model::text::is_deceptive;

use super::paging::{Offsets, Paging};
use crate::answer::compact_json;

/// A cautious figure: most texts have more bytes per token.
const BYTES_PER_TOKEN: usize = 3;

/// The longest text outside the parts, in bytes of JSON; what is longer came from a stranger.
const TEXT_LIMIT: usize = 4000;

/// How long texts outside the parts may be, the first that fits; the last leaves handles and addresses of resources whole.
const SQUEEZED: [usize; 5] = [TEXT_LIMIT, 1000, 300, 120, 60];

/// What is said in our own words and never shortened.
const OWN_WORDS: &str = "notice";

/// A list, a long text or a table of a result that may be given in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its name in `left_out`, such as `dependencies.direct`.
    pub(super) name: String,
    /// Its JSON pointer.
    pub(super) pointer: String,
    /// Its share of a page that cannot hold everything, beside the shares of the others; 0 for none of its own.
    pub(super) share: usize,
}

impl Part {
    /// Names a part by its path with dots; the path below `prefix` is its pointer.
    pub(super) fn below(prefix: &str, path: &str) -> Self {
        Self {
            name: path.to_owned(),
            pointer: format!("{prefix}/{}", path.replace('.', "/")),
            share: 0,
        }
    }

    /// Gives the part a share of its own, so that those before it cannot take the whole page.
    pub(super) fn with_share(self, share: usize) -> Self {
        Self { share, ..self }
    }
}

/// Gives the page that was asked for: parts, each from where the last page ended, first as much of each as its share holds, then in
/// their order as much as fits.
///
/// A page always holds something of what is left, so that pages come to an end. `truncated`, `next_cursor` and `left_out` are
/// there only when something is left. The page is within its limit when its names and numbers, texts of 60 bytes, the cursor and the
/// shortest form of one item are.
pub(super) fn fit(mut document: Value, parts: &[Part], paging: &Paging) -> Value {
    let limit = paging.max_tokens.saturating_mul(BYTES_PER_TOKEN);
    let mut pending: Vec<Pending<'_>> = parts
        .iter()
        .enumerate()
        .filter_map(|(place, part)| Pending::take(&mut document, place, part, &paging.offsets))
        .collect();
    let reserve = Reserve::new(&pending, paging, limit);
    squeeze(&mut document, limit.saturating_sub(reserve.bytes));
    let size = compact_json(&document).len();
    let whole: usize = pending.iter().map(Pending::size).sum();
    if size + whole <= limit {
        fill(&mut pending, whole);
    } else {
        let room = limit.saturating_sub(size + reserve.bytes);
        let room = fill_shares(&mut pending, room);
        fill(&mut pending, room);
    }
    let mut offsets = Offsets::new();
    let mut left_out = Vec::new();
    for part in pending {
        if part.end() > 0 {
            offsets.insert(part.place.to_string(), part.end());
        }
        left_out.extend(part.left_out());
        part.put_back(&mut document);
    }
    if !left_out.is_empty()
        && let Value::Object(fields) = &mut document
    {
        fields.insert("truncated".to_owned(), json!(true));
        fields.insert("next_cursor".to_owned(), json!(paging.next_cursor(offsets)));
        fields.insert("left_out".to_owned(), reserve.told(left_out));
    }
    document
}

/// Room that is kept for saying what was left out and where it goes on.
struct Reserve {
    bytes: usize,
    /// Whether the page is so small that what was left out is told in one sum.
    brief: bool,
}

impl Reserve {
    fn new(pending: &[Pending<'_>], paging: &Paging, limit: usize) -> Self {
        let offsets = pending.iter().map(|part| {
            let (left, _) = part.counts();
            let most = part.start + left;
            (part.place.to_string(), most)
        });
        let longest = paging.next_cursor(offsets.filter(|(_, most)| *most > 0).collect());
        // The names of what is added, with their punctuation and `true`.
        let cursor = longest.len() + 60;
        let told: usize = pending
            .iter()
            .filter(|part| !part.is_done())
            .map(|part| 36 + part.part.name.len())
            .sum();
        let brief = (cursor + told) * 3 > limit;
        let told = if brief { 60 } else { told };
        Self {
            bytes: cursor + told,
            brief,
        }
    }

    fn told(&self, left_out: Vec<Value>) -> Value {
        if !self.brief {
            return Value::Array(left_out);
        }
        let count = |entry: &Value, name| entry.get(name).and_then(Value::as_u64).unwrap_or(0);
        let sum: u64 = left_out
            .iter()
            .map(|entry| count(entry, "count") + count(entry, "bytes").min(1))
            .sum();
        json!([{ "what": "all lists", "count": sum }])
    }
}

/// Gives every part as much as its share of the room holds; says how much room is left.
fn fill_shares(pending: &mut [Pending<'_>], room: usize) -> usize {
    let waiting = |part: &&mut Pending<'_>| !part.is_done();
    let shares: usize = pending
        .iter_mut()
        .filter(waiting)
        .map(|part| part.part.share)
        .sum();
    let mut left = room;
    for part in pending.iter_mut().filter(waiting) {
        let share = room.saturating_mul(part.part.share) / shares.max(1);
        let mut unused = share;
        // What is larger than its share waits for the room that others leave.
        let mut placed = true;
        part.fill(&mut unused, &mut placed);
        left -= share - unused;
    }
    left
}

/// Fills the parts in their order; something is placed in any case.
fn fill(pending: &mut [Pending<'_>], mut room: usize) {
    let mut placed = pending.iter().any(|part| part.taken() > 0);
    for part in pending {
        part.fill(&mut room, &mut placed);
    }
}

/// What is left of a part, and what of it goes onto this page.
struct Pending<'part> {
    part: &'part Part,
    /// Its place among the parts, which names it in cursors.
    place: usize,
    start: usize,
    content: Content,
}

enum Content {
    List {
        left: Vec<Value>,
        taken: usize,
    },
    Table {
        left: Vec<(String, Value)>,
        taken: usize,
    },
    Text {
        left: String,
        taken: usize,
    },
}

impl<'part> Pending<'part> {
    /// Takes a part out of the document, from its offset on.
    fn take(
        document: &mut Value,
        place: usize,
        part: &'part Part,
        offsets: &Offsets,
    ) -> Option<Self> {
        let wanted = offsets.get(&place.to_string()).copied().unwrap_or(0);
        let (start, content) = match document.pointer_mut(&part.pointer)? {
            Value::Array(items) => {
                let start = wanted.min(items.len());
                let mut left = items.split_off(start);
                items.clear();
                left.iter_mut().for_each(|item| cap_texts(item, TEXT_LIMIT));
                (start, Content::List { left, taken: 0 })
            }
            Value::Object(fields) => {
                let start = wanted.min(fields.len());
                let mut left: Vec<_> = std::mem::take(fields).into_iter().skip(start).collect();
                left.iter_mut()
                    .for_each(|(_, field)| cap_texts(field, TEXT_LIMIT));
                (start, Content::Table { left, taken: 0 })
            }
            Value::String(text) => {
                let start = text.floor_char_boundary(wanted.min(text.len()));
                let left = text.split_off(start);
                text.clear();
                (start, Content::Text { left, taken: 0 })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => return None,
        };
        Some(Self {
            part,
            place,
            start,
            content,
        })
    }

    fn size(&self) -> usize {
        match &self.content {
            Content::List { left, .. } => left.iter().map(item_size).sum(),
            Content::Table { left, .. } => left.iter().map(field_size).sum(),
            Content::Text { left, .. } => left.chars().map(escaped_size).sum(),
        }
    }

    /// Takes as much more as there is room for; something in any case when nothing is on the page yet.
    fn fill(&mut self, room: &mut usize, placed: &mut bool) {
        match &mut self.content {
            Content::List { left, taken } => {
                for item in left.iter_mut().skip(*taken) {
                    if !place_item(item, 1, room, placed) {
                        break;
                    }
                    *taken += 1;
                }
            }
            Content::Table { left, taken } => {
                for (name, field) in left.iter_mut().skip(*taken) {
                    if !place_item(field, name_size(name) + 2, room, placed) {
                        break;
                    }
                    *taken += 1;
                }
            }
            Content::Text { left, taken } => {
                let mut end = *taken;
                for character in left.get(end..).unwrap_or_default().chars() {
                    let size = escaped_size(character);
                    if size > *room && *placed {
                        break;
                    }
                    *room = room.saturating_sub(size);
                    *placed = true;
                    end += character.len_utf8();
                }
                *taken = end;
            }
        }
    }

    /// How many items, fields or bytes there are from the offset on, and how many of them are on this page.
    fn counts(&self) -> (usize, usize) {
        match &self.content {
            Content::List { left, taken } => (left.len(), *taken),
            Content::Table { left, taken } => (left.len(), *taken),
            Content::Text { left, taken } => (left.len(), *taken),
        }
    }

    fn taken(&self) -> usize {
        self.counts().1
    }

    fn is_done(&self) -> bool {
        let (left, taken) = self.counts();
        left == taken
    }

    fn end(&self) -> usize {
        self.start + self.taken()
    }

    fn left_out(&self) -> Option<Value> {
        let (left, taken) = self.counts();
        let unit = match &self.content {
            Content::List { .. } | Content::Table { .. } => "count",
            Content::Text { .. } => "bytes",
        };
        (taken < left).then(|| json!({ "what": self.part.name, unit: left - taken }))
    }

    fn put_back(self, document: &mut Value) {
        let Some(place) = document.pointer_mut(&self.part.pointer) else {
            return;
        };
        *place = match self.content {
            Content::List { mut left, taken } => {
                left.truncate(taken);
                Value::Array(left)
            }
            Content::Table { left, taken } => Value::Object(left.into_iter().take(taken).collect()),
            Content::Text { mut left, taken } => {
                left.truncate(taken);
                Value::String(left)
            }
        };
    }
}

/// Says whether an item goes onto the page, with `more` bytes beside its own; makes it smaller when it alone is too large.
fn place_item(item: &mut Value, more: usize, room: &mut usize, placed: &mut bool) -> bool {
    let size = compact_json(item).len() + more;
    if size <= *room {
        *room -= size;
    } else if *placed {
        return false;
    } else {
        *item = shrink(std::mem::take(item), room.saturating_sub(more));
        *room = 0;
    }
    *placed = true;
    true
}

/// The size of a field with its name, colon and comma.
fn field_size((name, field): &(String, Value)) -> usize {
    name_size(name) + 1 + item_size(field)
}

/// The size of a name inside a JSON text, with its quotes.
fn name_size(name: &str) -> usize {
    2 + name.chars().map(escaped_size).sum::<usize>()
}

/// The size of a list's item with its comma.
fn item_size(item: &Value) -> usize {
    compact_json(item).len() + 1
}

/// The size of a character inside a JSON text.
fn escaped_size(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        other if is_deceptive(other) => 6 * other.len_utf16(),
        other => other.len_utf8(),
    }
}

/// Makes one item small enough for a page of its own by cutting the lists and texts within it, then by leaving out its last fields;
/// says so in it.
fn shrink(item: Value, room: usize) -> Value {
    let mut smallest = item;
    for (count, bytes) in [(100, 1000), (30, 400), (10, 200), (3, 100), (0, 60)] {
        cut(&mut smallest, count, bytes);
        if let Value::Object(fields) = &mut smallest {
            fields.insert("cut".to_owned(), json!(true));
        }
        if item_size(&smallest) <= room {
            return smallest;
        }
    }
    match smallest {
        Value::Object(fields) => Value::Object(first_fields(fields, room)),
        // A page that holds nothing of it would be the same page again.
        Value::Array(_) => json!([]),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => smallest,
    }
}

/// Keeps as many fields as there is room for, the first ones first, and the one that says so.
fn first_fields(fields: Map<String, Value>, room: usize) -> Map<String, Value> {
    let cut = ("cut".to_owned(), json!(true));
    let mut left = room.saturating_sub(3 + field_size(&cut));
    let mut kept: Map<String, Value> = fields
        .into_iter()
        .filter(|field| field.0 != cut.0)
        .take_while(|field| {
            let size = field_size(field);
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        })
        .collect();
    kept.insert(cut.0, cut.1);
    kept
}

/// Shortens the texts of the fixed fields until they fit, if they can.
fn squeeze(document: &mut Value, room: usize) {
    for limit in SQUEEZED {
        match &mut *document {
            Value::Object(fields) => fields
                .iter_mut()
                .filter(|(name, _)| *name != OWN_WORDS)
                .for_each(|(_, field)| cap_texts(field, limit)),
            other => cap_texts(other, limit),
        }
        if compact_json(document).len() <= room {
            return;
        }
    }
}

fn cap_texts(value: &mut Value, limit: usize) {
    cut(value, usize::MAX, limit);
}

/// Cuts every list to `count` items and every text to `bytes` of JSON. The depth is that of our own results.
fn cut(value: &mut Value, count: usize, bytes: usize) {
    match value {
        Value::String(text) => {
            let mut size = 0;
            let end = text.char_indices().find_map(|(place, character)| {
                size += escaped_size(character);
                (size > bytes).then_some(place)
            });
            if let Some(end) = end {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => {
            items.truncate(count);
            items.iter_mut().for_each(|item| cut(item, count, bytes));
        }
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| cut(field, count, bytes)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
