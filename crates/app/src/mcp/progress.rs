//! Progress notifications for a client that asked for them: one per step, and one at least every ten seconds. Must not hold up the work.

use std::{sync::Arc, time::Duration};

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};
use synthesizer_infrastructure::telemetry::tasks;
use synthesizer_model::progress::Progress;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, interval_at},
};
use tokio_util::sync::CancellationToken;

use crate::answer::show;

/// Below the ten seconds that the interface promises.
const HEARTBEAT: Duration = Duration::from_secs(8);

/// Steps that may wait to be sent; more are left out, the next heartbeat tells the last one that got in.
const WAITING_STEPS: usize = 64;

/// How long the end of a call waits for the last notification.
const LAST_NOTIFICATION: Duration = Duration::from_secs(1);

/// Tells a client of progress; silent when it did not ask.
pub(super) struct ClientProgress {
    steps: Option<mpsc::Sender<(u8, String)>>,
    cancellation: CancellationToken,
}

impl Progress for ClientProgress {
    fn step(&self, percent: u8, message: &str) {
        if let Some(steps) = &self.steps {
            // A client that reads slowly misses steps; the work does not wait for it.
            let _ = steps.try_send((percent, show(message)));
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }
}

/// Gives progress to work that outlives the call: it is told as long as the call lasts, and the call's end is not its end.
pub(super) fn outliving(progress: Arc<dyn Progress>) -> Arc<dyn Progress> {
    Arc::new(Outliving(progress))
}

struct Outliving(Arc<dyn Progress>);

impl Progress for Outliving {
    fn step(&self, percent: u8, message: &str) {
        self.0.step(percent, message);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The task that sends notifications until the call ends.
pub(super) struct Notifier {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Notifier {
    /// Starts the task if the client gave a token.
    pub(super) fn start(
        peer: Peer<RoleServer>,
        token: Option<ProgressToken>,
        cancellation: CancellationToken,
    ) -> (Arc<ClientProgress>, Self) {
        let stop = CancellationToken::new();
        let (steps, task) = match token {
            None => (None, None),
            Some(token) => {
                let (sender, receiver) = mpsc::channel(WAITING_STEPS);
                let task =
                    tasks::spawn("mcp_progress", notify(peer, token, receiver, stop.clone()));
                (Some(sender), Some(task))
            }
        };
        let progress = Arc::new(ClientProgress {
            steps,
            cancellation,
        });
        (progress, Self { stop, task })
    }

    /// Ends the task after the notification it is sending, so that none follows the answer.
    pub(super) async fn finish(mut self) {
        self.stop.cancel();
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(LAST_NOTIFICATION, &mut task)
                .await
                .is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn notify(
    peer: Peer<RoleServer>,
    token: ProgressToken,
    mut steps: mpsc::Receiver<(u8, String)>,
    stop: CancellationToken,
) {
    let started = Instant::now();
    let mut meter = Meter::default();
    let mut heartbeat = interval_at(started + HEARTBEAT, HEARTBEAT);
    loop {
        let (progress, message) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            step = steps.recv() => match step {
                Some((percent, message)) => meter.step(percent, message),
                None => return,
            },
            _ = heartbeat.tick() => meter.heartbeat(started.elapsed()),
        };
        heartbeat.reset();
        let notification = ProgressNotificationParam::new(token.clone(), progress)
            .with_total(100.0)
            .with_message(message);
        if peer.notify_progress(notification).await.is_err() {
            return;
        }
    }
}

/// Keeps progress rising, as the protocol demands, whatever the work says.
#[derive(Debug, Default)]
struct Meter {
    last: f64,
    message: String,
}

impl Meter {
    /// The smallest rise.
    const TICK: f64 = 0.01;

    fn step(&mut self, percent: u8, message: String) -> (f64, String) {
        self.message = message;
        let wanted = f64::from(percent.min(100));
        (self.rise(wanted), self.message.clone())
    }

    fn heartbeat(&mut self, elapsed: Duration) -> (f64, String) {
        let what = if self.message.is_empty() {
            "working"
        } else {
            &self.message
        };
        let message = format!("{what} ({} s so far)", elapsed.as_secs());
        (self.rise(0.0), message)
    }

    fn rise(&mut self, wanted: f64) -> f64 {
        self.last = wanted.max(self.last + Self::TICK);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_only_rises() {
        let mut meter = Meter::default();
        let mut last = 0.0;
        for percent in [0, 10, 10, 5, 255, 100] {
            let (progress, _) = meter.step(percent, "fetching".to_owned());
            assert!(progress > last, "{progress} after {last}");
            last = progress;
        }
        let (progress, message) = meter.heartbeat(Duration::from_secs(16));
        assert!(progress > last);
        assert_eq!(message, "fetching (16 s so far)");
    }
}
