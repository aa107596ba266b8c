@%- set table = tables[0] -%@
//! What follows from a change of an item. A record can arrive more than once, so do nothing that must not be repeated:
//! `Record::event_id` stays the same.

@% for entity in entities -%@
mod @{entity.module}@;
@% endfor %@
use lambda_http::Error;
use monotable::stream::Record;

use @{table.path}@::{@{table.table}@, @% for entity in entities %@@{entity.name}@@% if entity.imported != entity.name %@ as @{entity.imported}@@% endif %@, @% endfor %@};

/// Passes a record to the functions of its entities. An error makes Lambda deliver it again.
///
/// Operations such as `@{entities[0].name}@::get(..)` use the table that the environment selects.
pub async fn handle(record: &Record) -> Result<(), Error> {
    let mut is_handled = false;
    @%- for entity in entities %@
    if let Some(change) = record.change_of::<@{entity.imported}@>()? {
        @{entity.module}@::changed(record, change).await?;
        is_handled = true;
    }
    @%- endfor %@
    if !is_handled {
        other(record)?;
    }
    Ok(())
}

/// Receives a change of any other item: of an entity that is not listed above, or that the table does not know. `record` has the
/// attributes.
fn other(record: &Record) -> Result<(), Error> {
    let key = record.key::<@{table.table}@>()?;
    tracing::warn!(%key, "no function handles the changes of this item");
    Ok(())
}
