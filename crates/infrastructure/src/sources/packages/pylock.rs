//! The `pylock.toml` that uv writes: which file of a package to take. Knows the format (PEP 751), no registry.

use serde::Deserialize;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
};
use url::Url;

use crate::sources::archive::ArchiveFormat;

/// The file of a package that is taken as its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located {
    /// The package's version.
    pub(super) version: String,
    /// Where the file is: `https`, `http` or `file`.
    pub(super) url: Url,
    /// The file's name, which tells the format.
    pub(super) file_name: String,
    /// Its SHA-256, in hex.
    pub(super) sha256: String,
}

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
}

#[derive(Debug, Deserialize)]
struct File {
    name: Option<String>,
    url: Option<String>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Debug, Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// Chooses the source archive of the named package, else a wheel without compiled parts.
///
/// # Errors
/// `E_NOT_FOUND` when it publishes neither; `E_UPSTREAM` when the lock cannot be read or lacks the hash.
pub(super) fn choose(text: &str, package: &str) -> Result<Located, Failure> {
    let unreadable = |what: &str| {
        Failure::new(
            ErrorCode::Upstream,
            format!("uv's answer about {package} {what}"),
        )
    };
    let lock: Lock = toml::from_str(text).map_err(|_| unreadable("cannot be read"))?;
    let found = lock
        .packages
        .into_iter()
        .find(|found| normalised(&found.name) == normalised(package))
        .ok_or_else(|| unreadable("does not name it"))?;
    let version = found.version.ok_or_else(|| unreadable("has no version"))?;
    let sdist = found
        .sdist
        .into_iter()
        .filter_map(readable)
        .find(|(_, _, format, _)| *format != ArchiveFormat::Wheel);
    let mut wheels = found.wheels.into_iter().filter_map(readable);
    let chosen = sdist.or_else(|| wheels.find(|(_, name, _, _)| name.ends_with("-none-any.whl")));
    let Some((url, file_name, _, sha256)) = chosen else {
        return Err(Failure::new(
            ErrorCode::NotFound,
            format!(
                "{package} {} publishes no source archive and no pure wheel",
                escape_untrusted(&version)
            ),
        )
        .with_hint("name its git repository instead"));
    };
    match sha256.map(|hash| hash.to_ascii_lowercase()) {
        Some(sha256) if is_sha256(&sha256) => Ok(Located {
            version,
            url,
            file_name,
            sha256,
        }),
        _ => Err(unreadable("has no SHA-256; the index must publish hashes")),
    }
}

/// Gives the name that package indexes use: lower case, runs of `-`, `_` and `.` as one dash (PEP 503).
pub(super) fn normalised(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            other => normal.push(other.to_ascii_lowercase()),
        }
    }
    normal
}

/// Says whether a text is a SHA-256 in lower-case hex.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn readable(file: File) -> Option<(Url, String, ArchiveFormat, Option<String>)> {
    let url = Url::parse(&file.url?)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http" | "file"))?;
    let in_url = url
        .path_segments()
        .and_then(|mut segments| segments.next_back().map(str::to_owned));
    let file_name = file.name.or(in_url)?;
    let format = ArchiveFormat::of(&file_name)?;
    Some((url, file_name, format, file.hashes.sha256))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de";

    fn lock(files: &str) -> String {
        format!(
            "lock-version = \"1.0\"\n[[packages]]\nname = \"my-pkg\"\nversion = \"1.0\"\n{files}\n"
        )
    }

    fn file(name: &str) -> String {
        format!(
            "{{ url = \"https://files.example/x/{name}\", hashes = {{ sha256 = \"{HASH}\" }} }}"
        )
    }

    fn check(files: &str, expected: Result<&str, ErrorCode>) {
        let found = choose(&lock(files), "My_Pkg");
        assert_eq!(
            found
                .as_ref()
                .map(|found| found.file_name.as_str())
                .map_err(|failure| failure.code),
            expected
        );
    }

    #[test]
    fn the_source_archive_comes_first_then_a_pure_wheel() {
        let (sdist, pure, compiled) = (
            file("p-1.0.tar.gz"),
            file("p-1.0-py3-none-any.whl"),
            file("p-1.0-cp312-cp312-linux_x86_64.whl"),
        );
        check(
            &format!("sdist = {sdist}\nwheels = [{pure}]"),
            Ok("p-1.0.tar.gz"),
        );
        check(
            &format!("wheels = [{compiled}, {pure}]"),
            Ok("p-1.0-py3-none-any.whl"),
        );
        check(
            &format!("sdist = {}\nwheels = [{pure}]", file("p-1.0.tar.bz2")),
            Ok("p-1.0-py3-none-any.whl"),
        );
        check(&format!("wheels = [{compiled}]"), Err(ErrorCode::NotFound));
        check("", Err(ErrorCode::NotFound));
        check(
            "sdist = { url = \"https://files.example/p-1.0.zip\" }",
            Err(ErrorCode::Upstream),
        );
        check("sdist = 3", Err(ErrorCode::Upstream));
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(normalised("Foo__Bar.-baz"), "foo-bar-baz");
    }
}
