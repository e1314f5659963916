//! Ctrl-C: told once, obeyed at once the second time.

use super::super::fact::Fact;
use super::channel::Facts;

/// The exit code of a process that was interrupted, as shells have it: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Listens for as long as the backend lives. Where the system lets nobody listen, Ctrl-C ends the process as usual.
#[expect(clippy::exit, reason = "a second Ctrl-C is there for when nothing else ends the program; stored trials are safe")]
pub(super) async fn heed(facts: &Facts) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    // Telling waits for room; a second Ctrl-C must not.
    let told = async {
        facts.tell(Fact::Interrupted).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        again = tokio::signal::ctrl_c() => if again.is_ok() {
            std::process::exit(INTERRUPTED);
        },
        () = told => {}
    }
}
