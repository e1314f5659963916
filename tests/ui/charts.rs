//! The page of charts.

use assay::ui::theme::HasTokens as _;
use assay::ui::widgets::chart::{Bar, ChartCard, Point, Quantity, Series};
use egui::{Frame, Id, Ui};

use crate::gallery::Gallery;

/// Every kind of chart.
pub(crate) fn charts(gallery: &mut Gallery, ui: &mut Ui) {
    let tokens = ui.tokens();
    let day = 86_400.0;
    let start = 1_761_300_000.0;
    let wave = |base: f64, swing: f64, drift: f64| -> Vec<Point> {
        (0..26)
            .map(|index| {
                let i = f64::from(index);
                Point { x: start + i * day, y: base + swing * (i * 1.7).sin() + drift * (i - 17.0).max(0.0), n: 60, id: index as usize }
            })
            .collect()
    };
    let lines = [wave(412.0, 12.0, 0.0), wave(690.0, 30.0, 0.0), wave(455.0, 14.0, 12.0), wave(800.0, 40.0, 24.0)];
    let series: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(index, points)| Series {
            name: ["Qwen3-Max · official", "Qwen3-Max · official p95", "Qwen3-Max · HolySheep", "Qwen3-Max · HolySheep p95"][index],
            color: tokens.series(index / 2),
            dashed: index % 2 == 1,
            needs: 0,
            points,
        })
        .collect();
    let shares: Vec<Vec<Point>> = [412.0, 455.0, 390.0]
        .into_iter()
        .map(|middle| {
            (1..=60)
                .map(|index| {
                    let q = f64::from(index) / 60.5;
                    Point { x: middle * (0.18 * (q / (1.0 - q)).ln()).exp(), y: f64::from(index) / 60.0, n: 0, id: 0 }
                })
                .collect()
        })
        .collect();
    let named = |index: usize| ["Qwen3-Max · official", "Qwen3-Max · HolySheep", "GPT-4.1 · OpenAI"][index];
    let curves: Vec<_> =
        (0..3).map(|i| Series { name: named(i), color: tokens.series(i), dashed: false, needs: 0, points: &shares[i] }).collect();
    let clouds: Vec<Vec<Point>> = (0..3)
        .map(|cloud| {
            (0..50)
                .map(|index| {
                    let i = f64::from(index);
                    let center = [0.81, 0.06, 0.94][cloud];
                    Point { x: center * (1.0 + 0.3 * (i * 2.3).sin()), y: 2.0 + (i * 1.3).sin() * 0.6, n: 0, id: index as usize }
                })
                .collect()
        })
        .collect();
    let scattered: Vec<_> =
        (0..3).map(|i| Series { name: named(i), color: tokens.series(i), dashed: false, needs: 0, points: &clouds[i] }).collect();
    let link = Some(Id::unique("history"));
    Frame::new().inner_margin(14).show(ui, |ui| {
        ui.columns_const(|[left, right]: &mut [Ui; 2]| {
            let shown = ChartCard::new(Id::unique("ttft"), "Time to first token", "ms · p50 solid, p95 dashed").legend(true).time_lines(
                left,
                &series,
                Quantity::Milliseconds,
                None,
                link,
            );
            if shown.clicked.is_some() {
                gallery.pressed.push("point");
            }
            if shown.save_clicked {
                gallery.pressed.push("save");
            }
            ChartCard::new(Id::unique("total"), "Total time", "s · p95").legend(true).time_lines(
                right,
                &series[..1],
                Quantity::Seconds,
                None,
                link,
            );
        });
        ui.columns_const(|[left, middle, right]: &mut [Ui; 3]| {
            ChartCard::new(Id::unique("ecdf"), "Time to first token", "ms · share of requests answered by then")
                .height(250.0)
                .distribution(left, &curves, Quantity::Milliseconds);
            let cost = |index: usize, value| Bar { name: named(index), color: tokens.series(index), value, n: 200 };
            ChartCard::new(Id::unique("cost"), "Cost", "USD per 1,000 requests").height(267.0).bars(
                middle,
                &[cost(0, Some(0.81)), cost(1, Some(0.06)), cost(2, None)],
                Quantity::Money("$"),
            );
            ChartCard::new(Id::unique("scatter"), "Total time against cost", "each dot a trial").height(250.0).scatter(
                right,
                &scattered,
                Quantity::Money("$"),
                Quantity::Seconds,
            );
        });
        ChartCard::new(Id::unique("none"), "Error rate", "% of requests").height(60.0).empty("No run in this range").time_lines(
            ui,
            &[],
            Quantity::Share,
            None,
            None,
        );
    });
}
