//! The run side of the bench: answers side by side, the table, the summary.

mod answer_body;
mod answers;
mod attempts_table;
mod basis_bar;
mod cell_state;
mod column;
mod column_head;
mod failure_body;
mod judge_bar;
mod measured_under;
mod metrics;
mod nothing_yet;
mod pinned_grid;
mod request_sheet;
mod sources;
mod stop_notice;
mod summary;
mod summary_cells;
mod summary_charts;
mod summary_grid;
mod table;
mod table_cells;
mod table_order;
mod tabs;
mod view;

pub(super) use view::RunView;
