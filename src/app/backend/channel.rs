//! Facts on their way to the face, and the waking of it.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::super::fact::Fact;
use super::super::notices::NoticeLevel;

/// Sends facts and wakes whoever reads them.
#[derive(Clone)]
pub(super) struct Facts {
    sender: mpsc::Sender<Fact>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Facts {
    pub(super) fn new(sender: mpsc::Sender<Fact>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { sender, wake }
    }

    /// Waits for room, then sends. Nobody listening any more is no fault: the program ends.
    pub(super) async fn tell(&self, fact: Fact) {
        self.sender.send(fact).await.ok();
        (self.wake)();
    }

    pub(super) async fn notice(&self, level: NoticeLevel, text: impl Into<String>) {
        self.tell(Fact::Notice { level, text: text.into() }).await;
    }
}

/// Turns "call me back" into "await": gives the callback to `ask` and waits for its value; absent when it was dropped unused.
pub(super) async fn reply<T: Send + 'static>(ask: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> Option<T> {
    let (sender, receiver) = oneshot::channel();
    ask(Box::new(move |value| {
        sender.send(value).ok();
    }));
    receiver.await.ok()
}
