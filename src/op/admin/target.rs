use std::borrow::Cow;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use monotable_config::{Config, TableConfig};

use crate::client::{self, AdminTable, Connection};
use crate::error::{Error, ErrorKind, Result};
use crate::model::TableModel;
use crate::schema::ConfigSource;

/// The table that an operation works on. The connection to it is found when the operation is sent.
pub(super) struct Target {
    /// The name for errors.
    pub name: Cow<'static, str>,
    config: Configuration,
    connection: Option<Connection>,
    find: fn(Option<Connection>) -> BoxFuture<'static, Result<Connection>>,
}

enum Configuration {
    /// The `config.json` that `derive(Table)` read.
    Compiled(ConfigSource),
    /// A configuration that the program has read.
    Given(TableConfig),
}

impl Target {
    pub fn of<T: TableModel>() -> Self {
        Self {
            name: T::__SCHEMA.name.into(),
            config: Configuration::Compiled(T::__CONFIG),
            connection: None,
            find: |own| client::find_connection::<T>(own).boxed(),
        }
    }

    pub fn given(config: TableConfig, connection: Connection) -> Self {
        let find = |own: Option<Connection>| {
            let connection = own.unwrap_or_else(|| unreachable!("`given` sets the connection"));
            std::future::ready(Ok(connection)).boxed()
        };
        let name = connection.table_name().to_owned().into();
        Self { name, config: Configuration::Given(config), connection: Some(connection), find }
    }

    pub fn on(&mut self, connection: &Connection) {
        self.connection = Some(connection.clone());
    }

    pub fn config(&self) -> Result<TableConfig> {
        match &self.config {
            Configuration::Given(config) => Ok(config.clone()),
            Configuration::Compiled(source) => Config::parse(source.text)
                .map(|config| config.table)
                .map_err(|error| Error::new(ErrorKind::Configuration, error.to_string()).caused_by(error)),
        }
    }

    pub async fn connect(&mut self) -> Result<Connection> {
        (self.find)(self.connection.take()).await
    }

    pub async fn table(mut self) -> Result<AdminTable> {
        let (config, connection) = (self.config()?, self.connect().await?);
        let compiled_from = match self.config {
            Configuration::Compiled(source) => Some(source),
            Configuration::Given(_) => None,
        };
        Ok(AdminTable { connection, config, compiled_from })
    }
}
