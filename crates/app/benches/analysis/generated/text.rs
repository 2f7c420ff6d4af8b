//! Words, and chance that is always the same.

/// Numbers that look random (xorshift, Marsaglia 2003), from a fixed seed.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// Gives a number below a limit that is not 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) % limit
    }

    pub(super) fn noun(&mut self) -> &'static str {
        noun(self.below(NOUNS.len() as u64))
    }

    pub(super) fn verb(&mut self) -> &'static str {
        pick(VERBS, self.below(VERBS.len() as u64))
    }

    /// Gives a sentence without its full stop.
    pub(super) fn sentence(&mut self) -> String {
        let (verb, first, second, third) = (self.verb(), self.noun(), self.noun(), self.noun());
        match self.below(4) {
            0 => format!("{}s the {first} of a {second}", capitalised(verb)),
            1 => format!(
                "{}s every {first} whose {second} has no {third} yet",
                capitalised(verb)
            ),
            2 => format!(
                "{}s a {first}; the {second} is left as it was, {third} included",
                capitalised(verb)
            ),
            _ => format!("The {first} decides which {second} to {verb} before the {third}"),
        }
    }
}

const NOUNS: &[&str] = &[
    "request", "path", "pattern", "author", "session", "handler", "token", "disk", "task", "error",
    "cache", "field", "service", "value", "worker", "queue", "response", "index", "record",
    "event", "filter", "column", "header", "packet", "schema", "query", "cursor", "buffer",
    "signal", "matrix", "vector", "sample", "weight", "layer", "invoice", "account", "region",
    "ledger", "widget", "layout", "cluster", "replica", "shard", "policy", "tenant", "budget",
    "quota",
];

const VERBS: &[&str] = &[
    "read",
    "write",
    "compile",
    "update",
    "resolve",
    "parse",
    "render",
    "merge",
    "collect",
    "validate",
    "schedule",
    "encode",
    "decode",
    "publish",
    "compare",
    "remove",
    "select",
    "flush",
    "measure",
    "transform",
    "count",
    "restore",
];

/// Gives one of the nouns for any number.
pub(super) fn noun(index: u64) -> &'static str {
    pick(NOUNS, index)
}

fn pick(words: &'static [&'static str], index: u64) -> &'static str {
    let index = index % words.len() as u64;
    words[usize::try_from(index).unwrap_or_default()]
}

/// Gives the word with a capital.
pub(super) fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
