//! The credentials that the user's own client configuration gives for a registry's host. Reads them, never writes or shows them.

use std::{collections::BTreeMap, path::PathBuf};

use synthesizer_model::secret::Secret;
use url::Url;

use crate::{http::Credentials, sources::cache::read_bounded};

/// Variables that hold one index URL.
const SINGLE: &[&str] = &["UV_DEFAULT_INDEX", "UV_INDEX_URL"];
/// Variables that hold index URLs separated by spaces, or paths and URLs separated by commas.
const SEVERAL: &[&str] = &["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"];
/// A netrc file is read up to this size.
const MOST_NETRC_BYTES: u64 = 1 << 20;

/// Gives the credentials for a URL, when the configuration names its scheme, host and port.
///
/// Looked for in the index URLs themselves, in `UV_INDEX_<NAME>_USERNAME` and `_PASSWORD`, and in the netrc file
/// (`NETRC`, else `~/.netrc`; for `https` only), in this order.
pub(super) fn credentials_for(
    url: &Url,
    environment: &BTreeMap<String, String>,
) -> Option<Credentials> {
    let indexes = index_urls(environment);
    let same_place = |index: &&(Option<String>, Url)| index.1.origin() == url.origin();
    let in_url = indexes
        .iter()
        .filter(same_place)
        .find_map(|(_, index)| inside(index));
    let by_name = || {
        indexes
            .iter()
            .filter(same_place)
            .find_map(|(name, _)| named(name.as_deref()?, environment))
    };
    in_url.or_else(by_name).or_else(|| netrc(url, environment))
}

/// Gives every setting that decides where packages come from, to keep cached answers of different indexes apart.
pub(super) fn index_settings(environment: &BTreeMap<String, String>) -> String {
    let settings = SINGLE
        .iter()
        .chain(SEVERAL)
        .chain(&["UV_CONFIG_FILE", "UV_NO_INDEX"]);
    settings
        .filter_map(|name| {
            environment
                .get(*name)
                .map(|value| format!("{name}={value}\n"))
        })
        .collect()
}

fn index_urls(environment: &BTreeMap<String, String>) -> Vec<(Option<String>, Url)> {
    let value = |name: &&str| environment.get(*name).map(String::as_str);
    let single = SINGLE.iter().filter_map(value).map(str::trim);
    let several = SEVERAL
        .iter()
        .filter_map(value)
        .flat_map(|text| text.split([' ', ',', '\n', '\t']));
    single
        .chain(several)
        .filter(|text| !text.is_empty())
        .filter_map(index_url)
        .collect()
}

/// Reads `URL` or `NAME=URL`.
fn index_url(text: &str) -> Option<(Option<String>, Url)> {
    let (name, address) = match text.split_once('=') {
        Some((name, address)) if !name.contains([':', '/']) => (Some(name.to_owned()), address),
        _ => (None, text),
    };
    Some((name, Url::parse(address).ok()?))
}

fn inside(index: &Url) -> Option<Credentials> {
    let password = index.password()?;
    Some(Credentials {
        user: decoded(index.username()),
        password: Secret::new(decoded(password)),
    })
}

fn named(name: &str, environment: &BTreeMap<String, String>) -> Option<Credentials> {
    let name: String = name
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    let password = environment.get(&format!("UV_INDEX_{name}_PASSWORD"))?;
    let user = environment
        .get(&format!("UV_INDEX_{name}_USERNAME"))
        .cloned()
        .unwrap_or_default();
    Some(Credentials {
        user,
        password: Secret::new(password),
    })
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

fn netrc(url: &Url, environment: &BTreeMap<String, String>) -> Option<Credentials> {
    if url.scheme() != "https" {
        return None;
    }
    let path = match environment.get("NETRC") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(environment.get("HOME")?).join(".netrc"),
    };
    let text = read_bounded(&path, MOST_NETRC_BYTES)?;
    netrc_entry(&String::from_utf8_lossy(&text), url.host_str()?)
}

/// Finds a machine in a netrc file; a `default` entry would send credentials to every host, so it is not used.
fn netrc_entry(text: &str, host: &str) -> Option<Credentials> {
    let lines = text.lines().map(|line| {
        if line.trim_start().starts_with('#') {
            ""
        } else {
            line
        }
    });
    let mut words = lines.flat_map(str::split_whitespace);
    let (mut matches, mut user, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if matches && password.is_some() {
                    break;
                }
                matches = word == "machine"
                    && words
                        .next()
                        .is_some_and(|name| name.eq_ignore_ascii_case(host));
                (user, password) = (None, None);
            }
            "login" => user = words.next(),
            "password" => password = words.next(),
            "account" => {
                words.next();
            }
            _ => {}
        }
    }
    let password = password.filter(|_| matches)?;
    Some(Credentials {
        user: user.unwrap_or_default().to_owned(),
        password: Secret::new(password),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, environment: &[(&str, &str)], expected: Option<(&str, &str)>) {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let found = credentials_for(&Url::parse(url).expect("a url"), &environment);
        let found = found
            .as_ref()
            .map(|found| (found.user.as_str(), found.password.expose()));
        assert_eq!(found, expected, "{url} {environment:?}");
    }

    #[test]
    fn credentials_go_to_the_place_that_they_were_given_for() {
        let mirror = (
            "UV_DEFAULT_INDEX",
            "https://user:p%40ss@mirror.example/simple",
        );
        check(
            "https://mirror.example/files/x.tar.gz",
            &[mirror],
            Some(("user", "p@ss")),
        );
        check("https://mirror.example:8443/x", &[mirror], None);
        check("http://mirror.example/x", &[mirror], None);
        check("https://mirror.example.evil.example/x", &[mirror], None);
        let several = (
            "UV_INDEX",
            "https://other.example/x corp-1=https://corp.example/simple",
        );
        let (user, password) = (
            ("UV_INDEX_CORP_1_USERNAME", "u"),
            ("UV_INDEX_CORP_1_PASSWORD", "p"),
        );
        check(
            "https://corp.example/x",
            &[several, user, password],
            Some(("u", "p")),
        );
        check("https://other.example/x", &[several, user, password], None);
    }

    #[test]
    fn netrc_is_read_by_machine() {
        let text = "# machine a.example login no password no\nmachine a.example\n login u\n password p\ndefault login d password d\n";
        let found = netrc_entry(text, "A.example")
            .map(|found| (found.user, found.password.expose().to_owned()));
        assert_eq!(found, Some(("u".to_owned(), "p".to_owned())));
        assert_eq!(netrc_entry(text, "b.example"), None);
        assert_eq!(
            netrc_entry(
                "machine b.example login u password p machine a.example login x",
                "a.example"
            ),
            None
        );
    }
}
