//! What a screen is given: the state to read, and a place to put wishes.

use std::cell::RefCell;

use crate::app::{AppState, Command};

/// Views read state and send commands; they may run twice a frame, so they do nothing else.
pub(crate) struct Cx<'a> {
    /// All that is shown.
    pub(crate) state: &'a AppState,
    commands: &'a RefCell<Vec<Command>>,
}

impl<'a> Cx<'a> {
    /// Over this state; wishes are put into `commands`.
    pub(crate) fn new(state: &'a AppState, commands: &'a RefCell<Vec<Command>>) -> Self {
        Self { state, commands }
    }

    /// Wishes for something; it happens before the next frame.
    pub(crate) fn send(&self, command: Command) {
        self.commands.borrow_mut().push(command);
    }
}
