//! From imports of packages to what the project has to declare, as the source's manifests ask for it.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    dependency::Dependency,
    ecmascript::{NpmNeed, NpmNeedKind},
    finding::{Finding, Severity},
    project::Project,
};

use super::{
    moved_tests::named_by_script,
    taking::{Taking, ancestors},
    walking::{PackageUse, Walk, shortened},
};

/// Needs by the name under which code imports them.
pub(super) type Needs = BTreeMap<String, NpmNeed>;

/// Longest name and range that are declared, in bytes.
const LONGEST: usize = 214;

/// Says what the taken modules ask of the project.
pub(super) fn of_modules(taking: &Taking<'_>, walk: &mut Walk) -> Needs {
    let mut needs = Needs::new();
    let taken = std::mem::take(&mut walk.uses);
    for used in &taken {
        if walk.taken.contains_key(&used.file) {
            add(taking, used, walk, &mut needs);
        }
    }
    let typed = taken.iter().filter(|used| {
        walk.taken.contains_key(&used.file)
            && taking.is_typed(used.file)
            && !taking.is_declaration(used.file)
    });
    for used in typed {
        add_types(taking, used, &mut needs);
    }
    walk.uses = taken;
    needs
}

/// Adds one use.
pub(super) fn add(taking: &Taking<'_>, used: &PackageUse, walk: &mut Walk, needs: &mut Needs) {
    let path = taking.files.file(used.file).path.as_str();
    let shown = shortened(&used.name);
    let at = |finding: Finding| finding.at(path, Some(used.line));
    if !is_name(&used.name) {
        let what = format!("imports {shown}, which is no name of a package");
        walk.find(at(Finding::new(
            Severity::Warning,
            "undeclared-import",
            what,
        )));
        return;
    }
    let Some(dependency) = declared(taking, used.file, &used.name) else {
        if used.types_only {
            return;
        }
        if used.may_be_missing {
            let what = format!(
                "imports {shown} where it may be missing; the manifest does not ask for it"
            );
            walk.find(at(Finding::new(Severity::Info, "undeclared-import", what)));
            return;
        }
        let what = format!(
            "imports {shown}, which the manifest does not ask for; any version is declared"
        );
        walk.find(at(Finding::new(
            Severity::Warning,
            "undeclared-import",
            what,
        )));
        insert(
            needs,
            &used.name,
            "*".to_owned(),
            NpmNeedKind::Required,
            None,
        );
        return;
    };
    let Some(range) = range_of(dependency) else {
        let what = format!(
            "imports {shown}, which the manifest asks for from a place that is no registry; it is not declared"
        );
        walk.find(at(Finding::new(
            Severity::Warning,
            "direct-reference",
            what,
        )));
        return;
    };
    let group = dependency.group.as_deref();
    let is_optional = group == Some("optional") || dependency.marker.as_deref() == Some("optional");
    let kind = match group {
        Some("dev") if used.types_only => NpmNeedKind::Development,
        Some("dev") if used.may_be_missing => return,
        Some("dev") => {
            let what = format!("imports {shown}, which the manifest asks for in development only");
            walk.find(at(Finding::new(
                Severity::Warning,
                "development-import",
                what,
            )));
            NpmNeedKind::Required
        }
        _ if is_optional && used.may_be_missing => NpmNeedKind::Optional,
        _ => NpmNeedKind::Required,
    };
    let place = Some((dependency.manifest.clone(), dependency.line));
    insert(needs, &used.name, range, kind, place);
}

/// Adds the package of the types of a package, where the source asks for it.
fn add_types(taking: &Taking<'_>, used: &PackageUse, needs: &mut Needs) {
    let types = match used.name.strip_prefix('@') {
        Some(scoped) => format!("@types/{}", scoped.replacen('/', "__", 1)),
        None => format!("@types/{}", used.name),
    };
    if let Some(dependency) = declared(taking, used.file, &types)
        && let Some(range) = range_of(dependency)
    {
        let place = Some((dependency.manifest.clone(), dependency.line));
        insert(needs, &types, range, NpmNeedKind::Development, place);
    }
}

/// Adds what tests import.
pub(super) fn add_development(
    taking: &Taking<'_>,
    names: &BTreeSet<(usize, String)>,
    needs: &mut Needs,
) {
    for (file, name) in names {
        if let Some(dependency) = declared(taking, *file, name)
            && let Some(range) = range_of(dependency)
        {
            let place = Some((dependency.manifest.clone(), dependency.line));
            insert(needs, name, range, NpmNeedKind::Development, place);
        } else if named_by_script(taking, *file, name) {
            insert(needs, name, "*".to_owned(), NpmNeedKind::Development, None);
        }
    }
}

/// Puts other needs to these.
pub(super) fn merge(others: Needs, needs: &mut Needs) {
    for (name, need) in others {
        insert(needs, &name, need.range, need.kind, need.declared_at);
    }
}

pub(super) fn insert(
    needs: &mut Needs,
    name: &str,
    range: String,
    kind: NpmNeedKind,
    declared_at: Option<(String, u32)>,
) {
    let need = NpmNeed {
        name: name.to_owned(),
        range,
        kind,
        declared_at,
    };
    needs
        .entry(name.to_owned())
        .and_modify(|known| {
            known.kind = known.kind.min(need.kind);
            if known.range == "*" {
                known.range.clone_from(&need.range);
            }
        })
        .or_insert(need);
}

/// Finds what asks for a package: the manifests around a file, the nearest first; of one manifest what is needed to run comes first.
pub(super) fn declared<'t>(
    taking: &'t Taking<'_>,
    file: usize,
    name: &str,
) -> Option<&'t Dependency> {
    let folder = taking.files.file(file).path.parent();
    ancestors(folder).find_map(|folder| of_project(taking.project(folder)?, name))
}

/// Finds what a manifest says of a package, under the name by which code imports it.
pub(super) fn of_project<'p>(project: &'p Project, name: &str) -> Option<&'p Dependency> {
    let asked = project.dependencies.iter().filter(|dependency| {
        dependency
            .imported_as
            .as_deref()
            .unwrap_or(&dependency.name)
            == name
    });
    asked.min_by_key(|dependency| match dependency.group.as_deref() {
        None => 0,
        Some("peer") => 1,
        Some("optional") => 2,
        _ => 3,
    })
}

/// Gives the range to declare; `None` for what comes from elsewhere than a registry.
pub(super) fn range_of(dependency: &Dependency) -> Option<String> {
    let written = dependency.specifier.trim();
    let is_direct = dependency.url.is_some()
        || written.len() > LONGEST
        || written.contains("://")
        || written.contains(char::is_control)
        || (written.contains([':', '/']) && !written.starts_with("npm:"));
    if is_direct {
        return None;
    }
    if let Some(alias) = &dependency.imported_as
        && !written.starts_with("npm:")
        && *alias != dependency.name
    {
        return Some(format!("npm:{}@{written}", dependency.name));
    }
    Some(if written.is_empty() {
        "*".to_owned()
    } else {
        written.to_owned()
    })
}

/// Says whether a text can be the name of a package in a manifest.
pub(super) fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_'])
            && part
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "-._~".contains(character))
    };
    let names = match name.strip_prefix('@') {
        Some(scoped) => scoped
            .split_once('/')
            .is_some_and(|(scope, name)| part(scope) && part(name)),
        None => part(name),
    };
    names && name.len() <= LONGEST && name != "node_modules" && name != "__proto__"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packages_are_told() {
        let check = |name: &str, expected: bool| assert_eq!(is_name(name), expected, "{name}");
        check("a", true);
        check("@a/b.c", true);
        check("JSONStream", true);
        check("__proto__", false);
        check("../a", false);
        check("@a", false);
        check("@a/b/c", false);
        check("a b", false);
        check("", false);
    }
}
