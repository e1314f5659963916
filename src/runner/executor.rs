//! One attempt on a task of its own: nothing here waits for the dispatcher, the window or the archive.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::domain::{FailureKind, RoughCounter, RunPlan, TokenCounter};
use crate::provider::{AttemptReport, CallError, ChatRequest, Delta, Provider};

use super::billing::{Basis, Bill, basis, bill};
use super::text_merge::Live;
use super::{Conditions, CpuRoom};

/// What one attempt needs.
pub(super) struct Errand {
    pub(super) place: u32,
    pub(super) plan: Arc<RunPlan>,
    pub(super) target: usize,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) request: ChatRequest,
    pub(super) counter: Arc<dyn TokenCounter>,
    pub(super) cpu: CpuRoom,
    pub(super) live: Arc<Live>,
    pub(super) conditions: Conditions,
}

/// An attempt that is over.
pub(super) struct Returned {
    pub(super) place: u32,
    /// The dispatcher lets go of the one that is kept for a cancel, and has it alone.
    pub(super) report: Arc<AttemptReport>,
    pub(super) bill: Bill,
}

/// Sends one request and bills it. A provider that panics is an internal failure of this attempt and of nothing else.
pub(super) async fn carry_out(errand: Errand) -> Returned {
    let Errand { place, plan, target, provider, request, counter, cpu, live, conditions } = errand;
    let measuring = conditions.begin();
    let (started_at, started) = (Timestamp::now(), Instant::now());
    let mut on_delta = |delta: Delta<'_>| live.hear(delta);
    let attempt = async { provider.attempt(&request, &mut on_delta).await };
    let mut report = match AssertUnwindSafe(attempt).catch_unwind().await {
        Ok(report) => report,
        Err(_panic) => {
            let message = "the request ended by a fault of this program; the log has details".to_owned();
            live.report(started, started_at, Err(CallError { kind: FailureKind::Internal, message, retryable: false }))
        }
    };
    measuring.end(&mut report.timing);
    let basis = basis(&report);
    let make_bill = move |report: &AttemptReport| {
        let made = |counter: &dyn TokenCounter| bill(basis, report, plan.targets[target].price.as_ref(), &request.messages, counter);
        let counted = std::panic::catch_unwind(AssertUnwindSafe(|| made(counter.as_ref())));
        counted.unwrap_or_else(|_panic| made(&RoughCounter))
    };
    if basis != Basis::Estimate {
        let bill = make_bill(&report);
        return Returned { place, report: Arc::new(report), bill };
    }
    // A cancel must not lose an answer that is whole. It is kept once: a long one is megabytes.
    let report = Arc::new(report);
    live.keep_whole(Arc::clone(&report));
    let counted = Arc::clone(&report);
    // Counting may load the tokenizer: on this thread it would delay the sockets of other attempts.
    match cpu.run(move || make_bill(&counted)).await {
        Ok(bill) => Returned { place, report, bill },
        // Only a runtime that shuts down refuses blocking work, and it drops this task too.
        Err(_shutting_down) => std::future::pending().await,
    }
}
