use monotable::{Connection, Table};

use crate::Result;

/// Connects to the table that the environment selects. For examples and experiments.
///
/// With `LOCAL_DEV=true` this is the local table of `config.json`; with `RUNTIME_CONFIG_APP_ID`, the deployed table. If neither
/// is set, the connection uses a new embedded engine in memory, which lives as long as the connection.
///
/// # Errors
/// Fails if the engine does not start, or if [`Table::connect`] fails.
pub async fn connect<T: Table>() -> Result<Connection> {
    if monotable::is_local() || std::env::var_os("RUNTIME_CONFIG_APP_ID").is_some_and(|id| !id.is_empty()) {
        return Ok(T::connect().await?);
    }
    #[cfg(not(feature = "embedded"))]
    return Err(crate::Error::NoEngine);
    #[cfg(feature = "embedded")]
    {
        use crate::{Embedded, Engine as _};
        let engine = Embedded::in_memory()?;
        let connection = Connection::new(engine.client(), T::local_table_name());
        let endpoint = engine.endpoint().to_owned();
        Ok(connection.with_endpoint(endpoint).keep_alive(engine))
    }
}
