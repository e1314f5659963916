//! The exchange slice: files in (with a preview before anything is kept) and files out.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::analysis::Basis;
use crate::domain::{PromptSetId, RunId};
use crate::interchange::import::{ColumnMapping, ColumnPreview, ImportPreview};

use super::effect::Effect;
use super::notices::{NoticeLevel, Notices};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExportKind {
    /// One row a trial.
    Comparison,
    /// One row a target.
    Summary {
        /// What it is made of.
        basis: Basis,
    },
    /// One row a case, targets side by side.
    SideBySide {
        /// Every repeat, not only the first.
        all_repeats: bool,
    },
    /// Everything, lossless.
    Json,
}

impl ExportKind {
    /// What the file's name ends in.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Comparison => "comparison.csv",
            Self::Summary { .. } => "summary.csv",
            Self::SideBySide { .. } => "side-by-side.csv",
            Self::Json => "run.json",
        }
    }
}

/// The format of an exported prompt set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptFileKind {
    /// One JSON object a line.
    JsonL,
    /// A table.
    Csv,
}

/// What a person wants of files.
#[derive(Clone, Debug)]
pub enum ExchangeCommand {
    /// Open the import sheet without a file.
    BeginImport,
    /// Ask for a file by the system's dialog.
    BrowseImport,
    /// Read this file and show what is in it.
    ReadImport(PathBuf),
    /// Read the file again with these columns.
    Remap(ColumnMapping),
    /// Another name for the new set.
    NameImport(String),
    /// Keep what the preview shows.
    CommitImport,
    /// Close the import sheet.
    CancelImport,
    /// Open the export sheet for a run.
    BeginExport(RunId),
    /// Close the export sheet.
    CancelExport,
    /// Another kind.
    SetExportKind(ExportKind),
    /// Another path.
    SetExportPath(String),
    /// Ask for a path by the system's dialog.
    BrowseExport,
    /// Write the file.
    CommitExport,
    /// Write a chart as a picture, beside other exports.
    SavePicture {
        /// What it shows.
        name: String,
        /// The file's contents.
        png: Arc<[u8]>,
    },
    /// Write a prompt set to a file chosen by the system's dialog, or to this path.
    ExportSet {
        /// The set.
        id: PromptSetId,
        /// The format.
        kind: PromptFileKind,
        /// Where to; absent: ask.
        path: Option<PathBuf>,
    },
}

/// What happened to files.
#[derive(Debug)]
pub enum ExchangeFact {
    /// The dialog was answered.
    ImportPicked(PathBuf),
    /// The dialog cannot be shown here.
    DialogMissing,
    /// The file was read.
    Previewed {
        /// The file.
        path: PathBuf,
        /// What is in it, or why it cannot be read.
        result: Result<Arc<ImportPreview>, ImportRefusal>,
    },
    /// The dialog for the export was answered.
    ExportPicked(PathBuf),
    /// A file is written.
    Exported {
        /// Where.
        path: PathBuf,
    },
    /// A file is not written.
    ExportFailed {
        /// Why, and what to do.
        message: String,
    },
}

/// Why nothing of a file can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRefusal {
    /// For a person.
    pub message: String,
    /// The columns of a table in which none is the prompt: naming one makes it readable. Else empty.
    pub columns: Vec<ColumnPreview>,
}

/// The import sheet.
#[derive(Debug, Default)]
pub struct ImportSheet {
    /// The file; absent before one is chosen.
    pub path: Option<PathBuf>,
    /// It is being read.
    pub reading: bool,
    /// What is in it.
    pub preview: Option<Arc<ImportPreview>>,
    /// Why it cannot be read.
    pub error: Option<ImportRefusal>,
    /// Name of the new set.
    pub name: String,
    /// There is no native dialog on this system: the path field is the way.
    pub dialog_missing: bool,
}

/// The export sheet.
#[derive(Debug)]
pub struct ExportSheet {
    /// The run.
    pub run_id: RunId,
    /// What is written.
    pub kind: ExportKind,
    /// Where to.
    pub path: String,
    /// It is being written.
    pub writing: bool,
    /// Why the last try failed.
    pub error: Option<String>,
    /// Where the last file went.
    pub written: Option<PathBuf>,
    /// There is no native dialog on this system.
    pub dialog_missing: bool,
}

/// The slice's state.
#[derive(Debug, Default)]
pub struct Exchange {
    /// The import sheet, when it is open.
    pub import: Option<ImportSheet>,
    /// The export sheet, when it is open.
    pub export: Option<ExportSheet>,
    /// Folder that export paths begin in.
    pub documents: PathBuf,
}

impl Exchange {
    pub(super) fn update(&mut self, command: ExchangeCommand, suggested_stem: impl Fn(RunId) -> String) -> Vec<Effect> {
        match command {
            ExchangeCommand::BeginImport => {
                self.import = Some(ImportSheet::default());
                Vec::new()
            }
            ExchangeCommand::BrowseImport => {
                self.import.get_or_insert_default();
                vec![Effect::PickImport]
            }
            ExchangeCommand::ReadImport(path) => {
                let sheet = self.import.get_or_insert_default();
                *sheet =
                    ImportSheet { path: Some(path.clone()), reading: true, dialog_missing: sheet.dialog_missing, ..ImportSheet::default() };
                vec![Effect::ReadImport { path, mapping: None }]
            }
            ExchangeCommand::Remap(mapping) => {
                let Some(sheet) = &mut self.import else { return Vec::new() };
                let Some(path) = sheet.path.clone() else { return Vec::new() };
                sheet.reading = true;
                vec![Effect::ReadImport { path, mapping: Some(mapping) }]
            }
            ExchangeCommand::NameImport(name) => {
                if let Some(sheet) = &mut self.import {
                    sheet.name = name;
                }
                Vec::new()
            }
            ExchangeCommand::CommitImport => {
                let Some(sheet) = self.import.take() else { return Vec::new() };
                let Some(preview) = sheet.preview else { return Vec::new() };
                let name = if sheet.name.trim().is_empty() { preview.suggested_name.clone() } else { sheet.name.trim().to_owned() };
                vec![Effect::CreateSet { name, kind: crate::domain::PromptSetKind::Listed, cases: preview.cases.clone() }]
            }
            ExchangeCommand::CancelImport => {
                self.import = None;
                Vec::new()
            }
            ExchangeCommand::BeginExport(run_id) => {
                let kind = ExportKind::Comparison;
                let path = self.documents.join(format!("{}-{}", suggested_stem(run_id), kind.suffix()));
                self.export = Some(ExportSheet {
                    run_id,
                    kind,
                    path: path.display().to_string(),
                    writing: false,
                    error: None,
                    written: None,
                    dialog_missing: false,
                });
                Vec::new()
            }
            ExchangeCommand::CancelExport => {
                self.export = None;
                Vec::new()
            }
            ExchangeCommand::SetExportKind(kind) => {
                if let Some(sheet) = &mut self.export {
                    if let Some(stem) = sheet.path.strip_suffix(sheet.kind.suffix()) {
                        sheet.path = format!("{stem}{}", kind.suffix());
                    }
                    sheet.kind = kind;
                    sheet.written = None;
                    sheet.error = None;
                }
                Vec::new()
            }
            ExchangeCommand::SetExportPath(path) => {
                if let Some(sheet) = &mut self.export {
                    sheet.path = path;
                    sheet.written = None;
                    sheet.error = None;
                }
                Vec::new()
            }
            ExchangeCommand::BrowseExport => match &self.export {
                Some(sheet) => vec![Effect::PickExport { suggested: PathBuf::from(&sheet.path) }],
                None => Vec::new(),
            },
            ExchangeCommand::CommitExport => {
                let Some(sheet) = &mut self.export else { return Vec::new() };
                if sheet.path.trim().is_empty() {
                    sheet.error = Some("Name a file to write to".to_owned());
                    return Vec::new();
                }
                sheet.writing = true;
                sheet.error = None;
                vec![Effect::ExportRun { run_id: sheet.run_id, kind: sheet.kind, path: PathBuf::from(sheet.path.trim()) }]
            }
            ExchangeCommand::SavePicture { name, png } => {
                let stem: String = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
                vec![Effect::SavePicture { folder: self.documents.clone(), stem: format!("assay-{stem}"), png }]
            }
            ExchangeCommand::ExportSet { id, kind, path } => vec![Effect::ExportSet { id, kind, path }],
        }
    }

    pub(super) fn apply(&mut self, fact: ExchangeFact, now: Timestamp, notices: &mut Notices) -> Vec<Effect> {
        match fact {
            ExchangeFact::ImportPicked(path) => return self.update(ExchangeCommand::ReadImport(path), |_| String::new()),
            ExchangeFact::DialogMissing => {
                if let Some(sheet) = &mut self.import {
                    sheet.dialog_missing = true;
                }
                if let Some(sheet) = &mut self.export {
                    sheet.dialog_missing = true;
                }
                notices.tell(NoticeLevel::Info, "No file was chosen; you can also type a path", now);
            }
            ExchangeFact::Previewed { path, result } => {
                let Some(sheet) = &mut self.import else { return Vec::new() };
                if sheet.path.as_ref() != Some(&path) {
                    return Vec::new();
                }
                sheet.reading = false;
                match result {
                    Ok(preview) => {
                        if sheet.name.is_empty() {
                            sheet.name.clone_from(&preview.suggested_name);
                        }
                        sheet.preview = Some(preview);
                        sheet.error = None;
                    }
                    Err(refusal) => {
                        sheet.preview = None;
                        sheet.error = Some(refusal);
                    }
                }
            }
            ExchangeFact::ExportPicked(path) => {
                if let Some(sheet) = &mut self.export {
                    sheet.path = path.display().to_string();
                    sheet.written = None;
                }
            }
            ExchangeFact::Exported { path } => {
                notices.tell(NoticeLevel::Good, format!("Written to {}", crate::platform::PathText(&path)), now);
                if let Some(sheet) = &mut self.export {
                    sheet.writing = false;
                    sheet.written = Some(path);
                }
            }
            ExchangeFact::ExportFailed { message } => match &mut self.export {
                Some(sheet) => {
                    sheet.writing = false;
                    sheet.error = Some(message);
                }
                None => notices.tell(NoticeLevel::Error, message, now),
            },
        }
        Vec::new()
    }
}
