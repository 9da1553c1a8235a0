//! Brings the tables up to date: each step once, all of them in one transaction.

use super::StoreError;
use super::open::{self, Connection};
use sqlx::Row as _;

/// The steps in order. One that was shipped is never changed; a change is a new step.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_history.sql")];

/// Which steps were done.
const VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY, program TEXT NOT NULL)";

/// The newest format: the number of steps.
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Does what was not done yet, and refuses a store of a newer version.
pub(super) async fn migrate(connection: &mut Connection, is_empty: bool) -> Result<(), StoreError> {
    if !is_empty && checked(version(connection).await?)? == KNOWN {
        return Ok(());
    }
    // Two processes may come here at once: the second finds the work of the first.
    let mut work = open::begin(connection).await?;
    sqlx::raw_sql(VERSIONS).execute(&mut *work).await?;
    let done = checked(version(&mut work).await?)?;
    for (number, step) in (1_i64..).zip(MIGRATIONS).filter(|(number, _)| *number > done) {
        sqlx::raw_sql(step).execute(&mut *work).await?;
        sqlx::query("INSERT INTO migration (version, program) VALUES ($1, $2)")
            .bind(number)
            .bind(env!("CARGO_PKG_VERSION"))
            .execute(&mut *work)
            .await?;
    }
    Ok(work.commit().await?)
}

async fn version(connection: &mut Connection) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM migration")
        .fetch_one(&mut *connection)
        .await?;
    Ok(row.try_get(0)?)
}

fn checked(found: i64) -> Result<i64, StoreError> {
    if found > KNOWN { Err(StoreError::Newer { found, known: KNOWN }) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Words that SQLite alone knows, or understands otherwise than PostgreSQL.
    const OWN_WORDS: [&str; 16] = [
        "autoincrement",
        "pragma",
        "without rowid",
        "strict",
        "ifnull",
        "datetime",
        "strftime",
        "julianday",
        "unixepoch",
        "insert or",
        "replace into",
        "rowid",
        "blob not null",
        "integer",
        "collate",
        "[",
    ];

    fn strange_words(text: &str) -> Vec<&'static str> {
        let text = text.to_lowercase();
        OWN_WORDS.into_iter().filter(|word| text.contains(word)).collect()
    }

    #[test]
    fn no_word_is_of_sqlite_alone() {
        for step in MIGRATIONS.iter().chain([&VERSIONS]) {
            assert_eq!(strange_words(step), Vec::<&str>::new(), "{step}");
        }
        assert_eq!(strange_words("a INTEGER PRIMARY KEY AUTOINCREMENT").len(), 2);
    }

    #[test]
    fn only_one_file_knows_what_is_of_sqlite_alone() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let mut files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("open.rs") || path.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let line = line.to_lowercase();
                for word in ["sqlite", "pragma", "vacuum", "immediate", "insert or", "rowid"] {
                    assert!(!line.contains(word), "{}: {line}", path.display());
                }
            }
            files += 1;
        }
        assert!(files > 10, "{files}");
    }

    #[test]
    fn the_only_types_are_those_that_both_know() {
        let known = ["TEXT", "BIGINT", "DOUBLE PRECISION", "BYTEA"];
        for step in MIGRATIONS {
            let columns = step.lines().filter_map(|line| line.strip_prefix("    "));
            let mut count = 0;
            for column in columns {
                if column.starts_with("PRIMARY KEY") || column.starts_with("FOREIGN KEY") {
                    continue;
                }
                let (name, kind) = column.split_once(' ').unwrap();
                assert!(known.iter().any(|it| kind.starts_with(it)), "{name}: {kind}");
                count += 1;
            }
            assert!(count > 0, "{step}");
        }
    }

    #[test]
    fn every_file_is_a_step() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let numbers: Vec<usize> = names.iter().map(|name| name[..4].parse().unwrap()).collect();
        assert_eq!(numbers, (1..=MIGRATIONS.len()).collect::<Vec<_>>(), "{names:?}");
    }
}
