//! Addresses in a form that can be compared. Knows no platform: a link leads to a repository when it begins with that repository's address.

use url::Url;

/// The longest address that is read.
const LONGEST: usize = 2_000;
/// The most parts of a path that are compared; deeper groups do not exist in practice.
const MOST_SEGMENTS: usize = 10;
/// What a repository's address has at least, behind the host: owner and name.
const LEAST_SEGMENTS: usize = 2;

/// Gives the form of a repository's own page: host and path, without scheme, case, `www.`, `.git` and version of a paper.
///
/// `None` for what is not the address of a repository: another scheme, fewer than two parts.
pub(crate) fn repository_key(address: &str) -> Option<String> {
    let (host, segments) = taken_apart(address)?;
    (segments.len() >= LEAST_SEGMENTS).then(|| joined(&host, &segments))
}

/// Gives the forms of every repository to whose page or files an address may lead, the longest first.
pub(crate) fn keys_on_the_way(address: &str) -> Vec<String> {
    let Some((host, segments)) = taken_apart(address) else {
        return Vec::new();
    };
    (LEAST_SEGMENTS..=segments.len())
        .rev()
        .map(|length| joined(&host, &segments[..length]))
        .collect()
}

/// Gives the form of any page, such as a homepage; `None` for other schemes.
pub(crate) fn page_key(address: &str) -> Option<String> {
    let (host, segments) = taken_apart(address)?;
    Some(joined(&host, &segments))
}

fn taken_apart(address: &str) -> Option<(String, Vec<String>)> {
    if address.len() > LONGEST {
        return None;
    }
    let url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let host = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let segments = url
        .path_segments()?
        .filter(|segment| !segment.is_empty())
        .take(MOST_SEGMENTS)
        .map(str::to_lowercase)
        .collect();
    Some((host, segments))
}

fn joined(host: &str, segments: &[String]) -> String {
    let mut key = host.to_owned();
    for (position, segment) in segments.iter().enumerate() {
        let last = position + 1 == segments.len();
        key.push('/');
        key.push_str(if last { bare(segment) } else { segment });
    }
    key
}

/// Gives a name without `.git`, and the number of a paper (`2101.00001v2`) without its version.
fn bare(name: &str) -> &str {
    let name = match name.strip_suffix(".git") {
        Some("") | None => name,
        Some(shorter) => shorter,
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match name.rsplit_once('v') {
        Some((number, version)) if digits(version) => match number.split_once('.') {
            Some((left, right)) if digits(left) && digits(right) => number,
            _ => name,
        },
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(repository_key(address).as_deref(), expected, "{address}");
    }

    #[test]
    fn addresses_of_repositories_have_one_form() {
        check(
            "https://git.example/Owner/Name",
            Some("git.example/owner/name"),
        );
        check(
            "http://www.git.example/owner/name.git/",
            Some("git.example/owner/name"),
        );
        check(
            "https://user:word@git.example./owner//name?tab=1#top",
            Some("git.example/owner/name"),
        );
        check("https://git.example:8443/a/b", Some("git.example:8443/a/b"));
        check(
            "https://papers.example/abs/2101.00001v2",
            Some("papers.example/abs/2101.00001"),
        );
        check("https://git.example/a/v8.1v", Some("git.example/a/v8.1v"));
        check("https://git.example/a/.git", Some("git.example/a/.git"));
    }

    #[test]
    fn other_addresses_have_none() {
        let long = format!("https://git.example/a/{}", "b".repeat(3_000));
        for address in [
            "",
            "owner/name",
            "https://git.example",
            "https://git.example/owner",
            "https://git.example/owner/..",
            "git@git.example:owner/name",
            "javascript:alert(1)",
            "file:///a/b",
            "data:text/plain,a/b",
            &long,
        ] {
            check(address, None);
        }
    }

    #[test]
    fn a_link_into_a_repository_leads_to_it() {
        assert_eq!(
            keys_on_the_way("https://git.example/a/b.git"),
            ["git.example/a/b"]
        );
        let deep = keys_on_the_way("https://git.example/group/sub/name/-/tree/main");
        assert!(deep.contains(&"git.example/group/sub/name".to_owned()));
        assert!(
            keys_on_the_way(&format!("https://h.example/{}", "x/".repeat(900))).len()
                <= MOST_SEGMENTS
        );
    }
}
