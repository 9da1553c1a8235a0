//! Texts in the table `blob`: each of them once, and most of them as what differs from an older one.

use super::StoreError;
use super::content::{self, Content};
use super::delta::{apply, delta};
use super::error::damaged;
use super::open::Connection;
use sqlx::Row as _;

/// So many differences at most lead to a text that is kept whole: each has to be undone to read it.
pub(super) const LONGEST_CHAIN: i64 = 40;

/// Keeps a text, if it is not there yet. `like` is the digest of one that it may differ little from.
pub(super) async fn put(
    connection: &mut Connection,
    content: &Content,
    like: Option<&str>,
) -> Result<(), StoreError> {
    if depth(connection, &content.digest).await?.is_some() {
        return match get(connection, &content.digest).await {
            Ok(_) => Ok(()),
            // A run that is kept now must be readable; those that hold the same text are mended as well.
            Err(error) if error.is_damage() => replace(connection, content).await,
            Err(error) => Err(error),
        };
    }
    let smaller = match like {
        Some(like) => difference(connection, content, like).await?,
        None => None,
    };
    let (base, depth, body) = match &smaller {
        Some((depth, body)) => (like, *depth, body),
        None => (None, 0, &content.packed),
    };
    sqlx::query(
        "INSERT INTO blob (digest, base, depth, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(&content.digest)
    .bind(base)
    .bind(depth)
    .bind(body.as_slice())
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// The text whole, in place of what is damaged.
async fn replace(connection: &mut Connection, content: &Content) -> Result<(), StoreError> {
    sqlx::query("UPDATE blob SET base = NULL, depth = 0, body = $2 WHERE digest = $1")
        .bind(&content.digest)
        .bind(content.packed.as_slice())
        .execute(&mut *connection)
        .await?;
    Ok(())
}

/// Depth and bytes of the difference, where it is worth it.
async fn difference(
    connection: &mut Connection,
    content: &Content,
    like: &str,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let depth = match depth(connection, like).await? {
        Some(depth) if depth < LONGEST_CHAIN => depth + 1,
        Some(_) | None => return Ok(None),
    };
    let old = match get(connection, like).await {
        Ok(old) => old,
        // What is damaged stays so; what is new is kept whole.
        Err(error) if error.is_damage() => return Ok(None),
        Err(error) => return Err(error),
    };
    let new = content::unpack(&content.packed)?;
    let body = content::pack(&delta(&old, &new))?;
    Ok((body.len() * 2 < content.packed.len()).then_some((depth, body)))
}

async fn depth(connection: &mut Connection, digest: &str) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT depth FROM blob WHERE digest = $1")
        .bind(digest)
        .fetch_optional(&mut *connection)
        .await?;
    Ok(match row {
        Some(row) => Some(row.try_get(0)?),
        None => None,
    })
}

/// The text of this digest. That it is this text is proven.
pub(super) async fn get(connection: &mut Connection, digest: &str) -> Result<String, StoreError> {
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let mut wanted = Some(digest.to_owned());
    while let Some(digest) = wanted.take() {
        if bodies.len() as i64 > LONGEST_CHAIN {
            return Err(damaged("a text hangs on more others than any may"));
        }
        let row = sqlx::query("SELECT base, body FROM blob WHERE digest = $1")
            .bind(digest)
            .fetch_optional(&mut *connection)
            .await?
            .ok_or_else(|| damaged("a text is missing"))?;
        wanted = row.try_get(0)?;
        bodies.push(row.try_get(1)?);
    }
    let mut text = String::new();
    for (place, body) in bodies.iter().rev().enumerate() {
        let plain = content::unpack(body)?;
        text = if place == 0 {
            plain
        } else {
            apply(&text, &plain).ok_or_else(|| damaged("a text does not follow from another"))?
        };
    }
    if content::digest_of(&text) != digest {
        return Err(damaged("a text is another than it was"));
    }
    Ok(text)
}
