//! Papers as arXiv's feeds describe them, and the addresses of code in what people wrote about them. Must not ask for anything.

use synthesizer_model::discovery::{DESCRIPTION_LIMIT, RepositoryFacts, TOPIC_LIMIT};
use url::Url;

use super::{
    arxiv::ARXIV,
    arxiv_query::identifier,
    atom::Entry,
    reading::{one_line, time, web_address},
};

/// Where papers are shown to people.
const PAGES: &str = "https://arxiv.org/abs/";
/// The most addresses of code that are taken from one paper.
const CODE_LIMIT: usize = 8;
/// The longest address of code, in bytes.
const ADDRESS_LIMIT: usize = 300;
/// Hosts whose addresses in a paper's texts name its code or its models.
const CODE_HOSTS: &[&str] = &["github.com", "gitlab.com", "huggingface.co"];

/// Gives the identifier of a paper out of the address that a feed names it by.
pub(super) fn paper_identifier(address: &str) -> Option<&str> {
    let (_, id) = address.trim().split_once("/abs/")?;
    identifier(id)
}

/// Reads one entry of a feed.
pub(super) fn read_facts(entry: &Entry) -> Option<RepositoryFacts> {
    let id = paper_identifier(&entry.id)?;
    Some(RepositoryFacts {
        platform: ARXIV.name.to_owned(),
        name: one_line(&entry.title, 300)?,
        full_name: id.to_owned(),
        url: format!("{PAGES}{id}"),
        description: one_line(&entry.summary, DESCRIPTION_LIMIT),
        topics: topics(entry),
        created_at: time(&entry.published),
        updated_at: time(&entry.updated),
        kind: "paper".to_owned(),
        links: links(entry),
        ..RepositoryFacts::default()
    })
}

fn topics(entry: &Entry) -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    for term in entry.primary_category.iter().chain(&entry.categories) {
        if let Some(topic) = one_line(term, 50)
            && topics.len() < TOPIC_LIMIT
            && !topics.contains(&topic)
        {
            topics.push(topic);
        }
    }
    topics
}

/// Gives the addresses of the code first, then the publisher's and the paper's own file.
fn links(entry: &Entry) -> Vec<String> {
    let mut links = code_addresses(&entry.comment);
    links.extend(code_addresses(&entry.summary));
    let doi = entry.doi.trim();
    if !doi.is_empty() {
        links.extend(web_address(&format!("https://doi.org/{doi}")));
    }
    let pdf = entry
        .links
        .iter()
        .filter(|link| link.title == "pdf" && link.rel == "related");
    links.extend(pdf.take(1).filter_map(|link| {
        let secure = link
            .href
            .replacen("http://arxiv.org/", "https://arxiv.org/", 1);
        web_address(&secure)
    }));
    let mut once: Vec<String> = Vec::new();
    for link in links {
        if !once.contains(&link) {
            once.push(link);
        }
    }
    once
}

/// Finds the addresses of projects on code hosts in a text that people wrote.
fn code_addresses(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(position) = rest.find("http")
        && found.len() < CODE_LIMIT
    {
        let candidate = &rest[position..];
        let end = candidate
            .find(|character: char| {
                character.is_whitespace()
                    || character.is_control()
                    || "<>\"'(){}[]|\\^`,;".contains(character)
            })
            .unwrap_or(candidate.len());
        let (address, after) = candidate.split_at(end);
        found.extend(code_address(
            address.trim_end_matches(['.', ':', '!', '?', '*', '_']),
        ));
        rest = after;
    }
    found
}

/// Gives the project's own address, over https and without what follows its name.
fn code_address(address: &str) -> Option<String> {
    if address.len() > ADDRESS_LIMIT {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.port().is_none();
    if !plain || !CODE_HOSTS.contains(&host) {
        return None;
    }
    let mut segments = url.path_segments()?.filter(|segment| !segment.is_empty());
    let (first, second) = (segments.next()?, segments.next()?);
    let mut path = format!("{first}/{second}");
    let folder = host == "huggingface.co" && matches!(first, "datasets" | "spaces");
    if folder || host == "gitlab.com" {
        // Groups may lie in groups; what follows `-` is a page within the project.
        for segment in segments
            .take_while(|segment| *segment != "-")
            .take(if folder { 1 } else { 18 })
        {
            path.push('/');
            path.push_str(segment);
        }
    }
    let path = path.strip_suffix(".git").unwrap_or(&path);
    web_address(&format!("https://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, expected: &[&str]) {
        assert_eq!(code_addresses(text), expected, "{text}");
    }

    #[test]
    fn addresses_of_code_are_found_in_prose() {
        finds("see https://github.com/a/b.", &["https://github.com/a/b"]);
        finds(
            "(http://www.github.com/a/b.git)",
            &["https://github.com/a/b"],
        );
        finds(
            "\\href{https://github.com/a/b/tree/main/x?y#z}{code}",
            &["https://github.com/a/b"],
        );
        finds(
            "https://huggingface.co/datasets/a/b/viewer",
            &["https://huggingface.co/datasets/a/b"],
        );
        finds(
            "https://gitlab.com/g/s/n/-/tree/main",
            &["https://gitlab.com/g/s/n"],
        );
        finds(
            "https://github.com/a https://github.com/ http http:// https://",
            &[],
        );
        finds(
            "https://user:pass@github.com/a/b https://github.com:8443/a/b",
            &[],
        );
        finds(
            "https://github.com.evil.example/a/b https://evil.example/github.com/a",
            &[],
        );
        finds("ftp://github.com/a/b", &[]);
        finds(&format!("https://github.com/a/{}", "x".repeat(400)), &[]);
        let many = "https://github.com/a/b ".repeat(100);
        assert_eq!(code_addresses(&many).len(), CODE_LIMIT);
        assert_eq!(code_addresses(&"http".repeat(8_000)).len(), 0);
    }
}
