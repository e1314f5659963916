//! Hostile answers in the real window: made visible, nothing fetched, nothing read, nothing opened, no frame held up.

#![expect(clippy::unwrap_used, reason = "what helps the tests fails them")]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use assay::analysis::diff_words;
use assay::app::{AppState, BenchView, DiffState, LiveCell, TextMode};
use assay::domain::{Cell, FailureKind, first_line};
use egui::accesskit::Role;
use egui::{OutputCommand, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::run_state as runs;
use crate::window::{SIZES, Window, still};

/// Ten times what is promised of a frame; of work, not of waiting for a busy machine.
const LONGEST_FRAME: Duration = Duration::from_millis(500);
const CASE: u32 = 2;

/// Somebody who would hear of any request.
struct Beacon {
    port: u16,
    hits: Arc<AtomicUsize>,
}

impl Beacon {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, hits) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&hits);
        let listen = move || {
            for _request in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        };
        std::thread::Builder::new().spawn(listen).unwrap();
        Self { port, hits }
    }

    /// No request came before this one of our own, which is waited for.
    fn assert_silent(&self) {
        let before = self.hits.load(Ordering::SeqCst);
        assert_eq!(before, 0, "showing an answer made a request");
        drop(std::net::TcpStream::connect(("127.0.0.1", self.port)).unwrap());
        while self.hits.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert_eq!(self.hits.swap(0, Ordering::SeqCst), 1, "showing an answer made a request");
    }
}

/// A file that nobody can open for reading without being noticed.
#[cfg(target_os = "linux")]
struct Trap(tempfile::TempDir);

#[cfg(target_os = "linux")]
impl Trap {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.path().join("secret")).status().unwrap();
        assert!(made.success());
        Self(folder)
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("secret")
    }

    /// A pipe that nobody reads cannot be opened for writing without waiting.
    fn assert_unread(&self) {
        use std::os::unix::fs::OpenOptionsExt as _;
        const O_NONBLOCK: i32 = 0o4000;
        let opened = std::fs::OpenOptions::new().write(true).custom_flags(O_NONBLOCK).open(self.path());
        assert!(opened.is_err(), "showing an answer opened a file");
    }
}

/// Everything that has been tried on the readers of chats.
fn answers(port: u16, file: &Path) -> Vec<(&'static str, String)> {
    let file = file.display();
    let beacon = format!("127.0.0.1:{port}/?d=secret");
    let beacons = format!(
        "![x](http://{beacon}) <img src=\"http://{beacon}\"> [![y](http://{beacon})](http://{beacon})\n\n![r][b]\n\n[b]: http://{beacon} \"t\"\n\n\
         <http://{beacon}> http://{beacon} <link rel=stylesheet href=http://{beacon}> <script src=http://{beacon}></script>\n\n\
         | a |\n| - |\n| ![z](http://{beacon}) |\n\n- ![l](http://{beacon})\n\n> ![q](http://{beacon})\n\n# ![h](http://{beacon})\n"
    );
    let files = format!(
        "![x](file://{file}) ![x]({file}) [x](file://{file}) <img src=\"file://{file}\"> ![u](//127.0.0.1:{port}/share/x) \
         ![u](\\\\\\\\127.0.0.1\\\\share\\\\x.png) ![u](file://127.0.0.1/share/x) ![d](data:image/png;base64,iVBORw0KGgo=) \
         [j](javascript:alert(1)) [v](vbscript:x) ![big](data:image/png;base64,{})\n",
        "A".repeat(50_000)
    );
    let bidi = "access\u{202e}nimda \u{2066}isolated\u{2069} \u{200b}zero\u{200b}width\u{feff} s\u{ad}oft \u{e0041}\u{e0042} \u{3164} a\u{200d}b \
        [l\u{202e}ink](http://a.test/\u{202e}gpj.exe) `co\u{202e}de` **bo\u{200b}ld**\n\n```ru\u{202e}st\nfn\u{202e} x() {}\n```\n\n&#x202e;entity&#8203; \u{2028}\u{2029}";
    let ansi = "\u{1b}[2J\u{1b}[31mred\u{1b}]8;;http://evil.test\u{7}link\u{1b}]8;;\u{7} \u{9b}31m \u{0}nul \u{8}\u{7f}\u{85}\n\n    code \u{1b}[0m\r\u{c}";
    let mut stacked = String::from("e");
    for _ in 0..4_000 {
        stacked.push_str("&#x301;");
    }
    let mut deep = String::new();
    for depth in 0..10_000 {
        deep.push_str(if depth % 2 == 0 { "> " } else { "- " });
    }
    let mut table = format!("|{}\n|{}\n", "h|".repeat(300), "-|".repeat(300));
    for row in 0..100 {
        writeln!(table, "|{}", format!("{row}|").repeat(300)).unwrap();
    }
    vec![
        ("beacons", beacons),
        ("files", files),
        ("bidi", bidi.to_owned()),
        ("ansi", ansi.to_owned()),
        ("marks", format!("Z{}algo", "\u{336}".repeat(100_000))),
        ("marks on every letter", "Z\u{336}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}".repeat(5_000)),
        ("marks as entities", stacked),
        ("deep", deep + "bottom"),
        ("wide", table),
        ("one line", "x".repeat(1_000_000)),
        ("emphasis", "*a _b ".repeat(20_000)),
        ("brackets", "[".repeat(60_000) + &"](".repeat(20_000)),
    ]
}

/// The case in view answered with `text`: whole, failed with it in every text of the failure, and streaming.
fn state(text: &str, mode: TextMode, diff: bool) -> AppState {
    let at = |target_index| Cell { case_index: CASE, target_index, repeat: 0 };
    let run = runs::run_of(runs::plan(4, 1), |plan, cell| {
        let (mut row, mut body) =
            if cell == at(1) && !diff { runs::failed(plan, cell, FailureKind::StreamError) } else { runs::finished(plan, cell) };
        if cell.case_index == CASE && (cell.target_index > 0 || !diff) {
            text.clone_into(&mut body.output);
            row.first_line = first_line(text);
            row.warnings = vec![text.chars().take(300).collect()];
            if let Some(failure) = &mut row.failure {
                failure.message = text.chars().take(500).collect();
                body.error_body = text.chars().take(1_000).collect();
            }
            row.response_model = Some(text.chars().take(200).collect());
            row.finish_reason = row.response_model.clone();
            body.reasoning = text.chars().take(2_000).collect();
        }
        Some((row, body))
    });
    let mut run = if diff {
        run
    } else {
        let live = LiveCell { content: text.to_owned(), reasoning: text.chars().take(2_000).collect(), ..LiveCell::default() };
        let mut run = run;
        run.rows.retain(|row| row.cell != at(2));
        runs::in_flight(run, [(at(2), live)])
    };
    if diff {
        let id = |target_index| runs::trial_id(at(target_index));
        for other in [1, 2] {
            let pieces = diff_words(&run.bodies[&id(0)].output, &run.bodies[&id(other)].output);
            run.diffs.insert((id(0), id(other)), DiffState::Ready(Arc::new(pieces)));
        }
    }
    let mut state = runs::state_of(run);
    state.bench.case_index = CASE as usize;
    (state.bench.text_mode, state.bench.diff) = (mode, diff);
    state
}

/// Characters that no text on screen may hold.
fn hides(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{3164}' | '\u{ffa0}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}')
}

fn marks_in_a_row(text: &str) -> usize {
    text.split(|c: char| !('\u{300}'..='\u{36f}').contains(&c)).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// What the window says, to the eye and to a screen reader alike.
fn look(window: &Window, place: &str) {
    for node in window.root().children_recursive() {
        let told = [node.accesskit_node().label(), node.value()];
        for text in told.iter().flatten() {
            let hidden = text.chars().find(|c| hides(*c));
            assert_eq!(hidden, None, "{place}: {:?} shows {text:.200?}", node.accesskit_node().role());
            assert!(marks_in_a_row(text) <= 9, "{place}: {} marks in a row", marks_in_a_row(text));
        }
    }
    let opened = window.output().platform_output.commands.iter().any(|command| matches!(command, OutputCommand::OpenUrl(_)));
    assert!(!opened, "{place}: a link was opened");
}

/// How long this thread has worked; 0 where the system does not say.
fn worked() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// Draws some frames with the pointer on the answers.
fn poke(window: &mut Window, place: &str) {
    let size = window.ctx.content_rect().size();
    look(window, place);
    let mut frames = Vec::new();
    for step in 0..6 {
        let at = egui::pos2(size.x * (0.25 + 0.12 * step as f32), size.y * (0.35 + 0.08 * step as f32));
        window.hover_at(at);
        let before = worked();
        window.step();
        frames.push(worked().saturating_sub(before));
        look(window, place);
    }
    frames.sort_unstable();
    assert!(frames[3] < LONGEST_FRAME, "{place}: frames took {frames:?}");
}

#[test]
fn hostile_answers_are_shown_for_what_they_are_and_cause_nothing() {
    let beacon = Beacon::new();
    #[cfg(target_os = "linux")]
    let trap = Trap::new();
    #[cfg(target_os = "linux")]
    let file = trap.path();
    #[cfg(not(target_os = "linux"))]
    let file = std::path::PathBuf::from("/no/such/file");
    for (number, (name, text)) in answers(beacon.port, &file).into_iter().enumerate() {
        let views = [
            (BenchView::Answers, TextMode::Markdown, false),
            (BenchView::Answers, TextMode::Raw, false),
            (BenchView::Answers, TextMode::Raw, true),
            (BenchView::Table, TextMode::Markdown, false),
        ];
        // The table shows first lines only, so what is merely large is the same there.
        for (view, mode, diff) in views.into_iter().take(if number < 5 { 4 } else { 3 }) {
            let place = format!("{name}, {view:?}, {mode:?}, diff: {diff}");
            let mut state = state(&text, mode, diff);
            state.bench.view = view;
            let mut window = still(state, Theme::Dark, SIZES[1]);
            poke(&mut window, &place);
        }
        beacon.assert_silent();
        #[cfg(target_os = "linux")]
        trap.assert_unread();
    }
}

#[test]
fn what_a_beacon_would_have_fetched_is_named_and_a_click_fetches_nothing() {
    let beacon = Beacon::new();
    let text = format!("![chart](http://127.0.0.1:{0}/x.png) and [a link](http://127.0.0.1:{0}/y)", beacon.port);
    let mut state = state(&text, TextMode::Markdown, true);
    state.bench.diff = false;
    let mut window = still(state, Theme::Light, SIZES[2]);
    let label = format!("[picture: chart · 127.0.0.1:{0}, not loaded] and a link (127.0.0.1:{0})", beacon.port);
    let places: Vec<egui::Rect> = window
        .query_all_by(|node| node.role() == Role::Label && node.value().is_some_and(|value| value == label))
        .map(|node| node.rect())
        .collect();
    assert_eq!(places.len(), 2, "two of the three answers");
    for place in places {
        for step in 0..20 {
            let at = egui::pos2(place.left() + place.width() * step as f32 / 20.0, place.top() + 6.0);
            window.hover_at(at);
            window.step();
            window.drag_at(at);
            window.step();
            window.drop_at(at);
            window.step();
            look(&window, "clicked");
        }
    }
    beacon.assert_silent();
}
