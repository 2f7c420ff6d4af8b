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
fn values_after_a_bare_colon_are_masked_when_they_look_like_secrets() {
    check("password: hunter2", "password: ****");
    check("db_password: 'hunter2'", "db_password: '****'");
    check("  api_key: d0Kx82mQ71LpzR5vTnWe9", "  api_key: ****");
    check("token: 5f4dcc3b5aa765d61d8327deb882cf99", "token: ****");
    check("X-Auth: q8Zr4TnB0vKx7LmPw2Yd", "X-Auth: ****");
    unchanged("password: string; passphrase: required, secret: my-secret-name");
    unchanged("unexpected token: name2, and secret::Value, password::hash2");
    unchanged("session: 5f4dcc3b5aa765d61d8327deb882cf99");
    unchanged("fn login(password: &str, token: Option<Token2>)");
}

#[test]
fn values_end_where_their_quotes_do() {
    check(r#"password="it's; so, done" x"#, r#"password="****" x"#);
    check(
        r#"{"password":"a\\b\"c","n":1}"#,
        r#"{"password":"****","n":1}"#,
    );
    check(
        r#"{"m":"{\"token\":\"a'b\",\"n\":1}"}"#,
        r#"{"m":"{\"token\":\"****\",\"n\":1}"}"#,
    );
    check("password=dom\\user end", "password=**** end");
    check(
        "{\"m\":\"token=abc\\nnext\"}",
        "{\"m\":\"token=****\\nnext\"}",
    );
    check("password='open, and rest", "password='****, and rest");
    check(
        "\u{1b}[33m--token=abc\u{1b}[0m'",
        "\u{1b}[33m--token=****\u{1b}[0m'",
    );
    check(
        "https://h/?password=a%26b&page=2",
        "https://h/?password=****&page=2",
    );
}

#[test]
fn names_within_the_value_of_another_name_are_seen() {
    check("cookie=\"a=b; token=abc\"", "cookie=\"a=b; token=****\"");
    check("session=x password=hunter2", "session=x password=****");
    check(
        "token = get(password=\"abc\")",
        "token = get(password=\"****\")",
    );
}

#[test]
fn a_private_key_that_is_the_value_of_a_name_is_masked_to_its_end() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
    check(&format!("PRIVATE_KEY={key} x"), "PRIVATE_KEY=**** x");
    let json = serde_json::json!({ "a": 1, "private_key": key }).to_string();
    check(&json, "{\"a\":1,\"private_key\":\"****\"}");
}

#[test]
fn a_password_in_a_url_is_masked_whole_within_a_value() {
    check("password=https://me:pa,ss@host/ x", "password=****@host/ x");
}

#[test]
fn tokens_after_escapes_and_colours_are_masked() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    for before in [
        "\\n",
        "\\t",
        "\\u00e9",
        "\u{1b}[31m",
        "\u{1b}[1;31m",
        "\u{e9}",
        "\u{1f980}",
        "*",
    ] {
        check(&format!("{before}{token}"), &format!("{before}****"));
    }
    unchanged(&format!("x{token}"));
    check(&format!("{token}\u{1f980}"), "****\u{1f980}");
    check(&format!("{token}{token}"), "****");
}

#[test]
fn encodings_are_undone_in_words_and_paths() {
    use base64::Engine as _;
    let token = format!("ghp_{}", "a1B2".repeat(9));
    check(&format!("a=1 b=x%3A{token}%26c d"), "a=1 b=x%3A****%26c d");
    check("50%token%3Dabc&x", "50%token%3D****&x");
    let base64 = base64::prelude::BASE64_STANDARD.encode(format!("{{\"auth\":\"{token}\"}}"));
    check(&format!("data:x;base64,{base64}"), "data:x;base64,****");
    let long = base64::prelude::BASE64_STANDARD.encode("text ".repeat(4000) + &token);
    check(&format!("{long} x"), "**** x");
    let secret = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&token);
    assert!(!mask(&format!("/v1/data/{secret}/x")).contains(&secret[8..]));
    let percent = base64.replace('=', "%3D");
    assert!(!mask(&format!("q={percent}&x")).contains(&base64[..20]));
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
        let text = pattern.repeat(300_000 / pattern.len());
        let start = std::time::Instant::now();
        let _ = mask(&text);
        let seconds = start.elapsed().as_secs_f64();
        assert!(seconds < 10.0, "{pattern}: {seconds} s");
    }
}
