//! What npm says when it fails, as a failure. Repeats nothing of its text, which may hold addresses of the user's mirror; npm's own codes
//! are told.

use synthesizer_model::failure::{ErrorCode, Failure};

use super::wanted::Wanted;
use crate::process::ChildOutput;

/// The longest code that is told.
const LONGEST_CODE: usize = 40;

/// Turns the end of `npm pack` into a failure.
pub(super) fn explain(output: &ChildOutput, wanted: &Wanted<'_>) -> Failure {
    let text = output.stderr_text();
    let shown = wanted.shown();
    let failure =
        |code: ErrorCode, message: String, hint: &str| Failure::new(code, message).with_hint(hint);
    let Some(code) = code(&text) else {
        return without_code(output, &text, wanted);
    };
    match code {
        "E404" | "ETARGET" | "ENOVERSIONS" => failure(
            ErrorCode::NotFound,
            format!("the npm registry has no {shown}"),
            "check the spelling of the name and the version, and the registry in your npm configuration",
        ),
        "E401" | "E403" | "ENEEDAUTH" | "EOTP" => failure(
            ErrorCode::Authentication,
            format!("the npm registry refuses to give {shown}"),
            "check the credentials of the registry in your npm configuration",
        ),
        "E429" => failure(
            ErrorCode::RateLimited,
            format!("the npm registry limits the rate and refuses {shown} for now"),
            "try again later",
        ),
        "ENOTCACHED" => failure(
            ErrorCode::Offline,
            format!("npm is switched offline and has not cached {shown}"),
            "remove `offline` from your npm configuration",
        ),
        "EINTEGRITY" => failure(
            ErrorCode::Upstream,
            format!("the tarball of {shown} has another hash than the npm registry announces"),
            "try again; if it stays so, do not use the package from this registry",
        ),
        "EOTHERPLACE" | "ENOPROGRAMS" | "EALLOWGIT" | "EALLOWFILE" | "EALLOWDIRECTORY"
        | "EALLOWREMOTE" => failure(
            ErrorCode::Forbidden,
            format!("the npm registry names a place for {shown} that is no download"),
            "name its git repository instead",
        ),
        "EFBIG" | "ERR_STRING_TOO_LONG" | "ERR_FS_FILE_TOO_LARGE" | "ERR_OUT_OF_RANGE" => {
            wanted.too_large()
        }
        "ENOSPC" | "EDQUOT" | "EROFS" => failure(
            ErrorCode::Config,
            format!("npm cannot write into the cache folder ({code})"),
            "let paths.cache name a folder that you can write and that has room",
        ),
        code => failure(
            ErrorCode::Upstream,
            format!("npm cannot download {shown} ({code})"),
            "check the network and the registry in your npm configuration",
        ),
    }
}

fn without_code(output: &ChildOutput, text: &str, wanted: &Wanted<'_>) -> Failure {
    // npm is a script that looks for `node` in `PATH`.
    if output.status == Some(127) {
        return Failure::new(ErrorCode::ToolMissing, "npm finds no node")
            .with_hint("install it: apt-get install nodejs");
    }
    // Node ends itself so when its memory is used up.
    if output.status.is_none() || text.contains("heap out of memory") {
        return wanted.too_large();
    }
    Failure::new(
        ErrorCode::Upstream,
        format!("npm cannot download {}", wanted.shown()),
    )
    .with_hint("run `npm pack` with this package to see why")
}

/// Finds npm's code: `npm error code E404`, `npm ERR! code E404` before version 10.6.
fn code(text: &str) -> Option<&str> {
    let lines = text.lines().filter(|line| line.starts_with("npm "));
    let mut codes = lines.filter_map(|line| {
        let (_, code) = line.split_once(" code ")?;
        Some(code.trim())
    });
    codes.find(|code| {
        !code.is_empty()
            && code.len() <= LONGEST_CODE
            && code
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_and_nothing_else() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(code(text), expected, "{text}");
        check("npm error code E404\nnpm error 404 Not Found", Some("E404"));
        check("npm WARN x\nnpm ERR! code EINTEGRITY\n", Some("EINTEGRITY"));
        check(
            "npm error code ERR_SOCKET_TIMEOUT",
            Some("ERR_SOCKET_TIMEOUT"),
        );
        check("npm error code http://user:word@host/", None);
        check("something code E404", None);
        check("", None);
    }
}
