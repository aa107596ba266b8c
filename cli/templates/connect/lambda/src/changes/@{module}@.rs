@%- set E = entity.imported -%@
//! Changes of `@{entity.name}@`.

use lambda_http::Error;
use monotable::Entity;
use monotable::stream::{Change, Record};

use @{table.path}@::@{entity.name}@@% if E != entity.name %@ as @{E}@@% endif %@;

/// Handles a change of @{entity.words}@.
pub async fn changed(record: &Record, change: Change<@{E}@>) -> Result<(), Error> {
    match change {
        Change::Inserted { new } => {
            let key = <@{E}@ as Entity>::key(&new)?;
            tracing::info!(%key, "@{entity.words}@ was created");
        }
        Change::Modified { old: _, new } => {
            let key = <@{E}@ as Entity>::key(&new)?;
            tracing::info!(%key, "@{entity.words}@ was changed");
        }
        // Time to live. A program has not deleted it.
        Change::Removed { old } if record.is_expiry() => {
            let key = <@{E}@ as Entity>::key(&old)?;
            tracing::info!(%key, "@{entity.words}@ expired");
        }
        Change::Removed { old } => {
            let key = <@{E}@ as Entity>::key(&old)?;
            tracing::info!(%key, "@{entity.words}@ was deleted");
        }
        _ => return Err("the view type of the stream must be NEW_AND_OLD_IMAGES".into()),
    }
    Ok(())
}
