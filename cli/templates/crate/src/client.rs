//! The connection to the table. Operations find it without these functions; use them to connect at start-up, or to log the table.

use monotable::{Connection, Result, Table};

use crate::entities::BaseModel;

/// Connects to the table that the environment selects, so that a wrong configuration fails at start-up.
///
/// # Errors
/// Fails if `config.json` or the runtime configuration in AWS AppConfig cannot be read.
pub async fn connect() -> Result<Connection> {
    let connection = BaseModel::connect().await?;
    BaseModel::set_connection(&connection)?;
    Ok(connection)
}

/// Returns `true` if the program uses the local table: `LOCAL_DEV` is exactly `true`.
pub fn is_local() -> bool {
    monotable::is_local()
}

/// Returns the name of the table: from `config.json` if it is local, otherwise from AWS AppConfig.
///
/// # Errors
/// Fails like [`connect`].
pub async fn table_name() -> Result<String> {
    BaseModel::table_name().await
}
