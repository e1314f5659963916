//! The Sets screen: prompt sets and their cases.

mod case_columns;
mod case_table;
mod cell_editor;
mod conversation_sheet;
mod export_set_sheet;
mod name_sheet;
mod paste_sheet;
mod screen;
mod set_head;
mod set_list;
mod table_bar;

pub(crate) use screen::SetsScreen;
