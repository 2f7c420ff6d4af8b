//! Whether the body of an answer may be kept: whole, by its own media type, and without the credentials of its question. Judges no
//! meaning; that is for who asked.

use aho_corasick::AhoCorasick;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use http::{HeaderMap, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::service::Authorization;

/// Shorter secrets occur by chance, and would keep nearly everything from being kept.
const SHORTEST: usize = 8;

/// Says whether a body is what its media type says, so that one broken answer is not given again for as long as a good one.
///
/// JSON has to be well-formed, XML has to end with the end of its first element. A web page is never what a service was asked for.
pub(super) fn is_whole(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") {
        serde_json::from_slice::<Readable>(body).is_ok()
    } else if kind == "text/html" {
        false
    } else if matches!(kind.as_str(), "application/xml" | "text/xml") || kind.ends_with("+xml") {
        is_closed(body)
    } else {
        true
    }
}

/// Any JSON that the library can read into a value: well-formed, and not nested deeper than it goes.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// Says whether the first element is closed at the end.
fn is_closed(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let mut starts = body.windows(2).enumerate();
    let first = starts.find(|(_, pair)| pair[0] == b'<' && pair[1].is_ascii_alphabetic());
    let Some((start, _)) = first else {
        return false;
    };
    let rest = &body[start + 1..];
    let is_end = |byte: &u8| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace();
    let name = &rest[..rest.iter().position(is_end).unwrap_or(rest.len())];
    let before = body.strip_suffix(b">").map(<[u8]>::trim_ascii_end);
    let before = before.and_then(|body| body.strip_suffix(name));
    before.is_some_and(|body| body.ends_with(b"</"))
}

/// Says whether a text repeats the secret of a question: as it is, in JSON, percent-encoded, or in Base64 at any offset.
///
/// A service that shows us our own token does not get it written to the disk.
pub(super) fn repeats_secret(authorization: Option<&Authorization>, text: &[u8]) -> bool {
    let secret = match authorization {
        None => return false,
        Some(Authorization::Bearer(token) | Authorization::Header(_, token)) => token.expose(),
        Some(Authorization::Basic(credentials)) => credentials.password.expose(),
    };
    // A scheme before the token is no secret.
    let secret = secret.rsplit(' ').next().unwrap_or_default();
    if secret.len() < SHORTEST {
        return false;
    }
    let json = serde_json::Value::from(secret).to_string();
    let json = json.trim_matches('"');
    let mut forms = vec![
        secret.to_owned(),
        json.to_owned(),
        json.replace('/', "\\/"),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
    ];
    forms.extend((0..3).flat_map(|offset| base64_forms(secret, offset)));
    // Percent-encoding may have either case; so may hosts that a token was put into.
    let finder = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(&forms);
    finder.is_ok_and(|finder| finder.is_match(text))
}

/// Gives what is sure of a secret's Base64 when so many bytes stand before it in its group of three.
fn base64_forms(secret: &str, offset: usize) -> [String; 2] {
    let padded = [&[0; 2][..offset], secret.as_bytes()].concat();
    let first = if offset == 0 { 0 } else { offset + 1 };
    let last = padded.len() * 4 / 3;
    [
        BASE64_STANDARD_NO_PAD.encode(&padded),
        BASE64_URL_SAFE_NO_PAD.encode(&padded),
    ]
    .map(|text| text.get(first..last).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use synthesizer_model::secret::Secret;

    use super::*;

    #[test]
    fn broken_bodies_are_not_whole() {
        let check = |kind: &'static str, body: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            if !kind.is_empty() {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            assert_eq!(
                is_whole(&headers, body.as_bytes()),
                expected,
                "{kind} {body}"
            );
        };
        check("application/json; charset=utf-8", "{\"a\": [1]}", true);
        check("Application/JSON", "{\"a\": [1", false);
        check("application/vnd.github+json", "", false);
        check("application/json", "{} {}", false);
        check("application/json", &"[".repeat(100_000), false);
        let deep = ["[".repeat(1_000), "]".repeat(1_000)].concat();
        check("application/json", &deep, false);
        check(
            "application/json",
            "[null, -1, 2.5e3, \"\\u00e9\", true, {\"a\": {}}]",
            true,
        );
        let feed = "<?xml version=\"1.0\"?>\n<!-- a --><feed xmlns=\"x\"><entry/></feed >\n";
        check("application/atom+xml", feed, true);
        check("application/atom+xml", &feed[..feed.len() - 9], false);
        check("text/xml", "<feed><entry></entry>", false);
        check("text/xml", "", false);
        check("text/xml", "<", false);
        check("text/html", "<html></html>", false);
        check("text/plain", "anything", true);
        check("", "anything", true);
    }

    #[test]
    fn an_answer_with_the_token_is_told() {
        let token = "thirty/seven+wombats=sing";
        let bearer = Authorization::Bearer(Secret::new(token));
        let header =
            Authorization::Header(header::AUTHORIZATION, Secret::new(format!("token {token}")));
        let check = |text: &str, expected: bool| {
            for authorization in [&bearer, &header] {
                let found = repeats_secret(Some(authorization), text.as_bytes());
                assert_eq!(found, expected, "{text}");
            }
            assert!(!repeats_secret(None, text.as_bytes()));
        };
        check("{\"name\": \"thirty/seven wombats\"}", false);
        check(&format!("{{\"echo\": \"Bearer {token}\"}}"), true);
        check("{\"echo\": \"thirty\\/seven+wombats=sing\"}", true);
        check("?t=thirty%2fseven%2Bwombats%3dsing", true);
        for before in ["", "x", "xy", "user:"] {
            let text = format!("{before}{token} and more");
            check(&BASE64_STANDARD_NO_PAD.encode(&text), true);
            check(&BASE64_URL_SAFE_NO_PAD.encode(&text), true);
        }
        let short = Authorization::Bearer(Secret::new("short"));
        assert!(!repeats_secret(Some(&short), b"short"));
    }
}
