use monotable_config::TableConfig;

use crate::client::Connection;
use crate::op::admin::target::Target;
use crate::op::admin::{Describe, DropTable, EnsureTable};

/// A table that is described by a `config.json` only, for programs without entity types, such as tools.
///
/// It does the same as [`Table::ensure_table`](crate::Table::ensure_table), [`describe`](crate::Table::describe) and
/// [`drop_table`](crate::Table::drop_table) of an enum that derives `Table`.
///
/// ```
/// use monotable::config::Config;
/// use monotable::{ConfigTable, Connection};
///
/// # async fn run(client: monotable::aws::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::read("config.json".as_ref())?;
/// let connection = Connection::new(client, &config.local_dev.table_name).with_endpoint("http://127.0.0.1:8000");
/// let table = ConfigTable::new(&config.table, &connection);
/// for change in table.describe().await?.changes {
///     println!("{change}");
/// }
/// table.ensure().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ConfigTable {
    config: TableConfig,
    connection: Connection,
}

impl ConfigTable {
    /// Describes the table that `connection` names by the keys, indexes and settings of `config`.
    pub fn new(config: &TableConfig, connection: &Connection) -> Self {
        Self { config: config.clone(), connection: connection.clone() }
    }

    /// Creates the table, or changes an existing one to match the configuration, and waits until it is ready.
    pub fn ensure(&self) -> EnsureTable {
        EnsureTable::new(self.target())
    }

    /// Describes the table, and what [`ensure`](Self::ensure) would change.
    pub fn describe(&self) -> Describe {
        Describe::new(self.target())
    }

    /// Deletes the table and all its items, and waits until it is deleted.
    pub fn drop_table(&self) -> DropTable {
        DropTable::new(self.target())
    }

    fn target(&self) -> Target {
        Target::given(self.config.clone(), self.connection.clone())
    }
}
