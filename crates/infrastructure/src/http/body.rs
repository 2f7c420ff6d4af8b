//! Bodies that may be compressed: unpacked while they arrive, bounded by what they become. Keeps nothing of a body that breaks off.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::header;
use reqwest::Response;
use synthesizer_model::{
    failure::{ErrorCode, Failure},
    secret::MaskedUrl,
};

use super::response::{read_body, transport_failure};

/// What a compressed body may have beyond the bound of its contents: a header, a checksum, blocks that do not shrink.
const ENVELOPE: u64 = 64 << 10;
/// The setting that bounds such a body.
const SETTING: &str = "limits.answer_bytes";

/// Reads a body that is plain or compressed by gzip, of at most `limit` bytes after unpacking.
///
/// # Errors
/// `E_LIMIT` when it becomes larger; `E_UPSTREAM` when it breaks off, is damaged, or is encoded in a way that was not asked for;
/// `E_TIMEOUT` when it stalls.
pub(super) async fn read_decoded(
    response: Response,
    limit: u64,
    url: &MaskedUrl,
) -> Result<Bytes, Failure> {
    match encoding(&response).as_str() {
        "" | "identity" => read_body(response, (limit, SETTING), url).await,
        "gzip" | "x-gzip" => unpack(response, limit, url).await,
        _ => Err(Failure::new(
            ErrorCode::Upstream,
            format!("the answer of {url} is encoded in a way that was not asked for"),
        )),
    }
}

fn encoding(response: &Response) -> String {
    let values = response.headers().get_all(header::CONTENT_ENCODING).iter();
    let values: Vec<String> = values
        .map(|value| {
            String::from_utf8_lossy(value.as_bytes())
                .trim()
                .to_lowercase()
        })
        .collect();
    values.join(",")
}

async fn unpack(mut response: Response, limit: u64, url: &MaskedUrl) -> Result<Bytes, Failure> {
    let mut unpacking = Unpacking::new(limit);
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| transport_failure(&error, url))?
    {
        unpacking
            .push(&chunk)
            .map_err(|damage| damage.describe(limit, url))?;
    }
    unpacking
        .finish()
        .map_err(|damage| damage.describe(limit, url))
}

/// A body on its way through the decompressor.
struct Unpacking {
    decoder: MultiGzDecoder<Bounded>,
    /// How many compressed bytes may still come: endless empty members would unpack to nothing for ever.
    compressed_left: u64,
    any: bool,
}

/// Why a compressed body was given up.
#[derive(Debug, PartialEq, Eq)]
enum Damage {
    TooLarge,
    NotGzip,
}

impl Damage {
    fn describe(&self, limit: u64, url: &MaskedUrl) -> Failure {
        match self {
            Self::TooLarge => Failure::new(
                ErrorCode::Limit,
                format!("{url} is larger than {limit} bytes when unpacked"),
            )
            .with_hint(format!("raise {SETTING} if you trust it")),
            Self::NotGzip => Failure::new(
                ErrorCode::Upstream,
                format!("the compressed answer of {url} is damaged or cut off"),
            ),
        }
    }
}

impl Unpacking {
    fn new(limit: u64) -> Self {
        Self {
            decoder: MultiGzDecoder::new(Bounded {
                bytes: Vec::new(),
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
                full: false,
            }),
            compressed_left: limit.saturating_add(ENVELOPE),
            any: false,
        }
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), Damage> {
        self.any |= !chunk.is_empty();
        let left = self.compressed_left.checked_sub(chunk.len() as u64);
        self.compressed_left = left.ok_or(Damage::TooLarge)?;
        self.decoder.write_all(chunk).map_err(|_| self.damage())
    }

    fn finish(mut self) -> Result<Bytes, Damage> {
        // An answer without a body (304, 204) may still name an encoding.
        if !self.any {
            return Ok(Bytes::new());
        }
        self.decoder.try_finish().map_err(|_| self.damage())?;
        let bounded = self.decoder.finish().map_err(|_| Damage::NotGzip)?;
        Ok(Bytes::from(bounded.bytes))
    }

    fn damage(&self) -> Damage {
        if self.decoder.get_ref().full {
            Damage::TooLarge
        } else {
            Damage::NotGzip
        }
    }
}

/// Takes bytes up to a bound.
#[derive(Debug)]
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if chunk.len() > self.limit - self.bytes.len() {
            self.full = true;
            return Err(io::Error::other("the bound is reached"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn check(sent: &[u8], limit: u64, expected: Result<&[u8], Damage>) {
        for size in [1, 7, sent.len().max(1)] {
            let mut unpacking = Unpacking::new(limit);
            let pushed = sent
                .chunks(size)
                .try_for_each(|chunk| unpacking.push(chunk));
            let found = pushed.and_then(|()| unpacking.finish());
            assert_eq!(
                found.as_deref(),
                expected.as_ref().map(|bytes| *bytes),
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn a_compressed_body_is_whole_and_within_its_bound_or_refused() {
        let whole = packed(b"hello hello hello");
        check(&whole, 17, Ok(b"hello hello hello"));
        check(&whole, 16, Err(Damage::TooLarge));
        check(&[packed(b"ab"), packed(b"cd")].concat(), 4, Ok(b"abcd"));
        check(&packed(b""), 0, Ok(b""));
        check(b"", 0, Ok(b""));
        check(&whole[..whole.len() - 1], 100, Err(Damage::NotGzip));
        check(&whole[..whole.len() - 9], 100, Err(Damage::NotGzip));
        check(&whole[..5], 100, Err(Damage::NotGzip));
        check(b"{\"not\": \"gzip\"}", 100, Err(Damage::NotGzip));
        check(&packed(&vec![0; 10 << 20]), 1 << 20, Err(Damage::TooLarge));
    }

    #[test]
    fn endless_empty_members_meet_the_bound() {
        let empty = packed(b"");
        let mut unpacking = Unpacking::new(10);
        let refused = (0..100_000).find_map(|_| unpacking.push(&empty).err());
        assert_eq!(refused, Some(Damage::TooLarge));
    }
}
