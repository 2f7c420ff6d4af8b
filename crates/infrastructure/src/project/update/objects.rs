//! git over a scratch object database that borrows the project's. Reads nothing of the project's settings, attributes or hooks where they
//! could start a program or change a merge, and writes nothing into the project.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    text::escape_untrusted,
};
use tokio_util::sync::CancellationToken;

use super::repository::{GitProject, unsupported};
use crate::{
    config::Config,
    process::{self, ChildOutput, ChildProgram},
    project::{Scratch, cannot_write_scratch},
    tools,
};

/// Settings of every call; they win over those of any repository.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.commitGraph=false",
    "core.multiPackIndex=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "merge.renames=true",
    "merge.directoryRenames=conflict",
    "merge.conflictStyle=merge",
    "diff.renames=true",
    "i18n.commitEncoding=utf-8",
];

/// Attributes that win over those of files in any tree: no driver, no conversion, markers of the usual length.
const ATTRIBUTES: &str =
    "* -text -ident -filter -working-tree-encoding !merge !diff !conflict-marker-size !eol\n";

/// The oldest git that merges trees with a base that is named.
const OLDEST: (u32, u32) = (2, 40);

/// How long one call may take.
const DEADLINE: Duration = Duration::from_secs(300);

/// A scratch object database of one project; removed when dropped.
#[derive(Debug)]
pub struct ObjectStore {
    program: PathBuf,
    path: Option<String>,
    scratch: Scratch,
    repository: PathBuf,
    project_git: PathBuf,
    /// The most that one answer of git may hold, in bytes.
    bound: u64,
    cancellation: CancellationToken,
    /// Whether object ids are SHA-1, so that they can be told without git.
    pub(super) sha1: bool,
    head: Option<String>,
}

impl ObjectStore {
    /// Makes an empty database beside the project's objects; the project has to outlive it.
    ///
    /// # Errors
    /// `E_TOOL_MISSING` without git or with one before 2.40; `E_INCOMPATIBLE` for a repository that git cannot read.
    pub async fn create(
        config: &Config,
        project: &GitProject,
        cancellation: &CancellationToken,
    ) -> Result<Self, Failure> {
        let scratch = Scratch::create(&config.paths.cache)?;
        let mut store = Self {
            program: tools::find("git", &config.tool_environment)?,
            path: config.tool_environment.get("PATH").cloned(),
            repository: scratch.path().join("objects.git"),
            scratch,
            project_git: project.git_path(),
            bound: config.limits.source_bytes,
            cancellation: cancellation.clone(),
            sha1: true,
            head: None,
        };
        store.check_version().await?;
        let format = store
            .of_project(&["rev-parse", "--show-object-format"])
            .await?;
        store.sha1 = format == "sha1";
        let format = format!("--object-format={format}");
        let place = store.repository.to_string_lossy().into_owned();
        let arguments = [
            "init",
            "--quiet",
            "--bare",
            "--template=",
            "--initial-branch=none",
            format.as_str(),
            "--",
            place.as_str(),
        ];
        let child = store.child(&arguments, store.scratch.path().to_owned());
        store.finish(child).await?;
        let information = store.repository.join("info");
        fs::create_dir_all(&information)
            .and_then(|()| fs::write(information.join("attributes"), ATTRIBUTES))
            .map_err(cannot_write_scratch)?;
        let head = store
            .of_project(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
            .await;
        store.head = head.ok().filter(|id| is_id(id));
        Ok(store)
    }

    /// Gives the commit that the project is at; `None` before its first.
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// Gives the commit that a reference of the project names.
    pub async fn reference(&self, name: &str) -> Option<String> {
        let name = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", name.as_str()];
        let id = self.of_project(&arguments).await.ok()?;
        is_id(&id).then_some(id)
    }

    async fn check_version(&self) -> Result<(), Failure> {
        let child = self.child(&["version"], self.scratch.path().to_owned());
        let said = self.finish(child).await?.stdout_text();
        match version(&said) {
            Some(found) if found >= OLDEST => Ok(()),
            _ => Err(Failure::new(
                ErrorCode::ToolMissing,
                format!("git {}.{} or newer is needed", OLDEST.0, OLDEST.1),
            )
            .with_hint(format!(
                "this is {}",
                escape_untrusted(said.lines().next().unwrap_or("unknown"))
            ))),
        }
    }

    /// Asks git about the project itself; only calls that start nothing and write nothing are made so.
    async fn of_project(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut child = self.child(arguments, self.scratch.path().to_owned());
        let git = self.project_git.to_string_lossy().into_owned();
        child.environment.insert("GIT_DIR".to_owned(), git);
        let output = process::run(child, &self.cancellation).await?;
        if output.success() && !output.truncated {
            return Ok(output.stdout_text().trim().to_owned());
        }
        let said = output.stderr_text();
        let said = escape_untrusted(said.lines().next().unwrap_or("it says nothing"));
        let said = said.replace(&*self.project_git.to_string_lossy(), ".git");
        Err(unsupported(&format!(
            "git cannot read the project's repository: {said}"
        )))
    }

    /// Lists the paths of the project's index; `None` when it cannot be read.
    pub(super) async fn tracked(&self) -> Option<BTreeSet<String>> {
        let mut child = self.child(&["ls-files", "-z", "--cached"], self.repository.clone());
        let index = self.project_git.join("index");
        let index = index.to_string_lossy().into_owned();
        child.environment.insert("GIT_INDEX_FILE".to_owned(), index);
        child.output_limit = MOST_LISTED;
        let output = process::run(child, &self.cancellation).await.ok()?;
        if !output.success() || output.truncated {
            return None;
        }
        let names = output.stdout.split(|byte| *byte == 0);
        Some(
            names
                .filter(|name| !name.is_empty())
                .filter_map(|name| String::from_utf8(name.to_vec()).ok())
                .collect(),
        )
    }

    /// Runs git in the scratch database and gives its answer when it succeeded.
    ///
    /// # Errors
    /// `E_INTERNAL` when it fails, `E_LIMIT` when it answers too much, `E_TIMEOUT`, `E_CANCELLED`.
    pub(super) async fn run(
        &self,
        arguments: &[&str],
        input: Vec<u8>,
    ) -> Result<ChildOutput, Failure> {
        let mut child = self.child(arguments, self.repository.clone());
        child.input = input;
        child.output_limit = MOST_LISTED;
        self.finish(child).await
    }

    /// Runs git in the scratch database; its status is part of the answer.
    pub(super) async fn try_run(&self, arguments: &[&str]) -> Result<ChildOutput, Failure> {
        let mut child = self.child(arguments, self.repository.clone());
        child.output_limit = MOST_LISTED;
        process::run(child, &self.cancellation).await
    }

    /// Reads blobs by their ids; each once, whatever number of times it is named.
    ///
    /// # Errors
    /// `E_INTERNAL` when one is missing, `E_LIMIT` when they are too large together.
    pub async fn blobs(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Bytes>, Failure> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let mut child = self.child(&["cat-file", "--batch"], self.repository.clone());
        child.input = input.into_bytes();
        child.output_limit = usize::try_from(self.bound).unwrap_or(usize::MAX);
        let output = self.finish(child).await?;
        parse_blobs(&Bytes::from(output.stdout))
            .filter(|blobs| blobs.len() == ids.len())
            .ok_or_else(|| Failure::internal("git did not give the files that it lists"))
    }

    /// Writes the objects that only commits of the scratch database have into one pack; gives its name and its folder.
    pub(super) async fn pack(&self, commits: &[&str]) -> Result<(String, PathBuf), Failure> {
        let folder = self.scratch.path().join("pack");
        fs::create_dir_all(&folder).map_err(cannot_write_scratch)?;
        let prefix = folder.join("pack").to_string_lossy().into_owned();
        let mut input: String = commits.iter().map(|id| format!("{id}\n")).collect();
        if let Some(head) = &self.head {
            input.push_str(&format!("^{head}\n"));
        }
        let arguments = ["pack-objects", "--quiet", "--revs", prefix.as_str()];
        let output = self.run(&arguments, input.into_bytes()).await?;
        let name = output.stdout_text().trim().to_owned();
        if !is_id(&name) {
            return Err(Failure::internal("git did not name the pack that it made"));
        }
        Ok((format!("pack-{name}"), folder))
    }

    async fn finish(&self, child: ChildProgram) -> Result<ChildOutput, Failure> {
        let step = child
            .arguments
            .iter()
            .skip(SETTINGS.len() * 2)
            .map(|argument| argument.to_string_lossy().into_owned())
            .next()
            .unwrap_or_default();
        let output = process::run(child, &self.cancellation).await?;
        if output.truncated {
            return Err(
                Failure::new(ErrorCode::Limit, "the project is too large to be updated")
                    .with_hint("raise limits.source_bytes"),
            );
        }
        if output.success() {
            return Ok(output);
        }
        let said = output.stderr_text();
        let said = escape_untrusted(said.lines().next().unwrap_or("it says nothing"));
        let said = said.replace(&*self.scratch.path().to_string_lossy(), "");
        let message = format!("git {step} failed: {said}");
        if output.lacks_room() {
            return Err(Failure::new(ErrorCode::Limit, message)
                .with_hint("make room on the disk of [paths] cache"));
        }
        Err(Failure::internal(message))
    }

    fn child(&self, arguments: &[&str], directory: PathBuf) -> ChildProgram {
        let mut child = ChildProgram::new(&self.program, directory);
        for setting in SETTINGS {
            child = child.args(["-c", setting]);
        }
        child = child.args(arguments.iter().copied());
        child.deadline = DEADLINE;
        let scratch = self.scratch.path().to_string_lossy().into_owned();
        let objects = self.project_git.join("objects");
        child = child
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_PAGER", "cat")
            .env("GIT_DIR", self.repository.to_string_lossy())
            .env("GIT_CEILING_DIRECTORIES", scratch.clone())
            .env(
                "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                objects.to_string_lossy(),
            )
            .env("HOME", scratch)
            .env("LC_ALL", "C");
        if let Some(path) = &self.path {
            child = child.env("PATH", path);
        }
        child
    }
}

/// The most that a list of paths may hold, in bytes.
const MOST_LISTED: usize = 256 << 20;

/// Says whether a text is a full object id.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads the number in `git version 2.47.3`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().nth(2)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Reads `<id> blob <size>\n<contents>\n`, repeated.
fn parse_blobs(answer: &Bytes) -> Option<BTreeMap<String, Bytes>> {
    let mut blobs = BTreeMap::new();
    let mut at = 0;
    while at < answer.len() {
        let end = at + answer[at..].iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(&answer[at..end]).ok()?;
        let mut words = line.split(' ');
        let (id, kind, size) = (words.next()?, words.next()?, words.next()?);
        let size: usize = size.parse().ok()?;
        let from = end + 1;
        let to = from.checked_add(size)?;
        if kind != "blob" || to >= answer.len() {
            return None;
        }
        blobs.insert(id.to_owned(), answer.slice(from..to));
        at = to + 1;
    }
    Some(blobs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_git_are_read() {
        let check = |said: &str, expected| assert_eq!(version(said), expected, "{said}");
        check("git version 2.47.3\n", Some((2, 47)));
        check("git version 2.39.5 (Apple Git-154)", Some((2, 39)));
        check("git version 3.0.0.rc1", Some((3, 0)));
        check("git", None);
        check("", None);
    }

    #[test]
    fn answers_with_blobs_are_read_or_refused() {
        let read = |text: &str| parse_blobs(&Bytes::from(text.to_owned()));
        let blobs = read("aa blob 3\na\nb\nbb blob 0\n\n").expect("reads");
        assert_eq!(blobs["aa"], "a\nb");
        assert_eq!(blobs["bb"], "");
        for broken in ["aa missing\n", "aa blob 9\nabc\n", "aa tree 1\nx\n", "aa"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
