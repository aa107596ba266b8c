//! What a connected crate remembers about its last run: the tables, and the generated texts.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::request::Kind;
use crate::failure::{Failure, Result};
use crate::files;

/// The file in the crate. It is committed with the crate, so that everyone who works on it can run `monotable connect` again.
pub const FILE: &str = ".monotable/connect.json";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Memory {
    pub kind: Kind,
    /// The tables that the crate uses, in the order in which they were connected.
    pub tables: Vec<Connection>,
    /// The generated text of each file. The next run merges with them.
    pub files: BTreeMap<String, String>,
}

/// A table that a crate uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connection {
    /// The crate of the table.
    pub table: String,
    /// The entities that were chosen. Without it, all entities of the table, also those that it gets later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<String>>,
}

impl Memory {
    /// Reads the file of the crate in `folder`; `None` if it does not exist.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let parse = |text: String| serde_json::from_str(&text).map_err(|error| Failure::io("read", &path, error));
        files::read(&path)?.map(parse).transpose()
    }

    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.unwrap_or_else(|error| unreachable!("strings have a JSON form: {error}")) + "\n"
    }

    /// Adds a table, or entities of a table that the crate uses already.
    pub fn connect(&mut self, table: &str, entities: &[String]) {
        let chosen = (!entities.is_empty()).then(|| entities.to_vec());
        match self.tables.iter_mut().find(|known| known.table == table) {
            None => self.tables.push(Connection { table: table.to_owned(), entities: chosen }),
            Some(Connection { entities: Some(known), .. }) => {
                known.extend(entities.iter().filter(|name| !known.contains(name)).cloned().collect::<Vec<_>>());
            }
            // It has all entities already.
            Some(Connection { entities: None, .. }) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_adds_entities_and_tables() {
        let mut memory = Memory { kind: Kind::Api, tables: Vec::new(), files: BTreeMap::new() };
        memory.connect("orders", &["Order".into()]);
        memory.connect("orders", &["Order".into(), "Review".into()]);
        memory.connect("users", &[]);
        memory.connect("users", &["User".into()]);
        let orders = Connection { table: "orders".into(), entities: Some(vec!["Order".into(), "Review".into()]) };
        let users = Connection { table: "users".into(), entities: None };
        assert_eq!(memory.tables, [orders, users]);
    }
}
