use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};

/// A place in a query or a scan, to go on from with `start_at`: opaque, and good for the same index of the same table.
#[derive(Clone, PartialEq)]
pub struct Cursor {
    table: &'static str,
    index: Option<&'static str>,
    key: HashMap<String, AttributeValue>,
}

impl Cursor {
    pub(crate) fn new(table: &'static str, index: Option<&'static str>, key: HashMap<String, AttributeValue>) -> Self {
        Self { table, index, key }
    }

    /// The key for a request on this table and index.
    pub(crate) fn key_for(
        &self,
        table: &'static str,
        index: Option<&'static str>,
    ) -> Result<HashMap<String, AttributeValue>> {
        if self.table != table || self.index != index {
            let place = |table, index: Option<&str>| match index {
                Some(index) => format!("index `{index}` of `{table}`"),
                None => format!("table `{table}`"),
            };
            let message = format!(
                "the cursor is of {}, not of {}; start at a cursor that this query gave",
                place(self.table, self.index),
                place(table, index)
            );
            return Err(Error::new(ErrorKind::InvalidCursor, message));
        }
        Ok(self.key.clone())
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("table", &self.table).field("index", &self.index).finish_non_exhaustive()
    }
}
