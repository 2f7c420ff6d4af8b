//! `doctor`: whether this machine has what the operations need, and whether the platforms answer.

use std::fs;

use serde::Serialize;
use synthesizer_infrastructure::{project::Scratch, sandbox::Sandbox, tools};
use synthesizer_model::discovery::PlatformStatus;

use crate::{Call, Engine};

/// The programs that operations start.
const PROGRAMS: &[Program] = &[
    Program {
        name: "git",
        purpose: "fetches repositories and commits new projects",
        needed: true,
    },
    Program {
        name: "uv",
        purpose: "locates packages, resolves and installs",
        needed: true,
    },
    Program {
        name: "npm",
        purpose: "brings packages of npm and solves what they ask for",
        needed: false,
    },
    Program {
        name: "cargo",
        purpose: "brings crates and solves what they ask for",
        needed: false,
    },
];

/// A program and what it is for.
struct Program {
    name: &'static str,
    /// What it does; continues a sentence that begins with "it".
    purpose: &'static str,
    /// Whether most operations need it; else it is only missed for what it does.
    needed: bool,
}

/// Everything that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorReport {
    /// One check each.
    pub checks: Vec<DoctorCheck>,
    /// Whether everything needed is there; npm, cargo, the sandbox and platforms are not needed, only missed.
    pub healthy: bool,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct DoctorCheck {
    /// What.
    pub name: String,
    /// `ok`, `missing`, `failed`, `disabled`, or `unknown` for what was not asked.
    pub status: String,
    /// The version, or what is wrong.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Engine {
    /// Looks at programs, sandbox, folders and platforms. Platforms are not asked while the network is switched off.
    pub async fn doctor(&self, call: &Call) -> DoctorReport {
        let mut checks = Vec::new();
        let mut needed_missing = false;
        for program in PROGRAMS {
            let check = self.check_program(call, program).await;
            needed_missing |= program.needed && check.status != "ok";
            checks.push(check);
        }
        checks.push(self.check_sandbox().await);
        let folders = self.check_folders();
        let healthy = !needed_missing && folders.status == "ok";
        checks.push(folders);
        checks.extend(self.check_platforms(call).await);
        DoctorReport { checks, healthy }
    }

    async fn check_program(&self, call: &Call, program: &Program) -> DoctorCheck {
        let Program { name, purpose, .. } = *program;
        let variables = &self.config().tool_environment;
        let found = match tools::find(name, variables) {
            Ok(path) => tools::version(&path, variables, &call.cancellation).await,
            Err(failure) => Err(failure),
        };
        match found {
            Ok(version) => check(name, "ok", format!("{version}; {purpose}"), None),
            Err(failure) => check(
                name,
                "missing",
                format!("{}; it {purpose}", failure.message),
                failure.hint,
            ),
        }
    }

    async fn check_sandbox(&self) -> DoctorCheck {
        match Sandbox::find(self.config()).await {
            Ok(_) => check(
                "sandbox",
                "ok",
                "bubblewrap isolates untrusted code".to_owned(),
                None,
            ),
            Err(reason) => check(
                "sandbox",
                "missing",
                format!("{reason}; without it nothing of a project is run, and checks say not_run"),
                Some("apt-get install bubblewrap".to_owned()),
            ),
        }
    }

    async fn check_platforms(&self, call: &Call) -> Vec<DoctorCheck> {
        match self.platforms(call, !self.config().offline).await {
            Ok(answer) => answer.platforms.into_iter().map(check_of).collect(),
            Err(failure) => vec![check("platforms", "failed", failure.message, failure.hint)],
        }
    }

    fn check_folders(&self) -> DoctorCheck {
        let paths = &self.config().paths;
        let writable = fs::create_dir_all(&paths.data)
            .map_err(|error| error.to_string())
            .and_then(|()| Scratch::create(&paths.cache).map_err(|failure| failure.message));
        match writable {
            Ok(_) => check(
                "folders",
                "ok",
                format!(
                    "data {}, cache {}",
                    paths.data.display(),
                    paths.cache.display()
                ),
                None,
            ),
            Err(error) => check(
                "folders",
                "failed",
                error,
                Some("set [paths] data and cache to folders that you can write".to_owned()),
            ),
        }
    }
}

/// Turns what is known of a platform into a check.
fn check_of(platform: PlatformStatus) -> DoctorCheck {
    let name = format!("platform {}", platform.name);
    let credentials = if platform.authenticated {
        "with credentials"
    } else {
        "without credentials"
    };
    let mut remarks = platform.remarks.into_iter();
    match (platform.enabled, platform.healthy, platform.last_error) {
        (false, _, _) => {
            let why = remarks.next().unwrap_or_else(|| "not enabled".to_owned());
            check(&name, "disabled", why, None)
        }
        (true, Some(false), Some(error)) => check(&name, "failed", error.message, error.hint),
        (true, Some(false), None) => check(
            &name,
            "failed",
            format!("its breaker is {}", platform.breaker),
            None,
        ),
        (true, Some(true), _) => check(&name, "ok", format!("answers, asked {credentials}"), None),
        (true, None, _) => check(&name, "unknown", "not asked".to_owned(), None),
    }
}

fn check(name: &str, status: &str, detail: String, hint: Option<String>) -> DoctorCheck {
    DoctorCheck {
        name: name.to_owned(),
        status: status.to_owned(),
        detail,
        hint,
    }
}
