//! Wishes of the system that the program end: Ctrl-C, and on Unix also a request to terminate and a terminal that closes. Told once; a further Ctrl-C is
//! obeyed at once.

use std::io;

use super::super::fact::Fact;
use super::channel::Facts;

/// The exit code of a process that was interrupted, as shells have it: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Listens for as long as the backend lives. Where the system lets nobody listen, such a wish ends the process as usual.
#[expect(clippy::exit, reason = "a second Ctrl-C is there for when nothing else ends the program; stored trials are safe")]
pub(super) async fn heed(facts: &Facts) {
    let Ok(mut wishes) = Wishes::listen() else { return };
    wishes.next().await;
    // Telling waits for room; a second Ctrl-C must not.
    let told = async {
        facts.tell(Fact::Interrupted).await;
        std::future::pending::<()>().await;
    };
    // A closing terminal hangs up twice, by its shell and by the system: only a person repeats a wish on purpose.
    let insisted = async { while wishes.next().await != Wish::Interrupt {} };
    tokio::select! {
        biased;
        () = insisted => std::process::exit(INTERRUPTED),
        () = told => {}
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Interrupt,
    #[cfg(unix)]
    End,
}

#[cfg(unix)]
struct Wishes {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Absent where whoever started the program had it ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Wishes {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, hangup })
    }

    async fn next(&mut self) -> Wish {
        let Self { interrupt, terminate, hangup } = self;
        let hung_up = async {
            match hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => Wish::Interrupt,
            _ = terminate.recv() => Wish::End,
            _ = hung_up => Wish::End,
        }
    }
}

/// `nohup` and the like have a closed terminal ignored, and listening would undo that. Where the system does not tell, a program without any terminal
/// is taken to be started so.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    use std::io::IsTerminal as _;
    let told = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    match told {
        // Signal n is bit n − 1, and this one is signal 1 everywhere.
        Some(mask) => mask & 1 == 1,
        None => !(io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()),
    }
}

#[cfg(not(unix))]
struct Wishes;

#[cfg(not(unix))]
impl Wishes {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Wish {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Wish::Interrupt
    }
}
