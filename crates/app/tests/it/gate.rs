//! Stand-ins for programs such as `uv` and `git` that do what the real ones do and stop where a test wants, so that a step lasts as long as the test needs.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use synthesizer_testkit::program::Program;

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Each call of a program has a number, from 1 on; one of them can be held.
pub(crate) struct Gate {
    folder: PathBuf,
}

/// Where a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Before the program does anything.
    Before,
    /// When it has done everything and has not ended.
    After,
}

impl Gate {
    /// Makes the stand-ins, and has the program find them first.
    pub(crate) fn install(program: Program) -> (Self, Program) {
        Self::install_for(program, &["uv", "git"])
    }

    /// Makes stand-ins for these programs.
    pub(crate) fn install_for(program: Program, names: &[&str]) -> (Self, Program) {
        let folder = program.world().join("gate");
        let programs = folder.join("bin");
        fs::create_dir_all(&programs).expect("the folder can be made");
        let path = std::env::var_os("PATH").expect("there is a PATH");
        for name in names {
            let real = std::env::split_paths(&path)
                .map(|folder| folder.join(name))
                .find(|candidate| candidate.is_file())
                .expect("the program is installed");
            let script = SCRIPT
                .replace("@FOLDER@", &folder.to_string_lossy())
                .replace("@NAME@", name)
                .replace("@REAL@", &real.to_string_lossy());
            let place = programs.join(name);
            fs::write(&place, script).expect("the script can be written");
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755))
                .expect("the script can be run");
        }
        let first = std::iter::once(programs).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(first).expect("plain paths");
        (Self { folder }, program.with_env("PATH", path))
    }

    /// Holds the call of this number from now on.
    pub(crate) fn hold(&self, call: usize, held: Held) {
        let name = match held {
            Held::Before => "before",
            Held::After => "after",
        };
        let hold = self.folder.join(name);
        fs::write(hold, call.to_string()).expect("the folder can be written");
    }

    /// Holds the first call from now on whose arguments hold a word.
    pub(crate) fn hold_word(&self, word: &str) {
        fs::write(self.folder.join("word"), word).expect("the folder can be written");
    }

    /// Lets every call go on.
    pub(crate) fn open(&self) {
        for name in ["before", "after", "word"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        let _ = fs::remove_file(self.reached());
    }

    /// Waits until a call is held; `false` when `ended` says that none will be.
    pub(crate) fn wait(&self, mut ended: impl FnMut() -> bool) -> bool {
        let end = Instant::now() + PATIENCE;
        while !self.reached().exists() {
            if ended() {
                return self.reached().exists();
            }
            assert!(Instant::now() < end, "no call was held");
            pause();
        }
        true
    }

    /// Gives the calls so far, as program and arguments.
    pub(crate) fn calls(&self) -> Vec<String> {
        let line = |number: usize| {
            let folder = self.folder.join(format!("call-{number}"));
            let line = fs::read_to_string(folder.join("line")).ok()?;
            Some(line.trim_end().to_owned())
        };
        (1..).map_while(line).collect()
    }

    fn reached(&self) -> PathBuf {
        self.folder.join("reached")
    }
}

/// Waits until something holds; panics when it does not come.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what} did not come");
        pause();
    }
}

/// A condition of another process is looked at again after this; spinning would take the processor that it needs.
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// Gives the processes whose command line holds a word.
pub(crate) fn processes_with(word: &str) -> Vec<i32> {
    let numbers = fs::read_dir("/proc")
        .expect("Linux has /proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let holds = |number: &i32| {
        let line = fs::read(Path::new("/proc").join(number.to_string()).join("cmdline"));
        line.is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
    };
    numbers.filter(holds).collect()
}

const SCRIPT: &str = r#"#!/bin/sh
folder='@FOLDER@'
number=1
while ! /bin/mkdir "$folder/call-$number" 2>/dev/null; do
    [ -d "$folder" ] || exit 1
    number=$((number + 1))
done
echo "@NAME@ $*" > "$folder/call-$number/line"
held() {
    [ "$(/bin/cat "$folder/$1" 2>/dev/null)" = "$2" ] || return 0
    : > "$folder/reached"
    while [ -e "$folder/$1" ]; do /bin/sleep 0.05; done
}
held before "$number"
word="$(/bin/cat "$folder/word" 2>/dev/null)"
if [ -n "$word" ]; then
    case " $* " in *" $word "*) held word "$word" ;; esac
fi
'@REAL@' "$@"
status=$?
held after "$number"
exit $status
"#;
