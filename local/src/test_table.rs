use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use monotable::{Connection, Table};

use crate::{Engine, Result};

/// Creates an empty table for one test, in a new embedded engine that ends with the connection.
///
/// Tests that each have such a table can run in parallel: they never see each other's items.
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
/// Fails if the engine does not start.
#[cfg(feature = "embedded")]
pub async fn test_table<T: Table>() -> Result<Connection> {
    test_table_on::<T>(Arc::new(crate::Embedded::in_memory()?)).await
}

/// Creates an empty table for one test, with a unique name, on an engine that several tests share.
///
/// The engine ends with the last connection to it.
///
/// # Errors
/// Fails if the table cannot be created.
pub async fn test_table_on<T: Table>(engine: Arc<dyn Engine>) -> Result<Connection> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    // The name must be unique across processes: nextest runs each test in its own process, and an engine that they share may also
    // outlive them.
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let number = format!("{}-{began}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let name = format!("{}-{number}", T::local_table_name());
    let endpoint = engine.endpoint().to_owned();
    let connection = Connection::new(engine.client(), name).with_endpoint(endpoint).keep_alive(engine);
    T::ensure_table().on(&connection).await?;
    Ok(connection)
}
