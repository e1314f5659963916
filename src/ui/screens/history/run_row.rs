//! One run as a row: what it was, how it went, and what can be done with it.

use eframe::egui::{Align, Color32, Label, Layout, Rect, RichText, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::analysis::{UNKNOWN, format_count, format_ms_bare};
use crate::app::{Command, ExchangeCommand, HistoryCommand, RunCommand};
use crate::domain::{RunHead, RunStatus};
use crate::ui::cx::Cx;
use crate::ui::local_time::local_time;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::{figures, quiet, small};
use crate::ui::widgets::{IconButton, PushButton, simulated_badge, visible};

/// Rows narrower than this leave words out, points.
const NARROW: f32 = 1040.0;

/// The columns, left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    When,
    Set,
    Targets,
    Trials,
    Failed,
    Ttft,
    Cost,
    Status,
    Actions,
}

impl Column {
    pub(super) const ALL: [Self; 9] =
        [Self::When, Self::Set, Self::Targets, Self::Trials, Self::Failed, Self::Ttft, Self::Cost, Self::Status, Self::Actions];

    /// What stands over it.
    pub(super) fn head(self) -> &'static str {
        match self {
            Self::When => "When",
            Self::Set => "Prompt set",
            Self::Targets => "Targets",
            Self::Trials => "Trials",
            Self::Failed => "Failed",
            Self::Ttft => "TTFT p50, ms",
            Self::Cost => "Cost",
            Self::Status => "Status",
            Self::Actions => "",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Trials | Self::Failed | Self::Ttft | Self::Cost)
    }

    /// Its share of `width` points. What is not fixed is shared by set and targets.
    fn width(self, width: f32) -> f32 {
        let narrow = width < NARROW;
        let fixed = |column: Self| match (column, narrow) {
            (Self::When, false) => 130.0,
            (Self::When, true) => 116.0,
            (Self::Ttft, true) => 104.0,
            (Self::Trials | Self::Failed, _) => 58.0,
            (Self::Ttft, false) => 150.0,
            (Self::Cost, false) => 112.0,
            (Self::Cost, true) => 70.0,
            (Self::Status, false) => 200.0,
            (Self::Status, true) => 102.0,
            (Self::Actions, _) => 56.0,
            (Self::Set | Self::Targets, _) => 0.0,
        };
        let left = (width - Self::ALL.into_iter().map(fixed).sum::<f32>()).max(160.0);
        match self {
            Self::Set => left * 0.45,
            Self::Targets => left * 0.55,
            other => fixed(other),
        }
    }
}

/// The rectangle of each column within a row.
pub(super) fn cells(row: Rect) -> impl Iterator<Item = (Column, Rect)> {
    let mut left = row.left() + 12.0;
    let width = row.width() - 24.0;
    Column::ALL.into_iter().map(move |column| {
        let cell = Rect::from_min_size(pos2(left, row.top()), vec2(column.width(width), row.height()));
        left = cell.right();
        let mut inside = cell.shrink2(vec2(4.0, 0.0));
        if column == Column::Status {
            // Numbers end just before it.
            inside.min.x += 8.0;
        }
        (column, inside)
    })
}

/// Draws `content` in a cell, numbers from its right edge.
pub(super) fn in_cell(ui: &mut Ui, column: Column, cell: Rect, content: impl FnOnce(&mut Ui)) {
    let layout = if column.is_number() || column == Column::Actions {
        Layout::right_to_left(Align::Center)
    } else {
        Layout::left_to_right(Align::Center)
    };
    ui.scope_builder(UiBuilder::new().id_salt(column.head()).max_rect(cell).layout(layout), |ui| {
        ui.set_clip_rect(ui.clip_rect().intersect(cell.expand2(vec2(2.0, 0.0))));
        content(ui);
    });
}

/// Draws a run within `row`. `opened` marks the run that is on the Bench.
pub(super) fn run_row(cx: &Cx<'_>, ui: &mut Ui, row: Rect, head: &RunHead, opened: bool) {
    let tokens = ui.tokens();
    let when = local_time(head.created_at, cx.state.now);
    let set = visible(&head.prompt_set_name).text;
    let title = format!("{set} · v{}", head.prompt_set_version);
    let response = ui.interact(row, ui.scope_id().with("row"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Open {title}, {when}")));
    let fill = match (opened, response.hovered() || response.has_focus()) {
        (true, _) => tokens.bg2,
        (false, true) => tokens.bg2.gamma_multiply(0.5),
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(row, 0.0, fill);
    ui.painter().hline(row.x_range(), row.bottom(), Stroke::new(1.0, tokens.line));
    if response.clicked() {
        cx.send(Command::Runs(RunCommand::Open(head.id)));
    }
    if !head.vantage.is_empty() {
        response.on_hover_text(format!("Measured from {}", visible(&head.vantage).text));
    }
    for (column, cell) in cells(row) {
        in_cell(ui, column, cell, |ui| match column {
            Column::When => text(ui, quiet(&when, tokens)),
            Column::Set => {
                text(ui, RichText::new(&title));
            }
            Column::Targets => {
                let labels = head.target_labels.join(", ");
                let shown = visible(&labels).text;
                ui.add(Label::new(quiet(shown.as_ref(), tokens)).truncate());
            }
            Column::Trials => text(ui, figures(format_count(head.cell_count), tokens)),
            Column::Failed => {
                let failed = head.failed.saturating_sub(head.not_sent);
                let ink = if failed > 0 { tokens.bad } else { tokens.text1 };
                let label = ui.add(Label::new(figures(format_count(failed), tokens).color(ink)).truncate());
                if head.not_sent > 0 {
                    label.on_hover_text(format!("{} more were never sent; they are in no rate", format_count(head.not_sent)));
                }
            }
            Column::Ttft => text(ui, figures(ttft_words(head), tokens)),
            Column::Cost => {
                let label = ui.add(Label::new(figures(cost_words(head), tokens)).truncate());
                if head.cost_incomplete {
                    label.on_hover_text("Some costs are unknown: the true cost is higher");
                }
            }
            Column::Status => status(cx, ui, head, &title, &when),
            Column::Actions => actions(cx, ui, head, &title, &when),
        });
    }
}

fn text(ui: &mut Ui, text: RichText) {
    ui.add(Label::new(text).truncate());
}

/// Median TTFT per target, in their order.
pub(super) fn ttft_words(head: &RunHead) -> String {
    if head.ttft_p50_ms.iter().all(Option::is_none) {
        return UNKNOWN.to_owned();
    }
    let each: Vec<String> = head.ttft_p50_ms.iter().map(|ms| ms.map_or_else(|| UNKNOWN.to_owned(), format_ms_bare)).collect();
    each.join(" / ")
}

/// What the run cost; `≥` where some of it is unknown.
pub(super) fn cost_words(head: &RunHead) -> String {
    let costs: Vec<String> = head.costs.iter().map(ToString::to_string).collect();
    match (costs.is_empty(), head.cost_incomplete) {
        (true, true) => "unknown".to_owned(),
        (true, false) => UNKNOWN.to_owned(),
        (false, true) => format!("≥ {}", costs.join(" + ")),
        (false, false) => costs.join(" + "),
    }
}

fn status(cx: &Cx<'_>, ui: &mut Ui, head: &RunHead, title: &str, when: &str) {
    let tokens = ui.tokens();
    let elsewhere = cx.state.history.elsewhere.contains(&head.id);
    let live = elsewhere || cx.state.runs.live == Some(head.id);
    let narrow = ui.available_width() < 120.0;
    if head.status == RunStatus::Unfinished && !live {
        let missing = head.cell_count.saturating_sub(head.finished + head.failed);
        let name = format!("Resume {title}, {when}");
        let resume = ui.add(PushButton::secondary("Resume").compact().name(&name));
        if resume.on_hover_text(format!("Sends the {} that have no answer, nothing twice", format_count(missing))).clicked() {
            cx.send(Command::Runs(RunCommand::SendMissing(head.id)));
        }
    }
    if head.simulated && !(narrow && head.status == RunStatus::Unfinished) {
        simulated_badge(ui);
    }
    let (words, ink) = match (live, head.status) {
        (true, _) if elsewhere => ("▪ running in another process", tokens.info),
        (true, _) => ("▪ running", tokens.info),
        (false, RunStatus::Unfinished) => ("– unfinished", tokens.warn),
        (false, RunStatus::Finished) => ("✓ finished", tokens.text2),
        (false, RunStatus::Cancelled) => ("– cancelled", tokens.warn),
        (false, RunStatus::Capped) => ("– stopped by the cap", tokens.warn),
    };
    if !(narrow && (head.simulated || head.status == RunStatus::Unfinished && !live)) {
        ui.add(Label::new(small(words, tokens).color(ink)).truncate());
    }
}

fn actions(cx: &Cx<'_>, ui: &mut Ui, head: &RunHead, title: &str, when: &str) {
    let live = cx.state.runs.live == Some(head.id) || cx.state.history.elsewhere.contains(&head.id);
    let name = format!("Delete {title}, {when}");
    if ui.add_enabled(!live, IconButton::new(icons::TRASH, &name).small()).clicked() {
        cx.send(Command::History(HistoryCommand::Delete(head.id)));
    }
    let name = format!("Export {title}, {when}");
    if ui.add(IconButton::new(icons::DOWNLOAD, &name).small()).clicked() {
        cx.send(Command::Exchange(ExchangeCommand::BeginExport(head.id)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Currency, Money, RunId};

    fn head() -> RunHead {
        RunHead {
            id: RunId::draw(),
            created_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            status: RunStatus::Finished,
            prompt_set_name: "S".into(),
            prompt_set_version: 1,
            target_labels: vec!["a".into(), "b".into()],
            vantage: String::new(),
            cell_count: 2,
            finished: 2,
            failed: 0,
            not_sent: 0,
            cancelled: 0,
            ttft_p50_ms: vec![Some(412.3), None],
            costs: vec![Money { amount: "0.31".parse().unwrap(), currency: Currency::usd() }],
            cost_incomplete: false,
            simulated: false,
        }
    }

    #[test]
    fn unknown_is_never_zero() {
        let mut head = head();
        assert_eq!((ttft_words(&head), cost_words(&head)), ("412 / —".to_owned(), "$0.31".to_owned()));
        head.cost_incomplete = true;
        assert_eq!(cost_words(&head), "≥ $0.31");
        head.costs.clear();
        assert_eq!(cost_words(&head), "unknown");
        head.ttft_p50_ms = vec![None, None];
        assert_eq!(ttft_words(&head), "—");
    }

    #[test]
    fn columns_stand_side_by_side_within_the_row() {
        for width in [800.0, 900.0, 1500.0] {
            let row = Rect::from_min_size(pos2(0.0, 0.0), vec2(width, 36.0));
            let cells: Vec<_> = cells(row).collect();
            assert!(cells.windows(2).all(|pair| pair[0].1.right() <= pair[1].1.left()));
            assert!(cells.iter().all(|(_, cell)| cell.width() > 20.0));
            assert!(cells[8].1.right() <= row.right(), "{width}");
        }
    }
}
