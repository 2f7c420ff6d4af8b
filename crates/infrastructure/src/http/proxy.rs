//! The proxies of the user's environment: which one, if any, a URL goes through. Reads the given map, never the process.
//!
//! Through a proxy the proxy resolves the name, so no address of ours can be checked or pinned: the user's own
//! configuration asked for that. Names and literal addresses that are private by themselves are still refused.

use std::collections::BTreeMap;

use url::Url;

/// Gives the proxy for a URL, by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` (in either case) and `NO_PROXY`.
///
/// Only `http://` and `https://` proxies are known; any other value is as if it were not there.
pub(super) fn proxy_of(url: &Url, environment: &BTreeMap<String, String>) -> Option<Url> {
    let specific = if url.scheme() == "https" {
        "https_proxy"
    } else {
        "http_proxy"
    };
    let value = read(environment, specific).or_else(|| read(environment, "all_proxy"))?;
    if is_exempt(url, read(environment, "no_proxy").unwrap_or_default()) {
        return None;
    }
    let text = if value.contains("://") {
        value.to_owned()
    } else {
        format!("http://{value}")
    };
    Url::parse(&text)
        .ok()
        .filter(|proxy| matches!(proxy.scheme(), "http" | "https") && proxy.has_host())
}

fn read<'a>(environment: &'a BTreeMap<String, String>, lower: &str) -> Option<&'a str> {
    let value = environment
        .get(lower)
        .or_else(|| environment.get(&lower.to_ascii_uppercase()))?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// Matches a comma-separated list of `*`, names (which mean their subdomains too), addresses, each with an optional port.
fn is_exempt(url: &Url, list: &str) -> bool {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .trim_end_matches('.')
        .to_ascii_lowercase();
    let port = url.port_or_known_default();
    list.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .any(|item| {
            let item = item.to_ascii_lowercase();
            if item == "*" {
                return true;
            }
            let (name, wanted) = match item.rsplit_once(':') {
                Some((name, digits)) if !name.contains(':') => (name, digits.parse::<u16>().ok()),
                _ => (item.as_str(), None),
            };
            let name = name
                .trim_matches(['[', ']'])
                .trim_start_matches("*.")
                .trim_matches('.');
            let same = host == name
                || host
                    .strip_suffix(name)
                    .is_some_and(|rest| rest.ends_with('.'));
            !name.is_empty() && same && (wanted.is_none() || wanted == port)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, environment: &[(&str, &str)], expected: Option<&str>) {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let url = Url::parse(url).expect("a url");
        assert_eq!(
            proxy_of(&url, &environment).as_ref().map(Url::as_str),
            expected,
            "{url}"
        );
    }

    #[test]
    fn the_proxy_follows_scheme_and_exemptions() {
        check("https://a.example/x", &[], None);
        check(
            "https://a.example/x",
            &[("HTTPS_PROXY", "http://p.example:3128")],
            Some("http://p.example:3128/"),
        );
        check(
            "https://a.example/x",
            &[("https_proxy", "p.example:3128")],
            Some("http://p.example:3128/"),
        );
        check(
            "https://a.example/x",
            &[("HTTP_PROXY", "http://p.example")],
            None,
        );
        check(
            "http://a.example/x",
            &[("ALL_PROXY", "http://p.example")],
            Some("http://p.example/"),
        );
        check(
            "http://a.example/x",
            &[("ALL_PROXY", "socks5://p.example")],
            None,
        );
        for exempt in ["a.example", ".example", "*", "x, example", "a.example:443"] {
            check(
                "https://a.example/x",
                &[("HTTPS_PROXY", "http://p.example"), ("NO_PROXY", exempt)],
                None,
            );
        }
        for other in ["b.example", "ample", "a.example:444", "", ","] {
            let environment = [("HTTPS_PROXY", "http://p.example"), ("NO_PROXY", other)];
            check(
                "https://a.example/x",
                &environment,
                Some("http://p.example/"),
            );
        }
    }
}
