//! What a stand-in server does wrong, by script: which requests are hit, how often, and by what. Holds no sockets; the server that is given
//! a script carries it out.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::watch;

/// One thing that goes wrong with an answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The answer comes so much later.
    Delay(Duration),
    /// The answer waits at a gate until a test opens it.
    Hold(Gate),
    /// The head comes at once, the body byte by byte with a pause after each.
    Drip {
        /// The pause.
        every: Duration,
    },
    /// The connection is reset (RST) after the head and so many bytes of the body.
    ResetAfter(usize),
    /// The connection is reset (RST) instead of an answer.
    Reset,
    /// The connection is closed in order (FIN) instead of an answer.
    Close,
    /// So many bytes of the body come, `Content-Length` announces all of it, and the connection is closed.
    Truncate(usize),
    /// The body is the first half of a gzip stream, complete by its `Content-Length`.
    TruncatedGzip,
    /// A small gzip body that inflates to so many bytes.
    GzipBomb(u64),
    /// This status with these headers, and a short body in the platform's form for errors.
    Status(u16, Vec<(String, String)>),
    /// The platform's refusal because of its limit, with `Retry-After` in seconds.
    LimitWithRetryAfter(u64),
    /// The platform's refusal because of its limit, with its own headers: nothing left until now plus so many seconds, which may lie in the past.
    LimitWithReset(i64),
    /// A refusal because of too much load that says in its body alone what it is, in no header.
    SecondaryLimitWithoutHeaders,
    /// The answer is as usual, but its next page is itself.
    LoopingPages,
    /// Every page is full and has a next one.
    EndlessPages,
    /// The platform says itself that its answer is not complete (GitHub; no effect elsewhere).
    IncompleteResults,
    /// The right media type, and a document that breaks off in the middle, complete by its `Content-Length`.
    MalformedJson,
    /// The right media type, and bytes that are no text at all.
    GarbageBytes,
    /// Bytes that are not HTTP.
    NotHttp,
    /// A web page with status 200.
    WrongType,
    /// A body of so many bytes in chunks, without an announced length.
    HugeBody(u64),
    /// A document nested so deep.
    DeepJson(usize),
    /// 302 to this address.
    RedirectTo(String),
    /// 304, whether it was asked for or not.
    NotModifiedAlways,
}

/// How many requests a rule still hits.
#[derive(Debug, Clone, Copy)]
enum Reach {
    Next(u64),
    Always,
}

#[derive(Debug, Clone)]
struct Rule {
    prefix: String,
    spared: u64,
    reach: Reach,
    fault: Fault,
}

/// The script of one server; clones share it. Of the rules that fit a request, the oldest one that still reaches it is carried out, alone.
///
/// # Example
/// ```
/// use synthesizer_testkit::faults::{Fault, Faults};
///
/// let faults = Faults::default();
/// faults.next(2, Fault::Close); // whatever is asked
/// faults.on("/search").after(1).always(Fault::MalformedJson); // from the second search on
/// faults.clear();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Hits every request from now on.
    pub fn always(&self, fault: Fault) {
        self.on("/").always(fault);
    }

    /// Hits the next requests.
    pub fn next(&self, count: u64, fault: Fault) {
        self.on("/").next(count, fault);
    }

    /// Begins a rule for requests whose path starts so.
    pub fn on(&self, prefix: &str) -> RuleStart<'_> {
        RuleStart {
            faults: self,
            prefix: prefix.to_owned(),
            spared: 0,
        }
    }

    /// Forgets all rules; what has begun goes on.
    pub fn clear(&self) {
        self.0.lock().expect("no holder panics").clear();
    }

    /// Takes what a request to this path is hit by.
    pub(crate) fn take(&self, path: &str) -> Option<Fault> {
        let mut rules = self.0.lock().expect("no holder panics");
        for rule in rules
            .iter_mut()
            .filter(|rule| path.starts_with(&rule.prefix))
        {
            if rule.spared > 0 {
                rule.spared -= 1;
                continue;
            }
            match &mut rule.reach {
                Reach::Always => return Some(rule.fault.clone()),
                Reach::Next(0) => {}
                Reach::Next(left) => {
                    *left -= 1;
                    return Some(rule.fault.clone());
                }
            }
        }
        None
    }
}

/// A rule that is being written.
#[derive(Debug)]
pub struct RuleStart<'a> {
    faults: &'a Faults,
    prefix: String,
    spared: u64,
}

impl RuleStart<'_> {
    /// Spares so many requests first.
    #[must_use]
    pub fn after(mut self, count: u64) -> Self {
        self.spared = count;
        self
    }

    /// Hits every request from then on.
    pub fn always(self, fault: Fault) {
        self.add(Reach::Always, fault);
    }

    /// Hits so many requests.
    pub fn next(self, count: u64, fault: Fault) {
        self.add(Reach::Next(count), fault);
    }

    fn add(self, reach: Reach, fault: Fault) {
        let rule = Rule {
            prefix: self.prefix,
            spared: self.spared,
            reach,
            fault,
        };
        self.faults.0.lock().expect("no holder panics").push(rule);
    }
}

/// Holds answers back until a test opens it, so that tests need no guess about time; clones are one gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<GateState>>);

#[derive(Debug, Clone, Copy, Default)]
struct GateState {
    open: bool,
    arrived: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(GateState::default())))
    }
}

impl Gate {
    /// Lets everything through, now and later.
    pub fn open(&self) {
        self.0.send_modify(|state| state.open = true);
    }

    /// Gives how many requests have come to the gate.
    pub fn arrived(&self) -> usize {
        self.0.borrow().arrived
    }

    /// Blocks the thread until so many requests have come; panics after ten seconds. For async tests there is [`Gate::wait_for_arrivals`].
    pub fn block_for_arrivals(&self, count: usize) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let arrivals = async {
            let limit = Duration::from_secs(10);
            tokio::time::timeout(limit, self.wait_for_arrivals(count)).await
        };
        let in_time = runtime.block_on(arrivals).is_ok();
        assert!(in_time, "{} of {count} came", self.arrived());
    }

    /// Waits until so many requests have come.
    pub async fn wait_for_arrivals(&self, count: usize) {
        let mut states = self.0.subscribe();
        let reached = states.wait_for(|state| state.arrived >= count).await;
        reached.expect("the gate itself holds the sender");
    }

    /// Waits at the gate.
    pub(crate) async fn pass(&self) {
        self.0.send_modify(|state| state.arrived += 1);
        let mut states = self.0.subscribe();
        let opened = states.wait_for(|state| state.open).await;
        opened.expect("the gate itself holds the sender");
    }
}

/// Answers of a name server, one list of addresses per question, the last one for ever; clones share the place in the list. For resolvers
/// that tests put in the place of the system's.
#[derive(Debug, Clone)]
pub struct ScriptedAnswers(Arc<Mutex<Script>>);

#[derive(Debug)]
struct Script {
    answers: Vec<Vec<IpAddr>>,
    asked: Vec<String>,
}

impl ScriptedAnswers {
    /// Takes the answers, such as `&[&["93.184.216.34"], &["127.0.0.1"]]` for a name that flips.
    pub fn new(answers: &[&[&str]]) -> Self {
        let parse = |text: &&str| text.parse().expect("an IP address");
        let answers: Vec<Vec<IpAddr>> = answers
            .iter()
            .map(|list| list.iter().map(parse).collect())
            .collect();
        assert!(!answers.is_empty(), "a name server says something");
        Self(Arc::new(Mutex::new(Script {
            answers,
            asked: Vec::new(),
        })))
    }

    /// Gives the answer to one question and goes on to the next.
    pub fn next(&self, name: &str) -> Vec<IpAddr> {
        let mut script = self.0.lock().expect("no holder panics");
        let place = script.asked.len().min(script.answers.len() - 1);
        script.asked.push(name.to_owned());
        script.answers[place].clone()
    }

    /// Gives the names that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.0.lock().expect("no holder panics").asked.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(fault: Option<Fault>) -> Option<u16> {
        match fault {
            Some(Fault::Status(status, _)) => Some(status),
            _ => None,
        }
    }

    #[test]
    fn rules_hit_what_they_name_as_often_as_they_say() {
        let faults = Faults::default();
        faults
            .on("/search")
            .after(1)
            .next(2, Fault::Status(500, Vec::new()));
        faults.on("/repos").always(Fault::Status(502, Vec::new()));
        faults
            .on("/search")
            .after(1)
            .next(1, Fault::Status(503, Vec::new()));
        let check = |path: &str, expected: Option<u16>| {
            assert_eq!(status_of(faults.take(path)), expected, "{path}");
        };
        check("/search/repositories", None);
        check("/repos/a/b", Some(502));
        check("/search/repositories", Some(500));
        check("/search/repositories", Some(500));
        check("/search/repositories", Some(503));
        check("/search/repositories", None);
        check("/repos/a/b", Some(502));
        faults.clear();
        check("/repos/a/b", None);
    }

    #[test]
    fn a_scripted_name_flips_and_stays() {
        let answers = ScriptedAnswers::new(&[&["93.184.216.34"], &["127.0.0.1", "::1"]]);
        let texts = |name: &str| -> Vec<String> {
            let addresses = answers.next(name);
            addresses.iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts("one.example"), ["93.184.216.34"]);
        assert_eq!(texts("two.example"), ["127.0.0.1", "::1"]);
        assert_eq!(texts("one.example"), ["127.0.0.1", "::1"]);
        assert_eq!(
            answers.asked(),
            ["one.example", "two.example", "one.example"]
        );
    }
}
