//! Lists in pages. Each page has the cursor of the next one.

use monotable::{Connection, Cursor, Entity, Query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Problem;

const DEFAULT_LIMIT: usize = 20;
/// A model can read only so much.
const MAX_LIMIT: usize = 100;
/// A page that is not full after these requests is returned as it is.
const MAX_REQUESTS: u32 = 5;

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The smallest sort key first.
    #[default]
    Ascending,
    /// The largest sort key first.
    Descending,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The `cursor` of the next page. Missing on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<Cursor>,
}

/// The arguments that all lists have.
#[derive(Debug)]
pub struct Paging {
    pub limit: Option<usize>,
    pub direction: Option<Direction>,
    pub cursor: Option<String>,
}

/// Reads a page of a query.
pub async fn page<E: Entity>(query: Query<E>, paging: Paging, connection: &Connection) -> Result<Page<E>, Problem> {
    let limit = paging.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::argument("limit", "give a number from 1 to 100"));
    }
    let cursor = paging.cursor.map(|text| text.parse::<Cursor>()).transpose();
    let cursor = cursor.map_err(|_| Problem::argument("cursor", "the cursor is damaged; use `next_cursor` of a page"))?;
    let query = match paging.direction.unwrap_or_default() {
        Direction::Ascending => query.ascending(),
        Direction::Descending => query.descending(),
    };
    let page = query.limit(limit).max_requests(MAX_REQUESTS).start_at(cursor).on(connection).page().await?;
    Ok(Page { items: page.items, next_cursor: page.next })
}
