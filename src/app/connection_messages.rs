//! What is wished of connections, and what happened to them.

use crate::domain::{
    Amendment, ApiKey, CheckReport, CheckStep, Connection, ConnectionId, Failure, ForeignKey, FoundLimit, KeyState, OwnPrice, RampEnd,
    RampRung,
};

/// What a person wants of the connections.
#[derive(Clone, Debug)]
pub enum ConnectionCommand {
    /// Show it at the right.
    Select(ConnectionId),
    /// Store a new one; its id is drawn by the backend. The key goes to the place that the connection names.
    Add {
        /// The connection; its id is ignored.
        connection: Box<Connection>,
        /// Its key; absent for none or an environment variable.
        key: Option<ApiKey>,
    },
    /// Store changes; a key only when it changes too.
    Save {
        /// The connection.
        connection: Box<Connection>,
        /// A new key.
        key: Option<ApiKey>,
    },
    /// Erase its key and take it out of the list; history keeps its name.
    Remove(ConnectionId),
    /// Store a copy under another name, without a key.
    Duplicate(ConnectionId),
    /// Check it, with this model or the usual one.
    Check {
        /// The connection.
        id: ConnectionId,
        /// The model to ask; absent: last used, else first listed.
        model: Option<String>,
    },
    /// Ask for its list of models.
    LoadModels(ConnectionId),
    /// Set one's own price of a model.
    SetPrice(Box<OwnPrice>),
    /// Go back to the catalog's price.
    RemovePrice {
        /// Host of the price.
        host: String,
        /// Model of the price.
        model: String,
    },
    /// Find out how much it takes, with tiny requests of this model, up to so many at once.
    Ramp {
        /// The connection.
        id: ConnectionId,
        /// The model to ask.
        model: String,
        /// Requests at once, at most.
        ceiling: u32,
    },
    /// Enough of that.
    StopRamp(ConnectionId),
    /// Open its form for a key.
    EnterKey(ConnectionId),
    /// Look again where its key is.
    RefreshKey(ConnectionId),
    /// Add connections that read these environment variables: preset id and variable.
    AddFromEnvironment(Vec<(String, String)>),
    /// Open the sheet that adds a connection, over whichever screen is in view.
    BeginAdd,
    /// Close that sheet.
    EndAdd,
}

/// What happened to connections.
#[derive(Debug)]
pub enum ConnectionFact {
    /// The stored list, whole.
    Listed(Vec<Connection>),
    /// It is stored.
    Saved {
        /// As stored.
        connection: Box<Connection>,
        /// Where its key is now.
        key_state: KeyState,
        /// It was not there before.
        added: bool,
    },
    /// It is not stored, or its key is not.
    SaveFailed {
        /// Why, and what to do.
        message: String,
    },
    /// It is gone, and so is its key.
    Removed {
        /// Its id.
        id: ConnectionId,
        /// Its name.
        name: String,
    },
    /// Something was wished of it, and the archive has it no more: another process removed it.
    Gone(ConnectionId),
    /// Where a key is.
    Key {
        /// The connection.
        id: ConnectionId,
        /// Its key's state.
        state: KeyState,
    },
    /// A key that was read looks like another provider's.
    KeyStart {
        /// The connection.
        id: ConnectionId,
        /// As another provider's keys do.
        foreign: ForeignKey,
    },
    /// A step of a running check ended.
    CheckStepped {
        /// The connection.
        id: ConnectionId,
        /// The step.
        step: CheckStep,
    },
    /// A check ended.
    Checked(Box<CheckReport>),
    /// The list of models came, or not.
    Models {
        /// The connection.
        id: ConnectionId,
        /// Model ids in the provider's order.
        result: Result<Vec<String>, Failure>,
    },
    /// A ramp has one rung more behind it.
    RampClimbed {
        /// The connection.
        id: ConnectionId,
        /// The rung.
        rung: RampRung,
    },
    /// A ramp is over.
    Ramped {
        /// The connection.
        id: ConnectionId,
        /// How it ended.
        end: RampEnd,
        /// What is kept of it; absent when nothing was found.
        found: Option<FoundLimit>,
    },
    /// The user's own prices, whole.
    Prices(Vec<OwnPrice>),
    /// Its server showed how it wants requests to a model written.
    Learned {
        /// The connection.
        id: ConnectionId,
        /// The model.
        model: String,
        /// How.
        amendment: Amendment,
    },
}
