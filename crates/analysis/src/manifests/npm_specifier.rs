//! What stands after the name of a dependency in `package.json`: a range, a tag, an alias, a place. Keeps no credentials, asks nobody.
//!
//! Forms: npm's (its manual of `package.json`), yarn's `portal:`, `patch:`, `link:` and
//! `exec:`, pnpm's and yarn's `workspace:` and `catalog:`, and `jsr:`.

use synthesizer_model::text::escape_untrusted;

use super::{
    allowance::{LONGEST_TEXT, cut},
    npm_range::Range,
};

/// A specifier as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Specifier {
    /// As written, without credentials.
    pub written: String,
    /// The name of the package that an alias stands for.
    pub real_name: Option<String>,
    /// The versions, in plain comparators, where it is a range that leaves some out.
    pub parsed: Option<String>,
    /// The place, when it is one: `git+https://…`, `https://….tgz`, `github:owner/name`, `file:../x`, `link:…`, `portal:…`.
    pub url: Option<String>,
    /// What other files of the tree decide.
    pub elsewhere: Elsewhere,
}

/// What other files decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// Nothing.
    #[default]
    Nothing,
    /// The catalog with this name; `default` when none is written.
    Catalog(String),
    /// The version of the workspace's own package, in this manner: `*`, `^`, `~`.
    Workspace(&'static str),
}

/// Reads a specifier.
pub(super) fn read(text: &str) -> Specifier {
    let written = shown(&without_credentials(text.trim()));
    let mut specifier = Specifier {
        written,
        ..Specifier::default()
    };
    let text = specifier.written.clone();
    match text.split_once(':') {
        Some(("npm", rest)) => read_alias(&mut specifier, rest),
        Some(("jsr", rest)) => read_jsr(&mut specifier, rest),
        Some(("workspace", rest)) => read_workspace(&mut specifier, rest),
        Some(("catalog", name)) => {
            let name = match name.trim() {
                "" => "default",
                name => name,
            };
            specifier.elsewhere = Elsewhere::Catalog(name.to_owned());
        }
        Some(("patch", rest)) => {
            let inner = rest.split('#').next().unwrap_or(rest);
            let range = inner.rsplit('@').next().unwrap_or(inner);
            let range = range.replace("%3A", ":").replace("%3a", ":");
            let range = range.strip_prefix("npm:").unwrap_or(&range);
            specifier.parsed = parsed(range);
        }
        _ if is_place(&text) => specifier.url = Some(place(&text)),
        _ => specifier.parsed = parsed(&text),
    }
    specifier
}

/// Gives the plain comparators of a range; `None` for a tag and when any version will do.
pub(super) fn parsed(range: &str) -> Option<String> {
    Range::parse(range)?.plain()
}

/// Gives the text as results may show it: cut where it is too long, with invisible characters escaped.
pub(super) fn shown(text: &str) -> String {
    escape_untrusted(cut(text, LONGEST_TEXT))
}

/// `npm:NAME@RANGE`, `npm:NAME`, and yarn's `npm:RANGE`.
fn read_alias(specifier: &mut Specifier, rest: &str) {
    let (name, range) = split_name(rest);
    let is_name = rest.starts_with(|first: char| first.is_alphabetic() || first == '@');
    match (range, Range::parse(rest)) {
        (None, Some(range)) if !is_name => specifier.parsed = range.plain(),
        (range, _) => {
            specifier.real_name = Some(name.to_owned());
            specifier.parsed = range.and_then(parsed);
        }
    }
}

/// `jsr:@SCOPE/NAME@RANGE` and `jsr:RANGE`; the name is the one under which npm clients know the package.
fn read_jsr(specifier: &mut Specifier, rest: &str) {
    let (name, range) = split_name(rest);
    let scoped = name.strip_prefix('@').and_then(|name| name.split_once('/'));
    match scoped {
        Some((scope, name)) => {
            specifier.real_name = Some(format!("@jsr/{scope}__{name}"));
            specifier.parsed = range.and_then(parsed);
        }
        None => specifier.parsed = parsed(rest),
    }
}

/// `workspace:RANGE`, `workspace:NAME@RANGE`, `workspace:./FOLDER`.
fn read_workspace(specifier: &mut Specifier, rest: &str) {
    if rest.starts_with(['.', '/']) {
        specifier.url = Some(specifier.written.clone());
        return;
    }
    let (name, range) = split_name(rest);
    let range = match range {
        Some(range) => {
            specifier.real_name = Some(name.to_owned());
            range
        }
        None => rest,
    };
    match range.trim() {
        "*" | "" => specifier.elsewhere = Elsewhere::Workspace("*"),
        "^" => specifier.elsewhere = Elsewhere::Workspace("^"),
        "~" => specifier.elsewhere = Elsewhere::Workspace("~"),
        range if Range::parse(range).is_some() => specifier.parsed = parsed(range),
        // A folder of the workspace, as yarn writes it.
        _ => specifier.url = Some(specifier.written.clone()),
    }
}

/// Splits `NAME@RANGE`; a scope's own `@` splits nothing.
pub(super) fn split_name(text: &str) -> (&str, Option<&str>) {
    let after_scope = text.chars().next().map_or(0, char::len_utf8);
    match text[after_scope..].find('@') {
        Some(at) => {
            let at = after_scope + at;
            (&text[..at], Some(&text[at + 1..]))
        }
        None => (text, None),
    }
}

/// Says whether a specifier names a place, by its form alone.
pub(super) fn is_place(text: &str) -> bool {
    let is_url = text.split_once(':').is_some_and(|(scheme, rest)| {
        rest.starts_with("//")
            || matches!(
                scheme,
                "file" | "link" | "portal" | "exec" | "git"
            )
            || HOSTING.contains(&scheme)
            || scheme.starts_with("git+")
            // `git@host:owner/name`
            || scheme.contains('@') && !scheme.contains(['/', ' '])
            || scheme.contains('.') && !scheme.contains(['/', ' ']) && rest.contains('/')
    });
    is_url || is_path(text) || is_shorthand(text)
}

/// Says where the package that a specifier names comes from: `registry`, `git`, `path`, `url`.
pub(super) fn source_of(specifier: &str) -> &'static str {
    let specifier = specifier.trim();
    let before = specifier.split('#').next().unwrap_or(specifier);
    match before.split_once(':') {
        Some(("npm" | "jsr" | "workspace" | "catalog" | "patch", _)) => "registry",
        Some(("file" | "link" | "portal" | "exec", _)) => "path",
        Some((scheme, _)) if HOSTING.contains(&scheme) => "git",
        Some((scheme, _))
            if scheme.starts_with("git") || scheme == "ssh" || scheme.contains('@') =>
        {
            "git"
        }
        Some(("http" | "https", _)) if before.ends_with(".git") => "git",
        Some(("http" | "https", _)) => "url",
        _ if is_path(specifier) => "path",
        _ if is_shorthand(specifier) => "git",
        _ => "registry",
    }
}

fn is_path(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with("~/")
        || text.starts_with('/')
        || matches!(text, "." | "..")
        || text.contains('\\')
        || [".tgz", ".tar.gz", ".tar"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// `owner/name` and `owner/name#commit`, which means GitHub.
fn is_shorthand(text: &str) -> bool {
    let before = text.split('#').next().unwrap_or(text);
    let Some((owner, name)) = before.split_once('/') else {
        return false;
    };
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.contains(['/', '@', ':', '%'])
            && !part.contains(char::is_whitespace)
    };
    is_plain(owner) && is_plain(name) && !owner.starts_with(['.', '-'])
}

fn place(text: &str) -> String {
    let has_scheme = text
        .split(['/', '#', '\\'])
        .next()
        .is_some_and(|start| start.contains(':'));
    if has_scheme {
        without_query(text)
    } else if is_path(text) {
        format!("file:{text}")
    } else {
        format!("github:{text}")
    }
}

/// Drops the query of a URL, which may hold a token; what stands after `#` stays.
fn without_query(text: &str) -> String {
    if !text.contains("://") {
        return text.to_owned();
    }
    let (address, fragment) = match text.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (text, None),
    };
    let address = address.split('?').next().unwrap_or(address);
    match fragment {
        Some(fragment) => format!("{address}#{fragment}"),
        None => address.to_owned(),
    }
}

/// Drops user name, password and query of a URL wherever one stands in the text, so that no credential is kept.
///
/// `git@` stays: it is the same for everyone.
pub(super) fn without_credentials(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find("://") {
        let (scheme, after) = rest.split_at(position + 3);
        kept.push_str(scheme);
        let end = after
            .find(|character: char| {
                matches!(character, '/' | '#' | '?') || character.is_whitespace()
            })
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority.rsplit_once('@') {
            Some(("git", host)) => kept.extend(["git@", host]),
            Some((_, host)) => kept.push_str(host),
            None => kept.push_str(authority),
        }
        rest = tail;
    }
    kept.push_str(rest);
    if text.contains("://") {
        return without_query(&kept);
    }
    let scheme = text.split(':').next().unwrap_or_default();
    if OWN_SCHEMES.contains(&scheme) {
        return kept;
    }
    let (prefix, place) = match text.split_once(':') {
        Some((scheme, place)) if HOSTING.contains(&scheme) => {
            text.split_at(text.len() - place.len())
        }
        _ => ("", text),
    };
    // `user:password@host:owner/name` and `github:user:password@owner/name`
    let end = place.find(['/', '#']).unwrap_or(place.len());
    match place[..end].rsplit_once('@') {
        Some((user, _))
            if user != "git" && !user.is_empty() && (!prefix.is_empty() || place.contains(':')) =>
        {
            format!("{prefix}{}", &place[user.len() + 1..])
        }
        _ => kept,
    }
}

/// What may stand before `:` without naming a host.
const OWN_SCHEMES: [&str; 9] = [
    "npm",
    "jsr",
    "workspace",
    "catalog",
    "file",
    "link",
    "portal",
    "patch",
    "exec",
];
/// Names that stand for the hosts of repositories.
const HOSTING: [&str; 5] = ["github", "gitlab", "bitbucket", "gist", "sourcehut"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: (Option<&str>, Option<&str>, Option<&str>)) {
        let found = read(text);
        let (name, parsed, url) = expected;
        assert_eq!(found.real_name.as_deref(), name, "name of {text}");
        assert_eq!(found.parsed.as_deref(), parsed, "range of {text}");
        assert_eq!(found.url.as_deref(), url, "place of {text}");
    }

    #[test]
    fn ranges_tags_and_aliases() {
        let one = Some(">=1.0.0, <2.0.0-0");
        check("^1.0.0", (None, one, None));
        check("", (None, None, None));
        check("latest", (None, None, None));
        check("npm:@babel/core@^1", (Some("@babel/core"), one, None));
        check("npm:left-pad", (Some("left-pad"), None, None));
        check("npm:^1.0.0", (None, one, None));
        check("npm:x", (Some("x"), None, None));
        check("jsr:@std/path@1", (Some("@jsr/std__path"), one, None));
        check("jsr:1", (None, one, None));
        check(
            "patch:lodash@npm%3A^1.0.0#~/.yarn/patches/x.patch",
            (None, one, None),
        );
        check("workspace:^1", (None, one, None));
        check("workspace:other@^1", (Some("other"), one, None));
        check("workspace:../x", (None, None, Some("workspace:../x")));
        check(
            "workspace:packages/x",
            (None, None, Some("workspace:packages/x")),
        );
        for (text, expected) in [
            ("workspace:*", Elsewhere::Workspace("*")),
            ("workspace:a@~", Elsewhere::Workspace("~")),
            ("catalog:", Elsewhere::Catalog("default".to_owned())),
            ("catalog:react18", Elsewhere::Catalog("react18".to_owned())),
        ] {
            assert_eq!(read(text).elsewhere, expected, "{text}");
        }
    }

    #[test]
    fn places_lose_credentials() {
        for (text, url) in [
            ("github:a/b#main", "github:a/b#main"),
            ("a/b#semver:^1", "github:a/b#semver:^1"),
            ("../x", "file:../x"),
            ("x.tgz", "file:x.tgz"),
            ("file:../x", "file:../x"),
            ("link:./x", "link:./x"),
            ("git@host.example:a/b.git", "git@host.example:a/b.git"),
            (
                "git+ssh://git@host.example/a/b.git#v1",
                "git+ssh://git@host.example/a/b.git#v1",
            ),
            (
                "git+https://me:secret@host.example/a/b.git#v1",
                "git+https://host.example/a/b.git#v1",
            ),
            (
                "https://secret@host.example/x.tgz?token=secret#y",
                "https://host.example/x.tgz#y",
            ),
            (
                "https://a@b:secret@host.example/x",
                "https://host.example/x",
            ),
            ("me:secret@host.example:a/b", "host.example:a/b"),
            ("secret@host.example:a/b", "host.example:a/b"),
            ("github:me:secret@a/b#v1", "github:a/b#v1"),
        ] {
            check(text, (None, None, Some(url)));
            assert!(!read(text).written.contains("secret"), "{text}");
        }
        assert_eq!(
            read("https://me:secret@host.example/x?y=secret").written,
            "https://host.example/x"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(text in "[npmgit:@/#?a^1é.\\\\ ]{0,40}", any_text in ".{0,40}") {
            drop(read(&text));
            drop(read(&any_text));
        }
    }
}
