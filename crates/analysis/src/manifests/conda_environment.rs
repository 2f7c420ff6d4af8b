//! Conda's `environment.yml`: the Python distributions that pip installs into it. Conda's own packages have names of their own and are
//! only counted.

use super::{
    facts::{ManifestFacts, Section},
    requirements_txt,
    yaml_text::{self, Node},
};

/// How many lines of pip's part are read.
const MOST_LINES: usize = 20_000;

/// Says whether a file is such an environment, by its name.
pub(super) fn is_environment(name: &str) -> bool {
    let stem = name
        .strip_suffix(".yml")
        .or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| {
        let first = stem.split(['-', '_', '.']).next();
        first == Some("environment") || stem.ends_with("environment")
    })
}

/// Reads what pip installs; `None` when the text is no environment.
pub(super) fn parse(
    path: &str,
    text: &str,
    section: Section,
    group: Option<&str>,
) -> Option<ManifestFacts> {
    let mut facts = ManifestFacts::new(path);
    let document = match yaml_text::parse_one(text) {
        Ok(document) => document,
        Err(error) => {
            facts.problem(
                error.line,
                format_args!("not valid YAML: {}", error.message),
            );
            return Some(facts);
        }
    };
    let dependencies = document.root.get("dependencies")?;
    for (line, problem) in &document.problems {
        facts.problem(*line, problem);
    }
    let mut of_conda = 0_usize;
    for item in dependencies.items() {
        match item.get("pip") {
            Some(pip) => read_pip(&mut facts, pip, section, group),
            None if item.text().is_some() => of_conda += 1,
            None => {}
        }
    }
    if of_conda > 0 {
        let what = format_args!(
            "{of_conda} packages of Conda are not read, as they need not be Python distributions"
        );
        facts.problem(dependencies.line, what);
    }
    Some(facts.finished())
}

fn read_pip(facts: &mut ManifestFacts, pip: &Node, section: Section, group: Option<&str>) {
    for (text, line) in pip.texts().into_iter().take(MOST_LINES) {
        let mut read = requirements_txt::parse(&facts.path, text, section, group);
        let lists = [
            read.runtime.as_mut(),
            read.optional.as_mut(),
            Some(&mut read.development),
        ];
        for dependency in lists.into_iter().flatten().flatten() {
            dependency.line = line;
        }
        let includes = std::mem::take(&mut read.includes).into_iter();
        facts.includes.extend(includes.map(|mut include| {
            include.line = line;
            include
        }));
        facts.absorb(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_installs_is_read() {
        let text = "name: x\nchannels: [c]\ndependencies:\n  - python=3.11\n  - numpy\n  - pip:\n    - a>=1\n    - -r more.txt\n    - \"b; os_name == 'nt'\"\n";
        let facts = parse("environment.yml", text, Section::Runtime, None).expect("an environment");
        let found: Vec<(String, u32)> = facts
            .runtime
            .iter()
            .flatten()
            .map(|dependency| (dependency.requirement(), dependency.line))
            .collect();
        assert_eq!(
            found,
            [("a>=1".to_owned(), 7), ("b; os_name == 'nt'".to_owned(), 9)]
        );
        assert_eq!(facts.includes.len(), 1);
        assert_eq!(facts.problems.len(), 1);
        assert!(parse("environment.yml", "name: x\n", Section::Runtime, None).is_none());
        assert!(is_environment("environment-dev.yml") && !is_environment("mkdocs.yml"));
    }
}
