//! `synthesizer analyze`: what a repository is made of.

use clap::{Args, ValueEnum};
use synthesizer_engine::operations::analyze::{AnalyzeRequest, Detail};
use synthesizer_model::{
    Failure, analysis::RepositoryAnalysis, component::ComponentKind, reference::RepositoryReference,
};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer analyze pypi:flask@3.1.0
  synthesizer analyze ./my-package --no-transitive
  synthesizer analyze github:pallets/click --component-query 'text formatting' --json";

/// The arguments of `analyze`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The repository
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
    Ok(Answer {
        document: document(&analysis, &session.call.correlation_id)?,
        text: render(&analysis),
        status: 0,
    })
}

fn render(analysis: &RepositoryAnalysis) -> String {
    let mut page = Page::default();
    facts(&mut page, analysis);
    dependencies(&mut page, analysis);
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
    page.fact("python", analysis.requires_python.as_deref());
    let licenses = &analysis.licenses;
    page.fact(
        "license",
        Some(licenses.effective().as_deref().unwrap_or("unknown")),
    );
    let languages: Vec<String> = analysis
        .languages
        .iter()
        .map(|(name, percent)| format!("{name} {percent:.1} %"))
        .collect();
    page.fact("languages", Some(&languages.join(", ")));
    let size = format!(
        "{} files, {} lines of code",
        analysis.files_analyzed, analysis.lines_of_code
    );
    page.fact("size", Some(&size));
    let manifests: Vec<&str> = analysis
        .manifests
        .iter()
        .map(|manifest| manifest.path.as_str())
        .collect();
    page.fact("manifests", Some(&manifests.join(", ")));
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
    page.table(
        &heading,
        &["name", "version", "group", "only when", "asked for at"],
        rows,
    );
    let transitive: Vec<Vec<String>> = dependencies
        .transitive
        .iter()
        .map(|package| {
            vec![
                package.name.clone(),
                package.version.clone(),
                package.required_by.join(", "),
            ]
        })
        .collect();
    let heading = format!("Brought along: {}", transitive.len());
    page.table(&heading, &["name", "version", "asked for by"], transitive);
    page.list("Contradictions", &dependencies.conflicts);
}

fn components(page: &mut Page, analysis: &RepositoryAnalysis) {
    let rows: Vec<Vec<String>> = analysis
        .components
        .iter()
        .map(|component| {
            let kind = match component.kind {
                ComponentKind::Package => "package",
                ComponentKind::Module => "module",
                ComponentKind::Class => "class",
                ComponentKind::Function => "function",
            };
            vec![
                component.id.clone(),
                kind.to_owned(),
                component.files.len().to_string(),
                component.lines_of_code.to_string(),
                component.external_dependencies.join(", "),
                component.description.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let heading = format!("Components: {}", rows.len());
    let columns = ["id", "kind", "files", "lines", "needs", "about"];
    page.table(&heading, &columns, rows);
}
