//! Whether the current column of the answers is in view: a key judges only what is seen.

use eframe::egui::{Context, Id};

/// Where the current column is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CurrentColumn {
    InView,
    /// Scrolled away, or not drawn yet.
    #[default]
    OutOfView,
    /// It shall be scrolled into view.
    Wanted,
}

fn id() -> Id {
    Id::unique("current column")
}

impl CurrentColumn {
    pub(super) fn read(ctx: &Context) -> Self {
        ctx.data(|data| data.get_temp(id())).unwrap_or_default()
    }

    pub(super) fn tell(self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(id(), self));
    }

    /// True when it is in view; else it is brought there.
    pub(super) fn is_seen(ctx: &Context) -> bool {
        let seen = Self::read(ctx) == Self::InView;
        if !seen {
            Self::Wanted.tell(ctx);
        }
        seen
    }
}
