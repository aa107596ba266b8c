use monotable::{Item, Table};

use super::Example;

/// All items of the table. A query of `BaseModel` returns each item as its variant.
#[derive(Debug, Clone, Table)]
#[table(config = "config.json")]
pub enum BaseModel {
    Example(Example),
    /// An item of an entity that this program does not know.
    #[table(unknown)]
    Unknown(Item),
}
