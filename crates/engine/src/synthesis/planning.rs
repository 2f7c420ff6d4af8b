//! What a plan records of its request: equal repositories merged, origins without paths of this machine. Pure.

use std::path::Path;

use synthesizer_model::{
    reference::Location,
    synthesis::{RequestedRepository, SynthesisRequest},
    tree::Origin,
};

/// The request with equal repositories merged, one for each source.
pub(crate) fn merged_request(
    request: &SynthesisRequest,
    repositories: &[RequestedRepository],
) -> SynthesisRequest {
    SynthesisRequest {
        repositories: repositories.to_vec(),
        ..request.clone()
    }
}

/// Makes the origin of a local folder relative to the new project, so that no absolute path enters it.
pub(crate) fn portable_origin(
    origin: &Origin,
    location: &Location,
    base: &Path,
    output: &Path,
) -> Origin {
    let Location::Local(written) = location else {
        return origin.clone();
    };
    let source = base.join(written);
    let source = source.canonicalize().unwrap_or(source);
    Origin {
        url: relative(&source, output),
        ..origin.clone()
    }
}

/// Writes a path relative to a folder, with at least one `../`.
pub(super) fn relative(path: &Path, folder: &Path) -> String {
    let common = path
        .components()
        .zip(folder.components())
        .take_while(|(left, right)| left == right)
        .count();
    let ups = folder.components().count() - common;
    let mut parts: Vec<String> = vec!["..".to_owned(); ups.max(1)];
    if ups == 0 {
        parts = vec![".".to_owned()];
    }
    parts.extend(
        path.components()
            .skip(common)
            .map(|part| part.as_os_str().to_string_lossy().into_owned()),
    );
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_sources_are_named_relative_to_the_project() {
        let check = |path: &str, folder: &str, expected: &str| {
            assert_eq!(relative(Path::new(path), Path::new(folder)), expected);
        };
        check("/a/click", "/a/toolbox", "../click");
        check("/a/click", "/b/x/toolbox", "../../../a/click");
        check("/a", "/a/toolbox", "..");
        check("/a/toolbox/x", "/a/toolbox", "./x");
    }
}
