//! Masking of text that comes in pieces: no secret escapes by lying across two of them. Must hold a bounded amount back.

use super::{Span, current, pieces};

/// How much is held back: more than any secret is long but private keys and values of names, which are followed further.
const HELD: usize = 16 << 10;

/// How much text before a secret may be what tells that it is one.
const CONTEXT: usize = 256;

/// The most that is held while one secret goes on and on.
const MOST_HELD: usize = 512 << 10;

/// What the rest of a private key is taken to follow, once its beginning is gone.
const REST_OF_KEY: &str = "-----BEGIN PRIVATE KEY-----";

/// Masks a stream of text.
#[derive(Debug, Default)]
pub struct StreamMasker {
    pending: String,
    /// How long the pending text must be before it is looked at again: as long again, so that each byte is looked at a few times in all.
    enough: usize,
    /// The pending text begins in the middle of a secret that was already masked.
    within: bool,
}

impl StreamMasker {
    /// Makes a masker at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece and gives what is ready, masked.
    pub fn push(&mut self, piece: &str) -> String {
        self.pending.push_str(piece);
        self.take(HELD)
    }

    /// Gives the rest, masked, at the end of the stream.
    pub fn finish(self) -> String {
        let masker = current();
        let spans = masker.find(&self.pending);
        let masked = self.masked(&spans, self.pending.len());
        if spans.is_empty() {
            masked
        } else {
            masker.settled(masked)
        }
    }

    fn take(&mut self, held: usize) -> String {
        if self.pending.len() <= self.enough.max(held + CONTEXT) {
            return String::new();
        }
        let ready = self.look(held);
        self.enough = (2 * self.pending.len()).min(MOST_HELD);
        ready
    }

    fn look(&mut self, held: usize) -> String {
        let spans = current().find(&self.pending);
        let mut cut = self.pending.floor_char_boundary(self.pending.len() - held);
        // What is cut off must hold none of a later secret, nor what tells that it is one.
        for span in spans.iter().rev() {
            if span.end + CONTEXT > cut && span.start.saturating_sub(CONTEXT) < cut {
                cut = self
                    .pending
                    .floor_char_boundary(span.start.saturating_sub(CONTEXT));
            }
        }
        if cut > 0 && !(self.within && cut < REST_OF_KEY.len()) {
            let ready = self.masked(&spans, cut);
            self.pending.drain(..cut);
            self.within = false;
            return ready;
        }
        if self.pending.len() < MOST_HELD {
            return String::new();
        }
        self.give_up_holding(&spans)
    }

    /// One secret has filled everything: it is masked now, and its rest will be.
    fn give_up_holding(&mut self, spans: &[Span]) -> String {
        let end = spans.last().map_or(self.pending.len(), |span| span.end);
        let ready = self.masked(spans, end);
        let tail = self.pending.floor_char_boundary(
            self.pending
                .len()
                .saturating_sub(64)
                .max(end.min(self.pending.len().saturating_sub(64))),
        );
        self.pending = format!("{REST_OF_KEY}{}", &self.pending[tail..]);
        self.within = true;
        ready
    }

    /// Masks the pending text up to `cut`; a secret that was masked already is left out.
    fn masked(&self, spans: &[Span], cut: usize) -> String {
        let inside: Vec<Span> = spans
            .iter()
            .copied()
            .filter(|span| span.end <= cut)
            .collect();
        let masked = pieces(&self.pending[..cut], &inside);
        match masked.strip_prefix(synthesizer_model::secret::MASK) {
            Some(rest) if self.within => rest.to_owned(),
            _ => masked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::masking::mask;

    fn streamed(text: &str, size: usize, held: usize) -> String {
        let mut masker = StreamMasker::new();
        let mut output = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.ceil_char_boundary(size.min(rest.len()));
            masker.pending.push_str(&rest[..end]);
            output.push_str(&masker.take(held));
            rest = &rest[end..];
        }
        output.push_str(&masker.finish());
        output
    }

    #[test]
    fn pieces_of_any_size_give_what_the_whole_gives() {
        let token = format!("gh{}_{}", "p", "a1B2".repeat(9));
        let filler = "the quick brown f\u{f6}x and 1234567890 jump ".repeat(12);
        let key = format!(
            "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
            "MIIE\n".repeat(40)
        );
        let text = format!(
            "{filler}{token}{filler}password = \"correct horse\" {filler}{key}{filler}https://me:pass@host.example/{filler}token%3D{token}"
        );
        let whole = mask(&text);
        assert_eq!(whole.matches("****").count(), 5, "{whole}");
        for size in [1, 2, 7, 64, 333, 4096] {
            assert_eq!(streamed(&text, size, 512), whole, "pieces of {size}");
        }
    }

    #[test]
    fn a_key_without_end_is_masked_in_bounded_memory() {
        let mut masker = StreamMasker::new();
        let mut output = masker.push("before -----BEGIN PRIVATE KEY-----\n");
        for _ in 0..400 {
            output.push_str(&masker.push(&"MIIEabc0\n".repeat(1000)));
            assert!(
                masker.pending.len() < MOST_HELD + 20_000,
                "{}",
                masker.pending.len()
            );
        }
        output.push_str(&masker.push("-----END PRIVATE KEY-----\nafter"));
        output.push_str(&masker.finish());
        assert!(!output.contains("MIIE"), "{}", output.len());
        assert!(
            output.starts_with("before ****") && output.ends_with("after"),
            "{output}"
        );
    }
}
