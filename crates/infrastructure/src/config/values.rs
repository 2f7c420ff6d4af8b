//! The kinds of values that settings take and how each is read. Messages never repeat the value: it could be a misplaced secret.

use std::{
    net::{Ipv6Addr, SocketAddr},
    num::NonZeroU16,
    time::Duration,
};

use synthesizer_model::secret::Secret;

use super::AllowedHost;

/// What the value of a setting looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number of bytes: an integer or a text such as `512 MiB`.
    Size {
        /// The least number of bytes.
        minimum: u64,
        /// The largest number of bytes.
        maximum: u64,
    },
    /// A time: whole seconds or a text such as `30 s`, `5 m`, `2 h`.
    Duration {
        /// The least number of seconds.
        minimum: u64,
        /// The largest number of seconds.
        maximum: u64,
    },
    /// A whole number.
    Count {
        /// The least number.
        minimum: u64,
        /// The largest number.
        maximum: u64,
    },
    /// `true` or `false`.
    Boolean,
    /// One of the given words.
    Choice(&'static [&'static str]),
    /// A filter of log events.
    LogFilter,
    /// A path, relative to the file's folder or the working directory.
    Path,
    /// A list of folders that exist.
    Folders,
    /// A list of `host` or `host:port`.
    Hosts,
    /// A list of texts.
    Texts,
    /// A text.
    Text,
    /// An address to listen on, such as `127.0.0.1:8400`.
    Listen,
    /// An `http` or `https` URL without user, password, query and fragment.
    Address,
    /// A secret text, or `{ file = "…" }`.
    Secret,
}

/// A value as it was written, before its kind is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    /// A text in the file.
    Text(String),
    /// A variable's or flag's value, which stands for any kind.
    Word(String),
    /// A whole number in the file.
    Integer(i128),
    /// `true` or `false` in the file.
    Boolean(bool),
    /// A list of texts in the file.
    List(Vec<String>),
    /// `{ file = "…" }` in the file.
    File(String),
    /// Anything else in the file.
    Other,
}

/// A value of the right kind within its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Duration(Duration),
    Boolean(bool),
    Text(String),
    List(Vec<String>),
    Hosts(Vec<AllowedHost>),
    Listen(SocketAddr),
    Address(url::Url),
    Secret(SecretValue),
}

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SecretValue {
    Written(Secret),
    File(String),
}

impl Kind {
    /// Describes acceptable values, for messages and the reference.
    pub fn description(self) -> String {
        match self {
            Self::Size { minimum, maximum } => format!(
                "a size from {} to {}, such as 512 MiB, or a number of bytes",
                show_size(minimum),
                show_size(maximum)
            ),
            Self::Duration { minimum, maximum } => {
                format!(
                    "a time from {minimum} s to {maximum} s, such as 30 s or 5 m, or a number of seconds"
                )
            }
            Self::Count { minimum, maximum } => {
                format!("a whole number from {minimum} to {maximum}")
            }
            Self::Boolean => "true or false".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::LogFilter => "a log filter, such as warn or synthesizer=debug".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Folders => "a list of folders".to_owned(),
            Self::Hosts => "a list of hosts, each as host or host:port".to_owned(),
            Self::Texts => "a list of texts".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Listen => "an address and port to listen on, such as 127.0.0.1:8400".to_owned(),
            Self::Address => {
                "an http or https URL without user, password, query and fragment".to_owned()
            }
            Self::Secret => "a text of printable ASCII characters, or { file = \"…\" }".to_owned(),
        }
    }
}

/// Reads a value, or gives `None` when it is not what the kind describes.
pub(super) fn parse(kind: Kind, raw: &Raw) -> Option<Value> {
    match kind {
        Kind::Size { minimum, maximum } => {
            let bytes = number(raw).or_else(|| text(raw).and_then(parse_size))?;
            (minimum..=maximum)
                .contains(&bytes)
                .then_some(Value::Number(bytes))
        }
        Kind::Duration { minimum, maximum } => {
            let time = number(raw)
                .map(Duration::from_secs)
                .or_else(|| text(raw).and_then(parse_time))?;
            let least = Duration::from_secs(minimum).max(Duration::from_millis(1));
            let within = (least..=Duration::from_secs(maximum)).contains(&time);
            within.then_some(Value::Duration(time))
        }
        Kind::Count { minimum, maximum } => {
            let count = number(raw)?;
            (minimum..=maximum)
                .contains(&count)
                .then_some(Value::Number(count))
        }
        Kind::Boolean => match raw {
            Raw::Boolean(value) => Some(Value::Boolean(*value)),
            Raw::Word(word) => word.parse().ok().map(Value::Boolean),
            Raw::Text(_) | Raw::Integer(_) | Raw::List(_) | Raw::File(_) | Raw::Other => None,
        },
        Kind::Choice(words) => {
            let word = text(raw)?;
            words.contains(&word).then(|| Value::Text(word.to_owned()))
        }
        Kind::LogFilter => {
            let filter = text(raw)?;
            let valid = tracing_subscriber::EnvFilter::builder()
                .parse(filter)
                .is_ok();
            valid.then(|| Value::Text(filter.to_owned()))
        }
        Kind::Path => {
            let path = text(raw).filter(|path| is_path(path))?;
            Some(Value::Text(path.to_owned()))
        }
        Kind::Folders => {
            let paths = list(raw)?;
            paths
                .iter()
                .all(|path| is_path(path))
                .then_some(Value::List(paths))
        }
        Kind::Hosts => {
            let hosts: Option<Vec<_>> = list(raw)?.iter().map(|host| parse_host(host)).collect();
            hosts.map(Value::Hosts)
        }
        Kind::Texts => {
            let texts = list(raw)?;
            texts
                .iter()
                .all(|text| is_path(text))
                .then_some(Value::List(texts))
        }
        Kind::Text => text(raw)
            .filter(|text| is_path(text))
            .map(|text| Value::Text(text.to_owned())),
        Kind::Listen => text(raw)?.parse().ok().map(Value::Listen),
        Kind::Address => parse_address(text(raw)?).map(Value::Address),
        Kind::Secret => match raw {
            Raw::File(path) => {
                is_path(path).then(|| Value::Secret(SecretValue::File(path.clone())))
            }
            other => text(other)
                .filter(|text| is_token(text))
                .map(|text| Value::Secret(SecretValue::Written(Secret::new(text)))),
        },
    }
}

/// Says whether a text can be sent as a credential in a header.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_graphic())
}

fn parse_address(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text).ok()?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain).then_some(url)
}

fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn text(raw: &Raw) -> Option<&str> {
    match raw {
        Raw::Text(text) | Raw::Word(text) => Some(text),
        Raw::Integer(_) | Raw::Boolean(_) | Raw::List(_) | Raw::File(_) | Raw::Other => None,
    }
}

fn number(raw: &Raw) -> Option<u64> {
    match raw {
        Raw::Integer(integer) => u64::try_from(*integer).ok(),
        Raw::Word(word) => word.parse().ok(),
        Raw::Text(_) | Raw::Boolean(_) | Raw::List(_) | Raw::File(_) | Raw::Other => None,
    }
}

fn list(raw: &Raw) -> Option<Vec<String>> {
    match raw {
        Raw::List(entries) => Some(entries.clone()),
        Raw::Word(word) => {
            let entries = word
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty());
            Some(entries.map(str::to_owned).collect())
        }
        Raw::Text(_) | Raw::Integer(_) | Raw::Boolean(_) | Raw::File(_) | Raw::Other => None,
    }
}

/// Splits `512 MiB` into 512 and `MiB`.
fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, unit.trim()))
}

fn parse_size(text: &str) -> Option<u64> {
    let (count, unit) = split_unit(text)?;
    let factor: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return None,
    };
    count.checked_mul(factor)
}

fn parse_time(text: &str) -> Option<Duration> {
    let (count, unit) = split_unit(text)?;
    let factor: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    count.checked_mul(factor).map(Duration::from_millis)
}

fn show_size(bytes: u64) -> String {
    let units = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    units
        .into_iter()
        .find(|(factor, _)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .map_or_else(
            || format!("{bytes} B"),
            |(factor, unit)| format!("{} {unit}", bytes / factor),
        )
}

/// Reads `host`, `host:port`, `[address]:port` or an IPv6 address without brackets.
fn parse_host(text: &str) -> Option<AllowedHost> {
    let is_address = |host: &str| host.parse::<Ipv6Addr>().is_ok();
    let (host, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(None) => return None,
        Some(Some((host, _))) if !is_address(host) => return None,
        Some(Some((host, ""))) => (host, None),
        Some(Some((host, rest))) => (host, Some(rest.strip_prefix(':')?)),
        None if is_address(text) => (text, None),
        None => text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = match port {
        Some(port) => Some(port.parse::<NonZeroU16>().ok()?.get()),
        None => None,
    };
    let plain = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | ':')
    };
    let acceptable = !host.is_empty() && host.len() <= 253 && host.chars().all(plain);
    acceptable.then(|| AllowedHost {
        host: host.to_ascii_lowercase(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Kind = Kind::Size {
        minimum: 1024,
        maximum: 1 << 40,
    };
    const TIME: Kind = Kind::Duration {
        minimum: 1,
        maximum: 3600,
    };
    const COUNT: Kind = Kind::Count {
        minimum: 1,
        maximum: 10,
    };

    fn check(kind: Kind, raw: Raw, expected: Option<Value>) {
        assert_eq!(parse(kind, &raw), expected, "{kind:?} {raw:?}");
    }

    fn written(value: &str) -> Raw {
        Raw::Text(value.to_owned())
    }

    fn word(value: &str) -> Raw {
        Raw::Word(value.to_owned())
    }

    #[test]
    fn sizes_and_times_have_units() {
        check(SIZE, Raw::Integer(2048), Some(Value::Number(2048)));
        check(SIZE, written("512 MiB"), Some(Value::Number(512 << 20)));
        check(SIZE, written("1GB"), Some(Value::Number(1_000_000_000)));
        check(SIZE, written("4096"), None);
        check(SIZE, word("4096"), Some(Value::Number(4096)));
        check(SIZE, written("99999999999 TiB"), None);
        check(SIZE, written("1 B"), None);
        check(SIZE, written("-5 MiB"), None);
        check(SIZE, written("5 parsecs"), None);
        check(SIZE, Raw::Integer(-1), None);
        check(
            TIME,
            written("5m"),
            Some(Value::Duration(Duration::from_secs(300))),
        );
        check(
            TIME,
            Raw::Integer(30),
            Some(Value::Duration(Duration::from_secs(30))),
        );
        check(TIME, written("2 h"), None);
        check(TIME, written("ä"), None);
    }

    #[test]
    fn types_of_the_file_are_not_guessed() {
        check(COUNT, written("3"), None);
        check(COUNT, word("3"), Some(Value::Number(3)));
        check(COUNT, Raw::Integer(11), None);
        check(Kind::Boolean, written("true"), None);
        check(Kind::Boolean, word("true"), Some(Value::Boolean(true)));
        check(Kind::Choice(&["text", "json"]), written("xml"), None);
        check(Kind::LogFilter, written("synthesizer=loud"), None);
        check(Kind::Path, written("a\nb"), None);
    }

    #[test]
    fn hosts_may_name_a_port() {
        let host = |host: &str, port| AllowedHost {
            host: host.to_owned(),
            port,
        };
        let cases = [
            (
                "Git.Corp.example:8443",
                Some(host("git.corp.example", Some(8443))),
            ),
            ("127.0.0.1", Some(host("127.0.0.1", None))),
            ("[::1]:80", Some(host("::1", Some(80)))),
            ("[::1]", Some(host("::1", None))),
            ("::1", Some(host("::1", None))),
            ("host:0", None),
            ("host:", None),
            ("[::1]x", None),
            ("[::1]:0", None),
            ("https://host", None),
            ("user@host", None),
            ("host/path", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_host(text), expected, "{text:?}");
        }
    }
}
