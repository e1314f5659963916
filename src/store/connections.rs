//! Connections and the last check of each.

use rusqlite::{OptionalExtension as _, Row, params};

use super::columns::Json;
use super::{Archive, StoreError};
use crate::domain::{Amendment, CheckReport, Connection, ConnectionId, FoundLimit};

impl Archive {
    /// The connections that are not removed, by name.
    pub fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT definition, last_model, found_limit FROM connections WHERE removed_at_ns IS NULL ORDER BY name, seq")?;
        let connections = statement.query_map([], connection)?.collect::<Result<_, _>>()?;
        Ok(connections)
    }

    /// The connection of this id that is not removed; absent when there is none.
    pub fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        let sql = "SELECT definition, last_model, found_limit FROM connections WHERE id = ?1 AND removed_at_ns IS NULL";
        Ok(self.db.prepare_cached(sql)?.query_row([id], connection).optional()?)
    }

    /// Adds the connection, or replaces the one of its id (a removed one is back then). A `last_model` already
    /// known stays when it brings none; what a ramp found is kept apart, by [`Self::set_found_limit`].
    pub fn save_connection(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if connection.name.trim().is_empty() {
            return Err(StoreError::NameEmpty);
        }
        let taken = "SELECT 1 FROM connections WHERE name = ?1 AND id <> ?2 AND removed_at_ns IS NULL";
        if self.db.prepare_cached(taken)?.exists(params![connection.name, connection.id])? {
            return Err(StoreError::NameTaken(connection.name.clone()));
        }
        let sql = "INSERT INTO connections (id, name, definition, last_model) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (id) DO UPDATE SET name = excluded.name, definition = excluded.definition, removed_at_ns = NULL, \
                   last_model = coalesce(excluded.last_model, last_model)";
        self.db.prepare_cached(sql)?.execute(params![connection.id, connection.name, Json(connection), connection.last_model])?;
        Ok(())
    }

    /// Takes the connection off the list; history keeps it.
    pub fn remove_connection(&mut self, id: ConnectionId) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET removed_at_ns = ?2 WHERE id = ?1 AND removed_at_ns IS NULL";
        match self.db.execute(sql, params![id, Self::now()])? {
            0 => Err(StoreError::NotFound("connection")),
            _ => Ok(()),
        }
    }

    /// Remembers the model that was used last.
    pub fn set_last_model(&mut self, id: ConnectionId, model: &str) -> Result<(), StoreError> {
        match self.db.execute("UPDATE connections SET last_model = ?2 WHERE id = ?1", params![id, model])? {
            0 => Err(StoreError::NotFound("connection")),
            _ => Ok(()),
        }
    }

    /// Keeps what a ramp found; absent: it holds no longer.
    pub fn set_found_limit(&mut self, id: ConnectionId, found: Option<&FoundLimit>) -> Result<(), StoreError> {
        match self.db.execute("UPDATE connections SET found_limit = ?2 WHERE id = ?1", params![id, found.map(Json)])? {
            0 => Err(StoreError::NotFound("connection")),
            _ => Ok(()),
        }
    }

    /// Remembers how the server of a connection wants requests to a model written. False, and nothing is kept, when the connection was removed or
    /// points elsewhere than `asked` did.
    pub fn learn(&mut self, asked: &Connection, model: &str, amendment: Amendment) -> Result<bool, StoreError> {
        let Some(mut connection) = self.connection(asked.id)? else { return Ok(false) };
        if (&connection.base_url, connection.wire) != (&asked.base_url, asked.wire) {
            return Ok(false);
        }
        connection.dialect.learn(model, amendment);
        self.save_connection(&connection)?;
        Ok(true)
    }

    /// Keeps the report as the last check of its connection.
    pub fn save_check(&mut self, report: &CheckReport) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET last_check = ?2 WHERE id = ?1";
        match self.db.execute(sql, params![report.connection_id, Json(report)])? {
            0 => Err(StoreError::NotFound("connection")),
            _ => Ok(()),
        }
    }

    /// The last check of a connection; absent before the first.
    pub fn last_check(&self, id: ConnectionId) -> Result<Option<CheckReport>, StoreError> {
        let report: Option<Option<Json<CheckReport>>> =
            self.db.prepare_cached("SELECT last_check FROM connections WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
        Ok(report.flatten().map(|report| report.0))
    }
}

fn connection(row: &Row<'_>) -> rusqlite::Result<Connection> {
    let Json(mut connection): Json<Connection> = row.get(0)?;
    connection.last_model = row.get(1)?;
    connection.found_limit = row.get::<_, Option<Json<FoundLimit>>>(2)?.map(|found| found.0);
    Ok(connection)
}
