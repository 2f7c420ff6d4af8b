//! A corpus of made-up secrets of every rule, and of texts that only look like secrets: how many are found, how many are masked by mistake.

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    string::string_regex,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::{
    Masker, mask,
    rules::{Kind, RULES, Rule},
};

/// Secrets that are made of each rule.
const PER_RULE: usize = 40;

/// Texts around a secret; `{}` is where it goes.
const SETTINGS: &[&str] = &[
    "{}",
    "error: the key {} was refused by the server",
    "{\"value\":\"{}\",\"n\":1}",
    "export X='{}'; run",
    "GET /path?x={}&y=2 HTTP/1.1",
    "line one\n{}\nline three",
];

/// Texts around the value of a name.
const NAMED_SETTINGS: &[&str] = &[
    "{name}_token={}",
    "{NAME}_SECRET: '{}'",
    "{\"{name}_key\":\"{}\"}",
    "  {name}.api.key = \"{}\"",
    "export {NAME}_API_KEY={}",
];

fn runner() -> TestRunner {
    // Always the same secrets, so that a failure can be seen again.
    TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    )
}

/// Makes secrets that fit the rule's pattern and are as random as real ones.
fn samples(rule: &Rule, runner: &mut TestRunner) -> Vec<String> {
    let strategy = string_regex(&rule.pattern).expect("a pattern that can be made");
    let mut made = Vec::new();
    for _ in 0..PER_RULE * 50 {
        let secret = strategy.new_tree(runner).expect("a secret").current();
        let holds_keyword = rule.kind == Kind::Named
            || rule
                .keywords
                .iter()
                .any(|keyword| secret.contains(keyword.as_str()));
        if holds_keyword && rule.is_random_enough(&secret) {
            made.push(secret);
        }
        if made.len() == PER_RULE {
            break;
        }
    }
    assert!(
        made.len() >= PER_RULE / 2,
        "{}: {} samples",
        rule.id,
        made.len()
    );
    made
}

fn placed(rule: &Rule, secret: &str, index: usize) -> String {
    match rule.kind {
        Kind::Shape => SETTINGS[index % SETTINGS.len()].replace("{}", secret),
        Kind::Named => {
            let name = rule.keywords[0].as_str();
            NAMED_SETTINGS[index % NAMED_SETTINGS.len()]
                .replace("{name}", name)
                .replace("{NAME}", &name.to_uppercase())
                .replace("{}", secret)
        }
    }
}

/// The part of a secret that must not be seen: all but a beginning that says only what it is.
fn core(secret: &str) -> &str {
    let start = secret.floor_char_boundary(secret.len() / 2);
    &secret[start..]
}

#[test]
fn secrets_of_every_rule_are_found() {
    let mut runner = runner();
    let (mut found, mut all, mut missed) = (0, 0, Vec::new());
    for rule in &RULES.list {
        for (index, secret) in samples(rule, &mut runner).iter().enumerate() {
            let text = placed(rule, secret, index);
            all += 1;
            if mask(&text).contains(core(secret)) {
                missed.push(format!("{}: {text}", rule.id));
            } else {
                found += 1;
            }
        }
    }
    println!(
        "masking recall: {found} of {all} made-up secrets of {} rules",
        RULES.list.len()
    );
    assert!(
        missed.is_empty(),
        "{} missed, such as:\n{}",
        missed.len(),
        missed[..missed.len().min(20)].join("\n")
    );
}

#[test]
fn encoded_secrets_are_found() {
    use base64::Engine as _;
    let mut runner = runner();
    let mut missed = Vec::new();
    let mut all = 0;
    for rule in RULES.list.iter().filter(|rule| rule.kind == Kind::Shape) {
        for secret in samples(rule, &mut runner).iter().take(5) {
            let everything: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let twice = everything.replace('%', "%25");
            let base64 = base64::prelude::BASE64_STANDARD.encode(secret);
            for encoded in [everything, twice, base64] {
                all += 1;
                if mask(&format!("x={encoded}&y")).contains(core(&encoded)) {
                    missed.push(format!("{}: {encoded}", rule.id));
                }
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {all} missed, such as:\n{}",
        missed.len(),
        missed[..missed.len().min(20)].join("\n")
    );
}

/// Texts that are no secrets.
fn look_alikes() -> Vec<String> {
    let mut runner = runner();
    let mut texts = Vec::new();
    for pattern in [
        "[0-9a-f]{40}",
        "[0-9a-f]{64}",
        "[0-9a-f]{32}",
        "sha256:[0-9a-f]{64}",
        "sha512-[0-9A-Za-z+/]{86}==",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "[a-z]{3,12}(_[a-z]{3,12}){4,9}",
        "[A-Z][a-z]{3,9}([A-Z][a-z]{3,9}){4,9}",
        "[a-z]{3,8}(\\.[a-z]{3,8}){3,6}\\.[A-Z][a-z]{4,9}",
        "https://[a-z]{4,9}\\.example/[a-z]{3,9}/[a-z]{3,9}/commit/[0-9a-f]{40}",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(rc[0-9])?",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z",
        "[A-Z0-9]{26}",
        "W/\"[0-9a-f]{64}\"",
        "index [0-9a-f]{7}\\.\\.[0-9a-f]{7} 100644",
        "max_tokens=[0-9]{2,5}",
        "commit [0-9a-f]{40}",
        "etag: \"[0-9a-f]{32}\"",
        "cache_key=[0-9a-f]{64}",
    ] {
        let strategy = string_regex(pattern).expect("a pattern");
        for _ in 0..60 {
            texts.push(strategy.new_tree(&mut runner).expect("a text").current());
        }
    }
    texts.extend(
        [
            "token = self.next_token()",
            "password = os.environ[name]",
            "token: name; tokens: 3; input_tokens=512",
            "def login(user, password=None, token=None):",
            "secret=${SECRET} password=$PASSWORD api_key=<your-api-key>",
            "{\"password\": null, \"token\": true}",
            "hf_hub_download and sk-learn-contrib-something-long-2 and npm_config_registry",
            "the bearer of news, Bearer internationalization, Basic understanding",
            "see https://host.example/@scope/name and mail a@b.example",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
            "AKIA is how an access key id begins; xoxb- a bot token of a chat",
            "the primary_key=user_profile_identifier_column of the table",
            "session=default auth=oauth2 signature=sha256",
            "sort_key=alphabetical-by-repository-name-and-owner",
        ]
        .map(str::to_owned),
    );
    texts
}

#[test]
fn look_alikes_are_left_alone() {
    let texts = look_alikes();
    let masked: Vec<String> = texts
        .iter()
        .filter(|text| matches!(mask(text), std::borrow::Cow::Owned(_)))
        .map(|text| format!("{text} -> {}", mask(text)))
        .collect();
    println!(
        "masking by mistake: {} of {} look-alikes",
        masked.len(),
        texts.len()
    );
    assert!(masked.is_empty(), "{}", masked.join("\n"));
}

#[test]
fn rules_are_well_formed() {
    for (index, rule) in RULES.list.iter().enumerate() {
        assert!(
            RULES.list[..index].iter().all(|other| other.id != rule.id),
            "{} twice",
            rule.id
        );
        assert!(
            !rule.keywords.is_empty() && rule.keywords.iter().all(|keyword| keyword.len() >= 2),
            "{}",
            rule.id
        );
        rule.regex();
    }
    assert!(RULES.list.len() >= 150);
}

#[test]
fn known_secrets_are_found_in_base64_at_any_offset() {
    use base64::Engine as _;
    let secret = "correct horse/battery\"staple";
    let masker = Masker::new([secret]);
    for before in ["", "a", "ab", "abc"] {
        let encoded = base64::prelude::BASE64_STANDARD.encode(format!("{before}{secret}xyz"));
        let masked = masker.mask(&encoded).into_owned();
        assert!(
            masked.contains("****") && masked.len() < encoded.len() - 20,
            "{before}: {masked}"
        );
    }
    let json = serde_json::json!({ "a": secret }).to_string();
    assert_eq!(masker.mask(&json), "{\"a\":\"****\"}");
}
