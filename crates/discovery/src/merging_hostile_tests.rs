//! Tests of merging against entries whose owners want the place of others: evidence that one side can forge hides nobody else.

use synthesizer_model::discovery::RepositoryFacts;

use super::{
    tests::{at, check, kind, linking, shown, with},
    *,
};

fn starred(entry: Entry, stars: u64) -> Entry {
    with(entry, |facts| facts.stars = Some(stars))
}

fn described(entry: Entry) -> Entry {
    with(entry, |facts: &mut RepositoryFacts| {
        facts.description = Some("A simple, yet elegant, HTTP library".to_owned());
    })
}

#[test]
fn a_link_to_another_ones_page_does_not_take_its_place() {
    // A repository named after a model, and one that says to be the code of a paper.
    for victim in ["model", "paper"] {
        check(
            vec![
                linking(at(0, "evil/tool"), &["https://south.example/acme/tool"]),
                starred(kind(at(2, "acme/tool"), victim), 9_000),
            ],
            &[&["0:evil/tool"], &["2:acme/tool"]],
        );
    }
    // One with more stars, which may be bought.
    check(
        vec![
            starred(at(0, "acme/tool"), 50),
            starred(
                linking(at(1, "evil/tool"), &["https://north.example/acme/tool"]),
                900,
            ),
        ],
        &[&["0:acme/tool"], &["1:evil/tool"]],
    );
}

#[test]
fn a_third_entry_is_no_bridge_to_another_ones_place() {
    // The attacker's first entry goes below the project; the second one is the first one's namesake, and would lead.
    check(
        vec![
            starred(at(0, "acme/tool"), 50),
            described(linking(
                at(1, "evil/tool"),
                &["https://north.example/acme/tool"],
            )),
            starred(described(at(2, "evil/tool")), 900),
        ],
        &[&["0:acme/tool", "1:evil/tool"], &["2:evil/tool"]],
    );
}

#[test]
fn an_earlier_namesake_hides_no_later_project() {
    let mut merger = Merger::default();
    merger.merge(vec![starred(described(at(1, "acme/tool")), 3)]);
    let second = merger.merge(vec![starred(described(at(0, "acme/tool")), 50_000)]);
    assert_eq!(shown(&second), [["0:acme/tool"]]);
    // Nor through an entry of the same round that links back.
    let mut merger = Merger::default();
    merger.merge(vec![at(2, "evil/base")]);
    let second = merger.merge(vec![
        starred(described(at(0, "acme/tool")), 50_000),
        starred(
            described(linking(
                at(1, "acme/tool"),
                &["https://south.example/evil/base"],
            )),
            3,
        ),
    ]);
    assert_eq!(shown(&second)[0][0], "0:acme/tool");
}

#[test]
fn a_server_of_anybody_leads_no_entry_of_a_public_platform() {
    let on_a_server = |entry| Entry {
        self_hosted: true,
        ..entry
    };
    // Owner, name, description and any number of stars are only words of that server.
    check(
        vec![
            starred(described(at(0, "acme/tool")), 50_000),
            on_a_server(starred(described(at(1, "acme/tool")), 1_000_000_000)),
        ],
        &[&["0:acme/tool", "1:acme/tool"]],
    );
    // Between servers of the user's own, the stars decide.
    check(
        vec![
            on_a_server(starred(described(at(0, "acme/tool")), 5)),
            on_a_server(starred(described(at(1, "acme/tool")), 7)),
        ],
        &[&["1:acme/tool", "0:acme/tool"]],
    );
}
