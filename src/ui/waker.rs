//! How soon the window looks when facts have come.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eframe::egui::Context;

/// Late on purpose: bursts of facts make one frame.
const USUAL: Duration = Duration::from_millis(30);
/// While a run is in flight: ten frames a second, because the processor time that painting takes is missing where answers are stamped.
const MEASURING: Duration = Duration::from_millis(100);

/// Wakes the window; shared with the backend, which starts before there is a window.
#[derive(Default)]
pub(super) struct Waker {
    ctx: OnceLock<Context>,
    measuring: AtomicBool,
}

impl Waker {
    /// Wakes this window from now on. The first one counts.
    pub(super) fn set_window(&self, ctx: &Context) {
        self.ctx.get_or_init(|| ctx.clone());
    }

    /// Whether a run is in flight from now on.
    pub(super) fn set_measuring(&self, measuring: bool) {
        self.measuring.store(measuring, Ordering::Relaxed);
    }

    /// Facts have come. Without a window they wait for its first frame.
    pub(super) fn wake(&self) {
        if let Some(ctx) = self.ctx.get() {
            ctx.request_repaint_after(self.delay());
        }
    }

    fn delay(&self) -> Duration {
        if self.measuring.load(Ordering::Relaxed) { MEASURING } else { USUAL }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_run_in_flight_is_painted_ten_times_a_second_at_most() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ctx = Context::default();
        let heard = Arc::clone(&asked);
        ctx.set_request_repaint_callback(move |request| heard.lock().unwrap().push(request.delay));
        let waker = Waker::default();
        waker.wake();
        waker.set_window(&ctx);
        // The first frame of a context asks for another one; after these nothing is pending.
        for _ in 0..4 {
            ctx.run_ui(Default::default(), |_| ()).textures_delta.clear();
        }
        asked.lock().unwrap().clear();
        waker.set_measuring(true);
        waker.wake();
        waker.wake();
        waker.set_measuring(false);
        waker.wake();
        assert_eq!(*asked.lock().unwrap(), [MEASURING, USUAL]);
    }
}
