//! What the errors of SQLite mean for its caller. Must not put paths into messages: they leave the machine.

use std::io;

use sqlx::migrate::MigrateError;
use synthesizer_model::{ErrorCode, Failure};

/// What went wrong with a SQLite file, as far as somebody acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The file is damaged, or is none of SQLite.
    Damaged,
    /// Another process or task holds it for too long.
    Busy,
    /// There is no room.
    Full,
    /// It cannot be opened, read or written here.
    Denied,
    /// Anything else.
    Other,
}

/// Says what an error means.
pub(crate) fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(database) => {
            let code: i32 = database
                .code()
                .and_then(|code| code.parse().ok())
                .unwrap_or(0);
            of_result_code(code)
        }
        sqlx::Error::Io(error) => match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Trouble::Full,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Trouble::Busy,
            _ => Trouble::Denied,
        },
        sqlx::Error::PoolTimedOut => Trouble::Busy,
        // A column that is missing or of another type: not what this program wrote.
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::Decode(_) => Trouble::Damaged,
        _ => Trouble::Other,
    }
}

/// Reads a result code by <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn of_result_code(code: i32) -> Trouble {
    match code & 0xff {
        // Our statements are fixed, so a generic error is a table that is missing or different.
        1 | 11 | 26 => Trouble::Damaged,
        5 | 6 => Trouble::Busy,
        13 => Trouble::Full,
        3 | 8 | 10 | 14 | 23 => Trouble::Denied,
        _ => Trouble::Other,
    }
}

/// Says in a few words what an error was.
pub(crate) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match database.code() {
            Some(code) => format!("{} (SQLite code {code})", database.message()),
            None => database.message().to_owned(),
        },
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Makes the failure of an action on the state file, such as `read the state file`.
pub(crate) fn failure(action: &str, error: &sqlx::Error) -> Failure {
    let reason = reason(error);
    let message = format!("cannot {action} below [paths] data: {reason}");
    match trouble(error) {
        Trouble::Damaged => Failure::new(ErrorCode::Config, message).with_hint(
            "restore state.db from a backup, or move it aside: the program then begins with an empty one",
        ),
        Trouble::Busy => Failure::new(ErrorCode::Timeout, message)
            .with_hint("another process holds the file; try again, and look for one that hangs"),
        Trouble::Full => {
            Failure::new(ErrorCode::Limit, message).with_hint("make room on the disk of [paths] data")
        }
        Trouble::Denied => Failure::new(ErrorCode::Config, message).with_hint(
            "let [paths] data name a folder that this user can write",
        ),
        Trouble::Other => Failure::internal(message),
    }
}

/// Makes the failure of bringing the state file to this program's form.
pub(super) fn migration_failure(error: &MigrateError) -> Failure {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            failure("prepare the state file", error)
        }
        MigrateError::VersionMissing(version) => newer(&format!("it holds migration {version}")),
        error => newer(&error.to_string()),
    }
}

/// Makes the failure of a state file that another program, or another version, wrote.
pub(super) fn newer(detail: &str) -> Failure {
    Failure::new(
        ErrorCode::Config,
        format!(
            "the state file below [paths] data was not written by this version of the program: {detail}"
        ),
    )
    .with_hint("use the newer version of the program, or let [paths] data name another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_codes_are_told_apart_by_their_low_byte() {
        for (code, expected) in [
            (11, Trouble::Damaged),
            (26, Trouble::Damaged),
            (267, Trouble::Damaged),
            (5, Trouble::Busy),
            (517, Trouble::Busy),
            (13, Trouble::Full),
            (14, Trouble::Denied),
            (1032, Trouble::Denied),
            (19, Trouble::Other),
        ] {
            assert_eq!(of_result_code(code), expected, "{code}");
        }
    }
}
