//! The values that pass between the layers of a call. Holds no behaviour of any layer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU16, AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use synthesizer_model::failure::{ErrorCode, Failure};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::service::ServiceRequest;

/// One call as its caller made it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// What is asked.
    pub(super) request: Arc<ServiceRequest>,
    /// Whether the body is taken as it is sent, or may be compressed on its way.
    pub(super) encoding: Encoding,
    /// When the caller stops waiting.
    pub(super) deadline: Instant,
    /// Ends the wait of this caller, not the work that others wait for too.
    pub(super) cancellation: CancellationToken,
    /// What is counted of the call.
    pub(super) count: Arc<CallCount>,
}

/// One question to the service itself, past the cache.
#[derive(Debug, Clone)]
pub(super) struct Fetch {
    /// What is asked.
    pub(super) request: Arc<ServiceRequest>,
    /// See [`Call::encoding`].
    pub(super) encoding: Encoding,
    /// When the answer must be there, with its waits and tries.
    pub(super) deadline: Instant,
    /// What a kept answer is confirmed by.
    pub(super) validators: Option<Arc<Validators>>,
    /// What is counted of the call.
    pub(super) count: Arc<CallCount>,
}

/// How a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Compressed by gzip, and unpacked within the bound.
    Gzip,
    /// As it is: the bytes of a file, whose hash counts.
    AsIs,
}

/// By what a service recognises that a kept answer is still right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validators {
    /// Where the kept answer came from in the end; to no other address are they sent.
    pub(super) url: Url,
    /// Its `ETag`.
    pub(super) entity_tag: Option<HeaderValue>,
    /// Its `Last-Modified`.
    pub(super) last_modified: Option<HeaderValue>,
}

/// The last answer after redirects, whole.
#[derive(Debug, Clone)]
pub(super) struct Received {
    /// The status.
    pub(super) status: StatusCode,
    /// The headers, without cookies and without what described the encoding on the way.
    pub(super) headers: HeaderMap,
    /// The body, unpacked.
    pub(super) body: Bytes,
    /// Where it came from in the end.
    pub(super) url: Url,
}

/// Why there is no answer, and whose fault that is.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// What the caller is told.
    pub(super) failure: Failure,
    /// Who is to blame.
    pub(super) blame: Blame,
}

/// Who is to blame for a call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// The service or the way to it: counts at the breaker; another try makes sense.
    Service,
    /// The service limits the rate: nothing may be asked for so long.
    Limit(Duration),
    /// The question, our own bounds, or the state of our guard: says nothing of the service.
    Ours,
}

impl Trouble {
    pub(super) fn of_service(failure: Failure) -> Self {
        Self {
            failure,
            blame: Blame::Service,
        }
    }

    pub(super) fn of_ours(failure: Failure) -> Self {
        Self {
            failure,
            blame: Blame::Ours,
        }
    }
}

/// Blames by the code: the network and the other side are the service's, everything else is ours.
impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure.code {
            ErrorCode::Upstream | ErrorCode::Timeout => Self::of_service(failure),
            _ => Self::of_ours(failure),
        }
    }
}

/// How many requests a call sent, and the last status that came back.
#[derive(Debug, Default)]
pub(super) struct CallCount {
    tries: AtomicU32,
    status: AtomicU16,
}

impl CallCount {
    /// Notes that a request goes out.
    pub(super) fn sent(&self) {
        self.tries.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes the status of an answer.
    pub(super) fn answered(&self, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::Relaxed);
    }

    /// Gives the number of tries that were sent.
    pub(super) fn tries(&self) -> u32 {
        self.tries.load(Ordering::Relaxed)
    }

    /// Gives the last status, if any answer came.
    pub(super) fn status(&self) -> Option<u16> {
        Some(self.status.load(Ordering::Relaxed)).filter(|status| *status != 0)
    }
}
