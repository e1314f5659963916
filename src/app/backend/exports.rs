//! Runs and prompt sets written to files, streamed, guarded, and never with a key in them.

use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use crate::analysis::{Basis, summarise};
use crate::domain::{ApiKey, Citations, ConnectionId, PromptSetId, RunId, Trial, TrialBody, TrialId, TrialRow};
use crate::interchange::export::{
    ExportError, LeakGuard, SummaryExportRow, WideRepeats, Written, write_comparison_csv, write_prompts_csv, write_prompts_jsonl,
    write_run_json, write_summary_csv, write_wide_csv,
};
use crate::platform::{PathText, Places, RunLock, replace};
use crate::store::{Store, StoreError};

use super::super::exchange::{ExchangeFact, ExportKind, PromptFileKind};
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::super::open_run::CurrentTrials;
use super::super::summary_rows::summary_rows;
use super::channel::{Facts, reply};
use super::world::World;

/// Long texts read at once while writing.
const TRIALS_AT_ONCE: usize = 256;
/// Fewer when their texts are longer than this.
const BYTES_AT_ONCE: usize = 8 << 20;

/// Where outputs may be put; for looking before anything is sent.
#[derive(Clone)]
pub struct OutputPlaces(Places);

impl OutputPlaces {
    /// Those of a world.
    pub fn of(world: &World) -> Self {
        Self(world.places.clone())
    }

    /// Where a file would come to stand, links followed, or why it cannot. Nothing is written.
    pub fn find(&self, path: &Path) -> Result<PathBuf, String> {
        self.0.output_place(path).map_err(|error| error.to_string())
    }
}

async fn tell(facts: &Facts, fact: ExchangeFact) {
    facts.tell(Fact::Exchange(fact)).await;
}

/// Of the connections whose key is `unread`, those whose key was read or not asked for at the last export: each is told once, not at every file.
fn newly_unread(told: &mut BTreeSet<ConnectionId>, unread: BTreeSet<ConnectionId>) -> Vec<ConnectionId> {
    let new = unread.difference(told).copied().collect();
    *told = unread;
    new
}

/// Every key that could be read; an export that holds one of them is refused. A key that is there and could not be read is told: it was not
/// looked for.
async fn keys(world: &World, facts: &Facts) -> Result<Vec<ApiKey>, String> {
    world.saves_ended().await;
    let connections = world
        .read(|archive| archive.connections())
        .await
        .map_err(|error| format!("Nothing was written, because the connections whose keys must not be in it could not be read: {error}"))?;
    let name_of =
        |id| connections.iter().find(|connection| connection.id == id).map_or("a connection", |connection| connection.name.as_str());
    let sources = connections.iter().map(|connection| (connection.id, connection.key_source.clone())).collect();
    let Some(gathered) = reply(|done| world.safe.gather_keys(sources, done)).await else { return Ok(world.safe.known_keys_now()) };
    let unread: BTreeSet<ConnectionId> = gathered.unread.iter().map(|(id, _)| *id).collect();
    let new = newly_unread(&mut world.unread_keys.lock().unwrap_or_else(PoisonError::into_inner), unread);
    if !new.is_empty() {
        let names: Vec<&str> = new.into_iter().map(name_of).collect();
        let text = format!("The export was not searched for the keys of {}, because they could not be read", names.join(", "));
        facts.notice(NoticeLevel::Warning, text).await;
    }
    Ok(gathered.keys)
}

async fn told(facts: &Facts, path: PathBuf, written: Result<Result<Written, String>, tokio::task::JoinError>) {
    if let Ok(Ok(Written { nul_replaced: 1.., .. })) = &written {
        let text = "CSV cannot carry NUL characters: in the file each of them is the sign ␀. JSON has them as they are";
        facts.notice(NoticeLevel::Warning, text).await;
    }
    let fact = match written {
        Ok(Ok(_)) => ExchangeFact::Exported { path },
        Ok(Err(message)) => ExchangeFact::ExportFailed { message },
        Err(_panicked) => ExchangeFact::ExportFailed { message: "The export failed because of a fault in this program".to_owned() },
    };
    tell(facts, fact).await;
}

pub(super) async fn export_run(world: &Arc<World>, facts: &Facts, run_id: RunId, kind: ExportKind, path: PathBuf) {
    let keys = match keys(world, facts).await {
        Ok(keys) => keys,
        Err(message) => return tell(facts, ExchangeFact::ExportFailed { message }).await,
    };
    let (store, places) = (world.store.clone(), world.places.clone());
    let target = path.clone();
    let written = world.cpu.run(move || write_run(&store, &places, &keys, run_id, kind, &target)).await;
    told(facts, path, written).await;
}

fn write_run(store: &Store, places: &Places, keys: &[ApiKey], run_id: RunId, kind: ExportKind, path: &Path) -> Result<Written, String> {
    // Looked at before the rows are read: what ends in between is then "to be sent" for once, and never the other way round.
    let in_flight = RunLock::is_held(places, run_id).unwrap_or(false);
    let (plan, status, every) = store
        .read_now(move |archive| Ok((archive.run_plan(run_id)?, archive.run_head(run_id)?.status, archive.every_trial_row(run_id)?)))
        .map_err(|error| format!("The run could not be read: {error}"))?;
    let whole = if kind == ExportKind::Json { every.clone() } else { Vec::new() };
    let CurrentTrials { rows, superseded } = CurrentTrials::of(&plan, every);
    let basis = if let ExportKind::Summary { basis } = kind { basis } else { Basis::default() };
    let (mut summary, common) = summarise(&plan, &rows, &superseded, basis);
    for target in &mut summary {
        target.in_flight = in_flight;
    }
    let summary: Vec<SummaryExportRow> = summary_rows(&plan, &summary, &common);
    guarded(places, path, keys, |out| match kind {
        ExportKind::Summary { .. } => write_summary_csv(out, &summary),
        ExportKind::Comparison => write_comparison_csv(out, &plan, with_answers(store, &rows)),
        ExportKind::SideBySide { all_repeats } => {
            let repeats = if all_repeats { WideRepeats::All } else { WideRepeats::First };
            write_wide_csv(out, &plan, repeats, with_outputs(store, &rows))
        }
        ExportKind::Json => write_run_json(out, &plan, status, &summary, with_bodies(store, &whole)),
    })
}

/// The rows with their answers and the sources that these name.
fn with_answers<'a>(
    store: &'a Store,
    rows: &'a [TrialRow],
) -> impl Iterator<Item = Result<(TrialRow, (String, Citations)), StoreError>> + 'a {
    let bytes = |(output, citations): &(String, Citations)| output.len() + citations.text_bytes();
    in_batches(rows, move |ids| store.read_now(move |archive| some_texts(&ids, |id| Ok(vec![archive.answer(id)?]), bytes)))
}

/// The rows with their answers.
fn with_outputs<'a>(store: &'a Store, rows: &'a [TrialRow]) -> impl Iterator<Item = Result<(TrialRow, String), StoreError>> + 'a {
    in_batches(rows, |ids| store.read_now(move |archive| some_texts(&ids, |id| archive.outputs(&[id]), String::len)))
}

/// The rows as whole trials.
fn with_bodies<'a>(store: &'a Store, rows: &'a [TrialRow]) -> impl Iterator<Item = Result<Trial, StoreError>> + 'a {
    in_batches(rows, |ids| store.read_now(move |archive| some_texts(&ids, |id| archive.bodies(&[id]), TrialBody::text_bytes)))
        .map(|read| read.map(|(row, body)| Trial { row, body }))
}

/// The texts of the first of these trials, at least of one: as many as fit into [`BYTES_AT_ONCE`].
fn some_texts<T>(
    ids: &[TrialId],
    read: impl Fn(TrialId) -> Result<Vec<T>, StoreError>,
    bytes_of: impl Fn(&T) -> usize,
) -> Result<Vec<T>, StoreError> {
    let (mut texts, mut bytes) = (Vec::with_capacity(ids.len()), 0);
    for id in ids {
        let read = read(*id)?;
        bytes += read.iter().map(&bytes_of).sum::<usize>();
        texts.extend(read);
        if bytes > BYTES_AT_ONCE {
            break;
        }
    }
    Ok(texts)
}

/// Each row with its text; `read` gives those of the first of the trials that it is asked for, at least of one.
fn in_batches<'a, T: 'a>(
    rows: &'a [TrialRow],
    read: impl Fn(Vec<TrialId>) -> Result<Vec<T>, StoreError> + 'a,
) -> impl Iterator<Item = Result<(TrialRow, T), StoreError>> + 'a {
    let mut asked = rows;
    let mut ready = VecDeque::new();
    std::iter::from_fn(move || {
        if ready.is_empty() && !asked.is_empty() {
            let next = &asked[..asked.len().min(TRIALS_AT_ONCE)];
            match read(next.iter().map(|row| row.id).collect()) {
                Ok(texts) => {
                    asked = &asked[texts.len().clamp(1, asked.len())..];
                    ready.extend(next.iter().cloned().zip(texts));
                }
                Err(error) => {
                    asked = &[];
                    return Some(Err(error));
                }
            }
        }
        ready.pop_front().map(Ok)
    })
}

/// Writes through the scanner for keys into a new file that takes the old one's place only when all of it was written. Never into the folders
/// of the program: an export there could take the archive's place.
fn guarded(
    places: &Places,
    path: &Path,
    keys: &[ApiKey],
    write: impl FnOnce(&mut dyn Write) -> Result<Written, ExportError>,
) -> Result<Written, String> {
    places.output_place(path).map_err(|error| error.to_string())?;
    let mut written = Ok(Written::default());
    let replaced = replace(path, |out| {
        let mut guard = LeakGuard::new(out, keys);
        written = write(&mut guard).and_then(|written| guard.finish().map(|_| written).map_err(ExportError::from));
        written.as_ref().map(|_| ()).map_err(|error| std::io::Error::other(error.to_string()))
    });
    match (replaced, written) {
        (_, Err(error)) => Err(format!("Nothing was written to {}: {error}", PathText(path))),
        (Err(error), Ok(_)) => Err(error.to_string()),
        (Ok(()), Ok(written)) => Ok(written),
    }
}

pub(super) async fn export_set(world: &Arc<World>, facts: &Facts, id: PromptSetId, kind: PromptFileKind, path: Option<PathBuf>) {
    let set = match world.read(move |archive| archive.prompt_set(id, None)).await {
        Ok(set) => set,
        Err(error) => {
            return tell(facts, ExchangeFact::ExportFailed { message: format!("The prompt set could not be read: {error}") }).await;
        }
    };
    let path = if let Some(path) = path {
        path
    } else {
        let suffix = if kind == PromptFileKind::Csv { "csv" } else { "jsonl" };
        let dialog = rfd::AsyncFileDialog::new().set_title("Export prompts").set_file_name(format!("{}.{suffix}", set.head.name));
        match dialog.save_file().await {
            Some(file) => file.path().to_owned(),
            None => return tell(facts, ExchangeFact::DialogMissing).await,
        }
    };
    let keys = match keys(world, facts).await {
        Ok(keys) => keys,
        Err(message) => return tell(facts, ExchangeFact::ExportFailed { message }).await,
    };
    let (target, places) = (path.clone(), world.places.clone());
    let write = move || {
        guarded(&places, &target, &keys, |out| match kind {
            PromptFileKind::JsonL => write_prompts_jsonl(out, &set.cases),
            PromptFileKind::Csv => write_prompts_csv(out, &set.cases),
        })
    };
    let written = world.cpu.run(write).await;
    told(facts, path, written).await;
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    async fn notices(nul_replaced: u64) -> usize {
        let (sender, mut facts) = mpsc::channel(4);
        let written = Written { rows: 1, nul_replaced };
        told(&Facts::new(sender, Arc::new(|| ())), PathBuf::from("out.csv"), Ok(Ok(written))).await;
        let mut notices = 0;
        while let Some(fact) = facts.recv().await {
            notices += usize::from(matches!(fact, Fact::Notice { level: NoticeLevel::Warning, .. }));
        }
        notices
    }

    #[tokio::test]
    async fn a_character_that_csv_cannot_carry_is_told() {
        assert_eq!((notices(0).await, notices(2).await), (0, 1));
    }

    #[test]
    fn a_key_that_stays_unread_is_told_once() {
        let (first, second) = (ConnectionId::draw(), ConnectionId::draw());
        let mut told = BTreeSet::new();
        assert_eq!(newly_unread(&mut told, BTreeSet::from([first])), [first]);
        assert!(newly_unread(&mut told, BTreeSet::from([first])).is_empty());
        assert_eq!(newly_unread(&mut told, BTreeSet::from([first, second])), [second]);
        // Read in between: the next failure is news.
        assert!(newly_unread(&mut told, BTreeSet::from([second])).is_empty());
        assert_eq!(newly_unread(&mut told, BTreeSet::from([first, second])), [first]);
    }

    #[test]
    fn no_export_takes_the_place_of_the_archive() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(&root.path().join("data"))).unwrap();
        std::fs::write(places.database(), "runs").unwrap();
        let write = |path: &Path| guarded(&places, path, &[], |out| write_summary_csv(out, &[]));
        let refused = write(&places.database()).unwrap_err();
        assert!(refused.contains("its own files"), "{refused}");
        assert_eq!(std::fs::read(places.database()).unwrap(), b"runs");
        write(&root.path().join("summary.csv")).unwrap();
    }
}
