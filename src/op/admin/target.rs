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
    source: Source,
    /// The connection that `.on(..)` sets.
    own: Option<Connection>,
}

enum Source {
    /// The `config.json` that `derive(Table)` read, and the lookup of the enum's connection.
    Compiled(ConfigSource, fn(Option<Connection>) -> BoxFuture<'static, Result<Connection>>),
    /// A configuration that the program has read.
    Given(TableConfig, Connection),
}

impl Target {
    pub fn of<T: TableModel>() -> Self {
        let source = Source::Compiled(T::__CONFIG, |own| client::find::<T>(own).boxed());
        Self { name: T::__SCHEMA.name.into(), source, own: None }
    }

    pub fn given(config: TableConfig, connection: Connection) -> Self {
        let name = connection.table_name().to_owned().into();
        Self { name, source: Source::Given(config, connection), own: None }
    }

    pub fn on(&mut self, connection: &Connection) {
        self.own = Some(connection.clone());
    }

    pub fn config(&self) -> Result<TableConfig> {
        match &self.source {
            Source::Given(config, _) => Ok(config.clone()),
            Source::Compiled(source, _) => Config::parse(source.text)
                .map(|config| config.table)
                .map_err(|error| Error::new(ErrorKind::Configuration, error.to_string()).caused_by(error)),
        }
    }

    pub async fn connect(&self) -> Result<Connection> {
        match &self.source {
            Source::Compiled(_, find) => find(self.own.clone()).await,
            Source::Given(_, connection) => Ok(self.own.as_ref().unwrap_or(connection).clone()),
        }
    }

    pub async fn table(&self) -> Result<AdminTable> {
        let compiled_from = match self.source {
            Source::Compiled(source, _) => Some(source),
            Source::Given(..) => None,
        };
        Ok(AdminTable { connection: self.connect().await?, config: self.config()?, compiled_from })
    }
}
