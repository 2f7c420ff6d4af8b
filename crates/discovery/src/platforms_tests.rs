//! Tests of connecting: which platforms a configuration enables, and with which address.

use synthesizer_model::secret::Secret;

use super::*;
use crate::testing::DESCRIPTORS;

fn settings(base_url: Option<&str>) -> PlatformSettings {
    PlatformSettings {
        base_url: base_url.map(|url| Url::parse(url).expect("a URL")),
        ..PlatformSettings::default()
    }
}

#[test]
fn a_platform_is_enabled_where_it_can_be_reached() {
    let check = |public: bool, anonymous: bool, settings: &PlatformSettings, enabled: bool| {
        let descriptor = PlatformDescriptor {
            public_url: public.then_some("https://api.example"),
            anonymous,
            name: "north",
            aliases: &[],
            title: "",
            description: "",
            documentation: "https://docs.example",
            filters_language: false,
            filters_stars: false,
            git: None,
            service: DESCRIPTORS[0].service,
            connect: DESCRIPTORS[0].connect,
        };
        let authenticated = settings.token.is_some() || settings.key.is_some();
        let chosen = matches!(
            choice(&descriptor, settings, authenticated),
            Choice::Enabled
        );
        assert_eq!(chosen, enabled, "{settings:?}");
    };
    let none = settings(None);
    let own = settings(Some("https://git.example"));
    let with_token = PlatformSettings {
        token: Some(Secret::new("t".to_owned())),
        ..PlatformSettings::default()
    };
    let switched = |on| PlatformSettings {
        enabled: Some(on),
        ..settings(Some("https://git.example"))
    };
    check(true, true, &none, true);
    check(false, true, &none, false);
    check(false, true, &own, true);
    check(true, false, &none, false);
    check(true, false, &with_token, true);
    check(true, false, &own, true);
    check(true, false, &switched(true), true);
    check(true, true, &switched(false), false);
}

#[test]
fn addresses_are_checked_and_trimmed() {
    let check = |url: &str, expected: Option<&str>| {
        let base = usable_base(&Url::parse(url).expect("a URL"), "north");
        if let Err(failure) = &base {
            assert_eq!(failure.code, ErrorCode::Config);
            assert!(!failure.message.contains("secret"), "{}", failure.message);
        }
        assert_eq!(base.ok().as_ref().map(Url::as_str), expected, "{url}");
    };
    check(
        "https://git.example/api/v1//",
        Some("https://git.example/api/v1"),
    );
    check("http://127.0.0.1:8080", Some("http://127.0.0.1:8080/"));
    check(
        "https://git.example/api?x=1#y",
        Some("https://git.example/api"),
    );
    check("ftp://git.example/api", None);
    check("file:///etc", None);
    check("https://user:secret@git.example", None);
    check("https://secret@git.example", None);
}
