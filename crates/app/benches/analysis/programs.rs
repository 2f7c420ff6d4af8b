//! The programs that are measured: where each is found and how it is called. Installs nothing.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::cache_folder;

/// What is passed to our own program beside the tree.
pub(crate) const OWN_ARGUMENTS: [&str; 2] = ["--no-transitive", "--json"];

/// Where each program is.
#[derive(Debug)]
pub(crate) struct Programs {
    own: PathBuf,
    tokei: Option<PathBuf>,
    repomix: Option<PathBuf>,
    without_repomix: bool,
    path: OsString,
}

impl Programs {
    /// Looks for them.
    pub(crate) fn find(with_repomix: bool) -> Self {
        let own = env::var_os("SYNTHESIZER_BENCH_BINARY")
            .map_or_else(|| env!("CARGO_BIN_EXE_synthesizer").into(), PathBuf::from);
        let tools = cache_folder().join("tools/bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let find = |name: &str| {
            let folders = [tools.clone()].into_iter().chain(env::split_paths(&path));
            let mut candidates = folders.map(|folder| folder.join(name));
            candidates.find(|candidate| candidate.is_file())
        };
        Self {
            own: own
                .canonicalize()
                .unwrap_or_else(|error| panic!("no program at {}: {error}", own.display())),
            tokei: find("tokei"),
            repomix: find("repomix").filter(|_| with_repomix),
            without_repomix: !with_repomix,
            path: path.clone(),
        }
    }

    /// Says which programs are measured, with their versions, and which are missing.
    pub(crate) fn told(&self) -> String {
        let mut lines = vec![format!(
            "{} (analyze TREE {})",
            self.version(&self.own),
            OWN_ARGUMENTS.join(" ")
        )];
        for (name, program) in [("tokei", &self.tokei), ("repomix", &self.repomix)] {
            lines.push(match program {
                Some(program) if name == "repomix" => {
                    format!("repomix {}", self.version(program))
                }
                Some(program) => self.version(program),
                None if name == "repomix" && self.without_repomix => continue,
                None => format!("{name} is missing and left out: run scripts/setup bench"),
            });
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load: Vec<&str> = load.split(' ').take(3).collect();
        lines.push(format!(
            "{processors} processors, load averages {}",
            load.join(" ")
        ));
        lines.join("\n")
    }

    /// Says whether `tokei` is there.
    pub(crate) fn has_tokei(&self) -> bool {
        self.tokei.is_some()
    }

    /// Makes the call that counts the lines of a tree.
    pub(crate) fn tokei(&self, tree: &Path, world: &World) -> Option<Command> {
        let mut command = self.clean(self.tokei.as_ref()?, world);
        command.arg(tree);
        Some(command)
    }

    /// Makes the call that packs a tree into one file.
    pub(crate) fn repomix(&self, tree: &Path, world: &World) -> Option<Command> {
        let mut command = self.clean(self.repomix.as_ref()?, world);
        let output = world.folder.path().join("packed.xml");
        command.arg(tree).arg("--quiet").arg("--output").arg(output);
        Some(command)
    }

    /// Makes the call that only reads every file of a tree.
    pub(crate) fn cat(&self, tree: &Path, world: &World) -> Command {
        let mut command = self.clean(Path::new("/bin/sh"), world);
        let script = "find \"$1\" -type f -print0 | xargs -0 cat >/dev/null";
        command.args(["-c", script, "sh"]).arg(tree);
        command
    }

    /// Makes the call of our own program.
    pub(crate) fn own(&self, tree: &Path, world: &World) -> Command {
        let mut command = self.clean(&self.own, world);
        command.arg("analyze").arg(tree).args(OWN_ARGUMENTS);
        command
    }

    fn clean(&self, program: &Path, world: &World) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(world.folder.path())
            .env_clear()
            .env("PATH", &self.path)
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1");
        for (variable, folder) in WORLD {
            command.env(variable, world.folder.path().join(folder));
        }
        command
    }

    fn version(&self, program: &Path) -> String {
        let output = Command::new(program).arg("--version").output();
        output.map_or_else(
            |error| format!("{}: {error}", program.display()),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
    }
}

/// The folders of a user who has never run anything.
const WORLD: [(&str, &str); 6] = [
    ("HOME", "home"),
    ("TMPDIR", "tmp"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_STATE_HOME", "state"),
];

/// A home of its own, with an empty cache; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct World {
    folder: TempDir,
}

impl World {
    /// Makes one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (_, name) in WORLD {
            fs::create_dir(folder.path().join(name)).expect("the temporary folder can be written");
        }
        Self { folder }
    }
}
