//! Targets that become slow: told while the run goes on, against their history and against a limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::chaos::{Act, GOOD_END, stream, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Said, prompts_csv};

/// What an answer takes: far longer than a busy computer is late, or its time would be worth nothing.
const USUAL: Duration = Duration::from_millis(250);
const SLOW: Duration = Duration::from_millis(1_200);

/// A server that is slow as often as it is told to be, and as usual after that.
struct Place {
    program: Program,
    slow: Arc<AtomicUsize>,
    _server: Chaos,
}

impl Place {
    fn new() -> Self {
        let slow = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&slow);
        let server = Chaos::route(move |_request, _number| {
            let answer = stream(&[&text_event("Hello"), GOOD_END]);
            let is_slow = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            [vec![Act::Wait(if is_slow { SLOW } else { USUAL })], answer].concat()
        });
        let program = Program::new();
        program.connect_to("S", &server.url(), None);
        Self { program, slow, _server: server }
    }

    /// A run of so many prompts, of which the first `slow` are answered late.
    fn run(&self, prompts: usize, slow: usize, more: &[&str]) -> Said {
        self.slow.store(slow, Ordering::SeqCst);
        let prompts = self.program.write("p.csv", prompts_csv(prompts));
        let said = self
            .program
            .run(&[&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m#mine", "--concurrency", "64"], more].concat());
        assert_eq!(said.code, 0, "{}", said.stderr);
        said
    }
}

fn told(said: &Said) -> Vec<&str> {
    said.stderr.lines().filter(|line| line.contains("slower than")).collect()
}

#[test]
fn a_target_that_answers_more_slowly_than_before_is_told_during_the_run() {
    let place = Place::new();
    assert!(told(&place.run(256, 0, &[])).is_empty(), "there is no history yet");
    let said = place.run(80, 80, &[]);
    let [line] = told(&said)[..] else { panic!("{}", said.stderr) };
    assert!(line.starts_with("mine is slower than its history: p95 TTFT without connecting 1."), "{line}");
    assert!(line.contains(" earlier ones; ") && line.ends_with(" were slower"), "{line}");
}

#[test]
fn a_limit_flags_a_target_and_the_flag_goes_once_it_is_fast_again() {
    let place = Place::new();
    let said = place.run(800, 80, &["--flag-p95-above", "600ms"]);
    let [raised, cleared] = told(&said)[..] else { panic!("{}", said.stderr) };
    assert!(raised.starts_with("mine is slower than its limit of 600 ms: p95 TTFT 1."), "{raised}");
    assert!(cleared.starts_with("mine is no longer slower than its limit of 600 ms: p95 TTFT "), "{cleared}");
    let quiet = place.run(80, 80, &["--flag-p95-above", "600ms", "--quiet"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_program_that_follows_reads_it_as_an_object() {
    let place = Place::new();
    let json = place.program.path("r.json");
    let said = place.run(80, 80, &["--flag-p95-above", "0.6s", "--follow", "--json", json.to_str().unwrap()]);
    assert!(told(&said).is_empty(), "{}", said.stderr);
    let values = said.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let drifts: Vec<Value> = values.filter(|value| value["drift"].is_object()).collect();
    let [value] = &drifts[..] else { panic!("{}", said.stderr) };
    let drift = &value["drift"];
    assert_eq!((&drift["target"], &drift["slower_than"], &drift["flagged"]), (&"mine".into(), &"limit".into(), &true.into()));
    assert_eq!((&drift["reference_p95_ms"], &drift["reference_n"]), (&600.0.into(), &Value::Null));
    assert!(drift["n"].as_u64() >= Some(20) && drift["p95_ms"].as_f64() >= Some(1_000.0), "{drift}");
    let whole: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(whole["plan"]["settings"]["p95_limit_ms"], 600);
}
