//! What the project depends on, and why.

use synthesizer_model::synthesis::PlannedPackage;

use crate::{
    facts::{ReadmeFacts, TemplatePackage},
    markdown::{code, item, markdown_escape, paragraph},
};

pub(super) fn body(facts: &ReadmeFacts<'_>) -> Option<String> {
    let (development, needed): (Vec<_>, Vec<_>) = facts
        .template_packages
        .iter()
        .partition(|package| package.development);
    let mut text: String = facts
        .packages
        .iter()
        .map(|package| item(&line(package, facts.family.group)))
        .chain(
            needed
                .into_iter()
                .map(|package| item(&format!("{}, of the template", of_template(package)))),
        )
        .collect();
    if text.is_empty() {
        text = paragraph(facts.family.no_packages);
    }
    if !development.is_empty() {
        let names: Vec<String> = development.into_iter().map(of_template).collect();
        text.push('\n');
        text.push_str(&paragraph(&format!(
            "The template brings for development: {}.",
            names.join(", ")
        )));
    }
    Some(text)
}

fn of_template(package: &TemplatePackage) -> String {
    code(&named(&package.name, &package.requirement))
}

/// Gives a requirement with its package's name, which the manifests of some families have as a key.
fn named(name: &str, requirement: &str) -> String {
    // Python takes `Foo_Bar` and `foo-bar` for one name.
    let plain = |character: char| match character {
        '_' | '.' => '-',
        other => other.to_ascii_lowercase(),
    };
    let mut begin = requirement.chars().map(plain);
    if name.chars().map(plain).all(|one| begin.next() == Some(one)) {
        return requirement.to_owned();
    }
    format!("{name} {requirement}").trim_end().to_owned()
}

fn line(package: &PlannedPackage, group: &str) -> String {
    let requirements: Vec<String> = package
        .requirements
        .iter()
        .map(|one| code(&named(&package.name, one)))
        .collect();
    let mut text = if requirements.is_empty() {
        code(&package.name)
    } else {
        requirements.join(", ")
    };
    if !package.imported_by.is_empty() {
        let sources: Vec<String> = package
            .imported_by
            .iter()
            .map(|source| markdown_escape(source))
            .collect();
        text.push_str(&format!(", imported by {}", sources.join(", ")));
    }
    if let Some(extra) = &package.extra {
        text.push_str(&format!("; {group} {}", code(extra)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::finish;

    #[test]
    fn a_requirement_is_told_with_its_package() {
        let check = |name: &str, requirement: &str, expected: &str| {
            assert_eq!(named(name, requirement), expected, "{name} {requirement}");
        };
        check("no-panic", "0.1", "no-panic 0.1");
        check("ms", "ms@^2.1.0", "ms@^2.1.0");
        check(
            "foo-bar",
            "Foo_Bar>=1; python_version < \"3.11\"",
            "Foo_Bar>=1; python_version < \"3.11\"",
        );
        check("x", "", "x");
    }

    #[test]
    fn what_the_template_needs_is_listed() {
        let package = |name: &str, development| TemplatePackage {
            name: name.to_owned(),
            requirement: ">=1".to_owned(),
            development,
        };
        let facts = ReadmeFacts {
            template_packages: vec![package("starlette", false), package("ruff", true)],
            ..ReadmeFacts::default()
        };
        let text = finish(&body(&facts).expect("a section"));
        assert!(
            text.contains("- `starlette >=1`, of the template\n"),
            "{text}"
        );
        assert!(text.contains("for development: `ruff >=1`."), "{text}");
        assert!(!text.contains("None beyond"), "{text}");
        let none = body(&ReadmeFacts::default()).expect("a section");
        assert_eq!(none.trim_end(), "None beyond the standard library.");
    }
}
