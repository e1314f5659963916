//! Text on its way: gathered where the socket is read, picked up about every 30 ms.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::domain::{Citations, Evidence, GapHistogram, Timing, whole_us};
use crate::provider::{AttemptReport, CallError, Delta, LimitsTold};

/// Text is gathered for this long before it is told.
pub(super) const MERGE_SPAN: Duration = Duration::from_millis(30);

/// Which attempts have text to tell.
#[derive(Default)]
pub(super) struct TextMerge {
    listed: Mutex<Vec<u32>>,
    /// Woken when the list stops being empty.
    pub(super) listed_first: Notify,
}

impl TextMerge {
    /// Takes the list: places of attempts in the order in which they got text.
    pub(super) fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *lock(&self.listed))
    }

    /// Puts an attempt on the list, anew when its text could not be told.
    pub(super) fn list(&self, place: u32) {
        let mut listed = lock(&self.listed);
        listed.push(place);
        if listed.len() == 1 {
            drop(listed);
            self.listed_first.notify_one();
        }
    }
}

/// What one attempt has received so far; written by the task that reads the socket, read by the dispatcher.
pub(super) struct Live {
    place: u32,
    /// Absent when nobody watches.
    merge: Option<Arc<TextMerge>>,
    streamed: bool,
    partial: Mutex<Partial>,
    /// The report of an answer that is whole and waits for its bill.
    whole: Mutex<Option<Arc<AttemptReport>>>,
}

#[derive(Default)]
struct Partial {
    output: String,
    reasoning: String,
    told_output: usize,
    told_reasoning: usize,
    listed: bool,
    timing: Timing,
}

/// Text since the last telling.
pub(super) struct Fresh {
    pub(super) reasoning: String,
    pub(super) content: String,
    pub(super) ttft_us: Option<u64>,
}

impl Live {
    pub(super) fn new(place: u32, merge: Option<Arc<TextMerge>>, streamed: bool) -> Self {
        let partial = Partial { timing: Timing { streamed, ..Timing::default() }, ..Partial::default() };
        Self { place, merge, streamed, partial: Mutex::new(partial), whole: Mutex::new(None) }
    }

    /// Keeps a piece of text.
    pub(super) fn hear(&self, delta: Delta<'_>) {
        let mut partial = lock(&self.partial);
        let partial_ref = &mut *partial;
        let timing = &mut partial_ref.timing;
        match delta {
            Delta::Reasoning { text, at_us } => {
                partial_ref.reasoning.push_str(text);
                timing.first_reasoning_us.get_or_insert(at_us);
                timing.last_output_us = Some(at_us);
            }
            Delta::Content { text, at_us } => {
                partial_ref.output.push_str(text);
                timing.first_content_us.get_or_insert(at_us);
                timing.last_content_us = Some(at_us);
                timing.last_output_us = Some(at_us);
                timing.content_arrivals += 1;
            }
        }
        timing.output_arrivals += 1;
        timing.first_chunk_us = timing.first_chunk_us.or(timing.last_output_us);
        if let Some(merge) = &self.merge
            && !partial_ref.listed
        {
            partial_ref.listed = true;
            drop(partial);
            merge.list(self.place);
        }
    }

    /// Takes the text since the last telling and leaves the list.
    pub(super) fn take_fresh(&self) -> Fresh {
        let mut partial = lock(&self.partial);
        let content = partial.output[partial.told_output..].to_owned();
        let reasoning = partial.reasoning[partial.told_reasoning..].to_owned();
        partial.told_output = partial.output.len();
        partial.told_reasoning = partial.reasoning.len();
        partial.listed = false;
        Fresh { reasoning, content, ttft_us: partial.timing.ttft_us() }
    }

    /// Keeps the report of an answer that is whole and waits for its bill. It has all the text: the pieces are let go, and those that nobody was told of yet are
    /// told with the end of the trial.
    pub(super) fn keep_whole(&self, report: Arc<AttemptReport>) {
        *lock(&self.whole) = Some(report);
        let mut partial = lock(&self.partial);
        (partial.output, partial.reasoning) = (String::new(), String::new());
        (partial.told_output, partial.told_reasoning) = (0, 0);
    }

    /// The report of an answer that is whole and waits for its bill; absent while the answer is on its way.
    pub(super) fn take_whole(&self) -> Option<Arc<AttemptReport>> {
        lock(&self.whole).take()
    }

    /// The report of an attempt that cannot report itself, because it was stopped or broke down. Takes the text.
    pub(super) fn report(&self, started: Instant, started_at: Timestamp, result: Result<(), CallError>) -> AttemptReport {
        let mut partial = lock(&self.partial);
        (partial.told_output, partial.told_reasoning) = (0, 0);
        let end_us = whole_us(started.elapsed());
        AttemptReport {
            started_at,
            started,
            result,
            http_status: None,
            timing: Timing { streamed: self.streamed, end_us, ..partial.timing },
            gaps: GapHistogram::default(),
            output: std::mem::take(&mut partial.output),
            reasoning: std::mem::take(&mut partial.reasoning),
            usage: None,
            stated_cost: None,
            citations: Citations::default(),
            response_model: None,
            finish_reason: None,
            request_id: None,
            retry_after: None,
            limits: LimitsTold::default(),
            amendment: None,
            warnings: Vec::new(),
            request: String::new(),
            error_body: String::new(),
            evidence: Evidence::default(),
        }
    }
}

/// The data behind a lock; a writer that panicked leaves whole strings, so they are still good.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str, at_us: u64) -> Delta<'_> {
        Delta::Content { text, at_us }
    }

    #[test]
    fn a_whole_answer_is_kept_once() {
        let live = Live::new(7, Some(Arc::default()), true);
        live.hear(content("a", 10));
        live.take_fresh();
        live.hear(content("b", 20));
        let whole = Arc::new(AttemptReport { output: "ab".to_owned(), ..crate::runner::testing::blank_report() });
        live.keep_whole(Arc::clone(&whole));
        assert_eq!((live.take_fresh().content.as_str(), lock(&live.partial).output.capacity()), ("", 0));
        assert!(Arc::ptr_eq(&live.take_whole().unwrap(), &whole));
    }

    #[test]
    fn text_is_told_once_and_listed_once() {
        let merge = Arc::new(TextMerge::default());
        let live = Live::new(7, Some(Arc::clone(&merge)), true);
        live.hear(Delta::Reasoning { text: "hm", at_us: 5 });
        live.hear(content("a", 10));
        live.hear(content("b", 20));
        assert_eq!(merge.take(), [7]);
        let fresh = live.take_fresh();
        assert_eq!((fresh.reasoning.as_str(), fresh.content.as_str(), fresh.ttft_us), ("hm", "ab", Some(10)));
        live.hear(content("c", 30));
        assert_eq!(merge.take(), [7]);
        assert_eq!(live.take_fresh().content, "c");
        let report = live.report(Instant::now(), Timestamp::UNIX_EPOCH, Ok(()));
        assert_eq!((report.output.as_str(), report.reasoning.as_str()), ("abc", "hm"));
        let timing = report.timing;
        assert_eq!((timing.first_chunk_us, timing.first_content_us, timing.last_output_us), (Some(5), Some(10), Some(30)));
        assert_eq!((timing.output_arrivals, timing.content_arrivals), (4, 3));
    }
}
