//! What is SQLite's own: making and opening the file, recognising ours, locks, giving space back.
//!
//! A store in another database needs another file like this one, and nothing else.

use super::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection, SqliteTransaction};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

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
pub(super) async fn open(
    path: &Path,
    create: bool,
) -> Result<(SqliteConnection, bool), StoreError> {
    make(path, create)?;
    // SQLite reads `:memory:` and `file:…` otherwise than as the names of files.
    let path = std::path::absolute(path)?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .disable_statement_logging();
    let mut connection = connect(&options).await?;
    match look(&mut connection).await? {
        Found::Ours => Ok((connection, false)),
        Found::Foreign(what) => Err(StoreError::Foreign(what)),
        Found::Empty if !create => Err(StoreError::Foreign("it is empty".to_owned())),
        // Only now, as the change is written into the file and a foreign one must stay as it is.
        Found::Empty => {
            connection.close().await?;
            let options = options.journal_mode(SqliteJournalMode::Wal);
            Ok((connect(&options).await?, true))
        }
    }
}

/// Makes the file where there is none, for its owner only: the log files beside it take its mode.
fn make(path: &Path, create: bool) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(StoreError::Folder),
        Ok(found) if !found.is_file() => Err(StoreError::NoFile),
        Ok(_) => Ok(()),
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

async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
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

async fn look(connection: &mut SqliteConnection) -> Result<Found, StoreError> {
    let rows = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .fetch_all(&mut *connection)
        .await?;
    let mut tables = Vec::new();
    for row in &rows {
        tables.push(row.try_get::<String, _>(0)?);
    }
    if tables.is_empty() {
        return Ok(Found::Empty);
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

/// A unit of work that writes: all of it is kept, or nothing. It waits for another writer at its
/// beginning rather than fail in its middle.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
) -> Result<SqliteTransaction<'_>, StoreError> {
    Ok(connection.begin_with("BEGIN IMMEDIATE").await?)
}

/// Gives the space of what was deleted back to the system.
pub(super) async fn give_space_back(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::raw_sql("VACUUM").execute(&mut *connection).await?;
    Ok(())
}

/// SQLite's result codes, without what an extended code adds.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const NO_DATABASE: i32 = 26;

fn code_of(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn is_busy(error: &sqlx::Error) -> bool {
    matches!(code_of(error), Some(BUSY | LOCKED))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match code_of(&error) {
            Some(BUSY | LOCKED) => Self::Busy,
            Some(CORRUPT) => Self::Damaged("its pages do not fit together".to_owned()),
            Some(NO_DATABASE) => Self::Foreign("it is no SQLite file".to_owned()),
            Some(_) | None => Self::Database(error),
        }
    }
}
