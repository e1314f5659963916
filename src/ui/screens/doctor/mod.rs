//! The error doctor on screen: one view of a failure, wherever it is shown.

mod buttons;
mod probes;
mod view;

pub(super) use view::DoctorView;
