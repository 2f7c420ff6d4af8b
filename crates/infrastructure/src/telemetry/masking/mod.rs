//! Masks secrets in text that leaves the process: those known at start and whatever looks like one. Linear in the text's length.

mod encoded;
mod keywords;
mod rules;
mod scan;
mod stream;
mod structure;
mod values;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{
    Engine as _,
    prelude::{
        BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD,
    },
};
use rayon::prelude::*;
use synthesizer_model::secret::MASK;

use self::scan::Span;
pub use self::stream::StreamMasker;
use super::events::SecretsMasked;
use crate::config::Config;

/// The secrets that were known at start; shapes are masked in any case.
static INSTALLED: RwLock<Option<Arc<Masker>>> = RwLock::new(None);

/// Shorter texts are not masked as known secrets: they would hide half of every line.
const SHORTEST: usize = 8;

/// How often masked text is looked at again at most, and how long it may be for that.
const LOOKS: usize = 4;
const LONGEST_SETTLED: usize = 64 << 10;

/// The secrets of one configuration, ready to be found in text.
#[derive(Default)]
pub struct Masker {
    forms: Option<AhoCorasick>,
    count: usize,
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Masker")
            .field("forms", &self.count)
            .finish()
    }
}

impl Masker {
    /// Takes secrets; each is found as it is, percent-encoded, in a JSON text and in Base64 at any offset.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets
            .into_iter()
            .filter(|secret| secret.len() >= SHORTEST)
        {
            forms.insert(secret.to_owned());
            // In a form (`application/x-www-form-urlencoded`), a blank is a plus sign.
            forms.insert(secret.replace(' ', "+"));
            forms.insert(
                serde_json::Value::from(secret)
                    .to_string()
                    .trim_matches('"')
                    .to_owned(),
            );
            forms.extend((0..3).flat_map(|offset| base64_forms(secret, offset)));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&forms)
            .ok()
            .filter(|_| !forms.is_empty());
        Self {
            forms: automaton,
            count: forms.len(),
        }
    }

    /// Takes the secrets of a configuration: tokens, keys, passwords in the variables of the user's tools.
    pub fn of(config: &Config) -> Self {
        let tokens = config
            .tokens
            .values()
            .map(|token| token.expose().to_owned());
        let platforms = config.platforms.values().flat_map(|platform| {
            let secrets = [platform.token.as_ref(), platform.key.as_ref()];
            secrets
                .into_iter()
                .flatten()
                .map(|secret| secret.expose().to_owned())
        });
        let variables = config.tool_environment.iter().flat_map(|(name, value)| {
            let lowered = name.to_ascii_lowercase();
            let whole = ["_password", "_token", "_authtoken", "__auth", ":_auth"]
                .iter()
                .any(|ending| lowered.ends_with(ending));
            whole
                .then(|| value.clone())
                .into_iter()
                .chain(passwords(value))
        });
        let secrets: Vec<String> = tokens.chain(platforms).chain(variables).collect();
        Self::new(secrets.iter().map(String::as_str))
    }

    /// Masks everything in the text that is a known secret or looks like one, percent-encoded and in Base64 too, and counts it.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let spans = self.find(text);
        if spans.is_empty() {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(self.settled(pieces(text, &spans)))
        }
    }

    /// Looks again at masked text: where two secrets touched, one may have hidden the other. Leaves long text as it is.
    fn settled(&self, mut masked: String) -> String {
        for _ in 0..LOOKS {
            if masked.len() > LONGEST_SETTLED {
                break;
            }
            let spans = self.find(&masked);
            if spans.is_empty() {
                break;
            }
            masked = pieces(&masked, &spans);
        }
        masked
    }

    /// Finds what has to be masked, in order, without overlaps.
    fn find(&self, text: &str) -> Vec<Span> {
        let mut spans = self.as_read(text);
        spans.extend(encoded::percent_encoded(text, |decoded| {
            self.as_read(decoded)
        }));
        scan::merged(spans)
    }

    /// Finds secrets in a text and in the Base64 that it holds.
    fn as_read(&self, text: &str) -> Vec<Span> {
        let mut spans = scan::merged(self.as_written(text));
        let gaps = scan::gaps(&spans, text.len());
        let runs: Vec<Span> = gaps
            .flat_map(|gap| {
                let runs = encoded::base64_runs(&text[gap.clone()], |decoded| {
                    !self.as_written(decoded).is_empty()
                });
                runs.into_iter().map(move |span| span.moved(gap.start))
            })
            .collect();
        spans.extend(runs);
        spans
    }

    fn as_written(&self, text: &str) -> Vec<Span> {
        let known: Vec<Span> = self
            .forms
            .iter()
            .flat_map(|forms| forms.find_iter(text))
            .map(|known| Span {
                start: known.start(),
                end: known.end(),
                rule: "known-secret",
            })
            .collect();
        let mut spans = scan::secrets(text, &known);
        spans.extend(known);
        spans
    }
}

/// Puts a text together with the mask in the place of each secret, and counts them.
fn pieces(text: &str, spans: &[Span]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for span in spans {
        masked.push_str(&text[copied..span.start]);
        masked.push_str(MASK);
        copied = span.end;
        *counts.entry(span.rule).or_default() += 1;
    }
    masked.push_str(&text[copied..]);
    for (rule, count) in counts {
        SecretsMasked { rule, count }.emit();
    }
    masked
}

/// Gives what Base64 makes of a secret that lies `offset` bytes after a multiple of three, without what its neighbours change.
fn base64_forms(secret: &str, offset: usize) -> [String; 2] {
    let padded: Vec<u8> = std::iter::repeat_n(0, offset)
        .chain(secret.bytes())
        .collect();
    let first = if offset == 0 { 0 } else { offset + 1 };
    let last = padded.len() * 4 / 3;
    let cut = |text: String| {
        text.get(first..last.min(text.len()))
            .unwrap_or_default()
            .to_owned()
    };
    [
        cut(STANDARD_NO_PAD.encode(&padded)),
        cut(URL_SAFE_NO_PAD.encode(&padded)),
    ]
}

/// Gives the passwords of the URLs in a variable's value, which may list several, as written and decoded.
fn passwords(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in value.split([' ', ',']) {
        // An index may be written as `name=https://…`.
        let start = word.find("://").map_or(0, |end| {
            word[..end].rfind('=').map_or(0, |equals| equals + 1)
        });
        let Some(url) = word
            .get(start..)
            .and_then(|word| url::Url::parse(word).ok())
        else {
            continue;
        };
        let Some(password) = url.password() else {
            continue;
        };
        let decoded = percent_encoding::percent_decode_str(password).decode_utf8_lossy();
        found.extend([password.to_owned(), decoded.into_owned()]);
    }
    found
}

/// Makes the known secrets of a configuration those that [`mask`] finds.
pub fn install(masker: Masker) {
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(masker));
}

/// Masks everything in the text that is an installed secret or looks like one.
pub fn mask(text: &str) -> Cow<'_, str> {
    current().mask(text)
}

/// Masks every text within a JSON value, names of members too. The value's depth must be bounded.
pub fn mask_json(value: &mut serde_json::Value) {
    MaskedJson {
        masker: &current(),
        harmless: HashSet::new(),
    }
    .value(value);
}

/// Arrays longer than this are masked by several threads.
const MANY: usize = 256;
/// How many texts are remembered, and how long they may be.
const MOST_REMEMBERED: usize = 20_000;
const LONGEST_REMEMBERED: usize = 256;

/// A JSON value that is being masked.
struct MaskedJson<'m> {
    masker: &'m Masker,
    /// Texts that hold no secret: names of members and paths occur again and again.
    harmless: HashSet<String>,
}

impl MaskedJson<'_> {
    fn value(&mut self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                if self.harmless.contains(text.as_str()) {
                    return;
                }
                match self.masker.mask(text) {
                    Cow::Owned(masked) => *text = masked,
                    Cow::Borrowed(_) => self.remember(text),
                }
            }
            serde_json::Value::Array(items) if items.len() > MANY => {
                let masker = self.masker;
                let piece = items.len().div_ceil(2 * rayon::current_num_threads());
                items.par_chunks_mut(piece).for_each(|items| {
                    let harmless = HashSet::new();
                    let mut masked = MaskedJson { masker, harmless };
                    items.iter_mut().for_each(|item| masked.value(item));
                });
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            serde_json::Value::Object(members) => {
                // A stranger may choose names too, such as those of a project's entry points.
                if !members.keys().all(|name| self.is_harmless(name)) {
                    let named = std::mem::take(members);
                    let masked = named
                        .into_iter()
                        .map(|(name, value)| (self.masker.mask(&name).into_owned(), value));
                    members.extend(masked);
                }
                members.values_mut().for_each(|value| self.value(value));
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            }
        }
    }

    fn is_harmless(&mut self, name: &str) -> bool {
        if self.harmless.contains(name) {
            return true;
        }
        let harmless = matches!(self.masker.mask(name), Cow::Borrowed(_));
        if harmless {
            self.remember(name);
        }
        harmless
    }

    fn remember(&mut self, harmless: &str) {
        if harmless.len() <= LONGEST_REMEMBERED && self.harmless.len() < MOST_REMEMBERED {
            self.harmless.insert(harmless.to_owned());
        }
    }
}

fn current() -> Arc<Masker> {
    static NONE: LazyLock<Arc<Masker>> = LazyLock::new(Arc::default);
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
    installed
        .as_ref()
        .map_or_else(|| Arc::clone(&NONE), Arc::clone)
}

/// Gives the names of the rules in `rules.toml`.
pub fn rule_names() -> Vec<&'static str> {
    rules::RULES
        .list
        .iter()
        .map(|rule| rule.id.as_str())
        .collect()
}

#[cfg(test)]
#[path = "corpus_tests.rs"]
mod corpus_tests;
#[cfg(test)]
#[path = "property_tests.rs"]
mod property_tests;
#[cfg(test)]
#[path = "tests.rs"]
mod shape_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_are_found_in_every_form() {
        let masker = Masker::new(["correct horse/battery", "short"]);
        let text = "a correct horse/battery b correct%20horse%2Fbattery c Y29ycmVjdCBob3JzZS9iYXR0ZXJ5 d short e correct+horse%2Fbattery";
        assert_eq!(masker.mask(text), "a **** b **** c **** d short e ****");
        assert!(!format!("{masker:?}").contains("horse"));
    }

    #[test]
    fn passwords_in_variables_are_known() {
        let check =
            |value: &str, expected: &[&str]| assert_eq!(passwords(value), expected, "{value}");
        check(
            "https://me:p%40ssw0rd+x@mirror.example/simple",
            &["p%40ssw0rd+x", "p@ssw0rd+x"],
        );
        check(
            "corp=https://u:one@a.example/?a=b https://u:two@b.example",
            &["one", "one", "two", "two"],
        );
        check("https://mirror.example/simple", &[]);
        check("/usr/bin:/bin", &[]);
    }
}
