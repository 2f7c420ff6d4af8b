//! `update`: a project follows its sources; what was edited in it stays, by git's own merge.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;
use synthesizer_infrastructure::project::update::{
    AFTER, Applied, BASE, BEFORE, Commit, Entry, GitProject, Journal, Merged, ObjectStore, Present,
    Snapshot, TreeChange,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::Location,
    text::escape_untrusted,
    tree::TreePath,
    verification::{Level, Verification},
};

pub use crate::update::classifying::{FileChange, FileResult, UpdatedFile};
use crate::{
    Call, Engine,
    observing::observed,
    opening, paths,
    synthesis::recreating::{Derived, LOCK, ProjectRecord, REQUEST},
    update::{
        base::{self, Base},
        classifying::{self, Trees},
        generated::{self, Decided, Decision, Manifests},
        moving::{self, Choice, Moved, Moving, Target},
    },
    verification::{Subject, read_all},
};

/// What to update.
#[derive(Debug, Clone, Default)]
pub struct UpdateRequest {
    /// The project's folder, as the caller wrote it.
    pub project: String,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Ids of the sources that move; all when empty and `to` is empty.
    pub only: Vec<String>,
    /// `ID=REVISION` of sources that move to a named state.
    pub to: Vec<String>,
    /// How deep to verify the updated project; not at all when `None`.
    pub verify: Option<Level>,
}

/// What became of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpdatedSource {
    /// Its id in the lock.
    pub id: String,
    /// The version or revision that it had; `None` when it is new in the request.
    pub from: Option<String>,
    /// The one that it has.
    pub to: String,
    /// Why it did not move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

/// What an update answers.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateResult {
    /// `planned`, `updated`, `conflicts`, `unchanged`, `unsatisfiable`; `interrupted` and `finished` of an earlier update.
    pub status: String,
    /// `E_INCOMPATIBLE` with conflicts, `E_UNSATISFIABLE`, `E_VERIFY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// The project's folder.
    pub project_path: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Where the unedited files of the last synthesis are from: `git`, `sources`, or both; `None` when they were not needed.
    pub base: Option<String>,
    /// The sources, in the order of the request.
    pub sources: Vec<UpdatedSource>,
    /// The files, sorted by path; those of the user's own only where the merge moves them.
    pub files: Vec<UpdatedFile>,
    /// What was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// What to know.
    pub warnings: Vec<String>,
    /// What to do next.
    pub next_steps: Vec<String>,
}

impl Engine {
    /// Moves the sources of a project and merges what they give now with what was edited in it.
    ///
    /// # Errors
    /// `E_NOT_FOUND` without such a project, `E_PATH` outside the roots, `E_INCOMPATIBLE` for one that is no git repository of its own or whose
    /// locked state cannot be had, `E_EXISTS` while another update runs, `E_TOOL_MISSING` without git 2.40; those of the sources. Conflicts are
    /// an answer.
    pub async fn update(
        &self,
        call: &Call,
        request: UpdateRequest,
    ) -> Result<UpdateResult, Failure> {
        observed(
            call,
            "update",
            self.bounded(call, self.run_update(call, request)),
        )
        .await
    }

    async fn run_update(
        &self,
        call: &Call,
        request: UpdateRequest,
    ) -> Result<UpdateResult, Failure> {
        let base = self.config().paths.working_directory.clone();
        let folder = paths::permitted(self.config(), call.caller, &base, &request.project)?;
        let choice = choice(&request)?;
        call.progress.step(2, "reading the project");
        let project = Arc::new(GitProject::open(&folder)?);
        let store = ObjectStore::create(self.config(), &project, &call.cancellation).await?;
        if Journal::is_unfinished(&project)? {
            return finish_earlier(&store, &project, &folder, request.dry_run).await;
        }
        let update = Update {
            engine: self,
            call,
            project,
            store,
            folder,
        };
        update.run(&request, &choice).await
    }
}

/// One update at work.
struct Update<'a> {
    engine: &'a Engine,
    call: &'a Call,
    project: Arc<GitProject>,
    store: ObjectStore,
    folder: PathBuf,
}

/// What an update comes to, before anything is written.
struct Plan {
    before: Snapshot,
    after: Commit,
    pristine: Commit,
    base: Base,
    files: Vec<UpdatedFile>,
    warnings: Vec<String>,
}

impl Update<'_> {
    async fn run(&self, request: &UpdateRequest, choice: &Choice) -> Result<UpdateResult, Failure> {
        let texts = self.own_texts()?;
        let record = ProjectRecord::read(&texts.0, &texts.1)?;
        let targets = moving::targets(&record, choice)?;
        self.call.progress.step(5, "fetching the sources");
        let moved = moving::derive_moved(self.engine, self.call, &record, &targets, &self.folder);
        let moved = match moved.await? {
            Moving::Made(moved) => *moved,
            Moving::Unsatisfiable(why) => {
                let mut result = answer(&self.folder, request.dry_run, "unsatisfiable");
                result.code = Some(ErrorCode::Unsatisfiable);
                result.warnings.push(why);
                result.next_steps = vec![
                    "name the sources that move by --only, or their versions by --to".to_owned(),
                ];
                return Ok(result);
            }
        };
        let sources = sources(&targets, &moved);
        if record.request_is_locked && moved.derived.lock.sources == record.lock.sources {
            let mut result = answer(&self.folder, request.dry_run, "unchanged");
            result.sources = sources;
            return Ok(result);
        }
        self.call.progress.step(60, "merging");
        let plan = self.plan(&record, &moved.derived, &texts).await?;
        self.end(request, sources, plan).await
    }

    /// Reads request and lock as they are.
    fn own_texts(&self) -> Result<(String, String), Failure> {
        let read = |name: &str| {
            let path = TreePath::new(name).map_err(|_| Failure::internal("a name is no path"))?;
            match self.project.look(&path, LONGEST) {
                Some(Present::File { contents, .. }) => String::from_utf8(contents.to_vec()).ok(),
                _ => None,
            }
            .ok_or_else(|| {
                Failure::new(
                    ErrorCode::NotFound,
                    format!("the project has no {name} that can be read"),
                )
                .with_hint("update works on projects that synthesize made")
            })
        };
        Ok((read(REQUEST)?, read(LOCK)?))
    }

    async fn plan(
        &self,
        record: &ProjectRecord,
        derived: &Derived,
        texts: &(String, String),
    ) -> Result<Plan, Failure> {
        let (store, mut warnings) = (&self.store, derived.warnings.clone());
        let (engine, call) = (self.engine, self.call);
        let base = base::find(engine, call, store, record, &texts.0, &self.folder).await?;
        let before = self.snapshot(record, derived).await?;
        if self.own_texts()? != *texts {
            return Err(Failure::new(
                ErrorCode::Exists,
                "the project was changed while it was read",
            )
            .with_hint("run the update again"));
        }
        let wholly = generated::paths(record, derived);
        let pristine = self.branches(&base, &before, derived, &wholly).await?;
        let merged = store.merge("base", "yours", "upstream").await?;
        let merged_files = store.files(&merged.tree).await?;
        let files = self.classified(&merged, &merged_files).await?;
        let manifests = self.manifests(derived, &merged, &merged_files).await?;
        let project = &self.project;
        let deciding = generated::decide(
            engine,
            call,
            project,
            record,
            derived,
            &manifests,
            &mut warnings,
        );
        let decisions = deciding.await?;
        let changes = self.whole(&decisions, &before).await?;
        let after = store
            .commit(
                "update",
                Some(&before.commit.id),
                Some(&merged.tree),
                &changes,
            )
            .await?;
        Ok(Plan {
            files: with_decisions(files, &decisions, record, &pristine),
            before,
            after,
            pristine,
            base,
            warnings,
        })
    }

    /// Saves the project's state: every file that git does not ignore, and every one that a synthesis gave or gives.
    async fn snapshot(
        &self,
        record: &ProjectRecord,
        derived: &Derived,
    ) -> Result<Snapshot, Failure> {
        let place = self.folder.to_string_lossy().into_owned();
        let tree = self
            .engine
            .open(self.call, &Location::Local(place), &self.folder)
            .await?;
        let mut listed: BTreeSet<TreePath> = tree
            .entries()
            .iter()
            .map(|entry| entry.path.clone())
            .collect();
        listed.extend(derived.files.iter().map(|file| file.path.clone()));
        listed.extend(
            record
                .hashes
                .keys()
                .filter_map(|path| TreePath::new(path).ok()),
        );
        let limit = self.engine.config().limits.file_bytes;
        self.store.snapshot(&self.project, listed, limit).await
    }

    /// Makes the three branches that are merged, without what is written wholly; gives the commit of the whole new synthesis.
    async fn branches(
        &self,
        base: &Base,
        before: &Snapshot,
        derived: &Derived,
        wholly: &BTreeSet<TreePath>,
    ) -> Result<Commit, Failure> {
        let store = &self.store;
        let files = base.files.iter().map(|(path, file)| {
            let path = TreePath::new(path)
                .map_err(|_| Failure::internal("a checked path of the lock is none"))?;
            Ok(TreeChange::File(
                path,
                file.contents.clone(),
                file.executable,
            ))
        });
        let files: Vec<TreeChange> = files.collect::<Result<_, Failure>>()?;
        store.commit("base", None, None, &files).await?;
        let made = derived.files.iter();
        let made: Vec<TreeChange> = made
            .map(|file| TreeChange::File(file.path.clone(), file.contents.clone(), file.executable))
            .collect();
        let pristine = store.commit("derived", None, None, &made).await?;
        let removed: Vec<TreeChange> = wholly.iter().cloned().map(TreeChange::Removed).collect();
        store
            .commit("upstream", None, Some(&pristine.tree), &removed)
            .await?;
        store
            .commit("yours", None, Some(&before.commit.tree), &removed)
            .await?;
        Ok(pristine)
    }

    async fn classified(
        &self,
        merged: &Merged,
        merged_files: &BTreeMap<String, Entry>,
    ) -> Result<Vec<UpdatedFile>, Failure> {
        let store = &self.store;
        let (base, ours, theirs) = (
            store.files("base").await?,
            store.files("yours").await?,
            store.files("upstream").await?,
        );
        let ours_moves = store.differences("base", "yours", true).await?;
        let theirs_moves = store.differences("base", "upstream", true).await?;
        let trees = Trees {
            base: &base,
            ours: &ours,
            theirs: &theirs,
            merged: merged_files,
        };
        Ok(classifying::classify(
            &trees,
            &classifying::moves(&ours_moves),
            &classifying::moves(&theirs_moves),
            merged,
        ))
    }

    /// Gives the manifests of the merged project whose text is not the synthesis's own.
    async fn manifests(
        &self,
        derived: &Derived,
        merged: &Merged,
        files: &BTreeMap<String, Entry>,
    ) -> Result<Manifests, Failure> {
        let mut manifests = Manifests::default();
        for (path, text) in &derived.synthesis.manifests {
            manifests.conflict |= merged.conflicts.iter().any(|one| one.path == *path);
            let Some(entry) = files.get(path).filter(|entry| entry.is_file()) else {
                continue;
            };
            let blobs = self
                .store
                .blobs(&BTreeSet::from([entry.id.clone()]))
                .await?;
            let merged = blobs.values().next();
            let merged = merged.and_then(|bytes| std::str::from_utf8(bytes).ok());
            if let Some(merged) = merged.filter(|merged| merged != text) {
                manifests.merged.insert(path.clone(), merged.to_owned());
            }
        }
        Ok(manifests)
    }

    /// Gives what is written wholly as changes of the merged tree, which has none of it: what stays is there again.
    async fn whole(
        &self,
        decisions: &[Decision],
        before: &Snapshot,
    ) -> Result<Vec<TreeChange>, Failure> {
        let files = self.store.files(&before.commit.tree).await?;
        let stays = decisions
            .iter()
            .filter(|decision| {
                matches!(
                    decision.result,
                    Decided::Unchanged | Decided::Kept | Decided::Conflict
                )
            })
            .filter_map(|decision| Some((&decision.path, files.get(decision.path.as_str())?)));
        let stays: Vec<(&TreePath, &Entry)> = stays.collect();
        let ids = stays.iter().map(|(_, entry)| entry.id.clone()).collect();
        let blobs = self.store.blobs(&ids).await?;
        let mut changes = generated::changes(decisions);
        for (path, entry) in stays {
            let contents = blobs.get(&entry.id).cloned().unwrap_or_default();
            changes.push(if entry.is_file() {
                TreeChange::File(path.clone(), contents, entry.is_executable())
            } else {
                TreeChange::Link(path.clone(), contents)
            });
        }
        Ok(changes)
    }

    /// Writes what was planned, unless nothing is to be written.
    async fn end(
        &self,
        request: &UpdateRequest,
        sources: Vec<UpdatedSource>,
        plan: Plan,
    ) -> Result<UpdateResult, Failure> {
        let mut result = answer(&self.folder, request.dry_run, "planned");
        result.sources = sources;
        result.base = Some(plan.base.origin.to_owned());
        result.files = plan.files;
        result.warnings = plan.warnings;
        result.warnings.extend(plan.base.warnings);
        if !plan.before.left_out.is_empty() {
            let count = plan.before.left_out.len();
            let first = plan
                .before
                .left_out
                .iter()
                .take(3)
                .map(|path| escape_untrusted(path));
            let first: Vec<String> = first.collect();
            result.warnings.push(format!(
                "{count} files were not looked at and not touched, such as {}",
                first.join(", ")
            ));
        }
        if !request.dry_run {
            self.call.progress.step(85, "writing");
            let mut journal = Journal::open(&self.project)?;
            if journal.has_unfinished() {
                return Err(Failure::new(
                    ErrorCode::Exists,
                    "another update of the project has begun",
                )
                .with_hint("run the update again: it finishes that one"));
            }
            journal
                .begin(
                    &self.store,
                    &plan.before.commit,
                    &plan.after,
                    &plan.pristine,
                )
                .await?;
            let applied = journal.finish(&self.store).await?;
            "updated".clone_into(&mut result.status);
            tell_applied(&mut result, applied);
        }
        conclude(&mut result);
        if let Some(level) = request
            .verify
            .filter(|_| !request.dry_run && result.code.is_none())
        {
            self.call.progress.step(92, "verifying");
            let verified = self.verified(level).await?;
            result.code = verified.failed().then_some(ErrorCode::Verify);
            result.verification = Some(verified);
        }
        Ok(result)
    }

    async fn verified(&self, level: Level) -> Result<Verification, Failure> {
        let place = self.folder.to_string_lossy().into_owned();
        let tree = self
            .engine
            .open(self.call, &Location::Local(place), &self.folder)
            .await?;
        let subject = opening::compute(move || Ok(Subject::new(read_all(tree.as_ref())))).await?;
        self.engine.verify_subject(self.call, subject, level).await
    }
}

/// The longest request or lock that is read, in bytes.
const LONGEST: u64 = 32 << 20;

/// Finishes an update that was killed; a dry run only tells of it.
async fn finish_earlier(
    store: &ObjectStore,
    project: &Arc<GitProject>,
    folder: &Path,
    dry_run: bool,
) -> Result<UpdateResult, Failure> {
    if dry_run {
        let mut result = answer(folder, true, "interrupted");
        result
            .warnings
            .push("an earlier update was interrupted while it wrote".to_owned());
        result.next_steps = vec![
            "run update without --dry-run (dry_run: false) to finish it".to_owned(),
            undo(),
        ];
        return Ok(result);
    }
    let mut journal = Journal::open(project)?;
    let applied = journal.finish(store).await?;
    let mut result = answer(folder, false, "finished");
    tell_applied(&mut result, applied);
    conclude(&mut result);
    result.next_steps.insert(
        0,
        "run update again to look for what is newer since".to_owned(),
    );
    Ok(result)
}

fn choice(request: &UpdateRequest) -> Result<Choice, Failure> {
    let to = request.to.iter().map(|named| match named.split_once('=') {
        Some((id, revision)) if !id.is_empty() && !revision.is_empty() => {
            Ok((id.to_owned(), revision.to_owned()))
        }
        _ => Err(Failure::new(
            ErrorCode::Argument,
            format!("{} is not ID=REVISION", escape_untrusted(named)),
        )
        .with_hint("such as --to click=8.1.7")),
    });
    Ok(Choice {
        only: request.only.iter().cloned().collect(),
        to: to.collect::<Result<_, Failure>>()?,
    })
}

fn sources(targets: &[Target], moved: &Moved) -> Vec<UpdatedSource> {
    let derived = &moved.derived;
    let told = derived.ids.iter().enumerate().map(|(place, id)| {
        let target = targets.get(place);
        let now = derived.lock.sources.iter().find(|source| source.id == *id);
        UpdatedSource {
            id: target
                .and_then(|target| target.id.clone())
                .unwrap_or_else(|| id.clone()),
            from: target.and_then(|target| target.from.clone()),
            to: now.map(moving::shown_state).unwrap_or_default(),
            held: moved.held.get(&place).cloned(),
        }
    });
    told.collect()
}

/// Adds the files that are written wholly.
fn with_decisions(
    mut files: Vec<UpdatedFile>,
    decisions: &[Decision],
    record: &ProjectRecord,
    pristine: &Commit,
) -> Vec<UpdatedFile> {
    for decision in decisions {
        let path = decision.path.as_str();
        let is_new = !record.hashes.contains_key(path) && path != LOCK;
        let (result, change) = match &decision.result {
            Decided::Unchanged => (FileResult::Unchanged, None),
            Decided::Kept => (FileResult::Kept, None),
            Decided::Conflict => (FileResult::Conflict, None),
            Decided::Written(_) => (FileResult::Updated, is_new.then_some(FileChange::Added)),
            Decided::Removed => (FileResult::Updated, Some(FileChange::Removed)),
        };
        let mut file = UpdatedFile::new(path, result);
        file.change = change;
        if result == FileResult::Conflict {
            let short: String = pristine.id.chars().take(12).collect();
            file.detail = Some(format!(
                "written wholly, and edited by you: yours is kept, the new one is in git as {short}:{path} ({BASE})"
            ));
        }
        files.push(file);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn tell_applied(result: &mut UpdateResult, applied: Applied) {
    for (path, why) in applied.left {
        let detail = Some(format!("{why}; what would be there is in git: {AFTER}"));
        match result.files.iter_mut().find(|file| file.path == path) {
            Some(file) => {
                file.result = FileResult::Conflict;
                file.detail = detail;
            }
            None => {
                let mut file = UpdatedFile::new(&path, FileResult::Conflict);
                file.detail = detail;
                result.files.push(file);
            }
        }
    }
    for name in applied.saved {
        result.warnings.push(format!(
            "what was written while an update was interrupted is in .git/synthesizer/{name}"
        ));
    }
}

/// Tells what the files come to.
fn conclude(result: &mut UpdateResult) {
    let conflicts = result
        .files
        .iter()
        .filter(|file| file.result == FileResult::Conflict)
        .count();
    if conflicts > 0 {
        result.code = Some(ErrorCode::Incompatible);
        if !result.dry_run {
            "conflicts".clone_into(&mut result.status);
        }
    }
    let mut next = Vec::new();
    if result.dry_run {
        next.push("run the same without --dry-run (dry_run: false) to write the update".to_owned());
    } else {
        if conflicts > 0 {
            next.push("resolve the files in conflict: those with markers by hand, the others as their details say".to_owned());
        }
        next.push(format!("look at it: git diff {BEFORE} {AFTER}"));
        next.push("run your tests, then commit".to_owned());
        next.push(undo());
    }
    result.next_steps = next;
}

fn undo() -> String {
    format!("to undo it: git restore --source={BEFORE} --worktree -- .")
}

fn answer(folder: &Path, dry_run: bool, status: &str) -> UpdateResult {
    UpdateResult {
        status: status.to_owned(),
        code: None,
        project_path: folder.to_string_lossy().into_owned(),
        dry_run,
        base: None,
        sources: Vec::new(),
        files: Vec::new(),
        verification: None,
        warnings: Vec::new(),
        next_steps: Vec::new(),
    }
}
