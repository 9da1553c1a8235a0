//! The history: runs with what was read, what was found and how it scored, in one file.
//!
//! Plain SQL that PostgreSQL speaks too; what is SQLite's own stands in `open`. What a finding
//! weighs is told by `score`, and what a command does with a run is decided elsewhere. No clock: a
//! time is an argument.

mod blob;
mod content;
mod delta;
mod error;
mod finding;
mod judged;
mod migrate;
mod name;
mod open;
mod packed;
mod prune;
mod restore;
mod run;
mod save;
#[cfg(test)]
mod tests;
mod trend;

pub use error::StoreError;
pub use finding::{Findings, Kept};
pub use judged::Judgement;
pub use name::{Name, NameError, TenantRuns, choose, find};
pub use packed::Packed;
pub use prune::{Keep, Pruned, Pruning};
pub use run::{Gate, Run};
pub use save::{NewRun, NewScore, Saved};
pub use trend::{CheckAt, CheckScore, Counts, RoleAt, RoleScore, Score, ScoreAt};

use open::Connection;
use sqlx::Connection as _;
use std::path::Path;

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    open_to_others: bool,
}

impl Store {
    /// Opens a store, brought up to date; `create` makes it, for its owner only, where there is none.
    pub async fn open(path: &Path, create: bool) -> Result<Self, StoreError> {
        let (mut connection, is_empty) = open::open(path, create).await?;
        migrate::migrate(&mut connection, is_empty).await?;
        Ok(Self { connection, open_to_others: open::open_to_others(path) })
    }

    /// True where others than its owner can read or write the file, as far as the system tells.
    pub const fn open_to_others(&self) -> bool {
        self.open_to_others
    }

    /// From the next reading on, everything that is read is of one moment, whatever others delete
    /// meanwhile, until the store is closed. Nothing can be kept in between.
    pub async fn hold(&mut self) -> Result<(), StoreError> {
        open::hold(&mut self.connection).await
    }

    /// Closes it, so that everything is in the one file.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}
