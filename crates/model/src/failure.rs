//! The one error shape that leaves the system. Must not hold secrets or internal paths: messages are written for the caller.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Stable error codes of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A repository reference or URL that is not accepted.
    Url,
    /// A path outside the allowed roots or not acceptable as a path.
    Path,
    /// A search query that is not accepted.
    Query,
    /// Any other argument that is not accepted.
    Argument,
    /// The named thing does not exist.
    NotFound,
    /// Credentials are missing or wrong.
    Authentication,
    /// Refused for safety or permission.
    Forbidden,
    /// The upstream or this server limits the rate.
    RateLimited,
    /// The circuit breaker of the service is open.
    CircuitOpen,
    /// The deadline passed.
    Timeout,
    /// An upstream or the network failed.
    Upstream,
    /// The requirements have no solution.
    Unsatisfiable,
    /// The repositories cannot be combined.
    Incompatible,
    /// Verification failed.
    Verify,
    /// Something would be overwritten.
    Exists,
    /// A bound on size, count or depth was exceeded.
    Limit,
    /// A program that is needed is not installed.
    ToolMissing,
    /// The work was cancelled.
    Cancelled,
    /// The configuration is not valid.
    Config,
    /// The answer needs the network, which is switched off.
    Offline,
    /// A defect of this program.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 21] = [
        Self::Url,
        Self::Path,
        Self::Query,
        Self::Argument,
        Self::NotFound,
        Self::Authentication,
        Self::Forbidden,
        Self::RateLimited,
        Self::CircuitOpen,
        Self::Timeout,
        Self::Upstream,
        Self::Unsatisfiable,
        Self::Incompatible,
        Self::Verify,
        Self::Exists,
        Self::Limit,
        Self::ToolMissing,
        Self::Cancelled,
        Self::Config,
        Self::Offline,
        Self::Internal,
    ];

    /// Gives the code as it appears in every interface, such as `E_URL`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "E_URL",
            Self::Path => "E_PATH",
            Self::Query => "E_QUERY",
            Self::Argument => "E_ARGUMENT",
            Self::NotFound => "E_NOT_FOUND",
            Self::Authentication => "E_AUTH",
            Self::Forbidden => "E_FORBIDDEN",
            Self::RateLimited => "E_RATE_LIMITED",
            Self::CircuitOpen => "E_CIRCUIT_OPEN",
            Self::Timeout => "E_TIMEOUT",
            Self::Upstream => "E_UPSTREAM",
            Self::Unsatisfiable => "E_UNSATISFIABLE",
            Self::Incompatible => "E_INCOMPATIBLE",
            Self::Verify => "E_VERIFY",
            Self::Exists => "E_EXISTS",
            Self::Limit => "E_LIMIT",
            Self::ToolMissing => "E_TOOL_MISSING",
            Self::Cancelled => "E_CANCELLED",
            Self::Config => "E_CONFIG",
            Self::Offline => "E_OFFLINE",
            Self::Internal => "E_INTERNAL",
        }
    }

    /// Gives the exit status of the command line for this code.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Unsatisfiable | Self::Incompatible | Self::Verify => 1,
            Self::Url | Self::Query | Self::Argument | Self::Config | Self::Limit => 2,
            Self::Upstream
            | Self::Timeout
            | Self::RateLimited
            | Self::CircuitOpen
            | Self::Offline => 3,
            Self::NotFound => 4,
            Self::Path | Self::Forbidden | Self::Authentication => 5,
            Self::Exists => 6,
            Self::ToolMissing => 7,
            Self::Internal => 70,
            Self::Cancelled => 130,
        }
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| serde::de::Error::custom("not an error code"))
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Work that could not be done: a code, a sentence, and what the caller can do next.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The stable code.
    pub code: ErrorCode,
    /// What was attempted and why it failed; lower case, no full stop.
    pub message: String,
    /// What the caller can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When a new attempt makes sense, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// Data for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

impl Failure {
    /// Makes a failure of the given code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            retry_after_seconds: None,
            details: None,
        }
    }

    /// Adds what the caller can do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds data for programs.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }

    /// Makes an `E_INTERNAL` failure: a defect of this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
            .with_hint("this is a defect; please report it with the correlation id")
    }

    /// Makes the failure of work that was cancelled.
    pub fn cancelled() -> Self {
        Self::new(ErrorCode::Cancelled, "the work was cancelled")
    }
}
