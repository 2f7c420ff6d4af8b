//! Tests of recognising secrets. The values are made up.

use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(mask(text), expected, "{text}");
    assert_eq!(mask(expected), expected, "masking twice: {text}");
}

fn unchanged(text: &str) {
    check(text, text);
    assert!(matches!(mask(text), Cow::Borrowed(_)));
}

#[test]
fn urls_lose_their_user_and_password() {
    check(
        "get https://me:pass@host.example/x failed",
        "get https://****@host.example/x failed",
    );
    check("https://token@host.example", "https://****@host.example");
    check("https://a:p@ss@host/", "https://****@host/");
    unchanged("https://host.example/@scope/name");
    unchanged("see https://host.example and mail a@b.example");
}

#[test]
fn tokens_are_recognised_by_their_prefix() {
    let body = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
    for prefix in [
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "github_pat_11_",
        "glpat-",
        "hf_",
        "npm_",
        "sk-",
        "sk-proj-",
    ] {
        check(&format!("({prefix}{body})"), "(****)");
    }
    check("id=AKIAIOSFODNN7EXAMPLE.", "id=****.");
    check("see AKIAIOSFODNN7EXAMPLE\u{e9}", "see ****\u{e9}");
}

#[test]
fn headers_and_web_tokens_are_masked() {
    check(
        "authorization: Bearer abcdef0123456789xyz",
        "authorization: Bearer ****",
    );
    check(
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        "Authorization: Basic ****",
    );
    check(
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl tail",
        "**** tail",
    );
}

#[test]
fn private_keys_are_masked_to_their_end() {
    let key = "a -----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY----- b";
    check(key, "a **** b");
    check("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "****");
    unchanged("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----");
}

#[test]
fn named_values_are_masked() {
    check("password=hunter2&x=1", "password=****&x=1");
    check("client_secret=\"a b\" rest", "client_secret=\"****\" rest");
    check("API_KEY = 'abc'", "API_KEY = '****'");
    check(
        "{\"token\": \"abc\",\"n\":1}",
        "{\"token\": \"****\",\"n\":1}",
    );
    check(
        "{\\\"token\\\":\\\"abc\\\"}",
        "{\\\"token\\\":\\\"****\\\"}",
    );
    check("token=gr\u{fc}n", "token=****");
}

#[test]
fn hashes_names_and_prose_stay() {
    unchanged("da39a3ee5e6b4b0d3255bfef95601890afd80709");
    unchanged("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    unchanged("f47ac10b-58cc-4372-a567-0e02b2c3d479");
    unchanged("unexpected token: name; input_tokens=512; tokens: 3");
    unchanged("hf_hub_download and sk-learn-contrib-something-long-2 and Basic understanding");
    unchanged("the bearer of news, Bearer internationalization");
    unchanged("secret, password or token");
    unchanged("gr\u{fc}\u{df}e \u{1f980} :// ---- -----BEGIN \u{e9}");
}

#[test]
fn long_hostile_text_takes_linear_time() {
    for pattern in [
        "://",
        "a://b@",
        "token=\"",
        "-----BEGIN ",
        "eyJ.",
        "Bearer ",
        "password",
        "ghp_",
        "secret  =  ",
    ] {
        let text = pattern.repeat(1_000_000 / pattern.len());
        let start = std::time::Instant::now();
        let _ = mask(&text);
        let seconds = start.elapsed().as_secs_f64();
        assert!(seconds < 20.0, "{pattern}: {seconds} s");
    }
}
