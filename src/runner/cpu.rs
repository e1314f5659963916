//! Room for work that computes. Name look-ups share the pool of blocking threads, and a look-up that waits behind a tokenizer would show in measured times.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// Pieces of work at once.
const PLACES: usize = 2;

/// Does work that computes, on blocking threads but never on many of them. Clones share their places.
#[derive(Clone, Debug)]
pub struct CpuRoom(Arc<Semaphore>);

impl Default for CpuRoom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

impl CpuRoom {
    /// Does `work` as soon as there is a place; the error says that it panicked or that the runtime shuts down.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
        let place = Arc::clone(&self.0).acquire_owned().await;
        tokio::task::spawn_blocking(move || {
            // Held by the work itself: it goes on when its caller is dropped.
            let _place = place;
            work()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn work_never_takes_more_than_its_places_and_leaves_threads_for_look_ups() {
        let room = CpuRoom::default();
        let (at_once, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (release, released) = std::sync::mpsc::sync_channel::<()>(0);
        let released = Arc::new(std::sync::Mutex::new(released));
        let mut works = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let (room, at_once, peak, released) = (room.clone(), Arc::clone(&at_once), Arc::clone(&peak), Arc::clone(&released));
            works.spawn(async move {
                let work = move || {
                    peak.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    released.lock().unwrap().recv().unwrap();
                    at_once.fetch_sub(1, Ordering::SeqCst);
                };
                room.run(work).await.unwrap();
            });
        }
        // All places are taken until this very look-up, on the shared pool, lets them go.
        let look_up = move || (0..12).for_each(|_| release.send(()).unwrap());
        tokio::task::spawn_blocking(look_up).await.unwrap();
        works.join_all().await;
        assert!((1..=PLACES).contains(&peak.load(Ordering::SeqCst)));
    }
}
