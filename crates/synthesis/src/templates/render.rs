//! Finds a template and fills in its values: `{{ name }}` and nothing else. A value is never read for further values.

use std::collections::BTreeMap;

use serde::Deserialize;
use synthesizer_model::{ErrorCode, Failure, tree::TreePath};

use super::TEMPLATES;

/// A template as it is built in.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// What a request calls it.
    pub name: &'static str,
    pub(super) descriptor: &'static str,
    pub(super) texts: &'static [(&'static str, &'static str)],
}

/// What `template.toml` says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Descriptor {
    name: String,
    ecosystem: String,
    #[serde(rename = "requires-python")]
    requires_python: String,
    #[expect(
        dead_code,
        reason = "for readers of the descriptor until the documentation lists the templates"
    )]
    description: String,
    #[serde(default, rename = "file")]
    files: Vec<DescribedFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribedFile {
    path: String,
    text: String,
    reason: String,
    #[serde(default)]
    keeps_placed: bool,
}

impl Template {
    /// Gives the PEP 440 specifier of the Python versions that the template's own files and tools run on.
    ///
    /// # Errors
    /// `E_INTERNAL` when the descriptor is not valid.
    pub fn requires_python(&self) -> Result<String, Failure> {
        Ok(descriptor(self)?.requires_python)
    }
}

/// One file of a filled template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenderedFile {
    /// Where it goes.
    pub(crate) path: TreePath,
    /// Its contents.
    pub(crate) text: String,
    /// Why it is there.
    pub(crate) reason: String,
    /// Whether a placed file at its path stays; else that is a clash.
    pub(crate) keeps_placed: bool,
}

/// Finds a template for an ecosystem.
///
/// # Errors
/// `E_ARGUMENT` naming the known ones.
pub fn find(name: &str, ecosystem: &str) -> Result<&'static Template, Failure> {
    let known: Vec<&str> = TEMPLATES.iter().map(|template| template.name).collect();
    let Some(template) = TEMPLATES.iter().find(|template| template.name == name) else {
        return Err(Failure::new(
            ErrorCode::Argument,
            "there is no template of the requested name",
        )
        .with_hint(format!("use one of: {}", known.join(", "))));
    };
    let its_ecosystem = descriptor(template)?.ecosystem;
    if its_ecosystem != ecosystem {
        return Err(Failure::new(
            ErrorCode::Argument,
            format!("the template {name} is not made for the requested ecosystem"),
        )
        .with_hint(format!("use ecosystem = \"{its_ecosystem}\"")));
    }
    Ok(template)
}

/// Gives the ecosystem that a template is made for; `None` when it is made for several.
///
/// # Errors
/// `E_ARGUMENT` naming the known templates.
pub fn ecosystem_of(name: &str) -> Result<Option<String>, Failure> {
    let Some(template) = TEMPLATES.iter().find(|template| template.name == name) else {
        return find(name, "").map(|_| None);
    };
    Ok(Some(descriptor(template)?.ecosystem))
}

/// Fills a template.
///
/// # Errors
/// `E_INTERNAL` when the template names a text or value that does not exist.
pub(crate) fn render(
    template: &Template,
    values: &BTreeMap<&str, String>,
) -> Result<Vec<RenderedFile>, Failure> {
    let descriptor = descriptor(template)?;
    descriptor
        .files
        .into_iter()
        .map(|file| {
            let text = template
                .texts
                .iter()
                .find(|(name, _)| *name == file.text)
                .ok_or_else(|| {
                    Failure::internal(format!("the template has no text {}", file.text))
                })?;
            let path = fill(&file.path, values)?;
            Ok(RenderedFile {
                path: TreePath::new(&path).map_err(|refusal| {
                    Failure::internal(format!("a template's path is refused: {refusal}"))
                })?,
                text: fill(text.1, values)?,
                reason: file.reason,
                keeps_placed: file.keeps_placed,
            })
        })
        .collect()
}

fn descriptor(template: &Template) -> Result<Descriptor, Failure> {
    let descriptor: Descriptor = toml::from_str(template.descriptor).map_err(|error| {
        Failure::internal(format!(
            "a template's descriptor is not valid: {}",
            error.message()
        ))
    })?;
    if descriptor.name == template.name {
        Ok(descriptor)
    } else {
        Err(Failure::internal(
            "a template's descriptor has another name",
        ))
    }
}

fn fill(text: &str, values: &BTreeMap<&str, String>) -> Result<String, Failure> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (key, after) = after
            .split_once("}}")
            .ok_or_else(|| Failure::internal("a template has {{ without }}"))?;
        let value = values.get(key.trim()).ok_or_else(|| {
            Failure::internal(format!(
                "a template asks for the unknown value {}",
                key.trim()
            ))
        })?;
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_complete() {
        let values = BTreeMap::from([
            ("package", "toolbox".to_owned()),
            ("title", "Title.".to_owned()),
            ("components", String::new()),
        ]);
        for template in TEMPLATES {
            let files = render(template, &values).expect(template.name);
            assert_eq!(files.len(), template.texts.len(), "{}", template.name);
        }
    }

    #[test]
    fn values_are_filled_in_once_and_unknown_ones_are_refused() {
        let values = BTreeMap::from([("a", "{{ b }}".to_owned()), ("b", "x".to_owned())]);
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(fill(text, &values).ok().as_deref(), expected, "{text}");
        };
        check("1 {{ a }} {{b}}", Some("1 {{ b }} x"));
        check("{{ c }}", None);
        check("{{ a", None);
        check("plain", Some("plain"));
    }

    #[test]
    fn an_unknown_template_names_the_known_ones() {
        let failure = find("rails", "python").expect_err("unknown");
        assert_eq!(failure.code, ErrorCode::Argument);
        assert_eq!(failure.hint.as_deref(), Some("use one of: python-default"));
        assert!(find("python-default", "cargo").is_err());
    }
}
