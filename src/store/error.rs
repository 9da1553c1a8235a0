//! Why a store could not be used, and what to do then.
//!
//! A message fits after the name of the store and a colon.

use super::name::NameError;

/// Why a store could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none.
    #[error("there is no such file")]
    Absent,
    /// The path leads to a folder.
    #[error("it is a folder")]
    Folder,
    /// The path leads to a device or a pipe.
    #[error("it is no regular file")]
    NoFile,
    /// The folder it would lie in is not there.
    #[error("there is no folder {0}")]
    NoFolder(String),
    /// The path is a link that leads nowhere.
    #[error("it is a link to a file that is not there")]
    Dangling,
    /// The file has nothing in it.
    #[error("it is empty")]
    Empty,
    /// It may be read, not written to.
    #[error("it or its folder cannot be written to")]
    ReadOnly,
    /// No room is left.
    #[error("no room is left where it lies")]
    Full,
    /// The system lets it, or the log files beside it, not be opened.
    #[error("it, or a log file beside it, cannot be opened")]
    Unopenable,
    /// The system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Somebody else's file.
    #[error("it is no store of pimaudit: {0}")]
    Foreign(String),
    /// Written by a newer version.
    #[error("it has format {found}, and this version knows {known}")]
    Newer {
        /// Its format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// Another process writes.
    #[error("another process has kept it busy for too long")]
    Busy,
    /// What is in it does not fit together.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The database refused.
    #[error("{0}")]
    Database(#[source] sqlx::Error),
    /// No run is called so.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl StoreError {
    /// The next step, where there is one.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Absent => Some("`pimaudit audit --store FILE` makes it"),
            Self::Empty => Some("`pimaudit audit --store FILE` fills it"),
            Self::Folder | Self::NoFile | Self::Dangling => Some("give the path of a file"),
            Self::ReadOnly => Some("copy it to a folder that you may write to"),
            Self::Full => Some("make room, or give a path on another disk"),
            Self::Unopenable => Some("see who may read and write the file and its folder"),
            Self::NoFolder(_) => Some("make the folder first, or give another path"),
            Self::Foreign(_) => {
                Some("give a store that `pimaudit audit --store FILE` made, or a new path for one")
            }
            Self::Newer { .. } => Some("use a newer pimaudit"),
            Self::Busy => Some("run again when the other one has ended"),
            Self::Damaged(_) => Some("take a copy that is whole, or begin a new store"),
            Self::Name(error) => Some(error.hint()),
            Self::Io(_) => Some("see who may read and write the file and its folder"),
            Self::Database(_) => None,
        }
    }

    pub(super) const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }
}

/// What does not fit together.
pub(super) fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged(what.into())
}
