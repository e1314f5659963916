//! The prompts slice: the sets, and the edits of those that are open. Edits are kept half a second after the last one.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{Case, Image, MOST_CASE_IMAGE_BYTES, PromptSet, PromptSetHead, PromptSetId, PromptSetKind};

use super::Command;
use super::effect::Effect;
use super::notices::{NoticeLevel, Notices};

/// What a person wants of the prompt sets.
#[derive(Clone, Debug)]
pub enum PromptCommand {
    /// Show it on the Sets screen.
    Select(PromptSetId),
    /// Load its cases, if they are not here.
    Open(PromptSetId),
    /// A new set with one empty case.
    Create {
        /// Its name.
        name: String,
    },
    /// Another name.
    Rename {
        /// The set.
        id: PromptSetId,
        /// The name.
        name: String,
    },
    /// A copy under another name.
    Duplicate(PromptSetId),
    /// Away with it; can be undone.
    Delete(PromptSetId),
    /// Bring it back.
    Undelete(PromptSetId),
    /// Another text for one case.
    EditCase {
        /// The set.
        id: PromptSetId,
        /// Index of the case.
        index: usize,
        /// The case as it shall be.
        case: Box<Case>,
    },
    /// A new case after the last.
    AddCase(PromptSetId),
    /// Away with one case; can be undone.
    RemoveCase {
        /// The set.
        id: PromptSetId,
        /// Index of the case.
        index: usize,
    },
    /// Cases pasted from a spreadsheet, put after the last.
    AppendCases {
        /// The set.
        id: PromptSetId,
        /// The cases.
        cases: Vec<Case>,
    },
    /// Put a picture from a file into a case; without a path, ask for one by the system's dialog.
    AttachImage {
        /// The set.
        id: PromptSetId,
        /// The case's place.
        index: usize,
        /// The file.
        path: Option<PathBuf>,
    },
    /// Take back the last edit.
    Undo(PromptSetId),
    /// Take back the edit that made this revision, if none was made since.
    UndoRevision {
        /// The set.
        id: PromptSetId,
        /// What [`OpenSet::revision`] was after it.
        revision: u64,
    },
}

/// What happened to prompt sets.
#[derive(Debug)]
pub enum PromptFact {
    /// All heads.
    Listed(Vec<PromptSetHead>),
    /// A set's cases are here.
    Loaded(Box<PromptSet>),
    /// Edits are kept.
    Saved(PromptSetHead),
    /// A set was made.
    Created(Box<PromptSet>),
    /// A picture was read for a case.
    ImageRead {
        /// The set.
        id: PromptSetId,
        /// The case's id: it may have moved meanwhile.
        case_id: String,
        /// The picture, or why it cannot be taken.
        result: Result<Image, String>,
    },
    /// A set is gone.
    Deleted(PromptSetId),
    /// Something did not work.
    Failed {
        /// Why, and what to do.
        message: String,
    },
}

/// A set whose cases are in memory.
#[derive(Debug)]
pub struct OpenSet {
    /// Name, version and the like.
    pub head: PromptSetHead,
    /// Its cases, edits included.
    pub cases: Arc<Vec<Case>>,
    /// When the last edit that is not kept yet was made.
    pub edited_at: Option<Timestamp>,
    /// A save is under way.
    pub saving: bool,
    /// Grows with each edit.
    pub revision: u64,
    undo: VecDeque<Before>,
}

/// What an edit replaced.
#[derive(Debug)]
enum Before {
    /// All cases, before some were added or removed.
    All(Arc<Vec<Case>>),
    /// One case. `at` is when it was last edited: a burst of typing is one edit.
    One { index: usize, case: Box<Case>, at: Timestamp },
}

/// How many edits can be taken back.
const UNDO_DEPTH: usize = 100;
/// Edits of one case with less time between them are one edit, milliseconds.
const BURST_MS: i64 = 1500;
/// Quiet time before edits are kept, milliseconds.
const AUTOSAVE_AFTER_MS: i64 = 500;

impl OpenSet {
    fn new(set: PromptSet) -> Self {
        Self { head: set.head, cases: Arc::new(set.cases), edited_at: None, saving: false, revision: 0, undo: VecDeque::new() }
    }

    /// There are edits to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    fn remember(&mut self, before: Before) {
        self.undo.push_back(before);
        if self.undo.len() > UNDO_DEPTH {
            self.undo.pop_front();
        }
    }

    fn touch(&mut self, now: Timestamp) {
        self.edited_at = Some(now);
        self.revision += 1;
    }

    fn edit_case(&mut self, index: usize, case: Case, now: Timestamp) {
        let Some(known) = self.cases.get(index).filter(|known| **known != case) else { return };
        match self.undo.back_mut() {
            Some(Before::One { index: same, at, .. }) if *same == index && now.as_millisecond() - at.as_millisecond() < BURST_MS => {
                *at = now;
            }
            _ => {
                let before = Before::One { index, case: Box::new(known.clone()), at: now };
                self.remember(before);
            }
        }
        Arc::make_mut(&mut self.cases)[index] = case;
        self.touch(now);
    }

    /// Puts cases after the last; an id that is empty or taken becomes a free number.
    fn append(&mut self, cases: Vec<Case>, now: Timestamp) {
        self.remember(Before::All(Arc::clone(&self.cases)));
        let mut ids: HashSet<String> = self.cases.iter().map(|case| case.id.clone()).collect();
        let mut number = self.cases.len();
        let kept = Arc::make_mut(&mut self.cases);
        for mut case in cases {
            while case.id.trim().is_empty() || ids.contains(&case.id) {
                number += 1;
                case.id = number.to_string();
            }
            ids.insert(case.id.clone());
            kept.push(case);
        }
        self.touch(now);
    }

    fn undo(&mut self, now: Timestamp) {
        match self.undo.pop_back() {
            None => return,
            Some(Before::All(cases)) => self.cases = cases,
            Some(Before::One { index, case, .. }) => {
                if let Some(place) = Arc::make_mut(&mut self.cases).get_mut(index) {
                    *place = *case;
                }
            }
        }
        self.touch(now);
    }
}

/// Why a case cannot be called this; absent when it can.
fn id_problem(cases: &[Case], index: usize, id: &str) -> Option<String> {
    if cases.get(index).is_none_or(|known| known.id == id) {
        return None;
    }
    if id.trim().is_empty() {
        return Some("A case needs an id; the old one is kept".to_owned());
    }
    let taken = cases.iter().any(|case| case.id == id);
    taken.then(|| format!("Another case of this set has the id “{id}”; the old one is kept"))
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct Prompts {
    /// Listed, sample and scratch sets.
    pub heads: Vec<PromptSetHead>,
    /// Sets with their cases.
    pub open: BTreeMap<PromptSetId, OpenSet>,
    /// The one on the Sets screen.
    pub selected: Option<PromptSetId>,
    /// When edits were last kept.
    pub saved_at: Option<Timestamp>,
    /// Cases of an earlier version, to be put back once the set is loaded.
    restoring: Option<(PromptSetId, Arc<[Case]>)>,
}

impl Prompts {
    /// Sets for lists and menus: all but the scratch set.
    pub fn listed(&self) -> impl Iterator<Item = &PromptSetHead> {
        self.heads.iter().filter(|head| matches!(head.kind, PromptSetKind::Listed | PromptSetKind::Sample))
    }

    /// The composer's own set.
    pub fn scratch(&self) -> Option<&PromptSetHead> {
        self.heads.iter().find(|head| head.kind == PromptSetKind::Scratch)
    }

    /// Edits that are not kept yet.
    pub fn unsaved(&self) -> bool {
        self.open.values().any(|set| set.edited_at.is_some() || set.saving)
    }

    pub(super) fn update(&mut self, command: PromptCommand, now: Timestamp, notices: &mut Notices) -> Vec<Effect> {
        match command {
            PromptCommand::Select(id) => {
                self.selected = Some(id);
                self.load(id)
            }
            PromptCommand::Open(id) => self.load(id),
            PromptCommand::Create { name } => {
                vec![Effect::CreateSet { name, kind: PromptSetKind::Listed, cases: vec![Case::single("1", "", "")] }]
            }
            PromptCommand::Rename { id, name } if name.trim().is_empty() => {
                notices.tell(NoticeLevel::Warning, "A prompt set needs a name", now);
                self.load(id)
            }
            PromptCommand::Rename { id, name } => vec![Effect::RenameSet { id, name: name.trim().to_owned() }],
            PromptCommand::Duplicate(id) => {
                let mut effects = self.flush_one(id);
                effects.push(Effect::DuplicateSet(id));
                effects
            }
            PromptCommand::Delete(id) => {
                if let Some(head) = self.heads.iter().find(|head| head.id == id) {
                    notices.tell_undoable(format!("“{}” is deleted", head.name), Command::Prompts(PromptCommand::Undelete(id)), now);
                }
                let mut effects = self.flush_one(id);
                effects.push(Effect::DeleteSet(id));
                effects
            }
            PromptCommand::Undelete(id) => {
                self.selected = Some(id);
                vec![Effect::UndeleteSet(id)]
            }
            PromptCommand::EditCase { id, index, case } => {
                if let Some(set) = self.open.get_mut(&id) {
                    if let Some(problem) = id_problem(&set.cases, index, &case.id) {
                        notices.tell(NoticeLevel::Warning, problem, now);
                    } else {
                        set.edit_case(index, *case, now);
                    }
                }
                Vec::new()
            }
            PromptCommand::AddCase(id) => {
                if let Some(set) = self.open.get_mut(&id) {
                    set.append(vec![Case::single("", "", "")], now);
                }
                Vec::new()
            }
            PromptCommand::RemoveCase { id, index } => {
                if let Some(set) = self.open.get_mut(&id)
                    && index < set.cases.len()
                {
                    set.remember(Before::All(Arc::clone(&set.cases)));
                    let removed = Arc::make_mut(&mut set.cases).remove(index);
                    if set.cases.is_empty() {
                        Arc::make_mut(&mut set.cases).push(Case::single("1", "", ""));
                    }
                    set.touch(now);
                    let undo = PromptCommand::UndoRevision { id, revision: set.revision };
                    notices.tell_undoable(format!("Case “{}” is removed", removed.title()), Command::Prompts(undo), now);
                }
                Vec::new()
            }
            PromptCommand::AppendCases { id, cases } => {
                if let Some(set) = self.open.get_mut(&id) {
                    let count = cases.len() as u64;
                    set.append(cases, now);
                    let undo = PromptCommand::UndoRevision { id, revision: set.revision };
                    notices.tell_undoable(crate::analysis::format_counted(count, "case added", "cases added"), Command::Prompts(undo), now);
                }
                Vec::new()
            }
            PromptCommand::AttachImage { id, index, path } => {
                let case_id = self.open.get(&id).and_then(|set| set.cases.get(index)).map(|case| case.id.clone());
                case_id.map(|case_id| Effect::ReadImage { id, case_id, path }).into_iter().collect()
            }
            PromptCommand::Undo(id) => {
                if let Some(set) = self.open.get_mut(&id) {
                    set.undo(now);
                }
                Vec::new()
            }
            PromptCommand::UndoRevision { id, revision } => {
                match self.open.get_mut(&id) {
                    Some(set) if set.revision == revision => set.undo(now),
                    _ => notices.tell(
                        NoticeLevel::Info,
                        "Other edits came after it; take them back first, with Undo on the Sets screen",
                        now,
                    ),
                }
                Vec::new()
            }
        }
    }

    /// Puts the cases of an earlier version back, as an edit that can be undone. Those of a set that is not in memory wait until it is loaded.
    pub(super) fn restore_cases(&mut self, id: PromptSetId, cases: &Arc<[Case]>, now: Timestamp) {
        let set = self.open.get_mut(&id);
        self.restoring = if set.is_none() { Some((id, Arc::clone(cases))) } else { None };
        if let Some(set) = set
            && set.cases.as_slice() != &**cases
        {
            set.remember(Before::All(Arc::clone(&set.cases)));
            set.cases = Arc::new(cases.to_vec());
            set.touch(now);
        }
    }

    /// Puts back nothing that waits for its set: another one is worked on.
    pub(super) fn forget_restore(&mut self) {
        self.restoring = None;
    }

    fn attach(&mut self, id: PromptSetId, case_id: &str, image: Image, now: Timestamp, notices: &mut Notices) {
        let Some(set) = self.open.get_mut(&id) else { return };
        let Some(index) = set.cases.iter().position(|case| case.id == case_id) else { return };
        let mut case = set.cases[index].clone();
        case.images.push(image);
        if case.all_images().map(Image::bytes).sum::<u64>() > MOST_CASE_IMAGE_BYTES {
            let most = MOST_CASE_IMAGE_BYTES >> 20;
            return notices.tell(NoticeLevel::Error, format!("Not attached: the pictures of one case may have {most} MiB together"), now);
        }
        set.edit_case(index, case, now);
    }

    fn load(&self, id: PromptSetId) -> Vec<Effect> {
        if self.open.contains_key(&id) { Vec::new() } else { vec![Effect::LoadSet(id)] }
    }

    fn flush_one(&mut self, id: PromptSetId) -> Vec<Effect> {
        let Some(set) = self.open.get_mut(&id) else { return Vec::new() };
        if set.edited_at.take().is_none() {
            return Vec::new();
        }
        set.saving = true;
        vec![Effect::SaveCases { id, cases: Arc::clone(&set.cases) }]
    }

    /// Keeps every edit now.
    pub(super) fn flush(&mut self) -> Vec<Effect> {
        let ids: Vec<PromptSetId> = self.open.keys().copied().collect();
        ids.into_iter().flat_map(|id| self.flush_one(id)).collect()
    }

    /// Keeps edits that have been quiet long enough.
    pub(super) fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        let quiet: Vec<PromptSetId> = self
            .open
            .iter()
            .filter(|(_, set)| {
                !set.saving && set.edited_at.is_some_and(|at| now.as_millisecond() - at.as_millisecond() >= AUTOSAVE_AFTER_MS)
            })
            .map(|(id, _)| *id)
            .collect();
        quiet.into_iter().flat_map(|id| self.flush_one(id)).collect()
    }

    pub(super) fn apply(&mut self, fact: PromptFact, now: Timestamp, notices: &mut Notices) -> Vec<Effect> {
        match fact {
            PromptFact::Listed(heads) => {
                for head in &heads {
                    if let Some(set) = self.open.get_mut(&head.id) {
                        set.head = head.clone();
                    }
                }
                self.heads = heads;
                if let Some(id) = self.selected.filter(|id| self.heads.iter().any(|head| head.id == *id)) {
                    return self.load(id);
                }
            }
            PromptFact::Loaded(set) => {
                let id = set.head.id;
                if self.open.get(&id).is_none_or(|open| open.edited_at.is_none() && !open.saving) {
                    self.open.insert(id, OpenSet::new(*set));
                }
                if let Some((id, cases)) = self.restoring.take_if(|(of, _)| *of == id) {
                    self.restore_cases(id, &cases, now);
                }
            }
            PromptFact::Saved(head) => {
                self.saved_at = Some(now);
                if let Some(set) = self.open.get_mut(&head.id) {
                    set.saving = false;
                    set.head = head.clone();
                }
                match self.heads.iter_mut().find(|known| known.id == head.id) {
                    Some(known) => *known = head,
                    None => self.heads.push(head),
                }
            }
            PromptFact::Created(set) => {
                let id = set.head.id;
                self.heads.retain(|head| head.id != id);
                self.heads.push(set.head.clone());
                self.heads.sort_by_cached_key(|head| head.name.to_lowercase());
                self.open.insert(id, OpenSet::new(*set));
                self.selected = Some(id);
            }
            PromptFact::ImageRead { id, case_id, result } => match result {
                Ok(image) => self.attach(id, &case_id, image, now, notices),
                Err(message) => notices.tell(NoticeLevel::Error, message, now),
            },
            PromptFact::Deleted(id) => {
                self.heads.retain(|head| head.id != id);
                self.open.remove(&id);
                self.restoring.take_if(|(of, _)| *of == id);
                if self.selected == Some(id) {
                    let next = self.listed().next().map(|head| head.id);
                    self.selected = next;
                    return next.map_or_else(Vec::new, |next| self.load(next));
                }
            }
            PromptFact::Failed { message } => {
                for set in self.open.values_mut().filter(|set| set.saving) {
                    set.saving = false;
                    set.edited_at = Some(now);
                }
                notices.tell(NoticeLevel::Error, message, now);
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
#[path = "prompts_tests.rs"]
mod tests;
