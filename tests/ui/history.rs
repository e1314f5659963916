//! The history screen: filters, charts, and the table of runs.

use assay::app::{AppState, BenchCommand, Command, ExchangeCommand, Fact, HistoryCommand, HistoryFact, HistoryRange, RunCommand};
use assay::domain::{HistoryPromptSet, PromptSetId};
use egui::accesskit::Role;
use egui::{Key, Theme, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::history_state as states;
use crate::window::{SIZES, Window, alive, press, settles, still};

fn window(state: AppState) -> Window {
    still(state, Theme::Light, SIZES[2])
}

#[test]
fn every_state_settles_at_every_size_in_both_themes() {
    let states: [fn() -> AppState; 8] = [
        states::busy,
        states::unreadable,
        states::empty,
        states::full,
        || states::simulated_only(false),
        || states::simulated_only(true),
        || states::crowded(300),
        states::not_found,
    ];
    settles(&states, |_| ());
}

#[test]
fn without_runs_there_is_one_thing_to_do() {
    let mut state = states::empty();
    let wishes = press(&mut window(states::empty()), "Go to the Bench");
    assert!(matches!(wishes[..], [Command::Go(assay::app::Screen::Bench)]));
    state.connections.list.clear();
    let wishes = press(&mut window(state), "Try the demo");
    assert!(matches!(wishes[..], [Command::Bench(BenchCommand::RunDemo)]));
}

#[test]
fn what_cannot_be_read_is_said_and_tried_again() {
    let mut window = window(states::unreadable());
    window.get_by_label("the disk does not answer");
    let wishes = press(&mut window, "Try again");
    assert!(matches!(wishes[..], [Command::History(HistoryCommand::Refresh)]));
}

#[test]
fn a_row_opens_its_run_and_tells_how_it_went() {
    let mut window = window(states::full());
    for words in
        ["3 / 11".split('/').next().unwrap().trim(), "412 / 455 / 498", "≥ $0.31", "$0.31 + CN¥12.40", "✓ finished", "– stopped by the cap"]
    {
        assert!(window.query_all_by_label(words).next().is_some(), "{words}");
    }
    let label = window.get_by_label_contains("Open Contracts · v1").accesskit_node().label().unwrap();
    let wishes = press(&mut window, &label);
    assert!(matches!(wishes[..], [Command::Runs(RunCommand::Open(id))] if id == states::run(23)));
}

#[test]
fn a_row_tells_from_where_it_was_measured() {
    let mut state = states::full();
    "the office in Oslo".clone_into(&mut state.history.heads[0].vantage);
    let mut window = window(state);
    window.get_all_by_label_contains("Open Support replies · v3").next().unwrap().hover();
    window.run_steps(4);
    assert!(window.query_all_by_label("Measured from the office in Oslo").next().is_some());
}

#[test]
fn an_unfinished_run_is_resumed_unless_it_runs() {
    let mut window = window(states::full());
    let resume = window.get_by_label_contains("Resume Support replies").accesskit_node().label().unwrap();
    let wishes = press(&mut window, &resume);
    assert!(matches!(wishes[..], [Command::Runs(RunCommand::SendMissing(id))] if id == states::run(24)));

    let mut state = states::full();
    state.runs.live = Some(states::run(24));
    let window = self::window(state);
    assert!(window.query_by_label_contains("Resume Support replies").is_none());
    window.get_by_label("▪ running");

    let mut state = states::full();
    state.history.elsewhere.insert(states::run(24));
    let window = self::window(state);
    assert!(window.query_by_label_contains("Resume Support replies").is_none());
    window.get_by_label("▪ running in another process");
}

#[test]
fn a_run_is_deleted_and_exported_by_its_own_buttons() {
    let mut window = window(states::full());
    let delete = window.get_by_label_contains("Delete Contracts · v1").accesskit_node().label().unwrap();
    let wishes = press(&mut window, &delete);
    assert!(matches!(wishes[..], [Command::History(HistoryCommand::Delete(id))] if id == states::run(23)));
    let export = window.get_by_label_contains("Export Contracts · v1").accesskit_node().label().unwrap();
    let wishes = press(&mut window, &export);
    assert!(matches!(wishes[..], [Command::Exchange(ExchangeCommand::BeginExport(id))] if id == states::run(23)));
    let wishes = press(&mut window, "Export…");
    assert!(matches!(wishes[..], [Command::Exchange(ExchangeCommand::BeginExport(id))] if id == states::run(25)));
}

#[test]
fn filters_say_what_the_charts_shall_show() {
    let mut window = window(states::full());
    window.get_by_role_and_label(Role::Button, "Qwen3-Max · HolySheep").click();
    window.run_steps(3);
    let wishes = window.state().take_wishes();
    assert!(matches!(&wishes[..], [Command::History(HistoryCommand::ToggleTarget(key))] if *key == states::key(1)));
    let wishes = press(&mut window, "Week");
    assert!(matches!(wishes[..], [Command::History(HistoryCommand::SetRange(HistoryRange::Week))]));
    let wishes = press(&mut window, "Simulated");
    assert!(matches!(wishes[..], [Command::History(HistoryCommand::ShowSimulated(true))]));
}

#[test]
fn several_prompt_sets_are_ticked_in_one_go() {
    let mut state = states::full();
    let other = HistoryPromptSet { id: PromptSetId::draw(), name: "Contracts".into(), runs: 1 };
    state.history.sets.push(other.clone());
    let mut window = alive(state, Theme::Light, SIZES[2]);
    window.get_by_role_and_label(Role::Button, "Prompt sets").click();
    window.run_ok();
    for name in ["Support replies", "Contracts"] {
        window.get_by_role_and_label(Role::CheckBox, name).click();
        window.run_ok();
    }
    assert_eq!(window.state().state().history.chosen_sets, [crate::basics::SUPPORT, other.id].into());
    window.get_by_role_and_label(Role::CheckBox, "Support replies").click();
    window.run_ok();
    assert_eq!(window.state().state().history.chosen_sets, [other.id].into());
    window.get_by_role_and_label(Role::CheckBox, "All prompt sets").click();
    window.run_ok();
    assert!(window.state().state().history.chosen_sets.is_empty());
}

#[test]
fn a_chip_tells_whether_its_target_is_shown() {
    let mut state = states::full();
    state.history.chosen.insert(states::key(0));
    let window = window(state);
    let is_on = |label: &str| window.get_by_role_and_label(Role::Button, label).accesskit_node().toggled();
    assert_eq!(is_on("Qwen3-Max · official"), Some(egui::accesskit::Toggled::True));
    assert_eq!(is_on("Qwen3-Max · HolySheep"), Some(egui::accesskit::Toggled::False));
}

#[test]
fn simulated_runs_are_shown_only_when_asked() {
    let mut window = window(states::simulated_only(false));
    assert!(window.query_by_label_contains("Chart: ").is_none());
    let wishes = press(&mut window, "Show simulated");
    assert!(matches!(wishes[..], [Command::History(HistoryCommand::ShowSimulated(true))]));
    let window = self::window(states::simulated_only(true));
    assert_eq!(window.query_all_by_label_contains("Chart: ").count(), 5);
    assert!(window.query_all_by_label("simulated").count() >= 2);
}

#[test]
fn a_point_opens_its_run_and_tells_its_n() {
    let mut window = window(states::full());
    for title in ["Time to first token", "Total time", "Cost", "Error rate", "Output speed"] {
        window.get_by_label_contains(&format!("Chart: {title} ("));
    }
    let plot = window.get_by_label_contains("Chart: Total time (s · p95), 2 series, 52 points").rect();
    let mut at = plot.center();
    // A point is never further away than half a day on this axis.
    for _ in 0..6 {
        at += Vec2::new(5.0, 0.0);
        window.hover_at(at);
        window.run_steps(3);
        if window.query_by_label("Click to open the run").is_some() {
            break;
        }
    }
    window.get_by_label("Click to open the run");
    assert!(window.query_all_by_label("n = 59").next().is_some());
    window.drag_at(at);
    window.run_steps(2);
    window.drop_at(at);
    window.run_steps(2);
    let wishes = window.state().take_wishes();
    assert!(matches!(wishes[..], [Command::Runs(RunCommand::Open(_))]), "{wishes:?}");
}

#[test]
fn the_arrow_keys_go_along_a_chart_and_enter_opens_the_run() {
    let mut window = window(states::full());
    window.get_by_label_contains("Chart: Total time (s · p95)").focus();
    window.run_steps(2);
    window.key_press(Key::ArrowRight);
    window.run_steps(2);
    let told = |window: &Window| window.get_by_label_contains("Chart: Total time: ").accesskit_node().label().unwrap_or_default();
    let first = told(&window);
    assert!(first.contains("n = 59") && first.contains("Qwen3-Max"), "{first}");
    window.get_by_label("Enter opens the run");
    window.key_press(Key::ArrowRight);
    window.run_steps(2);
    let second = told(&window);
    assert_ne!(first, second);
    window.key_press(Key::ArrowLeft);
    window.run_steps(2);
    assert_eq!(told(&window), first);
    window.key_press(Key::End);
    window.run_steps(2);
    assert!(![first, second].contains(&told(&window)));
    let _before = window.state().take_wishes();
    window.key_press(Key::Enter);
    window.run_steps(2);
    let wishes = window.state().take_wishes();
    assert!(matches!(wishes[..], [Command::Runs(RunCommand::Open(_))]), "{wishes:?}");
    window.key_press(Key::Tab);
    window.run_steps(2);
    window.get_by_label_contains("Chart: Total time (s · p95)");
}

#[test]
fn costs_that_are_not_whole_are_set_apart() {
    window(states::full()).get_by_label_contains("Chart: Cost (USD per 1,000 requests · apart: at least, some costs unknown)");
}

#[test]
fn only_rows_in_view_are_drawn_and_more_are_asked_for_at_the_end() {
    let few = still(states::crowded(300), Theme::Dark, SIZES[1]);
    assert!(few.query_all_by_label_contains("Open Support replies").count() < 30);
    assert!(few.state().take_wishes().is_empty(), "the end is not near");

    let mut window = still(states::crowded(20), Theme::Dark, SIZES[1]);
    window.get_by_label("Search runs").hover();
    window.run_steps(2);
    let wishes = window.state().take_wishes();
    assert!(wishes.iter().all(|wish| matches!(wish, Command::History(HistoryCommand::More))) && !wishes.is_empty(), "{wishes:?}");
}

#[test]
fn typing_searches_and_nothing_found_says_so() {
    let mut window = window(states::full());
    window.get_by_label("Search runs").focus();
    window.run_steps(2);
    window.get_by_label("Search runs").type_text("contracts");
    window.run_steps(2);
    let wishes = window.state().take_wishes();
    assert!(matches!(&wishes[..], [Command::History(HistoryCommand::Search(text))] if text == "contracts"));
    let window = self::window(states::not_found());
    window.get_by_label("No run matches “kittens”");
    assert_eq!(window.get_all_by_label("0 runs found").count(), 2, "above the list and in the status line");
}

#[test]
fn a_new_page_is_added_below() {
    let mut window = still(states::crowded(20), Theme::Dark, SIZES[2]);
    let heads = (20..40).map(|n| states::head(n, n as i64 * 3, "Late", 1, &["a"], 1, 0)).collect();
    window.state_mut().tell(Fact::History(HistoryFact::Runs {
        search: String::new(),
        offset: 20,
        heads,
        total: 40,
        trials: 1,
        elsewhere: Default::default(),
    }));
    window.run_steps(2);
    assert_eq!(window.state().state().history.heads.len(), 40);
    assert!(crate::basics::now() > window.state().state().history.heads[39].created_at);
}
