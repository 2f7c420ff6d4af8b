//! What differs in words between projects of one family of packages and another: what they need, how they are installed. Text only.

use synthesizer_model::dependency::Ecosystem;

/// How projects of a family are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyFacts {
    /// What its projects are of, for people.
    pub name: &'static str,
    /// The language of a fenced block with imports.
    pub language: &'static str,
    /// What a project needs, as Markdown: the beginning of a sentence.
    pub needs: &'static str,
    /// What its range of versions is of.
    pub runtime: &'static str,
    /// Its lock file.
    pub lock: &'static str,
    /// The command lines that install and test it, where its template names none.
    pub commands: &'static [&'static str],
    /// What is said of a project that declares no package.
    pub no_packages: &'static str,
    /// What stands before the name of the group that a package belongs to.
    pub group: &'static str,
}

impl FamilyFacts {
    /// Projects of Python.
    pub const PYTHON: Self = Self {
        name: "Python",
        language: "python",
        needs: "It needs [uv](https://docs.astral.sh/uv/)",
        runtime: "Python",
        lock: "uv.lock",
        commands: &["uv sync", "uv run pytest"],
        no_packages: "None beyond the standard library.",
        group: "optional, in the extra",
    };
    /// Projects of Rust.
    pub const CARGO: Self = Self {
        name: "Rust",
        language: "rust",
        needs: "It needs [Rust with cargo](https://www.rust-lang.org/tools/install)",
        runtime: "Rust",
        lock: "Cargo.lock",
        commands: &["cargo build", "cargo test"],
        no_packages: "None beyond the standard library.",
        group: "optional, by the feature",
    };
    /// Projects of JavaScript and TypeScript.
    pub const NPM: Self = Self {
        name: "JavaScript",
        language: "javascript",
        needs: "It needs [Node.js](https://nodejs.org/) with npm",
        runtime: "Node.js",
        lock: "package-lock.json",
        commands: &["npm ci --ignore-scripts", "npm test"],
        no_packages: "None beyond what Node.js brings.",
        group: "among the",
    };

    /// Gives the words for a family, by the name that requests have for it; those of Python for one that no project is made of.
    pub fn of(ecosystem: &str) -> Self {
        [Ecosystem::Cargo, Ecosystem::Npm]
            .into_iter()
            .find(|known| known.as_str() == ecosystem)
            .map_or(Self::PYTHON, |known| match known {
                Ecosystem::Cargo => Self::CARGO,
                _ => Self::NPM,
            })
    }
}

impl Default for FamilyFacts {
    fn default() -> Self {
        Self::PYTHON
    }
}
