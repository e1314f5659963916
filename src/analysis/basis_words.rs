//! What the figures of a summary are over, in words: cases in common, who is thin, why nothing is the best.

use crate::domain::FailureKind;

use super::{Cases, CommonCases, Figure, Hindrance, Standing, TargetSummary, format_count, format_counted};

fn count(n: u32) -> String {
    format_count(n.into())
}

/// What the figures are over, and what that means for comparing: one sentence. Absent where all compared targets answered the same, so that it makes no
/// difference.
pub fn basis_words(common: &CommonCases, cases: Cases) -> Option<String> {
    if common.is_equal() {
        return None;
    }
    let compared = common.compared();
    Some(match cases {
        Cases::InCommon if common.in_common == 0 => {
            format!(
                "No case was answered by all {compared} compared targets, so there is nothing to compare: leave one out, or look at all answers."
            )
        }
        Cases::InCommon => format!(
            "Times, speed, tokens, cost per 1,000, scores and their n are over the {} of {} {} that all {compared} compared targets answered; failed, error \
             rate and cost are over all trials.",
            count(common.in_common),
            count(common.cells),
            common.cells_word()
        ),
        Cases::AllAnswered => {
            "Each target's figures are over its own answers, which are to different cases: a best and differences are told only where a figure rests on the \
             same ones, as an error rate does when all was sent.".to_owned()
        }
    })
}

/// How much of what was to be sent a target answered, and what became of the rest: `11 of 114 answered, 103 not sent`.
pub fn answered_words(summary: &TargetSummary) -> String {
    let mut words = if summary.finished == 0 {
        "no answers".to_owned()
    } else {
        format!("{} of {} answered", count(summary.finished), count(summary.cells))
    };
    if summary.empty > 0 {
        words = format!("{words}, {} of them empty", count(summary.empty));
    }
    for (n, what) in [(summary.failed, "failed"), (summary.cancelled, "cancelled"), (summary.unsent(), "not sent")] {
        if n > 0 {
            words = format!("{words}, {} {what}", count(n));
        }
    }
    if summary.standing == Standing::LeftOut {
        words.push_str(", left out of the comparison");
    }
    words
}

/// That, for every target by its label: `X: 11 of 114 answered, 103 not sent; Y: no answers, 114 failed`.
pub fn share_words<'a>(summaries: &'a [TargetSummary], label: impl Fn(&'a TargetSummary) -> String) -> String {
    summaries.iter().map(|summary| format!("{}: {}", label(summary), answered_words(summary))).collect::<Vec<_>>().join("; ")
}

/// Who keeps the cases in common few; absent when nobody does. `label` is that target's.
pub fn thin_words(common: &CommonCases, label: &str) -> Option<String> {
    let (_, share) = common.thin()?;
    let (in_common, without) = (count(common.in_common), count(share.without_it?));
    Some(format!(
        "{label} answered only {} of {}: without it {without} {} are in common instead of {in_common}.",
        count(share.answered),
        count(common.cells),
        common.cells_word()
    ))
}

/// Why a figure has no best or no difference. `label` gives a target's, by index.
pub fn hindrance_words(figure: Figure, hindrance: Hindrance, label: impl Fn(u32) -> String) -> Option<String> {
    let name = figure.label();
    Some(match hindrance {
        Hindrance::NoValue => return None,
        Hindrance::LeftOut => "not compared: left out".to_owned(),
        Hindrance::TooFew { needs, target_index, n } => {
            format!("not compared: {name} needs {} answers each; {} has {}", count(needs), label(target_index), count(n))
        }
        Hindrance::TooFewCases { needs, target_index, cases } => {
            let has = format_counted(cases.into(), "case", "cases");
            format!(
                "not compared: {name} needs {} cases each; {} has answers to {has}; repeats do not help",
                count(needs),
                label(target_index)
            )
        }
        Hindrance::NoAnswers => "not compared: no answers of its own".to_owned(),
        Hindrance::OtherCases => "not compared: the targets' answers are to different cases".to_owned(),
        Hindrance::OtherCurrency => "not compared: the amounts are in different currencies".to_owned(),
    })
}

/// Why cells were not sent: `103 not sent (no key)`; absent when all were.
pub(super) fn not_sent_words(not_sent: u32, why: &[(FailureKind, u32)]) -> Option<String> {
    let reasons: Vec<&str> = why.iter().map(|(kind, _)| kind.label()).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    (not_sent > 0).then(|| format!("{} not sent{reasons}", count(not_sent)))
}

impl TargetSummary {
    /// `103 not sent (no key)`; absent when nothing stayed so.
    pub fn not_sent_words(&self) -> Option<String> {
        not_sent_words(self.unsent(), &self.not_sent_why)
    }
}
