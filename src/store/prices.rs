//! Prices that the user set.

use rusqlite::params;

use super::columns::Json;
use super::{Archive, StoreError};
use crate::domain::OwnPrice;

impl Archive {
    /// All of them, by host and model.
    pub fn own_prices(&self) -> Result<Vec<OwnPrice>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT host, model, price FROM own_prices ORDER BY host, model")?;
        let prices = statement
            .query_map([], |row| Ok(OwnPrice { host: row.get(0)?, model: row.get(1)?, price: row.get::<_, Json<_>>(2)?.0 }))?
            .collect::<Result<_, _>>()?;
        Ok(prices)
    }

    /// Sets the price of one model at one host, in place of an earlier one. Runs keep the price that they were planned with.
    pub fn set_own_price(&mut self, own: &OwnPrice) -> Result<(), StoreError> {
        let sql = "INSERT INTO own_prices (host, model, price) VALUES (?1, ?2, ?3) ON CONFLICT (host, model) DO UPDATE SET price = excluded.price";
        self.db.execute(sql, params![own.host, own.model, Json(&own.price)])?;
        Ok(())
    }

    /// Forgets the price of one model at one host.
    pub fn remove_own_price(&mut self, host: &str, model: &str) -> Result<(), StoreError> {
        match self.db.execute("DELETE FROM own_prices WHERE host = ?1 AND model = ?2", params![host, model])? {
            0 => Err(StoreError::NotFound("price")),
            _ => Ok(()),
        }
    }
}
