//! `synthesizer analyze`: what a repository is made of.

use clap::{Args, ValueEnum};
use serde_json::Value;
use synthesizer_engine::operations::analyze::{AnalyzeRequest, Detail};
use synthesizer_model::{Failure, analysis::RepositoryAnalysis, reference::RepositoryReference};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
REPO is one of:
  ./DIR  ../DIR  /DIR  .                   a folder of this machine
  https://HOST/OWNER/NAME[.git][@REV]      a git repository; REV is a branch, a tag or a commit
  github:OWNER/NAME[@REV]                  one of GitHub
  gitlab:GROUP/NAME[@REV]                  one of GitLab
  hf:[datasets/|spaces/]OWNER/NAME[@REV]   one of Hugging Face
  pypi:NAME[@VERSION]                      a published Python package, found by uv
  npm:NAME[@VERSION]                       a published JavaScript package, brought by npm
  cargo:NAME[@VERSION]                     a published Rust crate, brought by cargo
#COMPONENT after any of them shows that component alone, and whole.

Examples:
  synthesizer analyze pypi:flask@3.1.0
  synthesizer analyze ./my-package --no-transitive
  synthesizer analyze npm:zod --detail full --json
  synthesizer analyze cargo:serde_json
  synthesizer analyze github:pallets/click --component-query 'text formatting' --json
  synthesizer analyze https://github.com/pallets/click.git@8.1.7
  synthesizer analyze 'pypi:flask@3.1.0#flask.json.tag'";

/// The arguments of `analyze`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The repository, in one of the forms below
    #[arg(value_name = "REPO")]
    repository: String,
    /// Do not look for components
    #[arg(long)]
    no_components: bool,
    /// Do not resolve what the dependencies bring along
    #[arg(long)]
    no_transitive: bool,
    /// Show only components that match these words
    #[arg(long, value_name = "WORDS")]
    component_query: Option<String>,
    /// How much to tell of each component
    #[arg(long, value_enum, default_value_t = DetailArgument::Summary)]
    detail: DetailArgument,
}

/// `--detail`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum DetailArgument {
    /// The main facts.
    Summary,
    /// Everything.
    Full,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let request = AnalyzeRequest {
        repository: RepositoryReference::parse(&arguments.repository)?,
        include_transitive: !arguments.no_transitive,
        extract_components: !arguments.no_components,
        component_query: arguments.component_query.clone(),
        detail: match arguments.detail {
            DetailArgument::Summary => Detail::Summary,
            DetailArgument::Full => Detail::Full,
        },
    };
    let analysis = session.engine.analyze(&session.call, request).await?;
    // Both may be large; one is shown.
    let (document, text) = if session.json {
        let document = document(&analysis, &session.call.correlation_id)?;
        (document, String::new())
    } else {
        (Value::Null, render(&analysis))
    };
    Ok(Answer {
        document,
        text,
        status: 0,
    })
}

fn render(analysis: &RepositoryAnalysis) -> String {
    let mut page = Page::default();
    facts(&mut page, analysis);
    languages(&mut page, analysis);
    structure(&mut page, analysis);
    quality(&mut page, analysis);
    licenses(&mut page, analysis);
    dependencies(&mut page, analysis);
    imports(&mut page, analysis);
    components(&mut page, analysis);
    let problems = analysis
        .problems
        .iter()
        .map(|problem| vec![problem.path.clone(), problem.what.clone()])
        .collect();
    page.table("Left out", &["path", "why"], problems);
    page.into_text()
}

fn facts(page: &mut Page, analysis: &RepositoryAnalysis) {
    let repository = &analysis.repository;
    let version = repository.version.as_deref().unwrap_or_default();
    page.heading(format!("{} {version}", repository.name).trim_end());
    page.fact("about", repository.description.as_deref());
    page.fact("source", Some(&repository.url));
    page.fact("revision", Some(&repository.revision));
    let stars = repository.stars.map(|stars| stars.to_string());
    page.fact("stars", stars.as_deref());
    page.fact("python", analysis.requires_python.as_deref());
    let licenses = &analysis.licenses;
    page.fact(
        "license",
        Some(licenses.effective().as_deref().unwrap_or("unknown")),
    );
    let size = format!(
        "{} files, {} lines of code",
        analysis.files_analyzed, analysis.lines_of_code
    );
    page.fact("size", Some(&size));
}

/// How many languages get a bar of their own.
const SHOWN_LANGUAGES: usize = 12;

fn languages(page: &mut Page, analysis: &RepositoryAnalysis) {
    let mut shares: Vec<(&String, f64)> = analysis
        .languages
        .iter()
        .map(|(name, percent)| (name, *percent))
        .collect();
    shares.sort_by(|left, right| right.1.total_cmp(&left.1));
    let bars: Vec<(String, f64, String)> = shares
        .iter()
        .take(SHOWN_LANGUAGES)
        .map(|(name, percent)| ((*name).clone(), percent / 100.0, format!("{percent:.1} %")))
        .collect();
    page.bars("Languages, by lines of code", &bars);
}

fn structure(page: &mut Page, analysis: &RepositoryAnalysis) {
    let rows = analysis
        .structure
        .roles
        .iter()
        .rev()
        .map(|(role, counts)| {
            vec![
                role.to_string(),
                counts.files.to_string(),
                counts.code.to_string(),
                counts.comments.to_string(),
                counts.blanks.to_string(),
            ]
        })
        .collect();
    let columns = ["kind of file", "files", "code", "comments", "blank"];
    page.table("Files", &columns, rows);
    let rows = analysis
        .manifests
        .iter()
        .map(|manifest| {
            vec![
                manifest.path.clone(),
                manifest.ecosystem.to_string(),
                manifest.role.to_string(),
                manifest.name.clone().unwrap_or_default(),
                manifest.dependencies.to_string(),
            ]
        })
        .collect();
    let columns = ["path", "ecosystem", "role", "package", "dependencies"];
    page.table("Manifests", &columns, rows);
}

fn quality(page: &mut Page, analysis: &RepositoryAnalysis) {
    let quality = &analysis.quality_score;
    let bars: Vec<(String, f64, String)> = quality
        .evidence
        .iter()
        .filter_map(|evidence| {
            let remark = match &evidence.path {
                Some(path) => format!("{} ({path})", evidence.result),
                None => evidence.result.clone(),
            };
            Some((evidence.check.clone(), evidence.score?, remark))
        })
        .collect();
    let heading = match (quality.overall, &quality.grade) {
        (Some(overall), Some(grade)) => format!("Quality: {grade}, {overall:.0} of 100"),
        _ => "Quality: unknown".to_owned(),
    };
    page.bars(&heading, &bars);
    let unknown: Vec<String> = quality
        .unknown
        .iter()
        .map(|check| format!("{}: {}", check.path, check.what))
        .collect();
    page.list("Quality that is not known", &unknown);
}

fn licenses(page: &mut Page, analysis: &RepositoryAnalysis) {
    let licenses = &analysis.licenses;
    let texts = licenses.detected.iter().chain(&licenses.nested);
    let mut rows: Vec<Vec<String>> = texts
        .map(|found| {
            let percent = format!("text, {:.0} %", found.confidence * 100.0);
            vec![found.spdx.clone(), percent, found.path.clone()]
        })
        .collect();
    rows.extend(licenses.stated.iter().map(|stated| {
        let by = format!("{}, {} files", stated.stated_by, stated.files);
        vec![stated.spdx.clone(), by, stated.example.clone()]
    }));
    page.table("Licenses", &["license", "known by", "where"], rows);
    page.list("Licenses that disagree", &licenses.disagreements);
}

fn dependencies(page: &mut Page, analysis: &RepositoryAnalysis) {
    let dependencies = &analysis.dependencies;
    let rows = dependencies
        .direct
        .iter()
        .map(|dependency| {
            vec![
                dependency.name.clone(),
                dependency.specifier.clone(),
                dependency.ecosystem.to_string(),
                dependency.group.clone().unwrap_or_default(),
                dependency.marker.clone().unwrap_or_default(),
                format!("{}:{}", dependency.manifest, dependency.line),
            ]
        })
        .collect();
    let counts = &dependencies.summary;
    let heading = format!(
        "Dependencies: {} to run, {} for development, {} optional",
        counts.direct_count, counts.dev_count, counts.optional_count
    );
    let columns = [
        "name",
        "version",
        "ecosystem",
        "group",
        "only when",
        "asked for at",
    ];
    page.table(&heading, &columns, rows);
    let transitive: Vec<Vec<String>> = dependencies
        .transitive
        .iter()
        .map(|package| {
            vec![
                package.name.clone(),
                package.version.clone(),
                package.required_by.join(", "),
                package.known_from.clone(),
            ]
        })
        .collect();
    let heading = format!("Brought along: {}", transitive.len());
    let columns = ["name", "version", "asked for by", "known from"];
    page.table(&heading, &columns, transitive);
    page.list("Contradictions", &dependencies.conflicts);
}

/// How many packages and places of imports are shown to people.
const SHOWN_IMPORTS: usize = 30;

fn imports(page: &mut Page, analysis: &RepositoryAnalysis) {
    let imports = &analysis.imports;
    let rows = imports
        .packages
        .iter()
        .take(SHOWN_IMPORTS)
        .map(|package| {
            vec![
                package.package.clone(),
                package.ecosystem.to_string(),
                package.role.to_string(),
                package.files.to_string(),
                package.declared.clone().unwrap_or_else(|| "no".to_owned()),
                package.first.clone(),
            ]
        })
        .collect();
    let heading = format!(
        "Imports: {} within, {} of the standard library, {} from elsewhere, {} unresolved",
        imports.internal, imports.standard_library, imports.external, imports.unresolved
    );
    let columns = [
        "package",
        "ecosystem",
        "used by",
        "files",
        "declared",
        "first at",
    ];
    page.table(&heading, &columns, rows);
    let circles: Vec<String> = imports
        .cycles
        .iter()
        .take(5)
        .map(|files| {
            let shown: Vec<&str> = files.iter().take(4).map(String::as_str).collect();
            let more = if files.len() > shown.len() {
                ", …"
            } else {
                ""
            };
            format!("{} files: {}{more}", files.len(), shown.join(", "))
        })
        .collect();
    page.list("Files that import each other in a circle", &circles);
}

fn components(page: &mut Page, analysis: &RepositoryAnalysis) {
    let rows: Vec<Vec<String>> = analysis
        .components
        .iter()
        .map(|component| {
            vec![
                component.id.clone(),
                component.kind.as_str().to_owned(),
                component.file_count.to_string(),
                component.lines_of_code.to_string(),
                component
                    .reuse
                    .as_ref()
                    .map_or_else(String::new, |reuse| format!("{:.2}", reuse.score)),
                component.external_dependencies.join(", "),
                component.description.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let heading = format!("Components: {}", rows.len());
    let columns = ["id", "kind", "files", "lines", "reuse", "needs", "about"];
    page.table(&heading, &columns, rows);
}
