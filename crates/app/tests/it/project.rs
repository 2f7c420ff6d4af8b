//! A synthesised project on disk, as the tests look at it. Reads it with other means than the program: git, TOML, hashes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use synthesizer_model::{
    synthesis::SynthesisLock,
    tree::{Blob, sha256_hex},
};
use synthesizer_testkit::{git_repository::run_git, program::Program};

/// A project that was placed.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// Takes the project in a folder, which must exist.
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        assert!(root.is_dir(), "there is no project at {}", root.display());
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Gives the folder that modules are imported from.
    pub(crate) fn source(&self) -> PathBuf {
        self.root.join("src")
    }

    /// Gives every file but those of git, by its path.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_below(&self.root, &[".git"])
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let bytes =
            fs::read(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        String::from_utf8(bytes).unwrap_or_else(|_| panic!("{path} is no text"))
    }

    pub(crate) fn lock(&self) -> SynthesisLock {
        toml::from_str(&self.text("synthesis.lock")).expect("synthesis.lock has its shape")
    }

    /// Gives the files that came from sources, by their path in the project.
    pub(crate) fn moved(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.files();
        let locked = self.lock().files;
        let moved = locked.into_iter().filter(|file| file.source != "generated");
        moved
            .map(|file| (file.path.clone(), files[&file.path].clone()))
            .collect()
    }

    fn manifest(&self) -> toml::Table {
        toml::from_str(&self.text("pyproject.toml")).expect("pyproject.toml is TOML")
    }

    /// Gives `project.dependencies`, sorted.
    pub(crate) fn dependencies(&self) -> Vec<String> {
        texts(&self.manifest()["project"]["dependencies"])
    }

    /// Gives `project.optional-dependencies`.
    pub(crate) fn extras(&self) -> BTreeMap<String, Vec<String>> {
        let manifest = self.manifest();
        let extras = manifest["project"]
            .get("optional-dependencies")
            .and_then(toml::Value::as_table);
        let extras = extras.into_iter().flatten();
        extras
            .map(|(name, requirements)| (name.clone(), texts(requirements)))
            .collect()
    }

    /// Gives the id of the committed tree.
    pub(crate) fn tree(&self) -> String {
        self.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned()
    }

    /// Checks that git knows every file, and one commit.
    pub(crate) fn assert_committed(&self) {
        assert_eq!(
            self.git(&["status", "--porcelain", "--ignored"]),
            "",
            "untracked or changed files"
        );
        assert_eq!(self.git(&["rev-list", "--count", "--all"]).trim(), "1");
        let listed = self.git(&[
            "ls-tree",
            "-r",
            "-z",
            "--format=%(path)\t%(objectname)",
            "HEAD",
        ]);
        let committed: BTreeMap<String, String> = listed
            .split_terminator('\0')
            .filter_map(|entry| entry.split_once('\t'))
            .map(|(path, id)| (path.to_owned(), id.to_owned()))
            .collect();
        let files = self.files().into_iter();
        let expected: BTreeMap<String, String> = files
            .map(|(path, contents)| (path, Blob::new(contents.into()).id))
            .collect();
        assert_eq!(committed, expected, "git has the files byte for byte");
    }

    /// Checks that the lock names every file of the project but itself with the right hash, and every moved one with the blob id
    /// that git computes of the original. `originals` maps source ids to the folders of their original files.
    pub(crate) fn assert_recorded(&self, originals: &[(&str, &Path)]) {
        let lock = self.lock();
        let files = self.files();
        let locked: Vec<&str> = lock.files.iter().map(|file| file.path.as_str()).collect();
        let present: Vec<&str> = files
            .keys()
            .map(String::as_str)
            .filter(|path| *path != "synthesis.lock")
            .collect();
        assert_eq!(locked, present, "the lock and the tree differ");
        for file in &lock.files {
            assert_eq!(file.sha256, sha256_hex(&files[&file.path]), "{}", file.path);
            assert!(
                !file.transforms.is_empty() && !file.license.is_empty(),
                "{file:?}"
            );
            if file.source == "generated" {
                assert_eq!(
                    (file.origin.as_str(), file.blob.as_str()),
                    ("", ""),
                    "{}",
                    file.path
                );
                assert_eq!(file.transforms, ["generated"], "{}", file.path);
                continue;
            }
            let original = originals.iter().find(|(id, _)| *id == file.source);
            let (_, folder) = original.unwrap_or_else(|| panic!("an unexpected source: {file:?}"));
            let id = run_git(
                folder,
                &["hash-object", "--no-filters", "--", &file.origin],
                b"",
            )
            .expect("the original exists");
            assert_eq!(
                file.blob,
                String::from_utf8_lossy(&id).trim(),
                "{}",
                file.path
            );
            let is_same = fs::read(folder.join(&file.origin)).expect("the original exists")
                == files[&file.path];
            assert_eq!(
                file.transforms == ["moved"],
                is_same,
                "{}: {:?}",
                file.path,
                file.transforms
            );
        }
        let sources: Vec<&str> = lock
            .sources
            .iter()
            .map(|source| source.id.as_str())
            .collect();
        let mut expected: Vec<&str> = originals.iter().map(|(id, _)| *id).collect();
        expected.sort_unstable();
        assert_eq!(sources, expected);
        let resolution = lock.resolution.expect("the project is resolved");
        assert_eq!(resolution.sha256, sha256_hex(&files[&resolution.lock]));
    }

    /// Checks that no file names a folder of the run that made it, nor any path below a home or temporary folder of the machine.
    pub(crate) fn assert_portable(&self, program: &Program, folders: &[&Path]) {
        let mut needles = vec![program.world().to_path_buf(), self.root.clone()];
        needles.extend(folders.iter().map(|folder| folder.to_path_buf()));
        let temporary = std::env::temp_dir();
        let world = program
            .world()
            .strip_prefix(&temporary)
            .unwrap_or(program.world());
        needles.push(world.to_path_buf());
        for (path, contents) in self.files() {
            for needle in &needles {
                let needle = needle.as_os_str().as_encoded_bytes();
                let found = contents
                    .windows(needle.len())
                    .any(|window| window == needle);
                assert!(!found, "{path} holds {}", String::from_utf8_lossy(needle));
            }
        }
    }

    /// Runs a Python script with the project's modules importable and gives what it printed. No dependency is installed.
    pub(crate) fn run_python(&self, script: &str) -> String {
        let output = Command::new("python3")
            .args(["-B", "-c", script])
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("PYTHONPATH", self.source())
            .current_dir("/")
            .output()
            .expect("python3 is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = run_git(&self.root, arguments, b"")
            .unwrap_or_else(|error| panic!("git {arguments:?}: {error}"));
        String::from_utf8(output).expect("UTF-8")
    }
}

/// Gives every file below a folder by its path; folders with one of the names are left out.
pub(crate) fn files_below(root: &Path, left_out: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("UTF-8");
            if path.is_symlink() {
                panic!("{} is a link", path.display());
            } else if !path.is_dir() {
                let relative = path
                    .strip_prefix(root)
                    .expect("it lies below")
                    .to_str()
                    .expect("UTF-8");
                files.insert(
                    relative.to_owned(),
                    fs::read(&path).expect("the file can be read"),
                );
            } else if !left_out.contains(&name) {
                waiting.push(path);
            }
        }
    }
    files
}

fn texts(value: &toml::Value) -> Vec<String> {
    let values = value.as_array().expect("a list").iter();
    let mut texts: Vec<String> = values
        .map(|value| value.as_str().expect("text").to_owned())
        .collect();
    texts.sort();
    texts
}
