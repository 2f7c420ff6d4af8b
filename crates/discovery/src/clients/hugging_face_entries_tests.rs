//! Entries of Hugging Face as its API writes them, and as it should not. Must not open sockets.

use serde_json::json;

use super::*;

const MODELS: &str = include_str!("fixtures/hugging_face_models.json");
const DATASET: &str = include_str!("fixtures/hugging_face_dataset.json");

fn public() -> Places {
    Places {
        site: Url::parse("https://huggingface.co").expect("an address"),
        public: true,
    }
}

fn facts(kind: usize, value: &Value) -> Option<RepositoryFacts> {
    read_facts(&KINDS[kind], &public(), Fields::of(value)?)
}

fn models() -> Vec<Option<RepositoryFacts>> {
    let list: Vec<Value> = serde_json::from_str(MODELS).expect("a fixture");
    list.iter().map(|value| facts(0, value)).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_model_is_read_whole() {
    let expected = RepositoryFacts {
        platform: "huggingface".to_owned(),
        name: "layout-base".to_owned(),
        full_name: "example-lab/layout-base".to_owned(),
        url: "https://huggingface.co/example-lab/layout-base".to_owned(),
        reference: Some("hf:example-lab/layout-base".to_owned()),
        stars: Some(789),
        license: Some("Apache-2.0".to_owned()),
        topics: texts(&[
            "feature-extraction",
            "transformers",
            "pytorch",
            "en",
            "arxiv:2301.00001",
        ]),
        created_at: Some("2022-03-02T23:29:04Z".to_owned()),
        updated_at: Some("2024-02-19T10:57:45Z".to_owned()),
        downloads: Some(123_456),
        gated: true,
        kind: "model".to_owned(),
        revision: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        ..RepositoryFacts::default()
    };
    assert_eq!(models()[0], Some(expected));
}

#[test]
fn broken_fields_cost_themselves_alone() {
    let models = models();
    let expected = RepositoryFacts {
        platform: "huggingface".to_owned(),
        name: "layout-tiny".to_owned(),
        full_name: "layout-tiny".to_owned(),
        url: "https://huggingface.co/layout-tiny".to_owned(),
        reference: models[1].as_ref().and_then(|facts| facts.reference.clone()),
        stars: Some(12),
        license: Some("other".to_owned()),
        topics: texts(&["ab"]),
        archived: true,
        private: true,
        kind: "model".to_owned(),
        ..RepositoryFacts::default()
    };
    assert_eq!(models[1], Some(expected));
    assert_eq!(models[2..], [None, None, None]);
}

#[test]
fn a_dataset_has_a_description_and_a_card() {
    let value: Value = serde_json::from_str(DATASET).expect("a fixture");
    let facts = facts(1, &value).expect("a dataset");
    assert_eq!(facts.full_name, "datasets/example-lab/layouts");
    assert_eq!(facts.name, "layouts");
    assert_eq!(
        facts.url,
        "https://huggingface.co/datasets/example-lab/layouts"
    );
    assert_eq!(
        facts.reference.as_deref(),
        Some("hf:datasets/example-lab/layouts")
    );
    assert_eq!(
        facts.description.as_deref(),
        Some("Dataset Card for layouts A table of layouts.")
    );
    assert_eq!(facts.license.as_deref(), Some("CC-BY-SA-4.0"));
    assert_eq!(
        facts.language, None,
        "languages of people are none of programs"
    );
    assert_eq!(facts.links, ["https://github.com/example-lab/layouts"]);
}

#[test]
fn a_space_says_what_it_is_made_with() {
    let value = json!({ "id": "o/n", "sdk": "gradio", "tags": ["gradio", "region:us"],
        "cardData": { "title": "A  demo", "license": "mit" } });
    let facts = facts(2, &value).expect("a space");
    assert_eq!(facts.full_name, "spaces/o/n");
    assert_eq!(facts.topics, ["gradio"]);
    assert_eq!(facts.description.as_deref(), Some("A demo"));
    assert_eq!(facts.license.as_deref(), Some("MIT"));
}

#[test]
fn self_hosted_hubs_have_no_short_references() {
    let places = Places {
        site: Url::parse("https://hub.example/hf").expect("an address"),
        public: false,
    };
    let value = json!({ "id": "o/n" });
    let facts = read_facts(&KINDS[1], &places, Fields::of(&value).expect("an object"));
    let facts = facts.expect("a dataset");
    assert_eq!(facts.url, "https://hub.example/hf/datasets/o/n");
    assert_eq!(
        facts.reference.as_deref(),
        Some("https://hub.example/hf/datasets/o/n")
    );
}

#[test]
fn gates_are_false_or_a_way() {
    for (value, gated) in [
        (json!(false), false),
        (json!("auto"), true),
        (json!("manual"), true),
        (json!(true), true),
        (json!(""), false),
        (json!(1), false),
    ] {
        assert_eq!(is_gated(Some(&value)), gated, "{value}");
    }
    assert!(!is_gated(None));
}

#[test]
fn full_names_are_split_into_kind_and_identifier() {
    let split = |name: &'static str| Kind::of(name).map(|(kind, id)| (kind.word, id));
    assert_eq!(split("o/n"), Some(("model", "o/n")));
    assert_eq!(
        split("bert-base-uncased"),
        Some(("model", "bert-base-uncased"))
    );
    assert_eq!(split("datasets/o/n"), Some(("dataset", "o/n")));
    assert_eq!(split("datasets/squad"), Some(("dataset", "squad")));
    assert_eq!(split("spaces/o/n"), Some(("space", "o/n")));
    for name in [
        "",
        "/",
        "o/",
        "/n",
        "o/n/x",
        "datasets/",
        "datasets/o/n/x",
        "..",
        "o/..",
        "-o/n",
        "o/n?x",
        "o/n#x",
        "o%2fn",
        "o\\n",
        "ö/n",
    ] {
        assert_eq!(split(name), None, "{name}");
    }
}

#[test]
fn the_number_of_topics_is_bounded() {
    let tags: Vec<String> = (0..1_000).map(|number| format!("tag-{number}")).collect();
    let value = json!({ "id": "o/n", "pipeline_tag": "p", "tags": tags });
    assert_eq!(facts(0, &value).expect("a model").topics.len(), TOPIC_LIMIT);
}
