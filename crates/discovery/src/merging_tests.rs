//! Tests of merging: what is one project, what is not, and what hostile entries cannot do.

use synthesizer_model::discovery::RepositoryFacts;

use super::*;
use crate::testing::{DESCRIPTORS, entry};

/// Makes an entry of the platform at a place.
pub(super) fn at(platform: usize, full_name: &str) -> Entry {
    Entry {
        platform,
        self_hosted: false,
        facts: entry(DESCRIPTORS[platform].name, full_name),
    }
}

pub(super) fn with(mut entry: Entry, change: impl FnOnce(&mut RepositoryFacts)) -> Entry {
    change(&mut entry.facts);
    entry
}

pub(super) fn linking(entry: Entry, links: &[&str]) -> Entry {
    with(entry, |facts| {
        facts.links = links.iter().map(|link| (*link).to_owned()).collect();
    })
}

pub(super) fn kind(entry: Entry, kind: &str) -> Entry {
    with(entry, |facts| kind.clone_into(&mut facts.kind))
}

/// Gives each project as `platform:name`, the main entry first.
pub(super) fn shown(merged: &Merged) -> Vec<Vec<String>> {
    let name = |entry: &Entry| format!("{}:{}", entry.platform, entry.facts.full_name);
    merged
        .projects
        .iter()
        .map(|project| {
            let all = std::iter::once(&project.main).chain(&project.others);
            all.map(name).collect()
        })
        .collect()
}

pub(super) fn check(entries: Vec<Entry>, expected: &[&[&str]]) {
    assert_eq!(shown(&Merger::default().merge(entries)), expected);
}

#[test]
fn a_link_to_the_other_merges() {
    check(
        vec![
            at(0, "acme/tool"),
            linking(
                at(1, "acme/mirror-of-tool"),
                &["https://www.north.example/Acme/Tool.git"],
            ),
        ],
        &[&["0:acme/tool", "1:acme/mirror-of-tool"]],
    );
    // Into the files of the other, and from the one that comes first.
    check(
        vec![
            linking(
                at(0, "acme/old"),
                &["http://east.example/acme/new/-/tree/main"],
            ),
            at(1, "acme/new"),
        ],
        &[&["1:acme/new", "0:acme/old"]],
    );
}

#[test]
fn chains_are_one_project_and_the_most_starred_repository_is_its_main() {
    let stars = |entry, stars| {
        with(entry, |facts: &mut RepositoryFacts| {
            facts.stars = Some(stars)
        })
    };
    check(
        vec![
            stars(
                linking(at(0, "acme/tool"), &["https://east.example/acme/tool"]),
                5,
            ),
            stars(
                linking(at(1, "acme/tool"), &["https://north.example/acme/tool"]),
                70,
            ),
            stars(
                linking(
                    kind(at(2, "acme/tool"), "model"),
                    &["https://east.example/acme/tool"],
                ),
                900,
            ),
            linking(
                kind(at(3, "2101.00001"), "paper"),
                &["https://south.example/acme/tool"],
            ),
        ],
        &[&["1:acme/tool", "0:acme/tool", "2:acme/tool", "3:2101.00001"]],
    );
}

#[test]
fn a_paper_is_listed_with_its_code() {
    let paper = |links: &[&str]| {
        let paper = linking(kind(at(3, "2101.00001v1"), "paper"), links);
        with(paper, |facts| "A Fast Tool".clone_into(&mut facts.name))
    };
    check(
        vec![
            at(0, "acme/tool"),
            paper(&["https://north.example/acme/tool"]),
        ],
        &[&["0:acme/tool", "3:2101.00001v1"]],
    );
    // One that names several places uses them.
    check(
        vec![
            at(0, "acme/tool"),
            at(0, "acme/other"),
            paper(&[
                "https://north.example/acme/tool",
                "https://north.example/acme/other",
            ]),
        ],
        &[&["0:acme/tool"], &["0:acme/other"], &["3:2101.00001v1"]],
    );
    // The code names the paper, in another version: whoever says so alone does not take the paper's place.
    let naming_code = |links: &[&str], expected: &[&[&str]]| {
        let code = linking(
            at(0, "acme/tool"),
            &["https://west.example/abs/2101.00001v3"],
        );
        let paper = with(paper(links), |facts| {
            "https://west.example/abs/2101.00001v1".clone_into(&mut facts.url)
        });
        check(vec![code, paper], expected);
    };
    naming_code(&[], &[&["0:acme/tool"], &["3:2101.00001v1"]]);
    naming_code(
        &["https://north.example/acme/tool"],
        &[&["0:acme/tool", "3:2101.00001v1"]],
    );
}

#[test]
fn what_uses_a_library_is_not_the_library() {
    let library = "https://north.example/acme/transformers";
    // A model of another name.
    check(
        vec![
            at(0, "acme/transformers"),
            linking(kind(at(2, "bob/tiny-bert"), "model"), &[library]),
        ],
        &[&["0:acme/transformers"], &["2:bob/tiny-bert"]],
    );
    // A model that cites a paper.
    check(
        vec![
            linking(
                kind(at(2, "bob/tiny-bert"), "model"),
                &["https://west.example/abs/1810.04805"],
            ),
            with(kind(at(3, "1810.04805v2"), "paper"), |facts| {
                "https://west.example/abs/1810.04805v2".clone_into(&mut facts.url);
            }),
        ],
        &[&["2:bob/tiny-bert"], &["3:1810.04805v2"]],
    );
    // Several of one platform; the one with the same name may be it.
    check(
        vec![
            at(0, "acme/transformers"),
            linking(at(1, "bob/one"), &[library]),
            linking(at(1, "bob/two"), &[library]),
        ],
        &[&["0:acme/transformers"], &["1:bob/one"], &["1:bob/two"]],
    );
    check(
        vec![
            at(0, "acme/transformers"),
            linking(at(1, "bob/one"), &[library]),
            linking(at(1, "acme/transformers"), &[library]),
        ],
        &[
            &["0:acme/transformers", "1:acme/transformers"],
            &["1:bob/one"],
        ],
    );
    // Two of that name: only the one with the same owner.
    check(
        vec![
            at(0, "acme/transformers"),
            linking(at(1, "bob/transformers"), &[library]),
            linking(at(1, "eve/transformers"), &[library]),
        ],
        &[
            &["0:acme/transformers"],
            &["1:bob/transformers"],
            &["1:eve/transformers"],
        ],
    );
}

#[test]
fn equal_names_need_more() {
    let check_pair =
        |left: &dyn Fn(&mut RepositoryFacts), right: &dyn Fn(&mut RepositoryFacts), one: bool| {
            let entries = vec![
                with(at(0, "Acme/Tool"), left),
                with(at(1, "acme/tool"), right),
            ];
            let projects = Merger::default().merge(entries).projects.len();
            assert_eq!(projects, if one { 1 } else { 2 });
        };
    let described = |text: &'static str| {
        move |facts: &mut RepositoryFacts| facts.description = Some(text.to_owned())
    };
    let starred = |stars: u64| move |facts: &mut RepositoryFacts| facts.stars = Some(stars);
    let linked =
        |link: &'static str| move |facts: &mut RepositoryFacts| facts.links = vec![link.to_owned()];
    let nothing = |_: &mut RepositoryFacts| {};
    check_pair(&nothing, &nothing, false);
    check_pair(
        &described("A fast HTTP client."),
        &described("a fast http client"),
        true,
    );
    check_pair(
        &described("A fast HTTP client."),
        &described("a slow http client"),
        false,
    );
    check_pair(&described("a tool"), &described("a tool"), false);
    check_pair(&starred(1000), &starred(950), true);
    check_pair(&starred(1000), &starred(500), false);
    check_pair(&starred(0), &starred(0), false);
    check_pair(&starred(u64::MAX), &starred(u64::MAX), true);
    check_pair(
        &linked("https://tool.example/"),
        &linked("http://www.tool.example"),
        true,
    );
    check_pair(
        &linked("mailto:a@b.example"),
        &linked("mailto:a@b.example"),
        false,
    );
    let paper = |facts: &mut RepositoryFacts| {
        starred(1000)(facts);
        "dataset".clone_into(&mut facts.kind);
    };
    check_pair(&starred(1000), &paper, false);
}

#[test]
fn entries_of_one_platform_stay_apart() {
    check(
        vec![
            at(0, "acme/tool"),
            linking(at(0, "bob/tool"), &["https://north.example/acme/tool"]),
        ],
        &[&["0:acme/tool"], &["0:bob/tool"]],
    );
    // Not through a third one either.
    check(
        vec![
            linking(at(0, "acme/tool"), &["https://east.example/acme/tool"]),
            linking(at(0, "bob/tool"), &["https://east.example/acme/tool"]),
            at(1, "acme/tool"),
        ],
        &[&["1:acme/tool", "0:acme/tool"], &["0:bob/tool"]],
    );
}

#[test]
fn a_bridge_between_two_projects_of_one_platform_joins_neither() {
    check(
        vec![
            at(0, "acme/tool"),
            at(0, "bob/kit"),
            linking(at(1, "acme/tool"), &["https://north.example/acme/tool"]),
            linking(
                at(2, "bob/kit"),
                &[
                    "https://north.example/bob/kit",
                    "https://east.example/acme/tool",
                ],
            ),
        ],
        &[&["0:acme/tool", "1:acme/tool"], &["0:bob/kit", "2:bob/kit"]],
    );
}

#[test]
fn an_entry_with_links_to_everything_merges_nothing() {
    let names: Vec<String> = (0..40)
        .map(|number| format!("acme/tool-{number}"))
        .collect();
    let mut entries: Vec<Entry> = names.iter().map(|name| at(0, name)).collect();
    entries.extend(names.iter().map(|name| at(2, &format!("other-{name}"))));
    let links: Vec<String> = names
        .iter()
        .map(|name| format!("https://north.example/{name}"))
        .collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    entries.push(linking(at(1, "evil/everything"), &links));
    assert_eq!(Merger::default().merge(entries).projects.len(), 81);
    // Only the first five links count.
    let mut late: Vec<&str> = vec!["https://nowhere.example/a/b"; 5];
    late.push("https://north.example/acme/tool");
    check(
        vec![at(0, "acme/tool"), linking(at(1, "acme/tool"), &late)],
        &[&["0:acme/tool"], &["1:acme/tool"]],
    );
}

#[test]
fn addresses_that_are_no_repository_merge_nothing() {
    for link in [
        "https://north.example",
        "https://north.example/acme",
        "https://north.example/acme/toolbox",
        "https://north.example.evil.example/acme/tool",
        "https://evil.example/north.example/acme/tool",
        "javascript://north.example/acme/tool",
        "north.example/acme/tool",
        "https://[::1/acme/tool",
    ] {
        check(
            vec![at(0, "acme/tool"), linking(at(1, "acme/tool"), &[link])],
            &[&["0:acme/tool"], &["1:acme/tool"]],
        );
    }
}

#[test]
fn an_entry_that_claims_the_address_of_another_gains_nothing() {
    let pretender = with(at(1, "evil/tool"), |facts| {
        "https://north.example/acme/tool".clone_into(&mut facts.url);
    });
    check(
        vec![
            at(0, "acme/tool"),
            pretender,
            linking(at(2, "acme/tool"), &["https://north.example/acme/tool"]),
        ],
        &[&["0:acme/tool"], &["1:evil/tool"], &["2:acme/tool"]],
    );
}

#[test]
fn later_rounds_list_nothing_twice_and_change_nothing() {
    let mut merger = Merger::default();
    let first = merger.merge(vec![at(0, "acme/tool"), at(1, "bob/other")]);
    assert_eq!(shown(&first), [["0:acme/tool"], ["1:bob/other"]]);
    let second = merger.merge(vec![
        at(0, "acme/tool"),
        at(0, "acme/fresh"),
        linking(at(1, "acme/tool"), &["https://north.example/acme/tool"]),
        linking(at(2, "bob/other"), &["https://east.example/bob/other"]),
    ]);
    assert_eq!(shown(&second), [["0:acme/fresh"]]);
    let seen: Vec<(usize, usize)> = second.seen_before.into_iter().collect();
    assert_eq!(seen, [(0, 1), (1, 1), (2, 1)]);
    // A project takes one entry of each platform over all rounds.
    let third = merger.merge(vec![linking(
        at(1, "eve/tool"),
        &["https://north.example/acme/tool"],
    )]);
    assert_eq!(shown(&third), [["1:eve/tool"]]);
}

#[test]
fn an_earlier_entry_cannot_hide_a_later_one_by_linking_to_it() {
    let mut merger = Merger::default();
    merger.merge(vec![linking(
        at(1, "evil/tool"),
        &["https://north.example/acme/tool"],
    )]);
    let second = merger.merge(vec![at(0, "acme/tool")]);
    assert_eq!(shown(&second), [["0:acme/tool"]]);
}
