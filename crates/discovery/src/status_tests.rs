//! Tests of status and checks, with clients that do as they are told and paused time.

use super::*;
use crate::testing::{Fake, Step, disabled, discovery, failure, page, platform};

fn fake(script: impl Fn(usize) -> Step + Send + Sync + 'static) -> Arc<Fake> {
    Arc::new(Fake::new(script))
}

#[tokio::test(start_paused = true)]
async fn a_check_says_who_answers() {
    let good = fake(|_| Step::Page(page(&["a/b"])));
    let dead = fake(|_| Step::Fail(failure(ErrorCode::Upstream, None)));
    let slow = fake(|_| Step::Hang);
    let discovery = discovery(vec![
        platform(0, &good),
        platform(1, &dead),
        platform(2, &slow),
        disabled(3),
    ]);
    let healthy = |all: &[PlatformStatus]| -> Vec<Option<bool>> {
        all.iter().map(|status| status.healthy).collect()
    };
    assert_eq!(healthy(&discovery.platforms()), [None; 4]);
    assert_eq!((good.calls(), dead.calls()), (0, 0));
    let began = Instant::now();
    let all = discovery.check_platforms(&CancellationToken::new()).await;
    assert_eq!(began.elapsed(), CHECK_TIMEOUT);
    assert_eq!(healthy(&all), [Some(true), Some(false), Some(false), None]);
    let codes: Vec<Option<ErrorCode>> = all
        .iter()
        .map(|status| status.last_error.as_ref().map(|failure| failure.code))
        .collect();
    assert_eq!(
        codes,
        [
            None,
            Some(ErrorCode::Upstream),
            Some(ErrorCode::Timeout),
            None
        ]
    );
    assert_eq!(discovery.platforms(), all);
    assert!(!all[3].enabled && all[3].remarks[0].contains("not enabled"));
}

#[tokio::test(start_paused = true)]
async fn checks_are_shared_and_kept() {
    let slow = fake(|_| Step::Later(Duration::from_secs(1), page(&[])));
    let discovery = discovery(vec![platform(0, &slow)]);
    let token = CancellationToken::new();
    join_all((0..50).map(|_| discovery.check_platforms(&token))).await;
    assert_eq!(slow.calls(), 1);
    tokio::time::advance(Duration::from_secs(28)).await;
    discovery.check_platforms(&token).await;
    assert_eq!(slow.calls(), 1);
    tokio::time::advance(Duration::from_secs(2)).await;
    discovery.check_platforms(&token).await;
    assert_eq!(slow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_costs_others_nothing() {
    let slow = fake(|_| Step::Later(Duration::from_secs(1), page(&[])));
    let discovery = discovery(vec![platform(0, &slow)]);
    let impatient = CancellationToken::new();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        impatient.cancel();
    };
    let patient = CancellationToken::new();
    let (gave_up, waited, ()) = tokio::join!(
        discovery.check_platforms(&impatient),
        discovery.check_platforms(&patient),
        cancel,
    );
    assert_eq!((gave_up[0].healthy, waited[0].healthy), (None, Some(true)));
    assert_eq!(slow.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_network_nothing_is_known_and_a_stale_answer_is_none() {
    let off = fake(|_| Step::Fail(failure(ErrorCode::Offline, None)));
    let stale = fake(|_| {
        Step::Page(crate::client::PlatformPage {
            stale: true,
            ..page(&["a/b"])
        })
    });
    let broken = fake(|_| Step::Panic);
    let discovery = discovery(vec![
        platform(0, &off),
        platform(1, &stale),
        platform(2, &broken),
    ]);
    let all = discovery.check_platforms(&CancellationToken::new()).await;
    let healthy: Vec<Option<bool>> = all.iter().map(|status| status.healthy).collect();
    assert_eq!(healthy, [None, Some(false), Some(false)]);
}
