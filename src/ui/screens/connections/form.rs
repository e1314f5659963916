//! The rows of a connection's form that are not about its key.

use eframe::egui::{Label, Ui};

use super::draft::{Draft, KeyPlace};
use super::key_rows::below;
use crate::domain::{BaseUrl, Connection, ConnectionError, Origin, PlainHttp, Preset, Presets, Role, WireFormat};
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::small;
use crate::ui::widgets::{Editor, FormRow, IconButton, PushButton, TextField, badge, check_box, dropdown, segmented};

/// What stands behind an address, for a choice.
const ROLES: [(Role, &str); 3] = [(Role::Official, "Official"), (Role::Relay, "Relay"), (Role::Local, "Local")];

/// The limits stand side by side where there is this much room, points.
const LIMITS_IN_ONE_ROW: f32 = 640.0;

/// What stands behind the address.
pub(super) fn role_row(ui: &mut Ui, role: &mut Role) {
    let about = "Local models cost nothing; what a relay says of its models is a claim";
    FormRow::new("Role").hint(about).show(ui, |ui| segmented(ui, "Role", role, &ROLES));
}

/// Name, address, role and wire format.
pub(super) fn address_rows(ui: &mut Ui, draft: &mut Draft, presets: &Presets, problem: Option<&ConnectionError>) {
    let name_error = problem.filter(|error| error.is_about_name()).map(ToString::to_string);
    FormRow::new("Name").error(name_error.as_deref()).show(ui, |ui| {
        TextField::new(&mut draft.name, "Name").char_limit(60).show(ui);
    });
    let url_error = problem.filter(|error| error.is_about_url()).map(ToString::to_string);
    let url_hint = url_hint(&draft.base_url);
    url_row(url_error.as_deref(), url_hint.as_deref()).show(ui, |ui| url_inputs(ui, draft, presets));
    plain_http_row(ui, &draft.base_url, draft.place, &mut draft.plain_http_allowed);
    role_row(ui, &mut draft.role);
    let preset = draft.stored().preset.as_deref().and_then(|id| presets.find(id));
    if wire_row(ui, &mut draft.wire, &WireFormat::ALL) {
        follow_wire(preset, draft.wire, &mut draft.base_url);
    }
}

/// What is spoken at the address. True when another format was chosen.
pub(super) fn wire_row(ui: &mut Ui, wire: &mut WireFormat, choice: &[WireFormat]) -> bool {
    let options: Vec<(WireFormat, &str)> = choice.iter().map(|wire| (*wire, wire.label())).collect();
    let row = FormRow::new("Wire format").hint("How the server at this address is spoken to");
    row.show(ui, |ui| dropdown(ui, "Wire format", wire, &options, 300.0)).inner.changed()
}

/// An address that is nobody's own goes with the wire format: that of the preset, or of the format's maker.
pub(super) fn follow_wire(preset: Option<&Preset>, wire: WireFormat, base_url: &mut String) {
    let written = base_url.trim().trim_end_matches('/');
    if let Some(preset) = preset {
        let is_known = preset.urls.iter().any(|known| known.url == written);
        let speaks_it = preset.urls_of(wire).any(|known| known.url == written);
        if is_known
            && !speaks_it
            && let Some(known) = preset.urls_of(wire).next()
        {
            base_url.clone_from(&known.url);
        }
    } else if written.is_empty() || WireFormat::ALL.iter().any(|other| other.usual_base_url() == written) {
        wire.usual_base_url().clone_into(base_url);
    }
}

fn url_inputs(ui: &mut Ui, draft: &mut Draft, presets: &Presets) {
    let preset = draft.stored().preset.as_deref().and_then(|id| presets.find(id));
    let regions: Vec<_> = preset.iter().flat_map(|preset| preset.urls_of(draft.wire)).collect();
    if regions.len() < 2 {
        TextField::new(&mut draft.base_url, "Base URL").mono().char_limit(500).show(ui);
        return;
    }
    let menu_width = 170.0_f32.min(ui.available_width() * 0.36);
    let width = ui.available_width() - menu_width - ui.spacing().item_spacing.x;
    TextField::new(&mut draft.base_url, "Base URL").mono().char_limit(500).width(width).show(ui);
    let url = draft.base_url.trim().trim_end_matches('/');
    let mut chosen = regions.iter().find(|region| region.url == url).map(|region| region.url.clone()).unwrap_or_default();
    let mut options: Vec<(String, &str)> = regions.iter().map(|region| (region.url.clone(), region.region.as_str())).collect();
    if chosen.is_empty() {
        options.push((String::new(), "another address"));
    }
    if dropdown(ui, "Region", &mut chosen, &options, menu_width).changed() && !chosen.is_empty() {
        draft.base_url = chosen;
    }
}

/// The row of the base URL.
pub(super) fn url_row<'a>(error: Option<&'a str>, hint: Option<&'a str>) -> FormRow<'a> {
    let row = FormRow::new("Base URL").error(error);
    if let Some(hint) = hint { row.hint(hint) } else { row }
}

/// What is left out of a base URL as it is typed; absent when that is nothing.
pub(super) fn url_hint(typed: &str) -> Option<String> {
    let cut = BaseUrl::from_pasted(typed).cut?;
    Some(format!("“{cut}” is left out: it is added to each request"))
}

/// What plain `http://` to another computer takes: a box where it has to be allowed, and that anyone can read along.
pub(super) fn plain_http_row(ui: &mut Ui, base_url: &str, place: KeyPlace, allowed: &mut bool) {
    let with_key = place != KeyPlace::None;
    let wanted = Origin::of(&BaseUrl::from_pasted(base_url).url).ok().and_then(|origin| origin.plain_http(with_key));
    match wanted {
        None | Some(PlainHttp::Never) => {}
        Some(PlainHttp::Told) => {
            let tokens = ui.tokens();
            below(ui, |ui| {
                ui.add(Label::new(small(READABLE, tokens).color(tokens.warn)).wrap());
            });
        }
        Some(PlainHttp::Allowance) => {
            let row = FormRow::new("");
            // Before it is allowed, the error of the field says it.
            let row = match (*allowed, with_key) {
                (false, _) => row,
                (true, true) => row.hint(READABLE_WITH_KEY),
                (true, false) => row.hint(READABLE),
            };
            row.show(ui, |ui| check_box(ui, allowed, "Allow unencrypted http:// for this connection"));
        }
    }
}

const READABLE: &str = "Not encrypted: what you send is readable by anyone on the way";
const READABLE_WITH_KEY: &str = "Not encrypted: your key and what you send are readable by anyone on the way";

/// A warning badge for a connection that sends unencrypted.
pub(super) fn plain_http_badge(ui: &mut Ui, connection: &Connection) {
    if connection.is_unencrypted() {
        badge(ui, "unencrypted").on_hover_text(if connection.sends_key() { READABLE_WITH_KEY } else { READABLE });
    }
}

/// Requests at once, requests per minute and tokens per minute.
pub(super) fn limit_row(ui: &mut Ui, draft: &mut Draft) {
    let about = "Empty: no limit of its own. Less is sent while the provider refuses";
    let in_one_row = ui.available_width() >= LIMITS_IN_ONE_ROW;
    let tokens_per_minute = |ui: &mut Ui, text: &mut String| number(ui, text, "Tokens per minute", "none", "tokens per minute");
    let row = FormRow::new("Limits");
    let row = if in_one_row { row.hint(about) } else { row };
    row.show(ui, |ui| {
        number(ui, &mut draft.at_once, "Requests at once", "none", "at once");
        number(ui, &mut draft.per_minute, "Requests per minute", "none", "per minute");
        if in_one_row {
            tokens_per_minute(ui, &mut draft.tokens_per_minute);
        }
    });
    if !in_one_row {
        FormRow::new("").hint(about).show(ui, |ui| tokens_per_minute(ui, &mut draft.tokens_per_minute));
    }
}

/// The four timeouts, in seconds.
pub(super) fn timeout_rows(ui: &mut Ui, draft: &mut Draft) {
    FormRow::new("Timeouts, s").show(ui, |ui| {
        number(ui, &mut draft.connect_s, "Connect timeout, seconds", "", "connect");
        number(ui, &mut draft.first_byte_s, "First byte timeout, seconds", "", "first byte");
    });
    FormRow::new("").hint("Idle: the longest silence inside an answer. A whole attempt ends even when it drips").show(ui, |ui| {
        number(ui, &mut draft.idle_s, "Idle timeout, seconds", "", "idle");
        number(ui, &mut draft.attempt_s, "Whole attempt timeout, seconds", "", "whole attempt");
    });
}

fn number(ui: &mut Ui, text: &mut String, name: &str, hint: &str, unit: &str) {
    let tokens = ui.tokens();
    TextField::new(text, name).hint(hint).char_limit(9).width(64.0).show(ui);
    ui.label(small(unit, tokens).color(tokens.text2));
    ui.add_space(tokens.gap.s);
}

/// How answers are read.
pub(super) fn reading_row(ui: &mut Ui, draft: &mut Draft) {
    let about = "Some servers write a model's thoughts into its answer, between these tags. Off: they stay part of the answer";
    FormRow::new("Reasoning").hint(about).show(ui, |ui| check_box(ui, &mut draft.think_tags, "Read <think> tags as reasoning"));
}

/// Headers sent with every request.
pub(super) fn header_rows(ui: &mut Ui, draft: &mut Draft, problem: Option<&ConnectionError>) {
    let mut removed = None;
    let count = draft.headers.len();
    for (index, (name, value)) in draft.headers.iter_mut().enumerate() {
        ui.push_id(("header", index), |ui| {
            FormRow::new(if index == 0 { "Extra headers" } else { "" }).show(ui, |ui| {
                let room = ui.available_width() - 40.0;
                TextField::new(name, "Header name").mono().hint("X-Title").char_limit(200).width(room * 0.35).show(ui);
                TextField::new(value, "Header value").mono().char_limit(4000).width(room * 0.6).show(ui);
                if ui.add(IconButton::new(icons::CLOSE, &format!("Remove header {}", index + 1)).small()).clicked() {
                    removed = Some(index);
                }
            });
        });
    }
    if let Some(index) = removed {
        draft.headers.remove(index);
    }
    let error = problem.filter(|error| matches!(error, ConnectionError::Header(_))).map(ToString::to_string);
    FormRow::new(if count == 0 { "Extra headers" } else { "" }).error(error.as_deref()).show(ui, |ui| {
        if ui.add(PushButton::secondary("Add a header").icon(icons::PLUS)).clicked() {
            draft.headers.push((String::new(), String::new()));
        }
    });
}

/// The user's own words.
pub(super) fn note_row(ui: &mut Ui, draft: &mut Draft) {
    FormRow::new("Note").show(ui, |ui| {
        Editor::new(&mut draft.note, "Note").hint("What this connection is for").rows(2).show(ui);
    });
}
