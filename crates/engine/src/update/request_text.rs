//! Revisions put into the text of a request that somebody edited: comments and order stay. Pure.

use synthesizer_model::synthesis::SynthesisRequest;
use toml_edit::{DocumentMut, value};

/// Gives the text with the revisions of a pinned request; `None` when its repositories are not one for each of the other's.
pub(super) fn with_revisions(text: &str, pinned: &SynthesisRequest) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let tables = document.get_mut("repository")?.as_array_of_tables_mut()?;
    if tables.len() != pinned.repositories.len() {
        return None;
    }
    for (table, repository) in tables.iter_mut().zip(&pinned.repositories) {
        let text_of = |key: &str| table.get(key).and_then(|item| item.as_str());
        let same_url = text_of("url") == Some(repository.url.as_str());
        let same_revision = text_of("rev") == repository.rev.as_deref();
        if !same_url {
            table["url"] = value(repository.url.as_str());
        }
        match &repository.rev {
            Some(revision) if !same_revision => table["rev"] = value(revision.as_str()),
            None if !same_revision => drop(table.remove("rev")),
            _ => {}
        }
    }
    Some(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_change_and_comments_stay() {
        let text = "# mine\nname = \"x\"\n\n[[repository]]\nurl = \"pypi:click\" # why\nrev = \"8.1.3\"\ncomponents = [\n  \"click.formatting\", # this\n]\n";
        let pinned: SynthesisRequest =
            toml::from_str(&text.replace("8.1.3", "8.1.7")).expect("a request");
        assert_eq!(
            with_revisions(text, &pinned).as_deref(),
            Some(text.replace("8.1.3", "8.1.7").as_str())
        );
        let mut other = pinned.clone();
        other.repositories.clear();
        assert_eq!(with_revisions(text, &other), None);
        assert_eq!(with_revisions("repository = 3", &pinned), None);
    }
}
