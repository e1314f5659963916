//! A fault of the program itself, in words.

use std::fmt::{Display, Formatter, Result};
use std::path::{Path, PathBuf};

use crate::platform::{PanicReport, PathText, Places, latest_report};

/// A fault of the program itself that ended it: what that cost, what to do, and where its report is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFault {
    /// Absent when none could be written.
    pub report: Option<PathBuf>,
}

impl ProgramFault {
    /// The one that just happened in this process.
    pub fn just_now(data_dir: Option<&Path>) -> Self {
        let report = Places::locate(data_dir).ok().and_then(|places| latest_report(&places));
        Self { report: report.filter(PanicReport::is_of_this_process).map(|report| report.path) }
    }
}

impl Display for ProgramFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(
            "a fault in this program ended the window. What was shown as saved is kept; requests in flight were cancelled, and the provider \
             may charge for them. Start Assay again to go on",
        )?;
        match &self.report {
            Some(path) => write!(f, ". A report without keys stays on this computer unless you send it: {}", PathText(path)),
            None => Ok(()),
        }
    }
}
