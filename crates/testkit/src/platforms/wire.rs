//! HTTP/1.1 on one connection, written by hand so that faults can strike between any two bytes. Must not know any platform.

use std::{
    io::{self, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{Request, StatusCode};
use flate2::{Compression, write::GzEncoder};
use percent_encoding::percent_decode_str;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    matching::http_date,
    server::Service,
    site::{Answer, Paging, Question, Refusal},
};
use crate::faults::Fault;

/// The longest head of a request.
const HEAD_LIMIT: usize = 64 << 10;

/// How much is written at once of a large body.
const PIECE: usize = 64 << 10;

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Next,
    Close,
}

/// A request as it came.
struct Head {
    request: Request<()>,
    length: usize,
}

/// Answers requests on a connection until one of both sides closes it.
pub(super) async fn serve(mut stream: TcpStream, service: &Service) {
    // Without it small pieces would wait for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    // A client that goes away is none of our business.
    while let Ok(Some(head)) = read_head(&mut stream, &mut buffer).await {
        let (parts, ()) = head.request.into_parts();
        service.log.record(&parts);
        service.note_arrival();
        let Ok(()) = skip_body(&mut stream, &mut buffer, head.length).await else {
            return;
        };
        let question = question(&parts, service);
        let bodiless = parts.method == "HEAD";
        let closing = question
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let mut exchange = Exchange {
            stream: &mut stream,
            service,
            question,
            bodiless,
            closing,
        };
        let after = match service.faults.take(parts.uri.path()) {
            Some(fault) => exchange.misbehave(fault).await,
            None if bodiless || parts.method == "GET" => exchange.answer().await,
            None => exchange.write(service.site.failure(405)).await,
        };
        if closing || !matches!(after, Ok(After::Next)) {
            return;
        }
    }
}

/// Reads up to the blank line; `None` at the end of the connection, and for what is not HTTP.
async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Head>> {
    let end = loop {
        if let Some(place) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break place;
        }
        if buffer.len() > HEAD_LIMIT || stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let rest = buffer.split_off(end + 4);
    let head = std::mem::replace(buffer, rest);
    Ok(parse_head(&head[..end]))
}

fn parse_head(head: &[u8]) -> Option<Head> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut start = lines.next()?.split(' ');
    let mut request = Request::builder().method(start.next()?).uri(start.next()?);
    let mut length = 0;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
        request = request.header(name, value.trim());
    }
    let request = request.body(()).ok()?;
    Some(Head { request, length })
}

async fn skip_body(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let mut left = length;
    loop {
        let here = left.min(buffer.len());
        buffer.drain(..here);
        left -= here;
        if left == 0 {
            return Ok(());
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn question(parts: &axum::http::request::Parts, service: &Service) -> Question {
    let path = parts.uri.path().to_owned();
    let decode = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let query = parts.uri.query().unwrap_or_default();
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Question {
        segments: path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(decode)
            .collect(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: headers.collect(),
        path,
        base: format!("http://{}", service.address),
        now: now(),
        paging: Paging::Honest,
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("the clock is past 1970").as_secs()
}

/// One request and its answer.
struct Exchange<'a> {
    stream: &'a mut TcpStream,
    service: &'a Service,
    question: Question,
    bodiless: bool,
    closing: bool,
}

impl Exchange<'_> {
    /// Answers as documented.
    async fn answer(&mut self) -> io::Result<After> {
        let answer = self.service.site.answer(&self.question);
        let accepts = self.question.header("accept-encoding").unwrap_or_default();
        let answer = match accepts.contains("gzip") && !answer.body.is_empty() {
            true => compressed(answer),
            false => answer,
        };
        self.write(answer).await
    }

    /// Makes the usual answer with a body, to be spoiled: conditions are not heard.
    fn full_answer(&mut self) -> Answer {
        self.question
            .headers
            .retain(|(name, _)| !name.starts_with("if-"));
        self.service.site.answer(&self.question)
    }

    async fn write(&mut self, answer: Answer) -> io::Result<After> {
        self.write_head(&answer, Framing::Length(answer.body.len()))
            .await?;
        if !self.bodiless {
            self.stream.write_all(&answer.body).await?;
        }
        Ok(After::Next)
    }

    async fn write_head(&mut self, answer: &Answer, framing: Framing) -> io::Result<()> {
        let status = StatusCode::from_u16(answer.status).expect("a status that exists");
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or("Unknown")
        );
        head.push_str(&format!("date: {}\r\n", http_date(self.question.now)));
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match framing {
            Framing::Length(_) if answer.status == 304 => {}
            Framing::Length(length) => head.push_str(&format!("content-length: {length}\r\n")),
            Framing::Chunks => head.push_str("transfer-encoding: chunked\r\n"),
        }
        if self.closing {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes()).await
    }

    async fn misbehave(&mut self, fault: Fault) -> io::Result<After> {
        match fault {
            Fault::Delay(time) => tokio::time::sleep(time).await,
            Fault::Hold(gate) => gate.pass().await,
            Fault::LoopingPages => self.question.paging = Paging::Looping,
            Fault::EndlessPages => self.question.paging = Paging::Endless,
            Fault::IncompleteResults => self.question.paging = Paging::Incomplete,
            Fault::Reset
            | Fault::Close
            | Fault::NotHttp
            | Fault::ResetAfter(_)
            | Fault::Truncate(_) => {
                return self.break_off(fault).await;
            }
            Fault::Drip { every } => return self.drip(every).await,
            Fault::HugeBody(size) => return self.flood(size).await,
            other => {
                let answer = self.wrong_answer(other);
                return self.write(answer).await;
            }
        }
        self.answer().await
    }

    /// Ends the connection too early.
    async fn break_off(&mut self, fault: Fault) -> io::Result<After> {
        match fault {
            Fault::Reset => self.stream.set_zero_linger()?,
            Fault::NotHttp => {
                self.stream
                    .write_all(b"SSH-2.0-OpenSSH_9.9\r\n\x00\xff\xfe")
                    .await?
            }
            Fault::ResetAfter(count) => {
                self.write_part(count).await?;
                self.stream.set_zero_linger()?;
            }
            Fault::Truncate(count) => self.write_part(count).await?,
            _ => {}
        }
        Ok(After::Close)
    }

    /// Announces the whole body and writes its beginning.
    async fn write_part(&mut self, count: usize) -> io::Result<()> {
        let answer = self.full_answer();
        let count = count.min(answer.body.len().saturating_sub(1));
        self.write_head(&answer, Framing::Length(answer.body.len()))
            .await?;
        self.stream.write_all(&answer.body[..count]).await
    }

    async fn drip(&mut self, every: std::time::Duration) -> io::Result<After> {
        let answer = self.full_answer();
        self.write_head(&answer, Framing::Length(answer.body.len()))
            .await?;
        for byte in answer.body {
            self.stream.write_all(&[byte]).await?;
            match every.is_zero() {
                // The timer has no step below a millisecond.
                true => tokio::task::yield_now().await,
                false => tokio::time::sleep(every).await,
            }
        }
        Ok(After::Next)
    }

    /// Writes a body that is far too large, in chunks: a list of zeros.
    async fn flood(&mut self, size: u64) -> io::Result<After> {
        let answer = Answer {
            body: Vec::new(),
            ..self.full_answer()
        };
        self.write_head(&answer, Framing::Chunks).await?;
        let zeros = b"0,".repeat(PIECE / 2);
        let mut left = size;
        self.stream.write_all(b"1\r\n[\r\n").await?;
        while left > 0 {
            let length = left.min(PIECE as u64) as usize;
            self.stream
                .write_all(format!("{length:x}\r\n").as_bytes())
                .await?;
            self.stream.write_all(&zeros[..length]).await?;
            self.stream.write_all(b"\r\n").await?;
            left -= length as u64;
        }
        self.stream.write_all(b"2\r\n0]\r\n0\r\n\r\n").await?;
        Ok(After::Next)
    }

    /// Makes the answer of a fault that is only a wrong answer.
    fn wrong_answer(&mut self, fault: Fault) -> Answer {
        let site = &self.service.site;
        match fault {
            Fault::Status(status, headers) => {
                let mut answer = site.failure(status);
                answer.headers.extend(headers);
                answer
            }
            Fault::LimitWithRetryAfter(seconds) => {
                site.refuse(&self.question, Refusal::RetryAfter(seconds))
            }
            Fault::LimitWithReset(offset) => site.refuse(&self.question, Refusal::Reset(offset)),
            Fault::SecondaryLimitWithoutHeaders => {
                site.refuse(&self.question, Refusal::WithoutHeaders)
            }
            Fault::RedirectTo(url) => {
                Answer::new(302, "text/html", "<html>Found</html>").with("location", url)
            }
            Fault::NotModifiedAlways => Answer {
                status: 304,
                headers: vec![("etag".to_owned(), "\"never-given\"".to_owned())],
                body: Vec::new(),
            },
            Fault::WrongType => {
                let page = "<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>";
                Answer::new(200, "text/html; charset=utf-8", page)
            }
            other => self.spoiled_answer(&other),
        }
    }

    /// Makes the usual answer with another body.
    fn spoiled_answer(&mut self, fault: &Fault) -> Answer {
        let mut answer = self.full_answer();
        match fault {
            Fault::TruncatedGzip => {
                answer = compressed(answer);
                answer.body.truncate(answer.body.len() / 2);
            }
            Fault::GzipBomb(size) => {
                answer.body.clear();
                answer = answer.with("content-encoding", "gzip");
                answer.body = bomb(*size);
            }
            Fault::GarbageBytes => {
                answer.body = (0..4_096_u32)
                    .map(|place| (place.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80)
                    .collect();
            }
            Fault::DeepJson(depth) => {
                answer.body = ["[".repeat(*depth), "]".repeat(*depth)]
                    .concat()
                    .into_bytes()
            }
            _ => answer.body.truncate(answer.body.len() / 2),
        }
        answer
    }
}

/// How the other side knows where a body ends.
enum Framing {
    Length(usize),
    Chunks,
}

fn compressed(answer: Answer) -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(&answer.body)
        .expect("a vector takes everything");
    let body = encoder.finish().expect("a vector takes everything");
    Answer { body, ..answer }.with("content-encoding", "gzip")
}

/// Compresses blanks.
fn bomb(size: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; PIECE];
    let mut left = size;
    while left > 0 {
        let length = left.min(PIECE as u64) as usize;
        encoder
            .write_all(&piece[..length])
            .expect("a vector takes everything");
        left -= length as u64;
    }
    encoder.finish().expect("a vector takes everything")
}
