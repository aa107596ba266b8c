use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use monotable::{Connection, Table};

use crate::{Engine, Result};

/// A table for one test: empty, in an embedded engine of its own, which ends with the connection. Tests that have one each
/// run in parallel and see nothing of each other.
///
/// ```
/// # use monotable::{Entity, Table};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Table)]
/// # enum BaseModel { Note(Note) }
/// # #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
/// # #[entity(table = BaseModel, pk = "NOTE#{id}", sk = "NOTE#{id}")]
/// # struct Note { id: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let table = monotable_local::test_table::<BaseModel>().await?;
/// table.scope(async { Note { id: "n-1".into() }.create().await }).await?;
/// assert_eq!(BaseModel::scan().on(&table).count().await?, 1);
/// # Ok(()) }
/// ```
///
/// # Errors
/// If the engine does not start.
#[cfg(feature = "embedded")]
pub async fn test_table<T: Table>() -> Result<Connection> {
    test_table_on::<T>(Arc::new(crate::Embedded::in_memory()?)).await
}

/// A table for one test on an engine that others share: empty, and of a name of its own. The engine ends with the last
/// connection to it.
///
/// # Errors
/// If the table cannot be created.
pub async fn test_table_on<T: Table>(engine: Arc<dyn Engine>) -> Result<Connection> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    // Processes share an engine, too, such as nextest's, of which each runs one test; and one may outlive them.
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let number = format!("{}-{began}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let name = format!("{}-{number}", T::local_table_name());
    let endpoint = engine.endpoint().to_owned();
    let connection = Connection::new(engine.client(), name).holding(endpoint, engine);
    T::ensure_table().on(&connection).await?;
    Ok(connection)
}
