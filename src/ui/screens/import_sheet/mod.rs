//! The import sheet: a file is looked at before anything of it is kept.

mod case_preview;
mod column_roles;
mod column_table;
mod file_field;
mod row_notes;
mod sheet;

pub(super) use column_table::ColumnTable;
pub(super) use row_notes::notes;
pub(crate) use sheet::ImportView;
pub(super) use sheet::show;
