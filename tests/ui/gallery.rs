//! All widgets of the kit on a few pages, as test material.

use crate::charts::charts;
use assay::domain::Role;
use assay::ui::theme::{HasTokens as _, icons, text};
use assay::ui::widgets::{
    Alert, Card, Chip, DiffPart, Editor, Emphasis, EmptyState, FormRow, IconButton, Level, Mark, MenuButton, Metric, NavItem, PushButton,
    SearchField, SelectCard, Sheet, Stepper, TextField, Toast, Toasts, WaterfallStep, badge, bar, diff_view, dot, dropdown, key_value,
    logo, mark, markdown, marks, menu_item, progress_line, raw_text, role_badge, segmented, simulated_badge, tabs, waterfall_row,
};
use egui::{Align, CentralPanel, Frame, Id, Layout, Margin, Panel, ScrollArea, Ui};

/// A page of the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Bench,
    Connections,
    Charts,
    Parts,
    Empty,
}

impl Page {
    pub(crate) const ALL: [Self; 5] = [Self::Bench, Self::Connections, Self::Charts, Self::Parts, Self::Empty];
}

/// What the widgets edit.
pub(crate) struct Gallery {
    pub(crate) page: Page,
    pub(crate) pressed: Vec<&'static str>,
    pub(crate) tab: u8,
    pub(crate) view: u8,
    pub(crate) wire: u8,
    pub(crate) repeats: u32,
    pub(crate) system: String,
    pub(crate) user: String,
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) search: String,
    pub(crate) sheet: bool,
    pub(crate) toasts: Toasts<&'static str>,
}

impl Gallery {
    pub(crate) fn new(page: Page) -> Self {
        Self {
            page,
            pressed: Vec::new(),
            tab: 0,
            view: 0,
            wire: 0,
            repeats: 2,
            system: "You are a helpful assistant.".into(),
            user: "Explain {{topic}} in simple terms, for {{reader}}.".into(),
            url: "https://api.holysheep.ai/v1".into(),
            key: "sk-canary-7f3a".into(),
            search: String::new(),
            sheet: false,
            toasts: Toasts::default(),
        }
    }

    pub(crate) fn ui(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        let ground = |margin| Frame::new().fill(tokens.bg0).inner_margin(margin);
        Panel::left("rail")
            .exact_size(tokens.row.rail)
            .resizable(false)
            .show_separator_line(true)
            .frame(ground(Margin::symmetric(8, 10)))
            .show(ui, |ui| {
                ui.vertical_centered(|ui| logo(ui, 26.0));
                ui.add_space(4.0);
                ui.spacing_mut().item_spacing.y = 4.0;
                for (icon, label, selected) in [
                    (icons::BENCH, "Bench", self.page == Page::Bench),
                    (icons::SETS, "Sets", false),
                    (icons::HISTORY, "History", self.page == Page::Charts),
                    (icons::CONNECTIONS, "Connections", self.page == Page::Connections),
                ] {
                    if ui.add(NavItem::new(icon, label, selected)).clicked() {
                        self.pressed.push("nav");
                    }
                }
                ui.with_layout(Layout::bottom_up(Align::Min), |ui| ui.add(NavItem::new(icons::SETTINGS, "Settings", false)));
            });
        Panel::top("top").exact_size(tokens.row.top_bar).show_separator_line(false).frame(ground(Margin::symmetric(16, 0))).show(
            ui,
            |ui| {
                ui.horizontal_centered(|ui| self.top_bar(ui));
            },
        );
        Panel::bottom("status").exact_size(tokens.row.status_line).show_separator_line(false).frame(ground(Margin::symmetric(16, 0))).show(
            ui,
            |ui| {
                ui.horizontal_centered(|ui| {
                    dot(ui, tokens.info);
                    for words in ["7 running", "21 of 60", "spent $0.11 of cap $2.00", "40 s left"] {
                        ui.label(text::small(words, tokens));
                        ui.add_space(8.0);
                    }
                });
            },
        );
        CentralPanel::no_frame().show(ui, |ui| {
            let rect = ui.max_rect();
            ui.painter().rect_filled(rect, egui::CornerRadius { nw: 8, ..egui::CornerRadius::ZERO }, tokens.bg1);
            match self.page {
                Page::Bench => self.bench(ui),
                Page::Connections => self.connections(ui),
                Page::Charts => charts(self, ui),
                Page::Parts => self.parts(ui),
                Page::Empty => {
                    if EmptyState::new(
                        icons::HISTORY,
                        "No runs yet",
                        "Every run is kept here with its answers, latency and cost. Start one on the Bench.",
                    )
                    .action("Go to the Bench")
                    .show(ui)
                    {
                        self.pressed.push("empty");
                    }
                }
            }
        });
        if self.sheet {
            self.add_sheet(ui);
        }
        self.pressed.extend(self.toasts.show(ui.ctx(), tokens.row.status_line));
    }

    fn top_bar(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        ui.label(text::heading("Bench", tokens));
        ui.add_space(6.0);
        MenuButton::new("Support replies · v3", Emphasis::Secondary).name("Prompt set").show(ui, |ui| {
            if menu_item(ui, None, "Support replies · v3", Some(true)).clicked() {
                self.pressed.push("set");
            }
            menu_item(ui, None, "Contracts · v1", Some(false));
            menu_item(ui, Some(icons::UPLOAD), "Import…", None);
        });
        MenuButton::new("2 repeats", Emphasis::Quiet).show(ui, |_| ());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(PushButton::primary("Run").icon(icons::PLAY).shortcut("Ctrl+Enter")).clicked() {
                self.pressed.push("run");
            }
            ui.add(PushButton::secondary("Pause"));
            ui.label(text::quiet("60 requests · about $0.31, at most $0.62 · 1 min", tokens));
        });
    }

    fn bench(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        let names = ["Qwen3-Max · official", "Qwen3-Max · HolySheep", "GPT-4.1 · OpenAI"];
        Frame::new().inner_margin(Margin::symmetric(14, 10)).show(ui, |ui| {
            bar(ui, |ui| {
                ui.label(text::overline("Targets", tokens));
                for (index, name) in names.into_iter().enumerate() {
                    let mut chip = Chip::new(name).dot(tokens.series(index)).removable();
                    if index == 0 {
                        chip = chip.badge("baseline");
                    }
                    if chip.show(ui).removed {
                        self.pressed.push("removed");
                    }
                }
                ui.add(PushButton::quiet("Add target").icon(icons::PLUS));
            });
        });
        ui.separator();
        Panel::left("cases").exact_size(318.0).resizable(false).frame(Frame::new().inner_margin(Margin::symmetric(12, 8))).show(ui, |ui| {
            ui.horizontal(|ui| ui.label(text::overline("10 cases", tokens)));
            for (index, name) in
                ["Refund, angry customer", "Invoice question, Chinese", "Quantum entanglement, simply"].into_iter().enumerate()
            {
                let last = [Mark::Finished, Mark::Failed, Mark::Running][index];
                ui.horizontal(|ui| {
                    ui.label(text::small_figures(format!("{}", index + 1), tokens));
                    ui.label(name);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| marks(ui, &[Mark::Finished, last, Mark::Waiting]));
                });
            }
            ui.add_space(8.0);
            ui.label(text::overline("System", tokens));
            Editor::prompt(&mut self.system, "System prompt").rows(1).show(ui);
            ui.label(text::overline("User", tokens));
            Editor::prompt(&mut self.user, "User prompt").rows(8).show(ui);
            ui.label(text::small("about 31 tokens in", tokens));
        });
        Frame::new().inner_margin(Margin::symmetric(14, 8)).show(ui, |ui| {
            bar(ui, |ui| {
                tabs(ui, "Results", &mut self.tab, &[(0, "Answers"), (1, "Table"), (2, "Summary")]);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.add(IconButton::new(icons::CHEVRON_RIGHT, "Next case"));
                    ui.label(text::quiet("case 3 of 10", tokens));
                    ui.add(IconButton::new(icons::CHEVRON_LEFT, "Previous case"));
                    segmented(ui, "Answer as", &mut self.view, &[(0, "Diff to baseline"), (1, "Markdown"), (2, "Raw")]);
                });
            });
        });
        ui.separator();
        ui.columns_const(|columns: &mut [Ui; 3]| {
            for (index, ui) in columns.iter_mut().enumerate() {
                ui.push_id(index, |ui| answer_column(ui, index, names[index]));
            }
        });
    }

    fn connections(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        Panel::left("list").exact_size(370.0).resizable(false).frame(Frame::new().inner_margin(12)).show(ui, |ui| {
            for (index, (name, host, role, state, good)) in [
                ("Alibaba Model Studio", "dashscope-intl.aliyuncs.com", Role::Official, "3 models in use", true),
                ("HolySheep", "api.holysheep.ai", Role::Relay, "model not found", false),
                ("Demo provider (simulated)", "inside Assay", Role::Demo, "3 simulated models", true),
            ]
            .into_iter()
            .enumerate()
            {
                let card = SelectCard::new(Id::unique(name), name, index == 1).show(ui, |ui| {
                    ui.horizontal(|ui| {
                        ui.label(text::strong(name, tokens));
                        if role == Role::Demo {
                            simulated_badge(ui)
                        } else {
                            role_badge(ui, role)
                        };
                    });
                    ui.label(text::small(format!("{host}  ·  in keychain"), tokens).color(tokens.text2));
                    let sign = if good { Mark::Finished } else { Mark::Failed };
                    ui.label(text::small(format!("{} {state}", sign.sign()), tokens).color(sign.color(tokens)));
                });
                if card.response.clicked() {
                    self.pressed.push("card");
                }
            }
        });
        Frame::new().inner_margin(Margin::symmetric(26, 20)).show(ui, |ui| {
            ui.set_max_width(1000.0);
            bar(ui, |ui| {
                ui.label(text::title("HolySheep", tokens));
                role_badge(ui, Role::Relay);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.add(PushButton::quiet("Remove…"));
                    ui.add(PushButton::quiet("Duplicate"));
                });
            });
            ui.add_space(10.0);
            FormRow::new("Base URL").show(ui, |ui| TextField::new(&mut self.url, "Base URL").mono().width(640.0).show(ui));
            FormRow::new("Wire format").show(ui, |ui| dropdown(ui, "Wire format", &mut self.wire, &[(0, "OpenAI chat completions"), (1, "Other")], 640.0));
            FormRow::new("Key").hint("In the system keychain, sent only to api.holysheep.ai").show(ui, |ui| {
                TextField::new(&mut self.key, "Key").secret().id(Id::unique("the key")).width(300.0).show(ui);
                ui.add(PushButton::secondary("Replace…"));
            });
            FormRow::new("Name").error(Some("There is already a connection called “HolySheep”")).show(ui, |ui| {
                TextField::new(&mut self.search, "Name").hint("A name of your own").width(300.0).show(ui)
            });
            FormRow::new("Repeats").show(ui, |ui| Stepper::new(&mut self.repeats, 1..=100, "Repeats").show(ui));
            ui.add_space(10.0);
            Card::new().show(ui, |ui| {
                ui.set_width(ui.available_width());
                bar(ui, |ui| {
                    ui.label(text::strong("Check", tokens));
                    ui.label(text::small("just now · nothing was charged", tokens));
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.add(PushButton::secondary("Check again")));
                });
                ui.spacing_mut().item_spacing.y = 0.0;
                for (mark, name, started_ms, took_ms, result) in [
                    (Mark::Finished, "Resolve", 0.0, 2.0, "2 ms"),
                    (Mark::Finished, "Connect", 2.0, 38.0, "38 ms"),
                    (Mark::Finished, "TLS", 40.0, 52.0, "52 ms"),
                    (Mark::Finished, "Models", 92.0, 160.0, "160 ms"),
                    (Mark::Failed, "Answer from qwen3-max", 252.0, 74.0, "404"),
                ] {
                    waterfall_row(ui, &WaterfallStep { mark, name, started_ms, took_ms, result }, 326.0);
                }
                ui.add_space(8.0);
                ui.spacing_mut().item_spacing.y = 8.0;
                Alert::new(Level::Bad, "This relay has no model called “qwen3-max”")
                    .text("Names are exact and case-sensitive. The nearest of the 31 it offers is qwen-max, which the relay says is Qwen3-Max (identity not verified). Your key is fine.")
                    .show_with(ui, |ui| {
                        if ui.add(PushButton::primary("Use qwen-max")).clicked() {
                            self.pressed.push("remedy");
                        }
                        ui.add(PushButton::secondary("Show all 31 models"));
                        ui.add(PushButton::quiet("Copy report for support"));
                    });
            });
        });
    }

    fn parts(&mut self, ui: &mut Ui) {
        let tokens = ui.tokens();
        ScrollArea::vertical().show(ui, |ui| {
            Frame::new().inner_margin(16).show(ui, |ui| {
                bar(ui, |ui| {
                    ui.add(PushButton::primary("Import 48 cases"));
                    ui.add(PushButton::secondary("Export…").icon(icons::DOWNLOAD));
                    ui.add(PushButton::quiet("Cancel"));
                    ui.add(PushButton::danger("Remove connection").icon(icons::TRASH));
                    ui.add_enabled(false, PushButton::primary("Run"));
                    ui.add_enabled(false, PushButton::secondary("Export…"));
                    ui.add(PushButton::secondary("A name that is too long for its button").max_width(120.0));
                });
                bar(ui, |ui| {
                    ui.add(IconButton::new(icons::THUMBS_UP, "Good answer").filled().selected(true).selected_color(tokens.good));
                    ui.add(IconButton::new(icons::THUMBS_DOWN, "Bad answer").filled().selected(false));
                    ui.add(PushButton::secondary("Note…").compact());
                    ui.add(IconButton::new(icons::COPY, "Copy the answer"));
                    ui.add_enabled(false, IconButton::new(icons::UNDO, "Undo"));
                    badge(ui, "1 of 2");
                    simulated_badge(ui);
                    Chip::new("GPT-4.1 · OpenAI").dot(tokens.series(2)).off(true).show(ui);
                    mark(ui, Mark::Cancelled);
                    SearchField::new(&mut self.search, "Search cases").show(ui);
                });
                raw_text(ui, Id::unique("raw"), "{\"hidden\": \"a\u{202e}b\"}\n\tsecond line");
                for level in [Level::Info, Level::Good, Level::Warn] {
                    Alert::new(level, "The system keychain is locked")
                        .text("Unlock it, keep the key for this session, or name an environment variable.")
                        .show(ui);
                }
                key_value(ui, 120.0, "Response model", text::mono("qwen-max-2025-09-23", tokens));
                key_value(ui, 120.0, "Finish reason", "stop");
                progress_line(ui, "Answers", Some(0.62));
                progress_line(ui, "Answer of GPT-4.1", None);
                Card::new().show(ui, |ui| markdown(ui, Id::unique("answer"), MARKDOWN));
            });
        });
    }

    fn add_sheet(&mut self, ui: &mut Ui) {
        let shown = Sheet::new(Id::unique("sheet"), "Add a connection").show(
            ui.ctx(),
            |ui| {
                FormRow::new("Key").show(ui, |ui| TextField::new(&mut self.key, "New key").secret().show(ui));
                FormRow::new("Name").show(ui, |ui| TextField::new(&mut self.url, "New name").show(ui));
            },
            |ui| {
                let add = ui.add(PushButton::primary("Add connection")).clicked();
                add || ui.add(PushButton::quiet("Cancel")).clicked()
            },
        );
        if shown.opened {
            self.pressed.push("opened");
        }
        if shown.closed || shown.foot {
            self.sheet = false;
        }
    }

    pub(crate) fn with_toasts(mut self) -> Self {
        self.toasts.push(Toast::new(Level::Good, "Exported 600 trials to comparison.csv"));
        self.toasts.push(Toast::new(Level::Info, "Run deleted").action("Undo", "undo"));
        self
    }
}

fn answer_column(ui: &mut Ui, index: usize, name: &str) {
    let tokens = ui.tokens();
    Frame::new().inner_margin(Margin::symmetric(16, 8)).show(ui, |ui| {
        ui.horizontal(|ui| {
            dot(ui, tokens.series(index));
            ui.label(text::strong(name, tokens));
            badge(ui, "1 of 2");
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            let live = index == 2;
            ui.add(
                Metric::new("TTFT", Some("412 ms"), "000 ms")
                    .definition("From the instant before the request is sent to the first visible text."),
            );
            ui.add(Metric::new("total", (!live).then_some("2.14 s"), "00.0 s"));
            ui.add(Metric::new("speed", Some("61.0 tok/s"), "00.0 tok/s"));
            ui.add(Metric::new("tokens", Some("31 → 128"), "00 → 000"));
            ui.add(Metric::new("cost", (!live).then_some("$0.00081"), "$0.00000"));
        });
    });
    if index == 2 {
        progress_line(ui, "Answer", Some(0.62));
    } else {
        ui.separator();
    }
    Frame::new().inner_margin(Margin::symmetric(16, 10)).show(ui, |ui| {
        if index == 1 {
            use DiffPart::{Added, Removed, Same};
            diff_view(
                ui,
                [
                    (Same, "Imagine you have a pair of magic "),
                    (Removed, "dice"),
                    (Added, " coins"),
                    (Same, ". You keep one and give the other to a friend who travels to "),
                    (Removed, "the Moon"),
                    (Added, " Mars"),
                    (Same, ".\n\nTiny particles can be linked like that."),
                ],
            );
        } else {
            markdown(
                ui,
                Id::unique(("answer", index)),
                "Imagine you have a pair of magic dice. You keep one and give the other to a friend who travels to the Moon.\n\nTiny particles can be linked like that. Scientists call it **entanglement**. Measuring one tells you about the other, however far away it is.",
            );
        }
    });
}

/// One of everything that a model writes.
pub(crate) const MARKDOWN: &str = "# Entanglement\n\nTwo particles can share **one** state; measuring *one* tells you about ~~both~~ the other. See [the paper](https://arxiv.test/abs/1) or `spooky()`.\n\n## Steps\n\n1. Prepare a pair\n2. Send one away\n   - to the Moon\n   - to Mars\n3. Measure\n\n> It does not let us send messages faster than light.\n\n```python\ndef measure(pair):\n    return pair.collapse()\n```\n\n| Target | TTFT |\n| --- | --- |\n| official | 412 ms |\n| relay | 455 ms |\n\n![chart](https://track.test/p.png)\n\n---\n\nDone.\n";
