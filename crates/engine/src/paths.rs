//! Which local paths a caller may name. Decides; opens nothing.

use std::path::{Component, Path, PathBuf};

use synthesizer_infrastructure::config::Config;
use synthesizer_model::failure::{ErrorCode, Failure};

use crate::Caller;

/// The longest path that is looked at, in bytes; Linux opens no longer one.
const LONGEST: usize = 4096;

/// Makes a path that the caller wrote absolute and checks that the caller may name it.
///
/// `base` is what a relative path refers to. For an MCP client the deepest existing folder of the path, links resolved, must lie below one of
/// `[paths] roots`, and what does not exist yet must be plain names.
///
/// # Errors
/// `E_PATH`.
pub fn permitted(
    config: &Config,
    caller: Caller,
    base: &Path,
    written: &str,
) -> Result<PathBuf, Failure> {
    if written.is_empty() || written.chars().any(char::is_control) {
        return Err(Failure::new(
            ErrorCode::Path,
            "the path is empty or holds control characters",
        ));
    }
    if written.len() > LONGEST {
        let message = format!("the path is longer than {LONGEST} bytes");
        return Err(Failure::new(ErrorCode::Path, message));
    }
    if caller == Caller::Mcp {
        check_client_path(written)?;
    }
    let path = base.join(written);
    let resolved = resolve_existing(&path)?;
    if caller == Caller::CommandLine
        || config
            .paths
            .roots
            .iter()
            .any(|root| resolved.starts_with(root))
    {
        return Ok(resolved);
    }
    Err(Failure::new(
        ErrorCode::Path,
        "the path lies outside the folders that are open to clients",
    )
    .with_hint(
        "use a path below the server's working directory, or add the folder to [paths] roots",
    ))
}

/// Refuses spellings that some system reads differently than it shows.
fn check_client_path(written: &str) -> Result<(), Failure> {
    let lowered = written.to_ascii_lowercase();
    let tricky = written.contains('\\')
        || written.starts_with('~')
        || ["%2e", "%2f", "%5c", "%00"]
            .iter()
            .any(|encoded| lowered.contains(encoded))
        || written.chars().any(synthesizer_model::text::is_deceptive)
        || written.split('/').any(|part| part == "..");
    if tricky {
        return Err(Failure::new(
            ErrorCode::Path,
            "the path holds a parent folder, a home sign, an encoded or an invisible character",
        )
        .with_hint("write a plain path below the server's working directory"));
    }
    Ok(())
}

/// Resolves links in the part of the path that exists; the rest must be plain names.
fn resolve_existing(path: &Path) -> Result<PathBuf, Failure> {
    let mut rest: Vec<&std::ffi::OsStr> = Vec::new();
    let mut existing = path;
    loop {
        if let Ok(resolved) = existing.canonicalize() {
            return Ok(rest
                .iter()
                .rev()
                .fold(resolved, |path, part| path.join(part)));
        }
        // A dangling link exists without resolving; going round it would write through it.
        if existing.symlink_metadata().is_ok() {
            return Err(Failure::new(
                ErrorCode::Path,
                "the path leads through a link that cannot be followed",
            ));
        }
        match (existing.components().next_back(), existing.parent()) {
            (Some(Component::Normal(name)), Some(parent)) => {
                rest.push(name);
                existing = parent;
            }
            _ => return Err(Failure::new(ErrorCode::Path, "the path cannot be resolved")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(root: &Path) -> Config {
        let root = root.canonicalize().expect("a folder");
        Config {
            paths: synthesizer_infrastructure::config::Paths {
                roots: vec![root.clone()],
                data: root.clone(),
                cache: root.clone(),
                working_directory: root,
            },
            network: Default::default(),
            limits: Default::default(),
            sandbox: Default::default(),
            telemetry: synthesizer_infrastructure::config::Telemetry {
                log: "off".into(),
                format: synthesizer_infrastructure::config::LogFormat::Text,
            },
            resilience: Default::default(),
            platforms: Default::default(),
            cache: Default::default(),
            server: Default::default(),
            admin: Default::default(),
            synthesis: synthesizer_infrastructure::config::Synthesis::default(),
            jobs: Default::default(),
            tokens: Default::default(),
            tool_environment: Default::default(),
            offline: true,
        }
    }

    #[test]
    fn a_client_stays_below_the_roots() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        let evil = folder.path().join("root-evil");
        std::fs::create_dir_all(&root).expect("made");
        std::fs::create_dir_all(&evil).expect("made");
        std::os::unix::fs::symlink(&evil, root.join("link")).expect("linked");
        std::os::unix::fs::symlink(evil.join("nothing"), root.join("dangling")).expect("linked");
        let config = config(&root);
        let check = |written: &str, allowed: bool| {
            let outcome = permitted(&config, Caller::Mcp, &root, written);
            assert_eq!(outcome.is_ok(), allowed, "{written}: {outcome:?}");
        };
        check("new", true);
        check("a/b/c", true);
        check(root.join("x").to_str().expect("text"), true);
        check("../root-evil/x", false);
        check(evil.to_str().expect("text"), false);
        check("link/x", false);
        check("dangling", false);
        check("dangling/x", false);
        check("/etc", false);
        check("~/x", false);
        check("%2e%2e/x", false);
        check("..\\x", false);
        check("a\u{202e}b", false);
        check("", false);
        check(&"a/".repeat(2_048), true);
        check(&"a/".repeat(1 << 23), false);
    }
}
