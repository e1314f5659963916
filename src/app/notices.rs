//! What the user is told in passing: toasts, some with an undo.

use jiff::Timestamp;

use super::Command;

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Something to know.
    Info,
    /// Something went well.
    Good,
    /// Something to look at.
    Warning,
    /// Something went wrong.
    Error,
}

/// One notice.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Unique while the program runs.
    pub id: u64,
    /// How serious.
    pub level: NoticeLevel,
    /// What happened, and what to do.
    pub text: String,
    /// Undoes what it tells of; absent when there is nothing to undo.
    pub undo: Option<Box<Command>>,
    /// When it came.
    pub at: Timestamp,
}

/// What a notice slice is asked.
#[derive(Clone, Debug)]
pub enum NoticeCommand {
    /// Take it away.
    Dismiss(u64),
    /// Take it away and undo what it tells of.
    Undo(u64),
}

/// The notices that are shown.
#[derive(Debug, Default)]
pub struct Notices {
    next_id: u64,
    /// Oldest first.
    pub shown: Vec<Notice>,
}

/// Older ones go when more than this many are shown.
const MOST_SHOWN: usize = 4;

/// How long a notice stays: errors stay until they are dismissed.
const NOTICE_SECONDS: i64 = 6;

impl Notices {
    /// Shows a notice.
    pub fn tell(&mut self, level: NoticeLevel, text: impl Into<String>, now: Timestamp) {
        self.push(level, text.into(), None, now);
    }

    /// Shows a notice that can be undone.
    pub fn tell_undoable(&mut self, text: impl Into<String>, undo: Command, now: Timestamp) {
        self.push(NoticeLevel::Info, text.into(), Some(Box::new(undo)), now);
    }

    fn push(&mut self, level: NoticeLevel, text: String, undo: Option<Box<Command>>, at: Timestamp) {
        self.shown.retain(|notice| notice.text != text);
        self.shown.push(Notice { id: self.next_id, level, text, undo, at });
        self.next_id += 1;
        while self.shown.len() > MOST_SHOWN {
            self.shown.remove(0);
        }
    }

    /// Takes a notice away.
    pub fn take(&mut self, id: u64) -> Option<Notice> {
        let index = self.shown.iter().position(|notice| notice.id == id)?;
        Some(self.shown.remove(index))
    }

    /// Takes away what has been read long enough.
    pub fn expire(&mut self, now: Timestamp) {
        self.shown.retain(|notice| {
            let seconds = now.as_second() - notice.at.as_second();
            let stays = if notice.undo.is_some() { NOTICE_SECONDS * 2 } else { NOTICE_SECONDS };
            notice.level == NoticeLevel::Error || seconds < stays
        });
    }
}
