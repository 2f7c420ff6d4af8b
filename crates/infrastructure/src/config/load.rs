//! Builds the configuration from file, environment and flags. Must not stop at the first problem.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use serde_json::json;
use synthesizer_model::failure::{ErrorCode, Failure};

use super::{
    AllowedHost, Config, Limits, LogFormat, Network, Paths, SETTINGS, Sandbox, Setting, Telemetry,
    environment, file, sections,
    values::{self, Raw, Value},
};

/// What the configuration is read from.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The file named by `--config`.
    pub file: Option<PathBuf>,
    /// The environment, as [`super::environment`] gives it.
    pub environment: BTreeMap<String, String>,
    /// Settings named by flags, such as `("telemetry.log", "debug")`; lists are separated by commas.
    pub flags: Vec<(String, String)>,
    /// The folder that relative paths refer to; must be absolute.
    pub working_directory: PathBuf,
    /// Answer from caches alone.
    pub offline: bool,
    /// Local paths are for nobody unless `paths.roots` names folders: callers are on the network.
    pub no_default_roots: bool,
    /// The names that `[platforms.NAME]` may have; any when empty.
    pub platforms: Vec<&'static str>,
    /// The names that `[resilience.SERVICE]` may have; any when empty.
    pub services: Vec<&'static str>,
    /// Other names that may stand for those two kinds of names, each with the name that it means.
    pub aliases: Vec<(&'static str, &'static str)>,
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The setting, such as `limits.file_bytes`; a file's or variable's name when no setting is known.
    pub path: String,
    /// What is wrong; never repeats the value.
    pub message: String,
    /// Where the value came from: `FILE:LINE`, a variable's or a flag's name.
    pub origin: String,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}: {}",
            self.origin, self.path, self.message
        )
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&all.join("; "))
    }
}

impl std::error::Error for Problems {}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let message = format!("the configuration is not valid: {problems}");
        Self::new(ErrorCode::Config, message).with_details(json!({ "problems": problems.0 }))
    }
}

/// A setting as it was written somewhere.
#[derive(Debug)]
pub(super) struct Entry {
    /// The setting's name as written.
    pub(super) path: String,
    pub(super) value: Raw,
    /// Where it was written, for people.
    pub(super) origin: String,
    /// The folder that a relative path in the value refers to.
    pub(super) folder: PathBuf,
    /// Whether it comes from a file of the working directory that nobody named.
    pub(super) of_working_directory: bool,
}

/// Reads, checks and builds the configuration; flags win over the environment, the environment over the file.
///
/// # Errors
/// Every problem at once, each with where it came from; values that are overridden are checked too.
pub fn load(options: LoadOptions) -> Result<Config, Problems> {
    let mut problems = Vec::new();
    let directory = &options.working_directory;
    let mut entries = Vec::new();
    if let Some(file) = file::find(options.file.as_deref(), &options.environment, directory) {
        entries.extend(file::read(&file, directory, &mut problems));
    }
    entries.extend(entries_of_environment(&options.environment, directory));
    entries.extend(entries_of_flags(&options.flags, directory));

    let settings = Settings::read(entries, &options, &mut problems);
    let config = Config {
        paths: paths(&settings, &options, &mut problems),
        network: Network {
            allow_hosts: settings.hosts("network.allow_hosts"),
        },
        limits: limits(&settings),
        sandbox: sandbox(&settings),
        telemetry: telemetry(&settings),
        resilience: sections::resilience(&settings),
        platforms: sections::platforms(&settings, &options.environment, &mut problems),
        cache: sections::cache(&settings),
        server: sections::server(&settings),
        admin: sections::admin(&settings),
        jobs: sections::jobs(&settings),
        synthesis: sections::synthesis(&settings, &options.environment),
        tokens: environment::tokens(&options.environment, &mut problems),
        tool_environment: environment::for_tools(&options.environment),
        offline: options.offline,
    };
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(Problems(problems))
    }
}

fn entries_of_environment(environment: &BTreeMap<String, String>, folder: &Path) -> Vec<Entry> {
    let entry = |(name, value): (&String, &String)| {
        let path = name
            .strip_prefix("SYNTHESIZER__")?
            .to_ascii_lowercase()
            .replace("__", ".");
        Some(Entry {
            path,
            value: Raw::Word(value.clone()),
            origin: name.clone(),
            folder: folder.to_owned(),
            of_working_directory: false,
        })
    };
    environment.iter().filter_map(entry).collect()
}

fn entries_of_flags(flags: &[(String, String)], folder: &Path) -> Vec<Entry> {
    let entry = |(path, value): &(String, String)| Entry {
        path: path.clone(),
        value: Raw::Word(value.clone()),
        origin: "flag".to_owned(),
        folder: folder.to_owned(),
        of_working_directory: false,
    };
    flags.iter().map(entry).collect()
}

/// A checked value and where it was written.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) value: Value,
    pub(super) origin: String,
    pub(super) folder: PathBuf,
    pub(super) of_working_directory: bool,
}

/// The value of every setting that was written and is valid; the last one written wins.
#[derive(Debug)]
pub(super) struct Settings(pub(super) BTreeMap<String, Chosen>);

impl Settings {
    fn read(entries: Vec<Entry>, options: &LoadOptions, problems: &mut Vec<Problem>) -> Self {
        let mut chosen = BTreeMap::new();
        for mut entry in entries {
            entry.path = with_real_name(entry.path, &options.aliases);
            let Some(setting) = setting_of(&entry.path, options) else {
                problems.push(Problem {
                    message: unknown(&entry.path, options),
                    path: entry.path,
                    origin: entry.origin,
                });
                continue;
            };
            match values::parse(setting.kind, &entry.value) {
                Some(value) => {
                    let Entry {
                        path,
                        origin,
                        folder,
                        of_working_directory,
                        ..
                    } = entry;
                    chosen.insert(
                        path,
                        Chosen {
                            value,
                            origin,
                            folder,
                            of_working_directory,
                        },
                    );
                }
                None => problems.push(Problem {
                    message: format!("expected {}", setting.kind.description()),
                    path: entry.path,
                    origin: entry.origin,
                }),
            }
        }
        Self(chosen)
    }

    pub(super) fn value(&self, path: &'static str) -> Value {
        self.0
            .get(path)
            .map_or_else(|| default_of(path), |chosen| chosen.value.clone())
    }

    pub(super) fn number(&self, path: &'static str) -> u64 {
        match self.value(path) {
            Value::Number(number) => number,
            other => unreachable!("{path} is a number, not {other:?}"),
        }
    }

    pub(super) fn count(&self, path: &'static str) -> usize {
        usize::try_from(self.number(path)).unwrap_or(usize::MAX)
    }

    pub(super) fn small(&self, path: &'static str) -> u32 {
        u32::try_from(self.number(path)).unwrap_or(u32::MAX)
    }

    pub(super) fn duration(&self, path: &'static str) -> Duration {
        match self.value(path) {
            Value::Duration(duration) => duration,
            other => unreachable!("{path} is a time, not {other:?}"),
        }
    }

    pub(super) fn boolean(&self, path: &'static str) -> bool {
        self.value(path) == Value::Boolean(true)
    }

    pub(super) fn text(&self, path: &'static str) -> String {
        match self.value(path) {
            Value::Text(text) => text,
            other => unreachable!("{path} is a text, not {other:?}"),
        }
    }

    pub(super) fn listen(&self, path: &'static str) -> SocketAddr {
        match self.value(path) {
            Value::Listen(address) => address,
            other => unreachable!("{path} is an address, not {other:?}"),
        }
    }

    pub(super) fn texts(&self, path: &'static str) -> Vec<String> {
        match self.value(path) {
            Value::List(texts) => texts,
            other => unreachable!("{path} is a list, not {other:?}"),
        }
    }

    pub(super) fn hosts(&self, path: &'static str) -> Vec<AllowedHost> {
        match self.value(path) {
            Value::Hosts(hosts) => hosts,
            other => unreachable!("{path} is a list of hosts, not {other:?}"),
        }
    }
}

fn default_of(path: &'static str) -> Value {
    let setting = setting(path);
    let raw = match setting.default {
        "[]" => Raw::List(Vec::new()),
        text => Raw::Word(text.to_owned()),
    };
    values::parse(setting.kind, &raw)
        .expect("the defaults of the list are valid, which a test holds")
}

fn setting(path: &'static str) -> &'static Setting {
    let found = SETTINGS.iter().find(|setting| setting.path == path);
    found.expect("every setting that is built is in the list, which a test holds")
}

/// Puts the real name of a platform or service in the place of another one.
fn with_real_name(path: String, aliases: &[(&str, &str)]) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    let [section @ ("platforms" | "resilience"), name, key] = parts.as_slice() else {
        return path;
    };
    match aliases.iter().find(|(alias, _)| alias == name) {
        Some((_, real)) => format!("{section}.{real}.{key}"),
        None => path,
    }
}

/// Finds the setting that a written name means; `*` in the list stands for one of the known names.
fn setting_of(path: &str, options: &LoadOptions) -> Option<&'static Setting> {
    let known = |section: &str, name: &str| {
        let names = match section {
            "platforms" => &options.platforms,
            _ => &options.services,
        };
        names.is_empty() || names.contains(&name)
    };
    SETTINGS.iter().find(|setting| {
        let Some((section, key)) = setting.path.split_once(".*.") else {
            return setting.path == path;
        };
        let parts: Vec<&str> = path.split('.').collect();
        matches!(parts.as_slice(), [first, name, last] if *first == section && *last == key && known(section, name))
    })
}

fn unknown(path: &str, options: &LoadOptions) -> String {
    let written = |setting: &'static Setting| match (
        setting.path.split_once(".*."),
        path.split('.').nth(1),
    ) {
        (Some((section, key)), Some(name)) => {
            let names = match section {
                "platforms" => &options.platforms,
                _ => &options.services,
            };
            let nearest = names.iter().min_by_key(|known| edit_distance(name, known));
            format!("{section}.{}.{key}", nearest.unwrap_or(&name))
        }
        _ => setting.path.to_owned(),
    };
    let nearest = SETTINGS
        .iter()
        .map(written)
        .map(|known| (edit_distance(path, &known), known))
        .min();
    match nearest {
        Some((distance, nearest)) if distance <= 3 => {
            format!("unknown setting, did you mean {nearest}?")
        }
        _ => "unknown setting".to_owned(),
    }
}

/// Counts the characters to insert, remove or change; names above 64 bytes are far from everything.
fn edit_distance(left: &str, right: &str) -> usize {
    if left.len() > 64 {
        return usize::MAX;
    }
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, left) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in right.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

fn limits(settings: &Settings) -> Limits {
    Limits {
        file_bytes: settings.number("limits.file_bytes"),
        source_bytes: settings.number("limits.source_bytes"),
        source_files: settings.count("limits.source_files"),
        parsed_bytes: settings.number("limits.parsed_bytes"),
        analysis_time: settings.duration("limits.analysis_time"),
        download_bytes: settings.number("limits.download_bytes"),
        http_timeout: settings.duration("limits.http_timeout"),
        search_timeout: settings.duration("limits.search_timeout"),
        answer_bytes: settings.number("limits.answer_bytes"),
        clone_timeout: settings.duration("limits.clone_timeout"),
        solver_timeout: settings.duration("limits.solver_timeout"),
        explanation_time: settings.duration("limits.explanation_time"),
        synthesis_timeout: settings.duration("limits.synthesis_timeout"),
    }
}

fn sandbox(settings: &Settings) -> Sandbox {
    Sandbox {
        enabled: settings.boolean("sandbox.enabled"),
        timeout: settings.duration("sandbox.timeout"),
        memory_bytes: settings.number("sandbox.memory_bytes"),
        processes: settings.count("sandbox.processes"),
        output_bytes: settings.count("sandbox.output_bytes"),
        scratch_bytes: settings.number("sandbox.scratch_bytes"),
    }
}

fn telemetry(settings: &Settings) -> Telemetry {
    let format = match settings.text("telemetry.format").as_str() {
        "json" => LogFormat::Json,
        "ecs" => LogFormat::Ecs,
        _ => LogFormat::Text,
    };
    Telemetry {
        log: settings.text("telemetry.log"),
        format,
    }
}

/// Why a file of the working directory that nobody named does not choose where caches and state are: what lies there is believed.
const OF_OTHERS: &str = "a synthesizer.toml of the working directory does not choose this folder, because whoever wrote the file \
    could have filled it; name the file with --config, or set the variable or the user's own configuration";

fn paths(settings: &Settings, options: &LoadOptions, problems: &mut Vec<Problem>) -> Paths {
    let environment = &options.environment;
    let mut folder = |path: &'static str, variable, below_home| {
        if let Some(chosen) = settings.0.get(path)
            && chosen.of_working_directory
        {
            problems.push(Problem {
                path: path.to_owned(),
                message: OF_OTHERS.to_owned(),
                origin: chosen.origin.clone(),
            });
            return PathBuf::new();
        }
        let written = settings.0.get(path).and_then(|chosen| match &chosen.value {
            Value::Text(text) => Some(expand(text, &chosen.folder, environment)),
            _ => None,
        });
        let found = written
            .or_else(|| Some(user_folder(environment, variable, below_home)?.join("synthesizer")));
        found.unwrap_or_else(|| {
            problems.push(Problem {
                path: path.to_owned(),
                message: format!("neither {variable} nor HOME is set, so the folder must be named"),
                origin: "default".to_owned(),
            });
            PathBuf::new()
        })
    };
    let data = folder("paths.data", "XDG_DATA_HOME", ".local/share");
    let cache = folder("paths.cache", "XDG_CACHE_HOME", ".cache");
    let mut canonical = |path: &Path, name: &str, origin: &str| match std::fs::canonicalize(path) {
        Ok(path) if path.is_dir() => Some(path),
        _ => {
            problems.push(Problem {
                path: name.to_owned(),
                message: format!("{} is not a folder that exists", path.display()),
                origin: origin.to_owned(),
            });
            None
        }
    };
    let working_directory =
        canonical(&options.working_directory, "the working directory", "start").unwrap_or_default();
    let roots = match settings.0.get("paths.roots") {
        Some(Chosen {
            value: Value::List(roots),
            origin,
            folder,
            ..
        }) => roots
            .iter()
            .filter_map(|root| canonical(&expand(root, folder, environment), "paths.roots", origin))
            .collect(),
        _ if options.no_default_roots => Vec::new(),
        _ => vec![working_directory.clone()],
    };
    Paths {
        roots,
        data,
        cache,
        working_directory,
    }
}

/// Gives the folder that an XDG variable names or, without one, a folder below the home folder.
///
/// The XDG base directory specification has relative values ignored.
pub(super) fn user_folder(
    environment: &BTreeMap<String, String>,
    variable: &str,
    below_home: &str,
) -> Option<PathBuf> {
    let absolute = |name: &str| {
        environment
            .get(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))
}

pub(super) fn expand(text: &str, folder: &Path, environment: &BTreeMap<String, String>) -> PathBuf {
    match (text.strip_prefix("~/"), environment.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => folder.join(text),
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
