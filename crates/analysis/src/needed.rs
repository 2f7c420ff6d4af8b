//! From the imports of a closure to the distributions that its new home must declare. Never invents a distribution from an import's name.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    component::{ExternalImport, Need, NeededDistribution},
    dependency::{Dependency, normalize_distribution},
    finding::{Finding, Severity},
};

use crate::distributions;

/// Import names that are known to come with a distribution, because its wheel or its lock says so.
#[derive(Debug, Clone, Default)]
pub struct Provided {
    /// Top-level import name to normalised distribution.
    pub by_import: BTreeMap<String, String>,
}

/// The outcome of matching imports with declarations.
#[derive(Debug, Clone, Default)]
pub struct Matched {
    /// What to declare, sorted by name.
    pub distributions: Vec<NeededDistribution>,
    /// Imports whose distribution is not known yet: neither declared nor in `provided` nor in the table.
    pub unknown: Vec<ExternalImport>,
    /// What to know about it.
    pub findings: Vec<Finding>,
}

/// Matches the imports of a closure with what the source declares for its users, then with what is known to be provided, then with the table.
pub fn match_distributions(
    imports: &[ExternalImport],
    declared: &[Dependency],
    provided: &Provided,
) -> Matched {
    let mut collected: BTreeMap<String, NeededDistribution> = BTreeMap::new();
    let mut matched = Matched::default();
    let mut told: BTreeSet<(String, Need)> = BTreeSet::new();
    for import in imports {
        let declarations = distributions::declared_for(&import.module, declared);
        if let Some(first) = declarations.first() {
            let name = normalize_distribution(&first.name);
            let runtime = declarations
                .iter()
                .any(|dependency| dependency.group.is_none());
            let need = if runtime {
                Need::Required
            } else {
                extra_need(import)
            };
            note_optional(import, need, &name, &mut told, &mut matched.findings);
            let requirements = requirements_of(&declarations, runtime);
            add(&mut collected, name, requirements, need, import, true);
            continue;
        }
        let top = import.top_level();
        let known = provided.by_import.get(top).cloned().or_else(|| {
            distributions::known_distribution(&import.module).map(normalize_distribution)
        });
        match known {
            Some(name) => {
                let need = extra_need(import);
                match need {
                    Need::Required => {
                        note_undeclared(import, &name, &mut told, &mut matched.findings);
                    }
                    Need::Optional => {
                        note_optional(import, need, &name, &mut told, &mut matched.findings);
                    }
                }
                add(
                    &mut collected,
                    name.clone(),
                    vec![name],
                    need,
                    import,
                    false,
                );
            }
            None => matched.unknown.push(import.clone()),
        }
    }
    matched.distributions = collected.into_values().collect();
    matched
}

/// An import that the source declares as an extra only: optional where the code guards it or reaches it by a computed name.
fn extra_need(import: &ExternalImport) -> Need {
    if import.computed {
        Need::Optional
    } else {
        import.need
    }
}

fn requirements_of(declarations: &[&Dependency], runtime: bool) -> Vec<String> {
    let mut requirements: Vec<String> = declarations
        .iter()
        .filter(|dependency| !runtime || dependency.group.is_none())
        .map(|dependency| dependency.requirement())
        .collect();
    requirements.sort();
    requirements.dedup();
    requirements
}

fn add(
    collected: &mut BTreeMap<String, NeededDistribution>,
    name: String,
    requirements: Vec<String>,
    need: Need,
    import: &ExternalImport,
    declared: bool,
) {
    let entry = collected
        .entry(name.clone())
        .or_insert_with(|| NeededDistribution {
            name,
            requirements,
            need,
            imports: Vec::new(),
            declared,
        });
    entry.need = entry.need.min(need);
    let top = import.top_level().to_owned();
    if let Err(position) = entry.imports.binary_search(&top) {
        entry.imports.insert(position, top);
    }
}

/// Tells once per distribution that it becomes an extra.
fn note_optional(
    import: &ExternalImport,
    need: Need,
    name: &str,
    told: &mut BTreeSet<(String, Need)>,
    findings: &mut Vec<Finding>,
) {
    if need == Need::Optional && told.insert((name.to_owned(), need)) {
        let what = format!(
            "imports {} under a guard, a condition or on a call only; {name} becomes an extra",
            import.module
        );
        let finding = Finding::new(Severity::Info, "optional-import", what);
        findings.push(finding.at(import.path.as_str(), Some(import.line)));
    }
}

/// Tells once per distribution that the source does not declare what its code always imports.
fn note_undeclared(
    import: &ExternalImport,
    name: &str,
    told: &mut BTreeSet<(String, Need)>,
    findings: &mut Vec<Finding>,
) {
    if told.insert((name.to_owned(), Need::Required)) {
        let what = format!(
            "imports {} without declaring {name}; it is declared here without a version bound",
            import.module
        );
        let finding = Finding::new(Severity::Warning, "undeclared-import", what);
        findings.push(finding.at(import.path.as_str(), Some(import.line)));
    }
}

/// Makes findings of imports whose distribution stays unknown.
pub fn unknown_findings(unknown: &[ExternalImport]) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    unknown
        .iter()
        .filter(|import| told.insert(import.top_level().to_owned()))
        .map(|import| {
            let (severity, how) = match import.need {
                Need::Optional => (Severity::Info, "under a guard, "),
                Need::Required if import.computed => (Severity::Info, "by a computed name, "),
                Need::Required => (Severity::Warning, ""),
            };
            let what = format!(
                "imports {} {how}which the source does not declare and no known distribution provides; nothing is declared for it",
                import.module
            );
            Finding::new(severity, "unknown-distribution", what).at(import.path.as_str(), Some(import.line))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use synthesizer_model::{dependency::Ecosystem, tree::TreePath};

    use super::*;

    fn import(module: &str, need: Need) -> ExternalImport {
        ExternalImport {
            module: module.to_owned(),
            path: TreePath::new("a.py").expect("a path"),
            line: 3,
            need,
            computed: false,
        }
    }

    fn declared(name: &str, specifier: &str, group: Option<&str>) -> Dependency {
        Dependency {
            specifier: specifier.to_owned(),
            group: group.map(str::to_owned),
            ..Dependency::new(Ecosystem::Python, name, "pyproject.toml", 1)
        }
    }

    fn check(
        imports: &[ExternalImport],
        dependencies: &[Dependency],
        expected: &[(&str, &str, Need)],
        kinds: &[&str],
    ) {
        let mut provided = Provided::default();
        provided
            .by_import
            .insert("markupsafe".to_owned(), "markupsafe".to_owned());
        let matched = match_distributions(imports, dependencies, &provided);
        let found: Vec<(&str, &str, Need)> = matched
            .distributions
            .iter()
            .map(|needed| {
                (
                    needed.name.as_str(),
                    needed.requirements[0].as_str(),
                    needed.need,
                )
            })
            .collect();
        assert_eq!(found, expected);
        let mut findings = matched.findings;
        findings.extend(unknown_findings(&matched.unknown));
        let found: Vec<&str> = findings
            .iter()
            .map(|finding| finding.kind.as_str())
            .collect();
        assert_eq!(found, kinds);
    }

    #[test]
    fn imports_find_their_distributions() {
        let flask = [
            declared("Werkzeug", ">=3.1", None),
            declared("python-dotenv", "", Some("dotenv")),
        ];
        check(
            &[import("werkzeug.http", Need::Required)],
            &flask,
            &[("werkzeug", "Werkzeug>=3.1", Need::Required)],
            &[],
        );
        check(
            &[import("werkzeug", Need::Optional)],
            &flask,
            &[("werkzeug", "Werkzeug>=3.1", Need::Required)],
            &[],
        );
        check(
            &[import("dotenv", Need::Optional)],
            &flask,
            &[("python-dotenv", "python-dotenv", Need::Optional)],
            &["optional-import"],
        );
        check(
            &[import("markupsafe", Need::Required)],
            &flask,
            &[("markupsafe", "markupsafe", Need::Required)],
            &["undeclared-import"],
        );
        check(
            &[import("markupsafe", Need::Optional)],
            &flask,
            &[("markupsafe", "markupsafe", Need::Optional)],
            &["optional-import"],
        );
        check(
            &[import("nobody_knows", Need::Required)],
            &flask,
            &[],
            &["unknown-distribution"],
        );
    }
}
