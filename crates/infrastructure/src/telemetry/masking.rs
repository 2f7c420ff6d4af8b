//! Masks secrets in text that leaves the process: those known at start and whatever looks like one. Linear in the text's length.

use std::{
    borrow::Cow,
    sync::{Arc, PoisonError, RwLock},
};

use base64::Engine as _;
use synthesizer_model::secret::MASK;

use super::shapes;
use crate::config::Config;

/// The secrets that were known at start; shapes are masked in any case.
static INSTALLED: RwLock<Option<Arc<Masker>>> = RwLock::new(None);

/// Shorter texts are not masked as known secrets: they would hide half of every line.
const SHORTEST: usize = 8;

/// What is percent-encoded in a URL's part: all but the unreserved characters (RFC 3986, section 2.3).
const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secrets of one configuration, ready to be found in text.
#[derive(Default)]
pub struct Masker {
    /// Every form of every secret, longest first.
    forms: Vec<String>,
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Masker")
            .field("forms", &self.forms.len())
            .finish()
    }
}

impl Masker {
    /// Takes secrets; each is found as it is, percent-encoded and in Base64.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets
            .into_iter()
            .filter(|secret| secret.len() >= SHORTEST)
        {
            forms.push(secret.to_owned());
            forms.push(percent_encoding::utf8_percent_encode(secret, RESERVED).to_string());
            forms.push(base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret));
        }
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        forms.dedup();
        Self { forms }
    }

    /// Takes the secrets of a configuration: tokens, passwords in the variables of the user's tools.
    pub fn of(config: &Config) -> Self {
        let tokens = config
            .tokens
            .values()
            .map(|token| token.expose().to_owned());
        let variables = config.tool_environment.iter().flat_map(|(name, value)| {
            let whole = name.ends_with("_PASSWORD") || name.ends_with("_TOKEN");
            whole
                .then(|| value.clone())
                .into_iter()
                .chain(passwords(value))
        });
        let secrets: Vec<String> = tokens.chain(variables).collect();
        Self::new(secrets.iter().map(String::as_str))
    }

    /// Masks everything in the text that is a known secret or looks like one.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for form in &self.forms {
            if masked.contains(form.as_str()) {
                masked = Cow::Owned(masked.replace(form.as_str(), MASK));
            }
        }
        match shapes::mask(&masked) {
            Cow::Borrowed(_) => masked,
            Cow::Owned(text) => Cow::Owned(text),
        }
    }
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
    let installed = INSTALLED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    match installed {
        Some(masker) => masker.mask(text),
        None => shapes::mask(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_are_found_in_every_form() {
        let masker = Masker::new(["correct horse/battery", "short"]);
        let text = "a correct horse/battery b correct%20horse%2Fbattery c Y29ycmVjdCBob3JzZS9iYXR0ZXJ5 d short";
        assert_eq!(masker.mask(text), "a **** b **** c **** d short");
        assert_eq!(format!("{masker:?}"), "Masker { forms: 3 }");
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
