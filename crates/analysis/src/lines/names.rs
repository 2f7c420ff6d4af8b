//! The language of a file by its name, and by its first line where the name does not tell, as `tokei` chooses it. Opens no file.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use tokei::LanguageType;

use super::rules;

/// How many bytes of a file are looked at for its first line.
const FIRST_LINE: usize = 128;

/// Whole file names, in lower case, with their languages. `tokei` does not tell its list; a test compares.
const FILE_NAMES: &[(&str, LanguageType)] = &[
    ("build", LanguageType::Bazel),
    ("workspace", LanguageType::Bazel),
    ("module", LanguageType::Bazel),
    ("cmakelists.txt", LanguageType::CMake),
    ("dockerfile", LanguageType::Dockerfile),
    ("justfile", LanguageType::Just),
    ("gnumakefile", LanguageType::Makefile),
    ("makefile", LanguageType::Makefile),
    ("meson.build", LanguageType::Meson),
    ("meson_options.txt", LanguageType::Meson),
    ("nuget.config", LanguageType::NuGetConfig),
    ("packages.config", LanguageType::NuGetConfig),
    ("nugetdefaults.config", LanguageType::NuGetConfig),
    ("pkgbuild", LanguageType::PacmanMakepkg),
    ("rakefile", LanguageType::Rakefile),
    ("sconstruct", LanguageType::Scons),
    ("sconscript", LanguageType::Scons),
    ("snakefile", LanguageType::Snakemake),
];

/// Ends of file names that tell more than the extension.
const ENDS: &[(&str, LanguageType)] = &[(".blade.php", LanguageType::Blade)];

/// Beginnings of the program that `#!/usr/bin/env` names.
const PROGRAMS: &[(&str, LanguageType)] = &[
    ("bash", LanguageType::Bash),
    ("crystal", LanguageType::Crystal),
    ("csh", LanguageType::CShell),
    ("cython", LanguageType::Cython),
    ("elvish", LanguageType::Elvish),
    ("fish", LanguageType::Fish),
    ("groovy", LanguageType::Groovy),
    ("just", LanguageType::Just),
    ("ksh", LanguageType::Ksh),
    ("python", LanguageType::Python),
    ("racket", LanguageType::Racket),
    ("raku", LanguageType::Raku),
    ("perl6", LanguageType::Raku),
    ("ruby", LanguageType::Ruby),
    ("sh", LanguageType::Sh),
];

/// Suffixes of more than one part, which say more than their last part.
const LONG_SUFFIXES: &[&str] = &["d.ts", "d.mts", "d.cts"];

/// Gives the language of a file by the name that `tokei` shows; `None` for what it does not count.
///
/// `path` is slash-separated. `beginning` is the beginning of the contents and is looked at only for a file without an extension; 128
/// bytes are enough, and an empty one tells nothing. Letter case of the name does not matter.
pub fn language_of(path: &str, beginning: &[u8]) -> Option<&'static str> {
    let name = lower(file_name(path));
    by_name(&name)
        .or_else(|| match extension(&name) {
            Some(extension) => by_extension(extension).map(|(_, language)| language),
            None => by_first_line(beginning),
        })
        .map(LanguageType::name)
}

/// Gives the suffix of a file's name in lower case without its first dot: `py`, `tsx`, and `d.ts`, `d.mts`, `d.cts` for declarations;
/// empty for a file without one. A suffix that no language has is given as it is written.
pub fn suffix_of(path: &str) -> &str {
    let name = file_name(path);
    let Some(written) = extension(name) else {
        return "";
    };
    let long = LONG_SUFFIXES.iter().find(|suffix| {
        let start = name.len().checked_sub(suffix.len() + 1);
        start
            .and_then(|start| name.as_bytes().get(start..))
            .is_some_and(|end| end[0] == b'.' && end[1..].eq_ignore_ascii_case(suffix.as_bytes()))
    });
    if let Some(long) = long {
        return long;
    }
    by_extension(&lower(written)).map_or(written, |(known, _)| known)
}

/// Gives the one spelling of a language's name that lives as long as the program; `None` for what is no language of `tokei`.
pub fn known_name(name: &str) -> Option<&'static str> {
    rules::by_name(name).map(LanguageType::name)
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Gives what follows the last dot, unless nothing is before it.
fn extension(name: &str) -> Option<&str> {
    if name == ".." {
        return None;
    }
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty()).then_some(extension)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name
        .bytes()
        .any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())
    {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn by_name(name: &str) -> Option<LanguageType> {
    static WHOLE: LazyLock<HashMap<&'static str, LanguageType>> =
        LazyLock::new(|| FILE_NAMES.iter().copied().collect());
    let end = || ENDS.iter().find(|(end, _)| name.ends_with(end));
    WHOLE
        .get(name)
        .copied()
        .or_else(|| end().map(|&(_, language)| language))
}

fn by_extension(extension: &str) -> Option<(&'static str, LanguageType)> {
    static ALL: LazyLock<HashMap<&'static str, LanguageType>> = LazyLock::new(|| {
        let mut all = HashMap::new();
        for &(language, extensions) in LanguageType::list() {
            for &extension in extensions {
                // Of two languages with one extension, the first of the table has it.
                all.entry(extension).or_insert(language);
            }
        }
        all
    });
    ALL.get_key_value(extension)
        .map(|(&extension, &language)| (extension, language))
}

fn by_first_line(beginning: &[u8]) -> Option<LanguageType> {
    static INTERPRETERS: LazyLock<HashMap<&'static str, LanguageType>> = LazyLock::new(|| {
        let mut all = HashMap::new();
        for language in rules::all() {
            for &interpreter in language.shebangs() {
                all.entry(interpreter).or_insert(language);
            }
        }
        all
    });
    let beginning = &beginning[..beginning.len().min(FIRST_LINE)];
    let line = beginning.split(|&byte| byte == b'\n').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
    let first = words.next()?;
    if let Some(&language) = INTERPRETERS.get(first) {
        return Some(language);
    }
    if first != "#!/usr/bin/env" {
        return None;
    }
    let program = words.next()?;
    PROGRAMS
        .iter()
        .find(|(beginning, _)| program.starts_with(beginning))
        .map(|&(_, language)| language)
}
