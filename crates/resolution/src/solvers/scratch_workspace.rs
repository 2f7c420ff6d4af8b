//! Reading back the manifests of a scratch workspace, so that they can be given away with the lock that belongs to them.

use std::path::Path;

use synthesizer_model::{failure::Failure, resolution::LockFile};

/// Reads files at the top of a workspace and in the folders of its members, each if it is there; their names are paths from the top.
///
/// # Errors
/// `E_INTERNAL` when a file cannot be read: we have written it.
pub(super) async fn manifests(
    directory: &Path,
    files: &[&str],
    members: Vec<String>,
) -> Result<Vec<LockFile>, Failure> {
    let mut found = Vec::new();
    let top = files.iter().map(|file| (*file).to_owned());
    let below = members
        .iter()
        .flat_map(|member| files.iter().map(move |file| format!("{member}/{file}")));
    let names: Vec<String> = top.chain(below).collect();
    for name in names {
        match tokio::fs::read_to_string(directory.join(&name)).await {
            Ok(content) => found.push(LockFile { name, content }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::internal(format!(
                    "cannot read the scratch folder: {error}"
                )));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn manifests_are_named_from_the_top() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("repo-1-a")).expect("a folder");
        for (name, text) in [
            ("Cargo.toml", "x"),
            ("repo-1-a/Cargo.toml", "y"),
            ("repo-1-a/lib.rs", ""),
        ] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let members = vec!["repo-1-a".to_owned()];
        let found = manifests(folder.path(), &["Cargo.toml", "lib.rs"], members).await;
        let named: Vec<String> = found
            .expect("read")
            .into_iter()
            .map(|file| format!("{} {}", file.name, file.content))
            .collect();
        assert_eq!(
            named,
            ["Cargo.toml x", "repo-1-a/Cargo.toml y", "repo-1-a/lib.rs "]
        );
    }
}
