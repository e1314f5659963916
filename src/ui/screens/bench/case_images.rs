//! The pictures of a case: chips, and a small form that attaches another. Nothing is decoded or drawn of them.

use std::path::PathBuf;

use eframe::egui::Ui;

use crate::app::{Command, PromptCommand};
use crate::domain::{Case, PromptSetId};
use crate::ui::cx::Cx;
use crate::ui::theme::HasTokens as _;
use crate::ui::theme::icons;
use crate::ui::theme::text::small;
use crate::ui::widgets::{Chip, PushButton, TextField, popover, visible};

/// Width of the form, points.
const WIDTH: f32 = 340.0;

/// The path as typed while the form is open.
#[derive(Default)]
pub(super) struct AttachForm {
    path: String,
}

/// Draws the chips and the button. True when a picture was taken off.
pub(super) fn case_images(cx: &Cx<'_>, form: &mut AttachForm, set_id: PromptSetId, index: usize, case: &mut Case, ui: &mut Ui) -> bool {
    let tokens = ui.tokens();
    let mut removed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.gap.xs;
        for (place, image) in case.images.iter().enumerate() {
            ui.push_id(("image", place), |ui| {
                let words = image.words();
                let words = visible(&words).text;
                if Chip::new(&words).removable().max_width(ui.available_width().min(300.0)).show(ui).removed {
                    removed = Some(place);
                }
            });
        }
        let button = ui.add(PushButton::quiet("Attach image…").icon(icons::PLUS).compact());
        let send = |path: Option<PathBuf>| cx.send(Command::Prompts(PromptCommand::AttachImage { id: set_id, index, path }));
        popover(&button, "Attach an image", WIDTH, |ui| {
            ui.spacing_mut().item_spacing.y = tokens.gap.s;
            ui.label(small("PNG, JPEG or WebP, up to 5 MiB; it is kept inside the case", tokens));
            let field = TextField::new(&mut form.path, "Path of the image").mono().hint("/home/me/picture.png").char_limit(4_000).show(ui);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
            ui.horizontal(|ui| {
                let path = form.path.trim();
                let attach = ui.add_enabled(!path.is_empty(), PushButton::primary("Attach").name("Attach the image")).clicked();
                if (attach || entered) && !path.is_empty() {
                    send(Some(PathBuf::from(path)));
                    form.path.clear();
                    ui.close();
                }
                if ui.add(PushButton::secondary("Choose…").name("Choose an image")).clicked() {
                    send(None);
                    ui.close();
                }
            });
        });
    });
    removed.is_some_and(|place| {
        case.images.remove(place);
        true
    })
}
