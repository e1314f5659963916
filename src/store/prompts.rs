//! Prompt sets and their versions. A version that a run used is frozen; the next edit starts a new one.

use std::collections::HashSet;

use rusqlite::{OptionalExtension as _, Row, params};

use super::columns::{Json, word};
use super::{Archive, StoreError};
use crate::domain::{Case, PromptSet, PromptSetHead, PromptSetId, PromptSetKind};

/// The newest version of each set.
const HEADS: &str = "SELECT s.id, s.name, s.kind, v.version, v.frozen, v.case_count, v.seq FROM prompt_sets AS s \
                     JOIN prompt_set_versions AS v ON v.prompt_set_seq = s.seq AND v.version = \
                     (SELECT max(version) FROM prompt_set_versions WHERE prompt_set_seq = s.seq)";

/// The name of the composer's set.
const SCRATCH_NAME: &str = "Composer";

impl Archive {
    /// The sets that are not deleted, at their newest version: the composer's, samples, then the listed ones by name.
    pub fn prompt_sets(&self) -> Result<Vec<PromptSetHead>, StoreError> {
        let sql = format!(
            "{HEADS} WHERE s.kind <> 'file' AND s.deleted_at_ns IS NULL \
             ORDER BY CASE s.kind WHEN 'scratch' THEN 0 WHEN 'sample' THEN 1 ELSE 2 END, s.name"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let heads = statement.query_map([], head)?.collect::<Result<_, _>>()?;
        Ok(heads)
    }

    /// A set at a version, or at its newest, also when it is deleted.
    pub fn prompt_set(&self, id: PromptSetId, version: Option<u32>) -> Result<PromptSet, StoreError> {
        let (head, version_seq) = match version {
            None => self.newest(id)?,
            Some(version) => self
                .db
                .prepare_cached(
                    "SELECT s.id, s.name, s.kind, v.version, v.frozen, v.case_count, v.seq FROM prompt_sets AS s \
                     JOIN prompt_set_versions AS v ON v.prompt_set_seq = s.seq WHERE s.id = ?1 AND v.version = ?2",
                )?
                .query_row(params![id, version], |row| Ok((head(row)?, row.get(6)?)))
                .optional()?
                .ok_or(StoreError::NotFound("version of the prompt set"))?,
        };
        Ok(PromptSet { head, cases: self.cases(version_seq)? })
    }

    /// The listed or sample set of this name, in any case of ASCII letters; absent when there is none.
    pub fn prompt_set_named(&self, name: &str) -> Result<Option<PromptSetHead>, StoreError> {
        let sql = format!("{HEADS} WHERE s.name = ?1 AND s.kind IN ('listed', 'sample') AND s.deleted_at_ns IS NULL");
        Ok(self.db.prepare_cached(&sql)?.query_row([name], head).optional()?)
    }

    /// This name, or with ` 2`, ` 3` … behind it, so that no listed set has it.
    pub fn free_prompt_set_name(&self, name: &str) -> Result<String, StoreError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(StoreError::NameEmpty);
        }
        if self.prompt_set_named(name)?.is_none() {
            return Ok(name.to_owned());
        }
        let stem = match name.rsplit_once(' ') {
            Some((stem, number)) if !stem.is_empty() && number.parse::<u32>().is_ok() => stem,
            _ => name,
        };
        let mut number = 2u64;
        loop {
            let candidate = format!("{stem} {number}");
            if self.prompt_set_named(&candidate)?.is_none() {
                return Ok(candidate);
            }
            number += 1;
        }
    }

    /// Makes a set at version 1. A taken name gets a number behind it.
    pub fn create_prompt_set(&mut self, name: &str, kind: PromptSetKind, cases: &[Case]) -> Result<PromptSetHead, StoreError> {
        let name = match kind {
            PromptSetKind::Listed | PromptSetKind::Sample => self.free_prompt_set_name(name)?,
            PromptSetKind::Scratch | PromptSetKind::File => name.to_owned(),
        };
        let id = PromptSetId::draw();
        self.db.execute("INSERT INTO prompt_sets (id, name, kind) VALUES (?1, ?2, ?3)", params![id, name, kind_word(kind)])?;
        let set_seq = self.db.last_insert_rowid();
        self.insert_version(set_seq, 1, cases)?;
        Ok(self.newest(id)?.0)
    }

    /// Gives a set another name.
    pub fn rename_prompt_set(&mut self, id: PromptSetId, name: &str) -> Result<(), StoreError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(StoreError::NameEmpty);
        }
        if self.prompt_set_named(name)?.is_some_and(|taken| taken.id != id) {
            return Err(StoreError::NameTaken(name.to_owned()));
        }
        match self.db.execute("UPDATE prompt_sets SET name = ?2 WHERE id = ?1", params![id, name])? {
            0 => Err(StoreError::NotFound("prompt set")),
            _ => Ok(()),
        }
    }

    /// Makes a listed copy of a set's newest version under a free name.
    pub fn duplicate_prompt_set(&mut self, id: PromptSetId) -> Result<PromptSetHead, StoreError> {
        let original = self.prompt_set(id, None)?;
        self.create_prompt_set(&original.head.name, PromptSetKind::Listed, &original.cases)
    }

    /// Makes these the cases of a set: in place while its newest version is not frozen, else as a new version. Equal cases change nothing.
    pub fn replace_cases(&mut self, id: PromptSetId, cases: &[Case]) -> Result<PromptSetHead, StoreError> {
        let (head, version_seq) = self.newest(id)?;
        if !head.frozen {
            self.write_cases(version_seq, cases)?;
        } else if self.cases(version_seq)? != cases {
            let set_seq = self.db.query_row("SELECT seq FROM prompt_sets WHERE id = ?1", [id], |row| row.get(0))?;
            self.insert_version(set_seq, head.version + 1, cases)?;
        }
        Ok(self.newest(id)?.0)
    }

    /// Takes a set off the list; runs that used it keep it.
    pub fn delete_prompt_set(&mut self, id: PromptSetId) -> Result<(), StoreError> {
        let sql = "UPDATE prompt_sets SET deleted_at_ns = ?2 WHERE id = ?1 AND kind IN ('listed', 'sample') AND deleted_at_ns IS NULL";
        match self.db.execute(sql, params![id, Self::now()])? {
            0 => Err(StoreError::NotFound("prompt set")),
            _ => Ok(()),
        }
    }

    /// Puts a deleted set back, with a number behind its name when another took it meanwhile.
    pub fn undelete_prompt_set(&mut self, id: PromptSetId) -> Result<PromptSetHead, StoreError> {
        let sql = "SELECT name FROM prompt_sets WHERE id = ?1 AND deleted_at_ns IS NOT NULL";
        let name: String = self.db.query_row(sql, [id], |row| row.get(0)).optional()?.ok_or(StoreError::NotFound("deleted prompt set"))?;
        let name = self.free_prompt_set_name(&name)?;
        self.db.execute("UPDATE prompt_sets SET name = ?2, deleted_at_ns = NULL WHERE id = ?1", params![id, name])?;
        Ok(self.newest(id)?.0)
    }

    /// The composer's own set; at first it has one empty case.
    pub fn scratch(&mut self) -> Result<PromptSet, StoreError> {
        let known = self.db.query_row("SELECT id FROM prompt_sets WHERE kind = 'scratch'", [], |row| row.get(0)).optional()?;
        let id = match known {
            Some(id) => id,
            None => self.create_prompt_set(SCRATCH_NAME, PromptSetKind::Scratch, &[Case::single("prompt", "", "")])?.id,
        };
        self.prompt_set(id, None)
    }

    /// The set of this kind and name with these cases: the one that is there, at a new version when a run used other cases, else a new one. For files
    /// named on the command line and for the sample set.
    pub fn keep_prompt_set(&mut self, name: &str, kind: PromptSetKind, cases: &[Case]) -> Result<PromptSet, StoreError> {
        let sql = "SELECT id FROM prompt_sets WHERE kind = ?1 AND name = ?2 AND deleted_at_ns IS NULL";
        let head = match self.db.query_row(sql, params![kind_word(kind), name], |row| row.get(0)).optional()? {
            Some(id) => self.replace_cases(id, cases)?,
            None => self.create_prompt_set(name, kind, cases)?,
        };
        Ok(PromptSet { head, cases: cases.to_vec() })
    }

    fn newest(&self, id: PromptSetId) -> Result<(PromptSetHead, i64), StoreError> {
        let sql = format!("{HEADS} WHERE s.id = ?1");
        let found = self.db.prepare_cached(&sql)?.query_row([id], |row| Ok((head(row)?, row.get(6)?))).optional()?;
        found.ok_or(StoreError::NotFound("prompt set"))
    }

    /// The cases of a version, by its row number.
    pub(super) fn cases(&self, version_seq: i64) -> Result<Vec<Case>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT definition FROM cases WHERE version_seq = ?1 ORDER BY position")?;
        let cases = statement.query_map([version_seq], |row| Ok(row.get::<_, Json<Case>>(0)?.0))?.collect::<Result<_, _>>()?;
        Ok(cases)
    }

    fn insert_version(&self, set_seq: i64, version: u32, cases: &[Case]) -> Result<(), StoreError> {
        let sql = "INSERT INTO prompt_set_versions (prompt_set_seq, version, case_count) VALUES (?1, ?2, 0)";
        self.db.execute(sql, params![set_seq, version])?;
        self.write_cases(self.db.last_insert_rowid(), cases)
    }

    /// Writes only what differs: one edited cell of a long set is one written row.
    fn write_cases(&self, version_seq: i64, cases: &[Case]) -> Result<(), StoreError> {
        let length = u32::try_from(cases.len()).ok().ok_or(StoreError::OutOfRange("the number of cases"))?;
        let mut ids = HashSet::with_capacity(cases.len());
        if let Some(twice) = cases.iter().find(|case| !ids.insert(&case.id)) {
            return Err(StoreError::DuplicateCase(twice.id.clone()));
        }
        let mut statement = self.db.prepare_cached(
            "INSERT INTO cases (version_seq, position, definition) VALUES (?1, ?2, ?3) ON CONFLICT (version_seq, position) \
             DO UPDATE SET definition = excluded.definition WHERE definition <> excluded.definition",
        )?;
        for (position, case) in (0u32..).zip(cases) {
            statement.execute(params![version_seq, position, Json(case)])?;
        }
        self.db.execute("DELETE FROM cases WHERE version_seq = ?1 AND position >= ?2", params![version_seq, length])?;
        self.db.execute("UPDATE prompt_set_versions SET case_count = ?2 WHERE seq = ?1", params![version_seq, length])?;
        Ok(())
    }
}

const KINDS: [PromptSetKind; 4] = [PromptSetKind::Listed, PromptSetKind::Scratch, PromptSetKind::File, PromptSetKind::Sample];

fn kind_word(kind: PromptSetKind) -> &'static str {
    match kind {
        PromptSetKind::Listed => "listed",
        PromptSetKind::Scratch => "scratch",
        PromptSetKind::File => "file",
        PromptSetKind::Sample => "sample",
    }
}

fn head(row: &Row<'_>) -> rusqlite::Result<PromptSetHead> {
    Ok(PromptSetHead {
        id: row.get(0)?,
        name: row.get(1)?,
        kind: word(row, 2, |text| KINDS.into_iter().find(|kind| kind_word(*kind) == text))?,
        version: row.get(3)?,
        frozen: row.get(4)?,
        case_count: row.get(5)?,
    })
}
