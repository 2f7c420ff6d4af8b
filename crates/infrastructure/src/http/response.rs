//! What an answer means: statuses to failures, bodies within bounds. Shows no header and no body of the other side.

use bytes::{Bytes, BytesMut};
use reqwest::{Response, StatusCode};
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
    tree::sha256_hex,
};

use crate::telemetry::tasks::spawn_blocking;

/// Turns every status but 200 into its failure.
///
/// # Errors
/// `E_NOT_FOUND`, `E_AUTH` or `E_UPSTREAM`, with the status in the details.
pub(super) fn check_status(status: StatusCode, url: &MaskedUrl) -> Result<(), Failure> {
    let (code, what) = match status {
        StatusCode::OK => return Ok(()),
        StatusCode::NOT_FOUND | StatusCode::GONE => (ErrorCode::NotFound, "there is nothing at"),
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            (ErrorCode::Authentication, "no permission for")
        }
        _ => (ErrorCode::Upstream, "an unusual answer from"),
    };
    let mut failure = Failure::new(code, format!("{what} {url} (status {})", status.as_u16()))
        .with_details(serde_json::json!({ "status": status.as_u16() }));
    if code == ErrorCode::Authentication {
        failure = failure.with_hint("check the credentials of this host in your configuration");
    }
    Err(failure)
}

/// Reads a body of at most `limit` bytes, a bound that comes from `setting`.
///
/// # Errors
/// `E_LIMIT` when it is longer, also when it only says so; `E_TIMEOUT` when it stalls; `E_UPSTREAM` when it breaks off.
pub(super) async fn read_body(
    response: Response,
    (limit, setting): (u64, &str),
    url: &MaskedUrl,
) -> Result<Bytes, Failure> {
    let too_long = || {
        Failure::new(
            ErrorCode::Limit,
            format!("{url} is larger than {limit} bytes"),
        )
        .with_hint(format!("raise {setting} if you trust it"))
    };
    let announced = response.content_length().unwrap_or(0);
    if announced > limit {
        return Err(too_long());
    }
    // The announcement is only a hint: at most 1 MiB is reserved for it.
    let mut body = BytesMut::with_capacity(usize::try_from(announced.min(1 << 20)).unwrap_or(0));
    let mut response = response;
    loop {
        let chunk = response
            .chunk()
            .await
            .map_err(|error| transport_failure(&error, url))?;
        let Some(chunk) = chunk else {
            return Ok(body.freeze());
        };
        if (body.len() as u64).saturating_add(chunk.len() as u64) > limit {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
}

/// Compares the SHA-256 of a body with what was announced for it.
///
/// # Errors
/// `E_UPSTREAM` when they differ.
pub(super) async fn check_hash(
    body: Bytes,
    expected: &str,
    url: &MaskedUrl,
) -> Result<Bytes, Failure> {
    let (body, found) = spawn_blocking("hash", move || {
        let found = sha256_hex(&body);
        (body, found)
    })
    .await
    .map_err(|error| Failure::internal(format!("hashing failed: {error}")))?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(body);
    }
    Err(Failure::new(
        ErrorCode::Upstream,
        format!("{url} does not have the announced SHA-256"),
    )
    .with_hint("the file was changed on its way or at its source; do not use it")
    .with_details(serde_json::json!({ "expected_sha256": expected, "found_sha256": found })))
}

/// Describes an error below HTTP without repeating the URL, which may carry credentials.
pub(super) fn transport_failure(error: &reqwest::Error, url: &MaskedUrl) -> Failure {
    let reason = root_cause(error);
    if error.is_timeout() {
        Failure::new(ErrorCode::Timeout, format!("{url} did not answer in time"))
    } else if error.is_connect() {
        Failure::new(
            ErrorCode::Upstream,
            format!("cannot connect to {url}: {reason}"),
        )
    } else {
        Failure::new(
            ErrorCode::Upstream,
            format!("the answer of {url} broke off: {reason}"),
        )
    }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut depth = 0;
    while let Some(source) = cause.source()
        && depth < 16
    {
        cause = source;
        depth += 1;
    }
    // reqwest's own text repeats the URL; the innermost cause is the operating system's or the TLS library's.
    if depth == 0 {
        "the request failed".to_owned()
    } else {
        synthesizer_model::text::escape_untrusted(&cause.to_string())
    }
}
