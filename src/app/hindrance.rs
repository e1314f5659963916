//! What keeps a connection from being asked: its key is not where it should be. Known before a run, so that none is begun that can send nothing.

use crate::analysis::{capitalised, format_counted};
use crate::domain::{Connection, ConnectionId, Failure, KeySource, KeyState};

use super::state::AppState;

/// A connection that cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hindrance {
    /// The connection.
    pub connection: ConnectionId,
    /// Why, as a clause: `the key of “X” was kept for the last session only`.
    pub why: String,
    /// What to do about it: a sentence.
    pub remedy: String,
    /// Indices of the bench's targets that need it and have no fallback that can be asked; empty where a stored run needs it, and not the next one.
    pub targets: Vec<usize>,
}

impl Hindrance {
    /// `Not yet: the key of “X” was kept for the last session only. Enter it again.`
    pub fn words(&self) -> String {
        format!("Not yet: {}. {}", self.why, self.remedy)
    }
}

/// A target that a run was to ask, and why it could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unaskable {
    /// Its connection.
    pub connection: ConnectionId,
    /// Its label.
    pub target: String,
    /// Why, and what to do.
    pub failure: Failure,
    /// It can be asked once that is done.
    pub later: bool,
}

/// `good · S cannot be asked: the environment variable X is not set; …`, each reason once.
pub fn unaskable_words(targets: &[Unaskable]) -> String {
    let mut told: Vec<String> = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let same = |other: &&Unaskable| other.connection == target.connection && other.failure == target.failure;
        if targets[..index].iter().any(|earlier| same(&earlier)) {
            continue;
        }
        let others = targets[index + 1..].iter().filter(same).count() as u64;
        let more = if others > 0 { format!(" and {}", format_counted(others, "other target", "other targets")) } else { String::new() };
        told.push(format!("{}{more} cannot be asked: {}", target.target, target.failure.message));
    }
    told.join(". ")
}

/// Why a connection with its key in this state cannot be asked, and what to do; absent when nothing is known to be in the way.
fn hindrance(connection: &Connection, state: &KeyState) -> Option<(String, String)> {
    let again = || "Enter it again.".to_owned();
    let name = &connection.name;
    Some(match (state, &connection.key_source) {
        (KeyState::NoKey | KeyState::InKeychain | KeyState::ThisSession | KeyState::Environment { set: true, .. }, _) => return None,
        (KeyState::Missing, KeySource::Session) => (format!("the key of “{name}” was kept for the last session only"), again()),
        (KeyState::Missing, _) => (format!("the system keychain has no key for “{name}”"), again()),
        (KeyState::Environment { name: variable, set: false }, _) => (
            format!("${variable}, which holds the key of “{name}”, is not set"),
            "Set it and start Assay again, or enter the key.".to_owned(),
        ),
        (KeyState::CannotBeRead { reason }, _) => (format!("the key of “{name}” cannot be read"), format!("{}.", capitalised(reason))),
    })
}

impl AppState {
    /// Why nothing can be sent to a connection, in words; absent when nothing is known to be in the way.
    pub fn hindrance_of(&self, id: ConnectionId) -> Option<Hindrance> {
        let (why, remedy) = hindrance(self.connections.find(id)?, self.connections.key_states.get(&id)?)?;
        Some(Hindrance { connection: id, why, remedy, targets: Vec::new() })
    }

    /// The connections that keep the next run from being sent, in the order of the targets that need them.
    pub fn hindrances(&self) -> Vec<Hindrance> {
        let targets = &self.bench.targets;
        let mut found: Vec<Hindrance> = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            let Some(hindrance) = self.hindrance_of(target.connection_id) else { continue };
            let fallback = target.fallback.filter(|fallback| *fallback != index).and_then(|fallback| targets.get(fallback));
            if fallback.is_some_and(|fallback| self.hindrance_of(fallback.connection_id).is_none()) {
                continue;
            }
            match found.iter_mut().find(|known| known.connection == hindrance.connection) {
                Some(known) => known.targets.push(index),
                None => found.push(Hindrance { targets: vec![index], ..hindrance }),
            }
        }
        found
    }

    /// [`Self::hindrances`], and after them those of what was last asked to be sent and could not.
    pub fn all_hindrances(&self) -> Vec<Hindrance> {
        let mut all = self.hindrances();
        let further = self.bench.unaskable.iter().filter_map(|id| self.hindrance_of(*id));
        for hindrance in further {
            if all.iter().all(|known| known.connection != hindrance.connection) {
                all.push(hindrance);
            }
        }
        all
    }
}
