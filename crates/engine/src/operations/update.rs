//! `update`: a project follows its sources; what was edited in it stays, by git's own merge.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use synthesizer_infrastructure::project::update::{
    Commit, Entry, GitProject, Journal, Merged, ObjectStore, Present, Snapshot, TreeChange,
};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    reference::Location,
    text::escape_untrusted,
    tree::TreePath,
    verification::{Level, Verification},
};

pub use crate::update::{
    answering::{UpdateResult, UpdatedSource},
    classifying::{FileChange, FileResult, UpdatedFile},
};
use crate::{
    Call, Engine,
    observing::observed,
    opening, paths,
    synthesis::{
        answer::failed_steps,
        recreating::{Derived, LOCK, ProjectRecord, REQUEST},
    },
    update::{
        answering::{answer, conclude, sources, tell_applied, undo, with_decisions},
        base::{self, Base},
        classifying::{self, Trees},
        generated::{self, Decided, Decision, Manifests},
        moving::{self, Choice, Moving},
        unresolved,
    },
    verification::{Subject, read_all, stages},
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

impl Engine {
    /// Moves the sources of a project and merges what they give now with what was edited in it.
    ///
    /// # Errors
    /// `E_NOT_FOUND` without such a project, `E_PATH` outside the roots, `E_INCOMPATIBLE` for one that is no git repository of its own or whose
    /// locked state cannot be had, `E_EXISTS` while another update runs, `E_TOOL_MISSING` without git 2.40; those of the sources. Conflicts are
    /// an answer, those of an earlier update that are still in the files too.
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
        let held = self.unresolved(&record).await?;
        if !held.is_empty() {
            return Ok(unresolved::refused(&self.folder, request.dry_run, held));
        }
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
        self.end(request, sources, plan, &texts).await
    }

    /// Finds the files in which an earlier update's conflicts still stand.
    async fn unresolved(&self, record: &ProjectRecord) -> Result<Vec<UpdatedFile>, Failure> {
        let (project, hashes) = (Arc::clone(&self.project), record.hashes.clone());
        let longest = self.engine.config().limits.file_bytes;
        opening::compute_until_cancelled(self.call, move || {
            Ok(unresolved::unresolved(&project, &hashes, longest))
        })
        .await
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

    /// Refuses a project whose request or lock is not as it was read.
    fn refuse_changed(&self, texts: &(String, String)) -> Result<(), Failure> {
        if self.own_texts()? == *texts {
            return Ok(());
        }
        let changed = "the project was changed while it was read";
        Err(Failure::new(ErrorCode::Exists, changed).with_hint("run the update again"))
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
        self.refuse_changed(texts)?;
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
        texts: &(String, String),
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
            // From here on no other update writes; one that ended since the plan was made would be undone in part.
            self.refuse_changed(texts)?;
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
            result.next_steps.splice(0..0, failed_steps(&verified));
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
        let call = Call {
            progress: stages::within(&self.call.progress, 92, 100),
            ..self.call.clone()
        };
        self.engine.verify_subject(&call, subject, level).await
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
