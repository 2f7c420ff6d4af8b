//! What a user writes to name a repository and a component (`REPO` of the interface). Parses; does not reach anything.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::failure::{ErrorCode, Failure};

/// A package registry whose published sources can be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Registry {
    /// `pypi:`
    Pypi,
    /// `npm:`
    Npm,
    /// `cargo:`
    Cargo,
}

impl Registry {
    /// Gives the prefix without its colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pypi => "pypi",
            Self::Npm => "npm",
            Self::Cargo => "cargo",
        }
    }
}

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Location {
    /// A git repository over HTTP(S), without credentials; `http` still has to be allowed by the configuration.
    Git {
        /// The URL to fetch.
        url: url::Url,
        /// Branch, tag or commit; the default branch when `None`.
        revision: Option<String>,
    },
    /// A package's published source.
    Package {
        /// The registry.
        registry: Registry,
        /// The package's name.
        name: String,
        /// The version; the newest when `None`.
        version: Option<String>,
    },
    /// A local folder, as written.
    Local(String),
}

/// A repository and, optionally, one of its components.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepositoryReference {
    /// Where it is.
    pub location: Location,
    /// The component after `#`.
    pub component: Option<String>,
}

impl RepositoryReference {
    /// Parses `REPO[#COMPONENT]`.
    ///
    /// # Errors
    /// `E_URL` for anything outside the documented forms. The message never repeats the text, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.len() > 2048 {
            return Err(refuse(
                "the repository reference is longer than 2,048 bytes",
            ));
        }
        if text.chars().any(crate::text::is_deceptive) {
            return Err(refuse(
                "the repository reference holds control or invisible characters",
            ));
        }
        let (location, component) = match text.split_once('#') {
            Some((location, component)) => (location, Some(component)),
            None => (text, None),
        };
        let component = component.map(check_component).transpose()?;
        Ok(Self {
            location: parse_location(location)?,
            component,
        })
    }
}

fn parse_location(text: &str) -> Result<Location, Failure> {
    if text.is_empty() {
        return Err(refuse("the repository reference is empty"));
    }
    if text.starts_with('-') {
        return Err(refuse("a repository reference cannot begin with a dash"));
    }
    if text == "."
        || text == ".."
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with('/')
    {
        return Ok(Location::Local(text.to_owned()));
    }
    if let Some(rest) = text.strip_prefix("github:") {
        return hosted("github.com", "", rest, 2..=2);
    }
    if let Some(rest) = text.strip_prefix("gitlab:") {
        return hosted("gitlab.com", "", rest, 2..=20);
    }
    if let Some(rest) = text.strip_prefix("hf:") {
        let (kind, rest) = match rest {
            _ if rest.starts_with("datasets/") => ("datasets/", &rest["datasets/".len()..]),
            _ if rest.starts_with("spaces/") => ("spaces/", &rest["spaces/".len()..]),
            _ => ("", rest),
        };
        return hosted("huggingface.co", kind, rest, 2..=2);
    }
    for registry in [Registry::Pypi, Registry::Npm, Registry::Cargo] {
        if let Some(rest) = text
            .strip_prefix(registry.as_str())
            .and_then(|rest| rest.strip_prefix(':'))
        {
            return package(registry, rest);
        }
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return git_url(text);
    }
    Err(refuse("the repository reference has an unknown form"))
}

fn hosted(
    host: &str,
    kind: &str,
    rest: &str,
    depth: std::ops::RangeInclusive<usize>,
) -> Result<Location, Failure> {
    let (path, revision) = split_revision(rest)?;
    let path = path.strip_suffix(".git").unwrap_or(path);
    let segments: Vec<&str> = path.split('/').collect();
    if !depth.contains(&segments.len()) || !segments.iter().all(|segment| is_name(segment)) {
        return Err(refuse("expected OWNER/NAME after the platform's prefix"));
    }
    let suffix = if host == "huggingface.co" { "" } else { ".git" };
    let url = url::Url::parse(&format!("https://{host}/{kind}{path}{suffix}"))
        .map_err(|_| refuse("the owner or name cannot be part of a URL"))?;
    Ok(Location::Git { url, revision })
}

fn package(registry: Registry, rest: &str) -> Result<Location, Failure> {
    let at = rest
        .get(1..)
        .and_then(|tail| tail.find('@'))
        .map(|at| at + 1);
    let (name, version) = match at {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let plain = match (registry, name.strip_prefix('@')) {
        (Registry::Npm, Some(scoped)) => scoped
            .split_once('/')
            .is_some_and(|(scope, name)| is_name(scope) && is_name(name)),
        (Registry::Npm, None) => is_name(name) && !is_archive(name),
        (Registry::Cargo, _) => is_name(name) && !name.contains('.'),
        (Registry::Pypi, _) => is_name(name),
    };
    if !plain {
        return Err(refuse("the package's name is not valid"));
    }
    if let Some(version) = version {
        let valid = !version.is_empty()
            && version.len() <= 128
            && version.starts_with(|first: char| first.is_ascii_alphanumeric())
            && version
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || ".+-_!".contains(character))
            && !is_archive(version);
        if !valid {
            return Err(refuse("the package's version is not valid"));
        }
    }
    Ok(Location::Package {
        registry,
        name: name.to_owned(),
        version: version.map(str::to_owned),
    })
}

fn git_url(text: &str) -> Result<Location, Failure> {
    let lowered = text.to_ascii_lowercase();
    if ["%0a", "%0d", "%00", "%2e%2e"]
        .iter()
        .any(|bad| lowered.contains(bad))
        || text.contains('\\')
    {
        return Err(refuse(
            "the URL holds encoded control characters or path tricks",
        ));
    }
    // A revision follows the last `@` of the last path segment; an `@` in the authority is a credential.
    let authority_end = text
        .find("://")
        .and_then(|scheme| text[scheme + 3..].find('/').map(|slash| scheme + 3 + slash));
    let Some(authority_end) = authority_end else {
        return Err(refuse("the URL names no repository"));
    };
    // A parser of URLs would skip the empty authority and take the next segment as the host.
    if text[..authority_end].ends_with('/') {
        return Err(refuse("the URL names no host"));
    }
    if text[..authority_end].contains('@') {
        return Err(refuse("the URL carries credentials").with_hint(
            "put the token into the platform's environment variable, such as GITHUB_TOKEN",
        ));
    }
    let (address, revision) = match text[authority_end..].rfind('@') {
        Some(at) => (
            &text[..authority_end + at],
            Some(check_revision(&text[authority_end + at + 1..])?),
        ),
        None => (text, None),
    };
    let url = url::Url::parse(address).map_err(|_| refuse("the URL cannot be parsed"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse("the URL names no host"));
    }
    if url.query().is_some() {
        return Err(refuse("a repository URL has no query"));
    }
    let segments: Vec<&str> = url
        .path_segments()
        .map(|segments| segments.filter(|segment| !segment.is_empty()).collect())
        .unwrap_or_default();
    if segments.is_empty() || segments.iter().any(|segment| segment.starts_with('-')) {
        return Err(refuse("the URL names no repository"));
    }
    Ok(Location::Git { url, revision })
}

fn split_revision(text: &str) -> Result<(&str, Option<String>), Failure> {
    match text.split_once('@') {
        Some((path, revision)) => Ok((path, Some(check_revision(revision)?))),
        None => Ok((text, None)),
    }
}

/// Accepts what `git check-ref-format` accepts and what cannot be read as an option.
fn check_revision(revision: &str) -> Result<String, Failure> {
    let valid = !revision.is_empty()
        && revision.len() <= 256
        && !revision.starts_with(['-', '/', '.'])
        && !revision.ends_with(['/', '.'])
        && !revision.contains("..")
        && !revision.contains("//")
        && !revision.ends_with(".lock")
        && revision
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "._-/+".contains(character));
    if valid {
        Ok(revision.to_owned())
    } else {
        Err(refuse("the revision is not a valid branch, tag or commit"))
    }
}

fn check_component(component: &str) -> Result<String, Failure> {
    let traversal = component.split(['/', '\\']).any(|part| part == "..");
    if component.is_empty() || component.starts_with('-') || component.starts_with('/') || traversal
    {
        return Err(Failure::new(
            ErrorCode::Path,
            "the component is not a path, module or symbol inside the repository",
        )
        .with_hint("write a path (src/flask/json), a module (flask.json.tag) or a symbol (flask.json.tag:JSONTag)"));
    }
    Ok(component.to_owned())
}

fn is_name(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= 128
        && !segment.starts_with(['-', '.'])
        && segment
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "._-".contains(character))
}

/// Says whether npm would take a name or version for the file of an archive, whatever stands before it.
fn is_archive(text: &str) -> bool {
    let lowered = text.to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|ending| lowered.ends_with(ending))
}

fn refuse(message: &str) -> Failure {
    Failure::new(ErrorCode::Url, message).with_hint(
        "use https://HOST/OWNER/NAME[@REV], github:OWNER/NAME, gitlab:GROUP/NAME, hf:OWNER/NAME, pypi:NAME[@VERSION], npm:NAME[@VERSION], cargo:NAME[@VERSION], or a local folder such as ./name",
    )
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Git { url, revision } => {
                formatter.write_str(url.as_str())?;
                revision
                    .iter()
                    .try_for_each(|revision| write!(formatter, "@{revision}"))
            }
            Self::Package {
                registry,
                name,
                version,
            } => {
                write!(formatter, "{}:{name}", registry.as_str())?;
                version
                    .iter()
                    .try_for_each(|version| write!(formatter, "@{version}"))
            }
            Self::Local(path) => formatter.write_str(path),
        }
    }
}

impl fmt::Display for RepositoryReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.location)?;
        self.component
            .iter()
            .try_for_each(|component| write!(formatter, "#{component}"))
    }
}

impl Serialize for RepositoryReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str, shown: &str) {
        let reference =
            RepositoryReference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(reference.to_string(), shown);
    }

    fn refuses(text: &str) {
        let failure = RepositoryReference::parse(text).expect_err(text);
        assert!(
            matches!(failure.code, ErrorCode::Url | ErrorCode::Path),
            "{text}"
        );
    }

    #[test]
    fn every_documented_form_is_accepted() {
        accepts(
            "pypi:click@8.1.7#click.formatting",
            "pypi:click@8.1.7#click.formatting",
        );
        accepts("npm:@scope/name@1.0.0", "npm:@scope/name@1.0.0");
        accepts("npm:@scope/name", "npm:@scope/name");
        accepts("npm:lodash.merge@next#a/b", "npm:lodash.merge@next#a/b");
        accepts("cargo:web-sys@0.3.70+x.1", "cargo:web-sys@0.3.70+x.1");
        accepts(
            "github:pallets/flask@3.1.0",
            "https://github.com/pallets/flask.git@3.1.0",
        );
        accepts(
            "gitlab:group/sub/name",
            "https://gitlab.com/group/sub/name.git",
        );
        accepts(
            "hf:datasets/owner/name",
            "https://huggingface.co/datasets/owner/name",
        );
        accepts(
            "https://git.example/o/n.git@feature/x#src/a",
            "https://git.example/o/n.git@feature/x#src/a",
        );
        accepts("./here", "./here");
        accepts("/abs#a.b:C", "/abs#a.b:C");
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "file:///etc/passwd",
            "ext::sh -c id",
            "ssh://-oProxyCommand=x/y",
            "git@host:o/n",
            "-x",
            "https://user:pass@host/o/n",
            "https://host",
            "https://host/",
            "https:///o/n",
            "https://host/o/n@-x",
            "https://host/o/n%0aevil",
            "https://host/-x",
            "pypi:../x",
            "pypi:x@",
            "github:o",
            "github:o/n/x",
            "pypi:x#../../etc",
            "pypi:x#/etc",
            "a\nb",
            "https://host/o/n?x=1",
            "pypi:click@8 --index",
        ] {
            refuses(text);
        }
    }

    /// What npm or cargo would read as an option, a file, a folder, an address or another package's alias.
    #[test]
    fn a_package_is_nothing_but_a_name_and_a_version() {
        for text in [
            "npm:",
            "npm:-g",
            "npm:--registry",
            "npm:../x",
            "npm:./x",
            "npm:/x",
            "npm:.",
            "npm:~/x",
            "npm:git+ssh://host/o/n.git",
            "npm:https://host/x.tgz",
            "npm:owner/name",
            "npm:github:owner/name",
            "npm:x@npm:y@1",
            "npm:x@file:../y",
            "npm:x@https://host/y.tgz",
            "npm:x@owner/name",
            "npm:x@./y",
            "npm:x@y.tgz",
            "npm:x.tgz",
            "npm:x.TAR.GZ@1.0.0",
            "npm:@scope",
            "npm:@scope/",
            "npm:@scope/name/more",
            "npm:@-scope/name",
            "npm:@scope/../name",
            "npm:@scope/.name",
            "npm:@/name",
            "npm:x@-1",
            "npm:x@>=1",
            "npm:x@*",
            "npm:x y",
            "npm:%2e%2e",
            "cargo:",
            "cargo:--config",
            "cargo:../x",
            "cargo:a.b",
            "cargo:a/b",
            "cargo:@scope/name",
            "cargo:https://host/index#x",
            "cargo:serde@=1.0",
            "cargo:serde@^1",
            "cargo:serde@",
            "cargo:serde@../x",
        ] {
            refuses(text);
        }
    }
}
