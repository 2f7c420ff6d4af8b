//! Bare git repositories with exact contents. Can write trees that git itself refuses, because a platform may serve them.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The mode of a plain file.
pub const FILE: u32 = 0o100_644;
/// The mode of an executable file.
pub const EXECUTABLE: u32 = 0o100_755;
/// The mode of a symbolic link, whose contents are its target.
pub const LINK: u32 = 0o120_000;
const FOLDER: u32 = 0o040_000;
const SUBMODULE: u32 = 0o160_000;

/// Author and committer of everything, at a fixed time, so that ids repeat.
const IDENTITY: &str = "Test Author <author@example.invalid> 1700000000 +0000";

/// A bare repository on disk, with the branch `main`.
#[derive(Debug, Clone)]
pub struct GitRepository {
    path: PathBuf,
}

/// An entry of a tree that is written byte for byte, unchecked and unsorted.
#[derive(Debug, Clone)]
pub struct RawEntry {
    mode: u32,
    name: Vec<u8>,
    object: RawObject,
}

#[derive(Debug, Clone)]
enum RawObject {
    Blob(Vec<u8>),
    Tree(Vec<RawEntry>),
    Missing([u8; 20]),
}

impl RawEntry {
    /// Makes a file of any name, such as `..` or `a\nb`.
    pub fn file(name: impl AsRef<[u8]>, contents: impl AsRef<[u8]>) -> Self {
        Self::new(
            FILE,
            name.as_ref(),
            RawObject::Blob(contents.as_ref().to_vec()),
        )
    }

    /// Makes a symbolic link.
    pub fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self::new(
            LINK,
            name.as_ref(),
            RawObject::Blob(target.as_ref().to_vec()),
        )
    }

    /// Makes a folder.
    pub fn folder(name: impl AsRef<[u8]>, entries: Vec<RawEntry>) -> Self {
        Self::new(FOLDER, name.as_ref(), RawObject::Tree(entries))
    }

    /// Makes a submodule that points at a commit nobody has.
    pub fn submodule(name: impl AsRef<[u8]>) -> Self {
        Self::new(SUBMODULE, name.as_ref(), RawObject::Missing([0x5a; 20]))
    }

    fn new(mode: u32, name: &[u8], object: RawObject) -> Self {
        Self {
            mode,
            name: name.to_vec(),
            object,
        }
    }
}

impl GitRepository {
    /// Makes an empty bare repository `NAME.git` below `root`.
    pub fn create(root: &Path, name: &str) -> Self {
        let path = root.join(format!("{name}.git"));
        fs::create_dir_all(&path).expect("the root can be written");
        let repository = Self { path };
        repository.git(
            &[
                "init",
                "--quiet",
                "--bare",
                "--template=",
                "--initial-branch=main",
                ".",
            ],
            b"",
        );
        for setting in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            repository.git(&["config", setting, "true"], b"");
        }
        repository
    }

    /// Makes a repository with one commit that holds the files of a folder: plain, executable and linked ones.
    pub fn from_folder(root: &Path, name: &str, folder: &Path) -> Self {
        let mut files = Vec::new();
        collect(folder, "", &mut files);
        let borrowed: Vec<_> = files
            .iter()
            .map(|(path, contents, mode)| (path.as_str(), contents.as_slice(), *mode))
            .collect();
        let repository = Self::create(root, name);
        repository.commit_files(&borrowed);
        repository
    }

    /// Gives the repository's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Commits exactly these files `(path, contents, mode)` on `main` and gives the commit's id.
    ///
    /// What the commit before held is gone. Names with newlines and other odd bytes are fine; those that git refuses
    /// need [`Self::commit_raw_tree`].
    pub fn commit_files(&self, files: &[(&str, &[u8], u32)]) -> String {
        let mut stream = format!(
            "commit refs/heads/main\nauthor {IDENTITY}\ncommitter {IDENTITY}\ndata 5\nfiles\n"
        )
        .into_bytes();
        if let Some(parent) = self.head() {
            stream.extend_from_slice(format!("from {parent}\n").as_bytes());
        }
        stream.extend_from_slice(b"deleteall\n");
        for (path, contents, mode) in files {
            let head = format!(
                "M {mode:06o} inline {}\ndata {}\n",
                quoted(path),
                contents.len()
            );
            stream.extend_from_slice(head.as_bytes());
            stream.extend_from_slice(contents);
            stream.push(b'\n');
        }
        self.git(&["fast-import", "--quiet"], &stream);
        self.head().expect("the import moved the branch")
    }

    /// Commits a tree that is written as it stands, in this order, past every check of git, and gives the commit's id.
    pub fn commit_raw_tree(&self, entries: &[RawEntry]) -> String {
        let tree = self.write_raw_tree(entries);
        let mut commit = format!("tree {tree}\n");
        if let Some(parent) = self.head() {
            commit.push_str(&format!("parent {parent}\n"));
        }
        commit.push_str(&format!(
            "author {IDENTITY}\ncommitter {IDENTITY}\n\nraw tree\n"
        ));
        let commit = self.hash_object("commit", commit.as_bytes());
        self.set_reference("refs/heads/main", &commit);
        commit
    }

    /// Points a reference, such as `refs/tags/v1`, at a commit.
    pub fn set_reference(&self, reference: &str, commit: &str) {
        self.git(&["update-ref", reference, commit], b"");
    }

    /// Gives the commit of `main`.
    pub fn head(&self) -> Option<String> {
        let listed = self.git(
            &["for-each-ref", "--format=%(objectname)", "refs/heads/main"],
            b"",
        );
        let id = String::from_utf8_lossy(&listed).trim().to_owned();
        (!id.is_empty()).then_some(id)
    }

    /// Runs git in the repository and gives its standard output; a failure panics with what git said.
    pub fn git(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        run_git(&self.path, arguments, input)
            .unwrap_or_else(|error| panic!("git {arguments:?}: {error}"))
    }

    fn write_raw_tree(&self, entries: &[RawEntry]) -> String {
        // One process a distinct blob is slow for deep trees, so equal blobs are written once.
        let mut blobs: BTreeMap<&[u8], String> = BTreeMap::new();
        let mut tree = Vec::new();
        for entry in entries {
            let id = match &entry.object {
                RawObject::Blob(contents) => hex::decode(
                    blobs
                        .entry(contents.as_slice())
                        .or_insert_with(|| self.hash_object("blob", contents)),
                ),
                RawObject::Tree(entries) => hex::decode(self.write_raw_tree(entries)),
                RawObject::Missing(id) => Ok(id.to_vec()),
            };
            tree.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
            tree.extend_from_slice(&entry.name);
            tree.push(0);
            tree.extend_from_slice(&id.expect("git prints hexadecimal ids"));
        }
        self.hash_object("tree", &tree)
    }

    fn hash_object(&self, kind: &str, contents: &[u8]) -> String {
        let id = self.git(
            &["hash-object", "--literally", "-t", kind, "-w", "--stdin"],
            contents,
        );
        String::from_utf8_lossy(&id).trim().to_owned()
    }
}

/// Runs git without the user's configuration and gives its standard output, or what it said when it failed.
///
/// # Errors
/// Standard error of a git that could not be started or ended with another status than 0.
pub fn run_git(folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_vec();
    let feed = std::thread::spawn(move || stdin.write_all(&input));
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    // A git that failed may have stopped reading; its message says more than the broken pipe.
    let fed = feed.join().expect("writing does not panic");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    fed.map_err(|error| error.to_string())?;
    Ok(output.stdout)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>, u32)>) {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    for entry in entries {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name().into_string().expect("a UTF-8 name");
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("the entry exists");
        if kind.is_symlink() {
            let target = fs::read_link(entry.path()).expect("a link has a target");
            files.push((path, target.into_os_string().into_encoded_bytes(), LINK));
        } else if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files);
        } else {
            let contents = fs::read(entry.path()).expect("the file can be read");
            let mode = entry
                .metadata()
                .expect("the entry exists")
                .permissions()
                .mode();
            files.push((
                path,
                contents,
                if mode & 0o111 == 0 { FILE } else { EXECUTABLE },
            ));
        }
    }
}

/// Quotes a path for the stream of `git fast-import`.
fn quoted(path: &str) -> String {
    let mut text = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_becomes_the_same_tree_each_time() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("from");
        fs::create_dir_all(folder.join("sub")).expect("a folder");
        fs::write(folder.join("sub/file"), "text").expect("a file");
        std::os::unix::fs::symlink("sub/file", folder.join("link")).expect("a link");
        let heads = ["one", "two"].map(|name| {
            let repository = GitRepository::from_folder(root.path(), name, &folder);
            repository.head().expect("a commit")
        });
        assert_eq!(heads[0], heads[1]);
    }
}
