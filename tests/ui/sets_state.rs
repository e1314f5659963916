//! States for the tests of sets, files and settings.
#![expect(clippy::unwrap_used, reason = "only tests use it")]

use std::path::PathBuf;
use std::sync::Arc;

use assay::app::{AppState, Command, ExchangeCommand, ExchangeFact, Fact, HistoryFact, ImportRefusal, PromptFact, Screen};
use assay::domain::{
    Case, Connection, Message, PromptBody, PromptSet, PromptSetHead, PromptSetId, PromptSetKind, Role, RunHead, RunId, RunStatus, Speaker,
};
use assay::interchange::import::{ImportError, parse_with};
use uuid::Uuid;

use crate::basics::{self, SUPPORT, connection, connections, now};

pub(crate) const CONTRACTS: PromptSetId = PromptSetId(Uuid::from_u128(4));
pub(crate) const RUN: RunId = RunId(Uuid::from_u128(3));
pub(crate) const DEMO_RUN: RunId = RunId(Uuid::from_u128(6));
const SAMPLE: PromptSetId = PromptSetId(Uuid::from_u128(5));

fn head(id: PromptSetId, name: &str, kind: PromptSetKind, version: u32, cases: usize) -> PromptSetHead {
    PromptSetHead { frozen: id == SUPPORT, ..basics::head(id, name, kind, version, cases) }
}

const TOPICS: [(&str, &str, &str); 6] = [
    ("Refund, angry customer", "a parcel that came three weeks late and broken", "an angry customer"),
    ("Invoice question, French", "un numéro de TVA erroné sur la facture", "une nouvelle cliente"),
    ("Delivery date", "when the new model can be delivered", "a patient reader"),
    ("Password reset", "a login that does not work after a change of the password", "somebody who is not technical"),
    ("Cancel a contract", "the end of a yearly plan", "a lawyer"),
    ("Thank you note", "a friendly review", "a loyal customer"),
];

pub(crate) fn cases(count: usize) -> Vec<Case> {
    (0..count)
        .map(|index| {
            let (title, topic, reader) = TOPICS[index % TOPICS.len()];
            let prompt = "Answer this support request about {{topic}}.\nWrite for {{reader}}, in the language of the request.";
            let mut case = Case::single(&format!("case-{}", index + 1), "You are a friendly support agent of a small shop.", prompt);
            case.description = Some(title.to_owned());
            case.vars.insert("topic".to_owned(), topic.to_owned());
            case.vars.insert("reader".to_owned(), reader.to_owned());
            case.expected = index.is_multiple_of(3).then(|| "Apologises once, offers a refund, asks for nothing that was said.".to_owned());
            case.tags = vec![if index.is_multiple_of(2) { "tone" } else { "facts" }.to_owned()];
            match index % 6 {
                3 => {
                    case.vars.remove("reader");
                }
                4 => {
                    let turn = |role, content: &str| Message::new(role, content);
                    case.body = PromptBody::Messages(vec![
                        turn(Speaker::System, "You are a friendly support agent."),
                        turn(Speaker::User, "Can I still cancel?"),
                        turn(Speaker::Assistant, "Yes, until the end of the month."),
                        turn(Speaker::User, "Then please do. \u{202e}desrever"),
                    ]);
                    case.vars.clear();
                }
                _ => {}
            }
            case
        })
        .collect()
}

fn run(id: RunId, set: &str, at: &str) -> RunHead {
    RunHead {
        id,
        created_at: at.parse().unwrap(),
        status: RunStatus::Finished,
        prompt_set_name: set.to_owned(),
        prompt_set_version: 3,
        target_labels: vec!["Qwen3-Max · official".to_owned(), "Qwen3-Max · relay".to_owned(), "GPT-4.1".to_owned()],
        vantage: String::new(),
        cell_count: 600,
        finished: 600,
        failed: 0,
        not_sent: 0,
        cancelled: 0,
        ttft_p50_ms: Vec::new(),
        costs: Vec::new(),
        cost_incomplete: false,
        simulated: set.contains("Sample"),
    }
}

/// The archive was read; `sets` are in it.
fn started(sets: Vec<PromptSetHead>, connections: Vec<Connection>) -> AppState {
    basics::started(sets, connections, Vec::new(), (2, 600))
}

pub(crate) fn on(screen: Screen, mut state: AppState) -> AppState {
    let _effects = state.update(Command::Go(screen), now());
    state
}

/// No set at all.
pub(crate) fn no_sets() -> AppState {
    on(Screen::Sets, started(Vec::new(), Vec::new()))
}

/// A set is chosen and not read yet.
pub(crate) fn reading() -> AppState {
    on(Screen::Sets, started(vec![head(SUPPORT, "Support replies", PromptSetKind::Listed, 3, 50)], Vec::new()))
}

/// Several sets; one with `count` cases is in view.
pub(crate) fn full(count: usize) -> AppState {
    let long = "Contracts of the northern branch office, second reading, with all appendices";
    let sets = vec![
        head(SAMPLE, "Sample prompts", PromptSetKind::Sample, 1, 10),
        head(CONTRACTS, long, PromptSetKind::Listed, 12, 1204),
        head(SUPPORT, "Support replies", PromptSetKind::Listed, 3, count),
    ];
    let mut connections = connections();
    connections.extend([
        connection(14, "OpenAI, team key", Role::Official, "https://api.openai.com/v1"),
        connection(15, "llama.cpp here", Role::Local, "http://127.0.0.1:8091/v1"),
        connection(16, "Demo provider (simulated)", Role::Demo, "http://127.0.0.1:40001/v1"),
    ]);
    let mut state = started(sets, connections);
    let heads = vec![run(RUN, "Support replies", "2026-11-24T07:00:00Z"), run(DEMO_RUN, "Sample prompts", "2026-11-20T07:00:00Z")];
    let fact = HistoryFact::Runs { search: String::new(), offset: 0, heads, total: 2, trials: 600, elsewhere: Default::default() };
    let _effects = state.apply(Fact::History(fact), now());
    state.prompts.selected = Some(SUPPORT);
    let set = PromptSet { head: head(SUPPORT, "Support replies", PromptSetKind::Listed, 3, count), cases: cases(count) };
    let _effects = state.apply(Fact::Prompts(PromptFact::Loaded(Box::new(set))), now());
    on(Screen::Sets, state)
}

/// The import sheet after this file was read.
pub(crate) fn importing(name: &str, bytes: &[u8]) -> AppState {
    let mut state = full(20);
    let path = PathBuf::from("/home/ada/Documents").join(name);
    let _effects = state.update(Command::Exchange(ExchangeCommand::ReadImport(path.clone())), now());
    let result = parse_with(bytes, name, None).map(Arc::new).map_err(|error| {
        let message = error.to_string();
        let columns = if let ImportError::NoPromptColumn { columns } = error { columns } else { Vec::new() };
        ImportRefusal { message, columns }
    });
    let _effects = state.apply(Fact::Exchange(ExchangeFact::Previewed { path, result }), now());
    state
}

/// The export sheet of a stored run.
pub(crate) fn exporting(run: RunId) -> AppState {
    let mut state = on(Screen::History, full(20));
    let _effects = state.update(Command::Exchange(ExchangeCommand::BeginExport(run)), now());
    state
}
