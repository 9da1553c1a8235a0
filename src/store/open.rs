//! What is SQLite's own: making and opening the file, recognising ours, locks, giving space back.
//!
//! A store in another database needs another file like this one: the others know its types by the names
//! that are given to them here.

use super::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection, SqliteTransaction};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// The way to an open store.
pub(super) type Connection = SqliteConnection;
/// One row of an answer.
pub(super) type Record = SqliteRow;

/// What the table `store` calls us.
const MARK: &str = "pimaudit.history";
/// How long a process waits for another one that writes. Keeping a large tenant takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// The change to a write-ahead log is refused at once while another process looks at the file, whatever
/// the patience. So often, and after such pauses, it is tried again.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);
/// Tables that are named of a foreign database.
const NAMED: usize = 3;

/// Opens the file, and tells whether it is still empty.
pub(super) async fn open(path: &Path, create: bool) -> Result<(Connection, bool), StoreError> {
    make(path, create)?;
    // SQLite reads `:memory:` and `file:…` otherwise than as the names of files.
    let path = std::path::absolute(path)?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .disable_statement_logging();
    let looked = match looked_at(&options).await {
        // Where nothing may be written there is no room for the log that a reader needs too. Nobody
        // else writes there either, so the file can be read as it lies.
        Err(StoreError::ReadOnly | StoreError::Unopenable) if !create && !has_log(&path) => {
            looked_at(&options.clone().read_only(true).immutable(true)).await
        }
        other => other,
    };
    let (connection, found) = match looked {
        // The system knows better why. Only asked now, as closing a file gives up its locks.
        Err(StoreError::Unopenable) => {
            let why = std::fs::File::open(&path);
            return Err(why.map_or_else(StoreError::Io, |_| StoreError::Unopenable));
        }
        other => other?,
    };
    match found {
        Found::Ours => Ok((connection, false)),
        Found::Foreign(what) => Err(StoreError::Foreign(what)),
        Found::Empty if !create => Err(StoreError::Empty),
        // Only now, as the change is written into the file and a foreign one must stay as it is.
        Found::Empty => {
            connection.close().await?;
            let options = options.journal_mode(SqliteJournalMode::Wal);
            Ok((connect(&options).await?, true))
        }
    }
}

/// Opens the file and tells what it is.
async fn looked_at(options: &SqliteConnectOptions) -> Result<(Connection, Found), StoreError> {
    let mut connection = connect(options).await?;
    let found = look(&mut connection).await?;
    Ok((connection, found))
}

/// True where what was written last may not be in the file yet.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// Makes the file where there is none, for its owner only: the log files beside it take its mode.
fn make(path: &Path, create: bool) -> Result<(), StoreError> {
    let is_link = || std::fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink());
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(StoreError::Folder),
        Ok(found) if !found.is_file() => Err(StoreError::NoFile),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound && is_link() => Err(StoreError::Dangling),
        Err(error) if error.kind() == ErrorKind::NotFound && create => make_new(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::Absent),
        Err(error) => Err(error.into()),
    }
}

fn make_new(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.is_dir()
    {
        return Err(StoreError::NoFolder(folder.display().to_string()));
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        // Another process was faster, and did the same.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
pub(super) fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 0o077 != 0)
}

/// Who else may read a file is not told by its mode there.
#[cfg(not(unix))]
pub(super) const fn open_to_others(_: &Path) -> bool {
    false
}

async fn connect(options: &SqliteConnectOptions) -> Result<Connection, StoreError> {
    for _ in 1..TRIES {
        match options.connect().await {
            Err(error) if is_busy(&error) => tokio::time::sleep(PAUSE).await,
            other => return Ok(other?),
        }
    }
    Ok(options.connect().await?)
}

/// What a file turned out to be.
enum Found {
    Empty,
    Ours,
    Foreign(String),
}

async fn look(connection: &mut Connection) -> Result<Found, StoreError> {
    // A view alone makes a file somebody's too.
    let rows =
        sqlx::query("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            .fetch_all(&mut *connection)
            .await?;
    let mut tables = Vec::new();
    for row in &rows {
        tables.push(row.try_get::<String, _>(0)?);
    }
    if tables.is_empty() {
        return if is_marked(connection).await? {
            Ok(Found::Foreign("it is an empty database of another program".to_owned()))
        } else {
            Ok(Found::Empty)
        };
    }
    if tables.iter().any(|table| table == "store") {
        let marks = sqlx::query("SELECT name FROM store").fetch_all(&mut *connection).await;
        match marks {
            Ok(rows) if rows.iter().any(|row| row.try_get::<&str, _>(0).ok() == Some(MARK)) => {
                return Ok(Found::Ours);
            }
            Err(error) if is_busy(&error) => return Err(error.into()),
            // Somebody else's table of that name.
            Ok(_) | Err(_) => {}
        }
    }
    let named = tables.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if tables.len() > NAMED { ", …" } else { "" };
    Ok(Found::Foreign(format!("it is a database with the tables {named}{more}")))
}

/// True where a program has written its own number into the file. We write none.
async fn is_marked(connection: &mut Connection) -> Result<bool, StoreError> {
    for question in ["PRAGMA user_version", "PRAGMA application_id"] {
        let row = sqlx::query(question).fetch_one(&mut *connection).await?;
        if row.try_get::<i64, _>(0)? != 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// From the next reading on, everything that is read is of one moment, until the store is closed.
pub(super) async fn hold(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::raw_sql("BEGIN").execute(&mut *connection).await?;
    Ok(())
}

/// A unit of work that writes: all of it is kept, or nothing. It waits for another writer at its
/// beginning rather than fail in its middle.
pub(super) async fn begin(
    connection: &mut Connection,
) -> Result<SqliteTransaction<'_>, StoreError> {
    Ok(connection.begin_with("BEGIN IMMEDIATE").await?)
}

/// Gives the space of what was deleted back to the system.
pub(super) async fn give_space_back(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::raw_sql("VACUUM").execute(&mut *connection).await?;
    Ok(())
}

/// SQLite's result codes, without what an extended code adds.
const NO_SUCH_TABLE: i32 = 1;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const NO_DATABASE: i32 = 26;

fn code_of(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(code_of(error), Some(BUSY | LOCKED))
}

/// What is in a row is of another kind than was written there.
const fn is_strange_row(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::RowNotFound
    )
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_strange_row(&error) {
            return Self::Damaged("a row is not what was written".to_owned());
        }
        match code_of(&error) {
            // All questions are fixed ones: it is the tables that are others.
            Some(NO_SUCH_TABLE) => Self::Damaged("its tables are not what they were".to_owned()),
            Some(READ_ONLY) => Self::ReadOnly,
            Some(FULL) => Self::Full,
            Some(CANNOT_OPEN) => Self::Unopenable,
            Some(BUSY | LOCKED) => Self::Busy,
            Some(CORRUPT) => Self::Damaged("its pages do not fit together".to_owned()),
            Some(NO_DATABASE) => Self::Foreign("it is no SQLite file".to_owned()),
            Some(_) | None => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn what_the_database_says_becomes_what_it_means() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        Store::open(&path, true).await.unwrap().close().await.unwrap();
        let options = SqliteConnectOptions::new().filename(&path);
        let mut connection = options.connect().await.unwrap();
        // A question about a table that is gone, and a row that is another one.
        let absent = sqlx::query("SELECT id FROM absent").fetch_all(&mut connection).await;
        let absent = StoreError::from(absent.unwrap_err());
        assert_eq!(absent.to_string(), "it is damaged: its tables are not what they were");
        let row = sqlx::query("SELECT 'text'").fetch_one(&mut connection).await.unwrap();
        let strange = StoreError::from(row.try_get::<i64, _>(0).unwrap_err());
        assert_eq!(strange.to_string(), "it is damaged: a row is not what was written");
        connection.close().await.unwrap();
        // A file that may be read only, and a folder where nothing can be made.
        let mut connection = options.read_only(true).connect().await.unwrap();
        let refused = sqlx::query("DELETE FROM run").execute(&mut connection).await;
        assert!(matches!(StoreError::from(refused.unwrap_err()), StoreError::ReadOnly));
        let nowhere = SqliteConnectOptions::new().filename(folder.path().join("none/x.db"));
        let refused = nowhere.connect().await.unwrap_err();
        assert!(matches!(StoreError::from(refused), StoreError::Unopenable));
    }

    #[tokio::test]
    async fn a_file_can_be_read_as_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("his tory%3f.db");
        Store::open(&path, true).await.unwrap().close().await.unwrap();
        assert!(!has_log(&path));
        let options = SqliteConnectOptions::new().filename(&path);
        let (_connection, found) =
            looked_at(&options.read_only(true).immutable(true)).await.unwrap();
        assert!(matches!(found, Found::Ours));
        // Nothing was made beside it.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::write(folder.path().join("his tory%3f.db-wal"), "x").unwrap();
        assert!(has_log(&path));
    }
}
