//! Charts saved as pictures: what is within the chart's card of the window's next frame.

use std::sync::Arc;

use eframe::egui::mutex::Mutex;
use eframe::egui::{ColorImage, Context, IconData, Id, Rect};
use eframe::icon_data::IconDataExt as _;

use crate::app::{Command, ExchangeCommand};

use super::cx::Cx;
use super::widgets::chart::ChartResponse;

/// Pictures that have come and are not saved yet.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<(String, ColorImage)>>>);

fn taken(ctx: &Context) -> Taken {
    ctx.data_mut(|data| data.get_temp_mut_or_default::<Taken>(Id::unique("pictures")).clone())
}

/// Takes a picture of the chart called `title` when its button was pressed.
pub(super) fn take_if_asked(ctx: &Context, chart: &ChartResponse, title: &str) {
    if !chart.save_clicked {
        return;
    }
    let (taken, title, rect) = (taken(ctx), title.to_owned(), chart.rect);
    let (scale, ctx_then) = (ctx.pixels_per_point(), ctx.clone());
    ctx.request_screenshot(move |window| {
        if let Some(picture) = crop(&window, rect, scale) {
            taken.0.lock().push((title, picture));
            ctx_then.request_repaint();
        }
    });
}

/// Has the pictures written that were taken.
pub(super) fn save_taken(cx: &Cx<'_>, ctx: &Context) {
    let pictures = std::mem::take(&mut *taken(ctx).0.lock());
    for (name, picture) in pictures {
        match png(&picture) {
            Ok(png) => cx.send(Command::Exchange(ExchangeCommand::SavePicture { name, png: Arc::from(png) })),
            Err(error) => tracing::warn!("a chart could not be made into a picture: {error}"),
        }
    }
}

/// The part of `window` that is within `rect` points; absent when none is.
fn crop(window: &ColorImage, rect: Rect, scale: f32) -> Option<ColorImage> {
    let size = eframe::egui::vec2(window.width() as f32, window.height() as f32) / scale;
    let inside = rect.intersect(Rect::from_min_size(eframe::egui::Pos2::ZERO, size));
    inside.is_positive().then(|| window.region(&inside, Some(scale)))
}

fn png(picture: &ColorImage) -> Result<Vec<u8>, String> {
    let rgba = picture.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
    IconData { rgba, width: picture.width() as u32, height: picture.height() as u32 }.to_png_bytes()
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Color32, pos2};

    use super::*;

    #[test]
    fn a_chart_is_cut_out_of_the_window() {
        let window = ColorImage::filled([40, 20], Color32::from_rgb(1, 2, 3));
        let picture = crop(&window, Rect::from_min_max(pos2(5.0, 5.0), pos2(15.0, 99.0)), 2.0).unwrap();
        assert_eq!(picture.size, [20, 10]);
        assert_eq!(crop(&window, Rect::from_min_max(pos2(50.0, 5.0), pos2(60.0, 9.0)), 2.0), None);
        assert!(png(&picture).unwrap().starts_with(b"\x89PNG"));
    }
}
