//! Single flight: equal questions that are asked at the same time share one piece of work. Knows nothing of what is asked.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt as _;
use tokio::{sync::watch, task::AbortHandle, time::Instant};

use crate::telemetry::tasks::spawn;

/// The pieces of work under way, by key.
///
/// Each runs in a task of its own, which its passengers own together: it ends by itself, or is aborted when the last of them
/// leaves. So a caller that gives up costs the others nothing, and work that nobody waits for stops.
#[derive(Debug)]
pub(super) struct Flights<K: Eq + Hash, T, C> {
    under_way: Arc<Mutex<HashMap<K, Flight<T, C>>>>,
}

#[derive(Debug)]
struct Flight<T, C> {
    number: u64,
    passengers: usize,
    deadline: Instant,
    outcome: watch::Receiver<Option<T>>,
    task: AbortHandle,
    shown: Arc<C>,
}

/// A place in a flight; leaving is dropping it.
#[derive(Debug)]
pub(super) struct Passenger<K: Eq + Hash, T, C> {
    flights: Arc<Mutex<HashMap<K, Flight<T, C>>>>,
    key: K,
    number: u64,
    outcome: watch::Receiver<Option<T>>,
    /// When the work itself gives up.
    pub(super) deadline: Instant,
    /// Whether this passenger's work is what runs.
    pub(super) leads: bool,
    /// What the work shows before it ends.
    pub(super) shown: Arc<C>,
}

impl<K: Eq + Hash, T, C> Default for Flights<K, T, C> {
    fn default() -> Self {
        Self {
            under_way: Arc::default(),
        }
    }
}

impl<K: Eq + Hash, T, C> Clone for Flights<K, T, C> {
    fn clone(&self) -> Self {
        Self {
            under_way: Arc::clone(&self.under_way),
        }
    }
}

fn locked<K, T, C>(
    flights: &Mutex<HashMap<K, Flight<T, C>>>,
) -> MutexGuard<'_, HashMap<K, Flight<T, C>>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, T, C> Flights<K, T, C>
where
    K: Eq + Hash + Clone + Send + 'static,
    T: Clone + Send + Sync + 'static,
    C: Default + Send + Sync + 'static,
{
    /// Joins the work under a key, or starts it. Must be called inside a runtime.
    ///
    /// The work must end by `deadline` itself. When it panics, everybody gets `on_panic`.
    pub(super) fn join<F>(
        &self,
        key: &K,
        deadline: Instant,
        on_panic: fn() -> T,
        work: impl FnOnce(Arc<C>) -> F,
    ) -> Passenger<K, T, C>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut under_way = locked(&self.under_way);
        if let Some(flight) = under_way.get_mut(key) {
            flight.passengers += 1;
            return self.place(key, flight, false);
        }
        let (sender, outcome) = watch::channel(None);
        let number = next_number();
        let arrival = Arrival {
            flights: Arc::clone(&self.under_way),
            key: key.clone(),
            number,
        };
        let shown = Arc::<C>::default();
        let work = AssertUnwindSafe(work(Arc::clone(&shown))).catch_unwind();
        let task = async move {
            let result = work.await;
            // The flight is closed before its outcome is told: whoever comes now finds what it left, or starts anew.
            drop(arrival);
            match result {
                Ok(outcome) => {
                    let _ = sender.send(Some(outcome));
                }
                Err(panic) => {
                    let _ = sender.send(Some(on_panic()));
                    // Goes on to where panics of tasks are logged and counted.
                    resume_unwind(panic);
                }
            }
        };
        let task = spawn("single_flight", task).abort_handle();
        let flight = Flight {
            number,
            passengers: 1,
            deadline,
            outcome,
            task,
            shown,
        };
        let passenger = self.place(key, &flight, true);
        under_way.insert(key.clone(), flight);
        passenger
    }

    fn place(&self, key: &K, flight: &Flight<T, C>, leads: bool) -> Passenger<K, T, C> {
        Passenger {
            flights: Arc::clone(&self.under_way),
            key: key.clone(),
            number: flight.number,
            outcome: flight.outcome.clone(),
            deadline: flight.deadline,
            leads,
            shown: Arc::clone(&flight.shown),
        }
    }

    /// Gives how many pieces of work are under way.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        locked(&self.under_way).len()
    }
}

impl<K: Eq + Hash, T: Clone, C> Passenger<K, T, C> {
    /// Waits for the outcome; `None` when the work was ended from outside, as when the runtime stops.
    pub(super) async fn outcome(&mut self) -> Option<T> {
        let outcome = self.outcome.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }
}

impl<K: Eq + Hash, T, C> Drop for Passenger<K, T, C> {
    fn drop(&mut self) {
        let mut under_way = locked(&self.flights);
        let Some(flight) = under_way.get_mut(&self.key) else {
            return;
        };
        if flight.number != self.number {
            return;
        }
        flight.passengers -= 1;
        if flight.passengers == 0
            && let Some(flight) = under_way.remove(&self.key)
        {
            // The task's own drop takes the lock too.
            drop(under_way);
            // Work that is past its time ends by itself, and still reports whose fault that was.
            if Instant::now() < flight.deadline {
                flight.task.abort();
            }
        }
    }
}

/// Takes a flight off the list when its work ends, however it ends.
struct Arrival<K: Eq + Hash, T, C> {
    flights: Arc<Mutex<HashMap<K, Flight<T, C>>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, T, C> Drop for Arrival<K, T, C> {
    fn drop(&mut self) {
        let mut under_way = locked(&self.flights);
        let mine = under_way
            .get(&self.key)
            .is_some_and(|flight| flight.number == self.number);
        if mine {
            under_way.remove(&self.key);
        }
    }
}

fn next_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use tokio::sync::Notify;

    use super::*;

    type Numbers = Flights<&'static str, Result<usize, &'static str>, ()>;
    type Place = Passenger<&'static str, Result<usize, &'static str>, ()>;

    fn broken() -> Result<usize, &'static str> {
        Err("panicked")
    }

    /// Joins with work that waits for the gate and then counts itself.
    fn join(flights: &Numbers, gate: &Arc<Notify>, runs: &Arc<AtomicUsize>) -> Place {
        let (gate, runs) = (Arc::clone(gate), Arc::clone(runs));
        let deadline = Instant::now() + Duration::from_secs(1);
        flights.join(&"key", deadline, broken, |_| async move {
            gate.notified().await;
            Ok(runs.fetch_add(1, Ordering::SeqCst) + 1)
        })
    }

    #[tokio::test]
    async fn many_share_one_run_and_the_leader_may_leave() {
        let (flights, gate, runs) = (Numbers::default(), Arc::default(), Arc::default());
        let mut passengers: Vec<_> = (0..50).map(|_| join(&flights, &gate, &runs)).collect();
        assert!(passengers[0].leads && !passengers[1].leads);
        passengers.remove(0);
        gate.notify_one();
        for mut passenger in passengers {
            assert_eq!(passenger.outcome().await, Some(Ok(1)));
        }
        assert_eq!((flights.count(), runs.load(Ordering::SeqCst)), (0, 1));
        let mut next = join(&flights, &gate, &runs);
        gate.notify_one();
        assert_eq!(next.outcome().await, Some(Ok(2)));
    }

    #[tokio::test]
    async fn work_ends_when_the_last_passenger_leaves() {
        let (flights, gate, runs) = (Numbers::default(), Arc::default(), Arc::default());
        let first = join(&flights, &gate, &runs);
        let second = join(&flights, &gate, &runs);
        // A reference is held by the work as long as it lives.
        assert_eq!(Arc::strong_count(&gate), 2);
        drop(first);
        tokio::task::yield_now().await;
        assert_eq!((flights.count(), Arc::strong_count(&gate)), (1, 2));
        drop(second);
        assert_eq!(flights.count(), 0);
        while Arc::strong_count(&gate) > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(runs.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_panic_is_everybodys_failure_and_hangs_nobody() {
        let flights = Numbers::default();
        let deadline = Instant::now() + Duration::from_secs(1);
        let panicking = |_| async { panic!("a defect on purpose") };
        let mut first = flights.join(&"key", deadline, broken, panicking);
        let mut second = flights.join(&"key", deadline, broken, panicking);
        assert_eq!(first.outcome().await, Some(Err("panicked")));
        assert_eq!(second.outcome().await, Some(Err("panicked")));
        assert_eq!(flights.count(), 0);
    }
}
