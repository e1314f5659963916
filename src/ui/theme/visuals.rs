//! The tokens as egui's own style, for the widgets that egui draws itself.

use egui::style::{ScrollStyle, Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle, Theme, Visuals, vec2};

use super::{Tokens, text};

/// The whole style of `theme`.
pub(super) fn style(theme: Theme) -> Style {
    let tokens = Tokens::of(theme);
    let mut style = Style { visuals: visuals(theme, tokens), ..Style::default() };
    let sizes = tokens.text;
    style.text_styles = [
        (TextStyle::Small, FontId::proportional(sizes.small)),
        (TextStyle::Body, FontId::proportional(sizes.base)),
        (TextStyle::Button, FontId::proportional(sizes.base)),
        (TextStyle::Monospace, FontId::new(sizes.mono, FontFamily::Monospace)),
        (TextStyle::Heading, text::strong_font(sizes.heading)),
        (text::answer_style(), FontId::proportional(sizes.answer)),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Body;
    style.animation_time = 0.0;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.interaction.multi_widget_text_select = true;
    style.url_in_tooltip = false;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(tokens.gap.s, tokens.gap.s);
    spacing.button_padding = vec2(tokens.gap.m, tokens.gap.xs);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(tokens.gap.l as i8);
    // Rows of text are as dense as their text; controls of the kit have their own heights.
    spacing.interact_size = vec2(tokens.row.control, 18.0);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = tokens.gap.s;
    spacing.indent = tokens.gap.l;
    spacing.tooltip_width = 340.0;
    spacing.menu_width = 320.0;
    spacing.combo_height = 320.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, floating_width: 4.0, ..ScrollStyle::floating() };
    spacing.scroll.fade.strength = 0.0;
    style
}

fn visuals(theme: Theme, tokens: &Tokens) -> Visuals {
    let base = match theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    let widget = |fill: Color32, text: Color32, border: Stroke| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: border,
        corner_radius: CornerRadius::same(tokens.radius.medium),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let hairline = Stroke::new(1.0, tokens.line);
    Visuals {
        weak_text_color: Some(tokens.text3),
        widgets: Widgets {
            noninteractive: widget(tokens.bg1, tokens.text1, hairline),
            inactive: widget(tokens.bg2, tokens.text1, Stroke::NONE),
            hovered: widget(tokens.bg3, tokens.text1, Stroke::NONE),
            active: widget(tokens.bg3, tokens.text1, Stroke::new(1.0, tokens.accent)),
            open: widget(tokens.bg3, tokens.text1, Stroke::NONE),
        },
        selection: Selection { bg_fill: tokens.accent_fill.gamma_multiply(0.45), stroke: Stroke::new(1.0, tokens.accent) },
        hyperlink_color: tokens.accent,
        faint_bg_color: tokens.bg2.gamma_multiply(0.5),
        extreme_bg_color: tokens.bg0,
        text_edit_bg_color: Some(tokens.bg0),
        code_bg_color: tokens.bg0,
        warn_fg_color: tokens.warn,
        error_fg_color: tokens.bad,
        window_corner_radius: CornerRadius::same(tokens.radius.large),
        window_shadow: shadow(tokens, 24),
        window_fill: tokens.bg1,
        window_stroke: hairline,
        menu_corner_radius: CornerRadius::same(tokens.radius.medium),
        panel_fill: tokens.bg1,
        popup_shadow: shadow(tokens, 12),
        text_cursor: TextCursorStyle { stroke: Stroke::new(1.5, tokens.accent), blink: false, ..TextCursorStyle::default() },
        indent_has_left_vline: false,
        slider_trailing_fill: true,
        disabled_alpha: 0.45,
        image_loading_spinners: false,
        ..base
    }
}

fn shadow(tokens: &Tokens, blur: u8) -> Shadow {
    Shadow { offset: [0, 4], blur, spread: 0, color: Color32::from_black_alpha(tokens.shadow_alpha) }
}
