//! A trial and its attempts, as they are stored and shown.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Cell, Citations, Evidence, Failure, FailureKind, GapHistogram, Judgement, Price, Timing, TrialId, Usage, UsageSource};

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialStatus {
    /// With a whole answer.
    Finished,
    /// Without one.
    Failed,
    /// Stopped by the user.
    Cancelled,
}

impl TrialStatus {
    /// The word in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the word of [`Self::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Finished, Self::Failed, Self::Cancelled].into_iter().find(|status| status.as_str() == word)
    }
}

/// How sure the cost of a trial is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostCertainty {
    /// From the tokens that the provider counted.
    Counted,
    /// From tokens that were counted here, or of which more may have come.
    Estimated,
    /// Nobody said what was used: all that was set aside under the cap, which is the most that it can be.
    Bound,
}

impl CostCertainty {
    /// What stands before the amount in a sentence, with its space.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counted => "",
            Self::Estimated => "about ",
            Self::Bound => "at most ",
        }
    }
}

/// One HTTP try of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// Wall clock at its start; a label, never part of a duration.
    pub started_at: Timestamp,
    /// Response status; absent when no response came.
    pub http_status: Option<u16>,
    /// Why it failed; absent when it did not.
    pub failure: Option<Failure>,
    /// Its stamps.
    pub timing: Timing,
    /// Its token counts; absent when nothing was counted or estimated.
    pub usage: Option<Usage>,
    /// Its cost in the price's currency; absent when the price or the usage is unknown.
    pub cost: Option<Decimal>,
    /// What the provider itself says that it cost, US dollars; absent when it says nothing. Counts nowhere as the cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_cost: Option<Decimal>,
    /// The provider's id of the request; absent when it gave none.
    pub request_id: Option<String>,
    /// Wait before it, because of the failure before; 0 for the first.
    pub backoff_us: u64,
    /// What it left behind when it failed; empty when it did not.
    #[serde(default, skip_serializing_if = "Evidence::is_empty")]
    pub evidence: Evidence,
    /// It went to the target's fallback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
}

/// A trial without its long texts: what tables, summaries and charts are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRow {
    /// Its id.
    pub id: TrialId,
    /// Its cell in the run.
    pub cell: Cell,
    /// The trial that this one takes the place of; absent for the first of its cell.
    pub supersedes: Option<TrialId>,
    /// How it ended.
    pub status: TrialStatus,
    /// Why it failed; present exactly when failed.
    pub failure: Option<Failure>,
    /// Why the target itself failed; present exactly when the trial was sent to its fallback. Text, times, tokens and [`Self::failure`] are the fallback's
    /// then, and count in no figure of the target; the cost is of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Failure>,
    /// Number of attempts, 0 when it was never sent.
    pub attempts: u32,
    /// Those of them that went to the fallback. Exports leave it out: each attempt says it.
    #[serde(skip)]
    pub fallback_attempts: u32,
    /// Wall clock at the start of the reported attempt; absent when never sent.
    pub started_at: Option<Timestamp>,
    /// Stamps of the reported attempt: the successful one, else the last; absent when never sent.
    pub timing: Option<Timing>,
    /// Gaps between the arrivals of the reported attempt's text; empty when it did not stream, and in trials that were stored before they were counted.
    #[serde(default)]
    pub gaps: GapHistogram,
    /// From the moment it had a free slot to its end, retries and backoff included; absent when never sent.
    pub waited_us: Option<u64>,
    /// From the moment it had a free slot to the start of the reported attempt; absent when never sent.
    pub queue_us: Option<u64>,
    /// Output speed of the reported attempt; absent by the rules of [`Timing::output_tokens_per_s`].
    pub output_tokens_per_s: Option<f64>,
    /// Token counts of the reported attempt; absent when unknown.
    pub usage: Option<Usage>,
    /// Cost of all attempts in the target's currency; absent when unknown.
    pub cost: Option<Decimal>,
    /// What the provider itself says that the attempts cost which it says it of, US dollars; absent when it says nothing. Counts nowhere as the cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_cost: Option<Decimal>,
    /// The model name in the answer; absent when not told.
    pub response_model: Option<String>,
    /// Why the model stopped, in the provider's word; absent when not told.
    pub finish_reason: Option<String>,
    /// The first line of the answer, at most 160 characters.
    pub first_line: String,
    /// [`output_hash`] of the answer, whole or as far as it came. Exports leave it out: it follows from the text.
    #[serde(skip)]
    pub output_hash: u64,
    /// Things to know about this trial that are no failure.
    pub warnings: Vec<String>,
    /// What a person made of it.
    pub judgement: Judgement,
}

impl TrialRow {
    /// How sure its cost is; `price`: of who answered; `capped`: what nobody counted costs all that was set aside for it.
    pub fn cost_certainty(&self, price: Option<&Price>, capped: bool) -> CostCertainty {
        let Some(usage) = self.usage else { return CostCertainty::Counted };
        // Counts of an answer that broke off are counts so far.
        let broke_off = self.status != TrialStatus::Finished && self.finish_reason.is_none();
        let is_open = usage.source == UsageSource::Estimated || broke_off;
        let is_more = price.and_then(|price| price.cost(&usage)).zip(self.cost).is_some_and(|(counted, cost)| counted < cost);
        match is_open {
            true if is_more && capped => CostCertainty::Bound,
            true => CostCertainty::Estimated,
            false => CostCertainty::Counted,
        }
    }

    /// How the target itself did: what its fallback answered is a failure of the target.
    pub fn own_status(&self) -> TrialStatus {
        if self.status == TrialStatus::Finished && self.fallback.is_some() { TrialStatus::Failed } else { self.status }
    }

    /// Something was sent to the target itself. What was not (no key, no room under the cap, its model given up) says nothing about the target and is in no
    /// rate; nor is a request that this program could not even make.
    pub fn was_sent(&self) -> bool {
        let own_attempts = self.attempts.saturating_sub(self.fallback_attempts);
        let not_made = own_attempts == 1
            && self.fallback.is_none()
            && self.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Internal)
            && self.timing.is_none_or(|timing| timing.headers_us.is_none());
        own_attempts > 0 && !not_made
    }

    /// Why the target itself failed; absent when it did not.
    pub fn own_failure(&self) -> Option<&Failure> {
        self.fallback.as_ref().or(self.failure.as_ref())
    }
}

/// The long texts of a trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialBody {
    /// The visible answer, whole or as far as it came.
    pub output: String,
    /// The reasoning text; empty when there was none.
    pub reasoning: String,
    /// The JSON body as sent, without any key.
    pub request: String,
    /// What came back when it was no answer (an error body), at most 4 KiB; empty otherwise.
    pub error_body: String,
    /// The sources that the answer names.
    #[serde(default, skip_serializing_if = "Citations::is_empty")]
    pub citations: Citations,
    /// All attempts, in order.
    pub attempts: Vec<Attempt>,
}

impl TrialBody {
    /// Bytes of its texts.
    pub fn text_bytes(&self) -> usize {
        self.output.len() + self.reasoning.len() + self.request.len() + self.error_body.len() + self.citations.text_bytes()
    }
}

/// A finished, failed or cancelled trial, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Figures.
    pub row: TrialRow,
    /// Texts.
    pub body: TrialBody,
}

/// The first non-empty line of an answer, cut at 160 characters.
pub fn first_line(output: &str) -> String {
    let line = output.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(160).collect()
}

/// A fingerprint of a whole answer by its words: equal answers have the same one, and white space between and around words does not
/// count. It is stored, so it stays as it is (FNV-1a in 64 bits).
pub fn output_hash(output: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    // 0xff is in no UTF-8 text: it ends a word.
    output.split_whitespace().flat_map(|word| word.bytes().chain([0xff])).fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::output_hash;

    #[test]
    fn a_fingerprint_is_of_the_whole_answer_and_of_its_words() {
        let start = "word ".repeat(100);
        assert_ne!(output_hash(&format!("{start}one")), output_hash(&format!("{start}two")));
        assert_eq!(output_hash(&format!("{start}one")), output_hash(&format!("\n{start} one \r\n\t")));
        assert_ne!(output_hash("a bc"), output_hash("ab c"));
    }

    #[test]
    fn a_fingerprint_stays_as_it_was_stored() {
        assert_eq!(output_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(output_hash("An answer\nof two lines."), 0x6280_fe6f_d1d6_8511);
    }
}
