//! Requirements made to take time, memory or the process down.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::RepositoryRequirements,
};
use synthesizer_resolution::first_look;

use super::{asks, repository};

/// Far more than any of these takes in a debug build on a busy machine, far less than anything quadratic would.
const PATIENCE: Duration = Duration::from_secs(30);

const FAMILIES: [Ecosystem; 3] = [Ecosystem::Python, Ecosystem::Cargo, Ecosystem::Npm];

/// Spreads requirements over 50 repositories, as plain comparators too, and as peers for npm.
fn spread(
    count: usize,
    ecosystem: Ecosystem,
    make: impl Fn(usize) -> Dependency,
) -> Vec<RepositoryRequirements> {
    let each = count.div_ceil(50);
    (0..50)
        .map(|index| {
            let requirements = (0..each).map(|number| {
                let made = make(index * each + number);
                Dependency {
                    parsed: Some(made.specifier.clone()),
                    group: (ecosystem == Ecosystem::Npm).then(|| "peer".to_owned()),
                    ecosystem,
                    ..made
                }
            });
            repository(&format!("r{index}"), requirements.collect())
        })
        .collect()
}

fn check(count: usize, make: impl Fn(usize) -> Dependency) {
    for ecosystem in FAMILIES {
        let repositories = spread(count, ecosystem, &make);
        let begun = Instant::now();
        let found = first_look::conflicts(ecosystem, &repositories, None);
        assert!(
            begun.elapsed() < PATIENCE,
            "{ecosystem}: {:?}",
            begun.elapsed()
        );
        assert!(found.len() <= count);
    }
}

fn x(specifier: String) -> Dependency {
    asks(Ecosystem::Python, "x", &specifier)
}

#[test]
fn ten_thousand_pins_of_one_package() {
    check(10_000, |index| x(format!("=={index}.0")));
    check(10_000, |index| x(format!("=1.{index}.0")));
    check(10_000, |index| {
        x(format!("=1.{}.0 || =2.{index}.0", index + 1))
    });
}

#[test]
fn ten_thousand_packages_that_all_clash() {
    check(10_000, |index| {
        let specifier = ["=1.2.3", "=1.2.4", "==1", "==2"][index % 4];
        asks(Ecosystem::Python, &format!("x{}", index / 4), specifier)
    });
}

#[test]
fn ten_thousand_ranges_with_holes() {
    check(10_000, |index| {
        let holes: Vec<String> = (0..60).map(|hole| format!("!={index}.{hole}")).collect();
        x(holes.join(","))
    });
    check(2_000, |index| {
        let parts: Vec<String> = (0..12).map(|part| format!("={part}.{index}.0")).collect();
        x(parts.join(" || "))
    });
    check(2_000, |index| x(format!(">=0.{index}, <9, !=1")));
}

#[test]
fn ten_thousand_markers() {
    check(10_000, |index| Dependency {
        marker: Some(format!(
            "python_version > '3.{index}' or platform_machine == '{index}'"
        )),
        ..x(format!("=={}", index % 7))
    });
    check(500, |index| {
        let conditions: Vec<String> = (0..8)
            .map(|one| {
                format!(
                    "('{}' in platform_version or '{one}' in platform_release)",
                    index + one
                )
            })
            .collect();
        Dependency {
            marker: Some(conditions.join(" and ")),
            ..x(format!("=={}", index % 7))
        }
    });
}

#[test]
fn absurd_texts() {
    let long = "9".repeat(200_000);
    let many = ">=1,".repeat(50_000);
    let deep = "(".repeat(200_000);
    for text in [
        long.clone(),
        format!("=={long}"),
        many,
        format!("=={}.*", u64::MAX),
        format!("==1.post{}.*", u64::MAX),
        format!("==1a{}.*", u64::MAX),
        format!(">1.post{}", u64::MAX),
        format!("~={}.{}", u64::MAX, u64::MAX),
        format!("^{}", u64::MAX),
        format!(">{0}.{0}.{0}, <={0}", u64::MAX),
        format!("={0}.{0}.{0}", u64::MAX),
        format!("<=0.0.{}", u64::MAX),
        "||".repeat(500_000),
        "=1.0.0 ||".repeat(100_000),
        format!("=1.0.0-{}", "a.".repeat(100_000)),
        "é".repeat(100_000),
        "\u{0}\u{202e}".to_owned(),
    ] {
        check(100, |index| {
            if index % 2 == 0 {
                x(text.clone())
            } else {
                x("=1.0.1".to_owned())
            }
        });
    }
    for marker in [
        deep,
        "'x' ~= os_name".to_owned(),
        "os_name ~= 'x'".to_owned(),
        format!("python_version == '{}.*'", u64::MAX),
        format!("python_full_version ~= '3.{}'", u64::MAX),
        format!("python_version in '3.{}'", u64::MAX),
        format!("python_version > '3.{}'", u64::MAX),
        "python_version == '1a1.*'".to_owned(),
        "python_version == ''".to_owned(),
        "extra == ''".to_owned(),
        "extra ~= 'x'".to_owned(),
        "os_name == 'a' ".repeat(10_000),
        "é".repeat(100_000),
    ] {
        check(100, |index| Dependency {
            marker: Some(marker.clone()),
            ..x(format!("=={}", index % 2))
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_ends_well(
        one in "[=<>!~^*|,. 0-9a-z+\\-é]{0,24}",
        other in "[=<>!~^*|,. 0-9a-z+\\-é]{0,24}",
        marker in "(os_name|python_version|'x'|python_full_version|extra|implementation_version) ?(==|~=|===|<|in|not in|>) ?('3.1.*'|'3'|os_name|''|'9a1'|'1!2.post3') ?((and|or) 'x' in sys_platform)?",
    ) {
        for ecosystem in FAMILIES {
            let make = |specifier: &str| Dependency {
                marker: Some(marker.clone()),
                parsed: Some(specifier.to_owned()),
                group: (ecosystem == Ecosystem::Npm).then(|| "peer".to_owned()),
                ..asks(ecosystem, "x", specifier)
            };
            let all = [repository("a", vec![make(&one)]), repository("b", vec![make(&other)])];
            drop(first_look::conflicts(ecosystem, &all, Some(&one)));
        }
    }
}
