//! Cuts a result to the size that a client asked for and says what was left out. Must not lose anything that a next page cannot give.

use serde_json::{Value, json};
use synthesizer_model::text::is_deceptive;

use super::paging::{Offsets, Paging};
use crate::answer::compact_json;

/// A cautious figure: most texts have more bytes per token.
const BYTES_PER_TOKEN: usize = 3;

/// The longest text outside the parts, in characters; what is longer came from a stranger.
const TEXT_LIMIT: usize = 4000;

/// A list or long text of a result that may be given in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Its name in `left_out`, such as `dependencies.direct`.
    pub(super) name: String,
    /// Its JSON pointer.
    pub(super) pointer: String,
}

impl Part {
    /// Names a part by its path with dots; the path below `prefix` is its pointer.
    pub(super) fn below(prefix: &str, path: &str) -> Self {
        Self {
            name: path.to_owned(),
            pointer: format!("{prefix}/{}", path.replace('.', "/")),
        }
    }
}

/// Gives the page that was asked for: parts in their order, each from where the last page ended, as much as fits.
///
/// A page always holds something of what is left, so that pages come to an end. `truncated`, `next_cursor` and `left_out` are
/// there only when something is left.
pub(super) fn fit(mut document: Value, parts: &[Part], paging: &Paging) -> Value {
    let limit = paging.max_tokens.saturating_mul(BYTES_PER_TOKEN);
    let mut pending: Vec<Pending<'_>> = parts
        .iter()
        .filter_map(|part| Pending::take(&mut document, part, &paging.offsets))
        .collect();
    let reserve: usize = 200
        + paging.scope.len() * 2
        + parts
            .iter()
            .map(|part| 48 + part.name.len() * 3)
            .sum::<usize>();
    squeeze(&mut document, limit.saturating_sub(reserve));
    let size = compact_json(&document).len();
    let whole: usize = pending.iter().map(Pending::size).sum();
    let mut room = if size + whole <= limit {
        whole
    } else {
        limit.saturating_sub(size + reserve)
    };
    let mut placed = false;
    for part in &mut pending {
        part.fill(&mut room, &mut placed);
    }
    let mut offsets = Offsets::new();
    let mut left_out = Vec::new();
    for part in pending {
        offsets.insert(part.part.name.clone(), part.end());
        left_out.extend(part.left_out());
        part.put_back(&mut document);
    }
    if !left_out.is_empty()
        && let Value::Object(fields) = &mut document
    {
        fields.insert("truncated".to_owned(), json!(true));
        fields.insert("next_cursor".to_owned(), json!(paging.next_cursor(offsets)));
        fields.insert("left_out".to_owned(), Value::Array(left_out));
    }
    document
}

/// What is left of a part, and what of it goes onto this page.
struct Pending<'part> {
    part: &'part Part,
    start: usize,
    content: Content,
}

enum Content {
    List { left: Vec<Value>, taken: Vec<Value> },
    Text { left: String, taken: usize },
}

impl<'part> Pending<'part> {
    /// Takes a part out of the document, from its offset on.
    fn take(document: &mut Value, part: &'part Part, offsets: &Offsets) -> Option<Self> {
        let wanted = offsets.get(&part.name).copied().unwrap_or(0);
        let place = document.pointer_mut(&part.pointer)?;
        match place {
            Value::Array(items) => {
                let start = wanted.min(items.len());
                let mut left = items.split_off(start);
                items.clear();
                left.iter_mut().for_each(|item| cap_texts(item, TEXT_LIMIT));
                let content = Content::List {
                    left,
                    taken: Vec::new(),
                };
                Some(Self {
                    part,
                    start,
                    content,
                })
            }
            Value::String(text) => {
                let start = text.floor_char_boundary(wanted.min(text.len()));
                let left = text.split_off(start);
                text.clear();
                let content = Content::Text { left, taken: 0 };
                Some(Self {
                    part,
                    start,
                    content,
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }

    fn size(&self) -> usize {
        match &self.content {
            Content::List { left, .. } => left.iter().map(item_size).sum(),
            Content::Text { left, .. } => left.chars().map(escaped_size).sum(),
        }
    }

    /// Takes as much as there is room for; something in any case when nothing is on the page yet.
    fn fill(&mut self, room: &mut usize, placed: &mut bool) {
        match &mut self.content {
            Content::List { left, taken } => {
                let mut items = std::mem::take(left).into_iter();
                for item in items.by_ref() {
                    let size = item_size(&item);
                    if size <= *room {
                        *room -= size;
                        taken.push(item);
                    } else if *placed {
                        left.push(item);
                        break;
                    } else {
                        taken.push(shrink(item, *room));
                        *room = 0;
                    }
                    *placed = true;
                }
                left.extend(items);
            }
            Content::Text { left, taken } => {
                let mut end = 0;
                for character in left.chars() {
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

    fn end(&self) -> usize {
        self.start
            + match &self.content {
                Content::List { taken, .. } => taken.len(),
                Content::Text { taken, .. } => *taken,
            }
    }

    fn left_out(&self) -> Option<Value> {
        let name = &self.part.name;
        match &self.content {
            Content::List { left, .. } if !left.is_empty() => {
                Some(json!({ "what": name, "count": left.len() }))
            }
            Content::Text { left, taken } if *taken < left.len() => {
                Some(json!({ "what": name, "bytes": left.len() - taken }))
            }
            Content::List { .. } | Content::Text { .. } => None,
        }
    }

    fn put_back(self, document: &mut Value) {
        let Some(place) = document.pointer_mut(&self.part.pointer) else {
            return;
        };
        *place = match self.content {
            Content::List { taken, .. } => Value::Array(taken),
            Content::Text { mut left, taken } => {
                left.truncate(taken);
                Value::String(left)
            }
        };
    }
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

/// Makes one item small enough for a page of its own by cutting the lists and texts within it; says so in it.
fn shrink(item: Value, room: usize) -> Value {
    let mut smallest = item;
    for (count, characters) in [(100, 1000), (30, 400), (10, 200), (3, 100), (0, 60)] {
        cut(&mut smallest, count, characters);
        if let Value::Object(fields) = &mut smallest {
            fields.insert("cut".to_owned(), json!(true));
        }
        if item_size(&smallest) <= room {
            break;
        }
    }
    smallest
}

/// Shortens the texts of the fixed fields until they fit, if they can.
fn squeeze(document: &mut Value, room: usize) {
    for limit in [TEXT_LIMIT, 1000, 300] {
        cap_texts(document, limit);
        if compact_json(document).len() <= room {
            return;
        }
    }
}

fn cap_texts(value: &mut Value, limit: usize) {
    cut(value, usize::MAX, limit);
}

/// Cuts every list to `count` items and every text to `characters`. The depth is that of our own results.
fn cut(value: &mut Value, count: usize, characters: usize) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(characters) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => {
            items.truncate(count);
            items
                .iter_mut()
                .for_each(|item| cut(item, count, characters));
        }
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| cut(field, count, characters)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(paths: &[&str]) -> Vec<Part> {
        paths.iter().map(|path| Part::below("", path)).collect()
    }

    fn paging(max_tokens: u32, cursor: Option<&str>) -> Paging {
        Paging::new("t:0".to_owned(), max_tokens, cursor).expect("a cursor of ours")
    }

    /// Reads all pages; every page must fit and bring something.
    fn pages(document: &Value, paths: &[&str], max_tokens: u32) -> Vec<Value> {
        let parts = parts(paths);
        let mut cursor: Option<String> = None;
        let mut pages = Vec::new();
        loop {
            let page = fit(
                document.clone(),
                &parts,
                &paging(max_tokens, cursor.as_deref()),
            );
            let size = compact_json(&page).len();
            assert!(
                size <= max_tokens as usize * BYTES_PER_TOKEN,
                "{size} bytes"
            );
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            assert_eq!(page.get("truncated").is_some(), cursor.is_some());
            pages.push(page);
            if cursor.is_none() {
                return pages;
            }
            assert!(pages.len() < 1000, "the pages do not end");
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let document = json!({ "a": [1, 2], "b": { "c": ["x"] }, "d": "text" });
        let fitted = fit(
            document.clone(),
            &parts(&["a", "b.c", "none"]),
            &paging(500, None),
        );
        assert_eq!(fitted, document);
    }

    #[test]
    fn the_pages_together_are_the_whole() {
        let files: Vec<Value> = (0..400)
            .map(|number| json!({ "path": format!("src/{number}.py") }))
            .collect();
        let lock = "line \"quoted\" \u{202e}é\n".repeat(500);
        let document =
            json!({ "id": 7, "plan": { "files": files }, "lock": { "content": lock }, "few": [1] });
        let pages = pages(&document, &["few", "plan.files", "lock.content"], 500);
        let mut read_files = Vec::new();
        let mut read_lock = String::new();
        for page in &pages {
            assert_eq!(page["id"], 7);
            read_files.extend(page["plan"]["files"].as_array().expect("a list").clone());
            read_lock.push_str(page["lock"]["content"].as_str().expect("a text"));
        }
        assert_eq!(read_files, files);
        assert_eq!(read_lock, lock);
        assert_eq!(pages[0]["few"], json!([1]));
        assert_eq!(pages[1]["few"], json!([]));
        let left = pages[0]["left_out"][0]["count"].as_u64().expect("a count");
        let shown = pages[0]["plan"]["files"].as_array().expect("a list").len() as u64;
        assert_eq!(left + shown, 400);
    }

    #[test]
    fn an_item_larger_than_a_page_is_cut_and_says_so() {
        let large = json!({ "id": "x", "files": (0..5000).collect::<Vec<_>>() });
        let document = json!({ "components": [large, { "id": "y" }] });
        let pages = pages(&document, &["components"], 500);
        assert_eq!(pages[0]["components"][0]["cut"], json!(true));
        assert_eq!(pages.last().expect("a page")["components"][0]["id"], "y");
    }

    #[test]
    fn long_texts_of_strangers_are_capped() {
        let document = json!({ "about": "é".repeat(100_000), "list": ["x".repeat(100_000)] });
        for page in pages(&document, &["list"], 20_000) {
            assert!(page["about"].as_str().expect("a text").chars().count() <= TEXT_LIMIT + 1);
        }
        pages(&document, &["list"], 500);
    }
}
