//! From modules to all that they import within their source. Every import is told where it leads; what leads nowhere is a finding.

use std::collections::{BTreeMap, VecDeque};

use synthesizer_model::{
    code::{Import, ImportForm},
    component::Reason,
    ecmascript::{ImportTarget, TakenAs, TakenImport},
    finding::{Finding, Severity},
    source_file::FileRole,
    text::escape_untrusted,
    tree::TreePath,
};

use super::{bundles, taking::Taking};
use crate::languages::Resolved;

/// How many findings of one kind are told one by one.
const MOST_FINDINGS: usize = 60;

/// A use of a package from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackageUse {
    /// The importing file, by index.
    pub(super) file: usize,
    /// The name under which code imports it.
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) types_only: bool,
    /// Whether the code may do without it: guarded, under a condition, or on a call.
    pub(super) may_be_missing: bool,
}

/// What was reached.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Files by index.
    pub(super) taken: BTreeMap<usize, (Reason, TakenAs)>,
    /// Imports of the files that are code.
    pub(super) imports: BTreeMap<usize, Vec<TakenImport>>,
    /// Packages from elsewhere, in the order in which they were met.
    pub(super) uses: Vec<PackageUse>,
    /// Files that a bundler or a minifier made, with who leads to them.
    pub(super) bundled: BTreeMap<usize, Reason>,
    /// Built file by file.
    pub(super) built: Vec<usize>,
    pub(super) findings: Vec<Finding>,
    told: BTreeMap<String, usize>,
}

impl Walk {
    /// Adds a finding, unless there are many of its kind.
    pub(super) fn find(&mut self, finding: Finding) {
        let told = self.told.entry(finding.kind.clone()).or_default();
        *told += 1;
        if *told <= MOST_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// Says how many findings were left out, and ends the count.
    pub(super) fn close(&mut self) {
        for (kind, count) in std::mem::take(&mut self.told) {
            if count > MOST_FINDINGS {
                let what = format!("{} more of the kind {kind}", count - MOST_FINDINGS);
                self.findings
                    .push(Finding::new(Severity::Warning, &kind, what));
            }
        }
    }
}

/// How far a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To everything that is imported, types too.
    All,
    /// To what runs.
    Runtime,
}

/// Follows the imports of files.
pub(super) fn walk(taking: &Taking<'_>, seeds: &[(usize, Reason)], reach: Reach, walk: &mut Walk) {
    let mut queue: VecDeque<usize> = VecDeque::new();
    for (file, reason) in seeds {
        take(taking, *file, reason.clone(), walk, &mut queue);
    }
    while let Some(file) = queue.pop_front() {
        if taking.progress.is_cancelled() {
            return;
        }
        let imports = follow(taking, file, reach, walk, &mut queue);
        walk.imports.insert(file, imports);
        if reach == Reach::All {
            for beside in declarations_beside(taking, file) {
                let reason = Reason::DataOf {
                    path: taking.files.file(file).path.to_string(),
                    line: 1,
                };
                take(taking, beside, reason, walk, &mut queue);
            }
        }
    }
}

/// Looks at the imports of one file alone; what they lead to is taken and not followed.
pub(super) fn walk_one(taking: &Taking<'_>, file: usize, reach: Reach, walk: &mut Walk) {
    let mut queue = VecDeque::new();
    let imports = follow(taking, file, reach, walk, &mut queue);
    walk.imports.insert(file, imports);
}

fn take(
    taking: &Taking<'_>,
    file: usize,
    reason: Reason,
    walk: &mut Walk,
    queue: &mut VecDeque<usize>,
) {
    if walk.taken.contains_key(&file) || walk.bundled.contains_key(&file) {
        return;
    }
    let about = taking.files.file(file);
    if !taking.is_code(file) {
        if about.path.as_str().ends_with(".node") {
            let what = "a compiled part, which runs on the systems that it was built for only";
            let finding = Finding::new(Severity::Warning, "compiled-part", what);
            walk.find(finding.at(about.path.as_str(), None));
        }
        walk.taken.insert(file, (reason, TakenAs::Data));
        return;
    }
    let text = taking.text(file);
    if about.role == FileRole::Minified || text.as_deref().is_some_and(bundles::is_bundle) {
        walk.bundled.insert(file, reason);
        return;
    }
    if text.as_deref().is_some_and(bundles::is_built) {
        walk.built.push(file);
    }
    walk.taken.insert(file, (reason, TakenAs::Module));
    queue.push_back(file);
}

fn follow(
    taking: &Taking<'_>,
    file: usize,
    reach: Reach,
    walk: &mut Walk,
    queue: &mut VecDeque<usize>,
) -> Vec<TakenImport> {
    let path = taking.files.file(file).path.clone();
    let Some(code) = taking.files.file(file).code else {
        let what = "the file could not be parsed; its imports are not known";
        walk.find(Finding::new(Severity::Warning, "not-parsed", what).at(path.as_str(), None));
        return Vec::new();
    };
    if let Some((line, problem)) = code.syntax_errors.first() {
        let what = format!("the file cannot be parsed: {}", shortened(problem));
        walk.find(
            Finding::new(Severity::Warning, "syntax-error", what).at(path.as_str(), Some(*line)),
        );
    }
    let is_typed = taking.is_typed(file);
    let mut imports = Vec::with_capacity(code.imports.len());
    for import in &code.imports {
        let types_only = import.circumstances.type_checking;
        // Types that a comment of JavaScript names change nothing that runs.
        if types_only && (!is_typed || reach == Reach::Runtime) {
            continue;
        }
        let target = lead(taking, file, &path, import, walk, queue);
        imports.push(TakenImport {
            written: import.target.clone(),
            form: import.form,
            range: import.range,
            line: import.line,
            types_only,
            names: import.names.clone(),
            target,
        });
    }
    imports
}

fn lead(
    taking: &Taking<'_>,
    file: usize,
    path: &TreePath,
    import: &Import,
    walk: &mut Walk,
    queue: &mut VecDeque<usize>,
) -> ImportTarget {
    let resolved = if has_control(&import.target) && import.form != ImportForm::Computed {
        Resolved::Unresolved("a name with control characters or escapes")
    } else {
        taking.resolver.resolve(file, import)
    };
    match resolved {
        Resolved::Files(targets) => {
            let reason = reason_of(path, import);
            let mut paths = Vec::with_capacity(targets.len());
            for target in targets {
                paths.push(taking.files.file(target).path.clone());
                take(taking, target, reason.clone(), walk, queue);
            }
            ImportTarget::Files(paths)
        }
        Resolved::External(_) => {
            let name = package_of(&import.target).to_owned();
            let circumstances = import.circumstances;
            walk.uses.push(PackageUse {
                file,
                name: name.clone(),
                line: import.line,
                types_only: circumstances.type_checking,
                may_be_missing: circumstances.guarded
                    || circumstances.fallback
                    || circumstances.in_function
                    || circumstances.conditional,
            });
            ImportTarget::Package(name)
        }
        Resolved::StandardLibrary | Resolved::Nothing => ImportTarget::Runtime,
        Resolved::Unresolved(why) => {
            let finding = unresolved(import, why);
            walk.find(finding.at(path.as_str(), Some(import.line)));
            ImportTarget::Nowhere
        }
    }
}

fn reason_of(path: &TreePath, import: &Import) -> Reason {
    let path = path.to_string();
    if import.form == ImportForm::Resource {
        return Reason::DataOf {
            path,
            line: import.line,
        };
    }
    Reason::ImportedBy {
        path,
        line: import.line,
        in_function: import.circumstances.in_function,
    }
}

/// Says what an import that leads nowhere means: it stops the synthesis only when it would fail as soon as the module is loaded.
fn unresolved(import: &Import, why: &str) -> Finding {
    let target = shortened(&import.target);
    if import.form == ImportForm::Computed {
        let what = format!("imports a module whose name is computed: {target}");
        return Finding::new(Severity::Warning, "computed-import", what);
    }
    let circumstances = import.circumstances;
    let what = format!("imports {target}: {why}");
    if circumstances.type_checking {
        return Finding::new(Severity::Info, "missing-types", what);
    }
    let fails_as_designed = circumstances.guarded || circumstances.fallback;
    let is_later = circumstances.in_function
        || circumstances.conditional
        || import.form == ImportForm::Dynamic;
    let severity = match (fails_as_designed, is_later) {
        (true, _) => Severity::Info,
        (false, true) => Severity::Warning,
        (false, false) => Severity::Error,
    };
    Finding::new(severity, "missing-module", what)
}

/// Gives the name of the package that an import names: `a` of `a/b`, `@a/b` of `@a/b/c`.
pub(super) fn package_of(target: &str) -> &str {
    let skipped = usize::from(target.starts_with('@'));
    let mut slashes = target.match_indices('/').map(|(at, _)| at);
    slashes.nth(skipped).map_or(target, |end| &target[..end])
}

fn has_control(target: &str) -> bool {
    target.chars().any(char::is_control)
        || target.to_ascii_lowercase().contains("%2e")
        || target.to_ascii_lowercase().contains("%2f")
}

/// Gives the declarations of a JavaScript file that lie beside it.
fn declarations_beside(taking: &Taking<'_>, file: usize) -> Vec<usize> {
    let path = taking.files.file(file).path.as_str();
    [
        (".js", ".d.ts"),
        (".mjs", ".d.mts"),
        (".cjs", ".d.cts"),
        (".jsx", ".d.ts"),
    ]
    .iter()
    .filter_map(|(code, declarations)| {
        let stem = path.strip_suffix(code)?;
        taking.files.index(&format!("{stem}{declarations}"))
    })
    .collect()
}

/// Escapes untrusted text for a finding and cuts it to a readable length.
pub(super) fn shortened(text: &str) -> String {
    const LIMIT: usize = 120;
    let mut short: String = text.chars().take(LIMIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escape_untrusted(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_end_at_their_slash() {
        let check = |target: &str, expected: &str| assert_eq!(package_of(target), expected);
        check("a", "a");
        check("a/b/c", "a");
        check("@a/b", "@a/b");
        check("@a/b/c", "@a/b");
        check("@a", "@a");
    }
}
