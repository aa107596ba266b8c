//! Lists in pages. Each page has a link to the next one.

use axum::http::Uri;
use monotable::{Connection, Cursor, Entity, Query};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Problem;
use crate::extract::Json;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;
/// A page that is not full after these requests is returned as it is.
const MAX_REQUESTS: u32 = 5;

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The smallest sort key first.
    #[default]
    Ascending,
    /// The largest sort key first.
    Descending,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The path of the next page. Missing on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The parameters that all lists have.
pub struct Paging {
    limit: Option<usize>,
    direction: Option<Direction>,
    cursor: Option<String>,
}

impl Paging {
    pub fn new(limit: Option<usize>, direction: Option<Direction>, cursor: Option<String>) -> Self {
        Self { limit, direction, cursor }
    }
}

/// Reads a page of a query.
pub async fn page<E: Entity>(
    query: Query<E>,
    paging: Paging,
    uri: &Uri,
    connection: &Connection,
) -> Result<Json<List<E>>, Problem> {
    let limit = paging.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::parameter("limit", "give a number from 1 to 100"));
    }
    let cursor = paging.cursor.map(|text| text.parse::<Cursor>()).transpose();
    let cursor = cursor.map_err(|_| Problem::parameter("cursor", "the cursor is damaged"))?;
    let query = match paging.direction.unwrap_or_default() {
        Direction::Ascending => query.ascending(),
        Direction::Descending => query.descending(),
    };
    let page = query.limit(limit).max_requests(MAX_REQUESTS).start_at(cursor).on(connection).page().await;
    let page = page.map_err(Problem::of_parameters)?;
    let next = page.next.map(|cursor| next(uri, &cursor));
    Ok(Json(List { items: page.items, next }))
}

/// Returns the path and the parameters of the request, with another cursor. The text of a cursor needs no escapes.
fn next(uri: &Uri, cursor: &Cursor) -> String {
    let parameters = uri.query().unwrap_or_default().split('&');
    let others = parameters.filter(|parameter| !parameter.is_empty() && !parameter.starts_with("cursor="));
    let cursor = format!("cursor={cursor}");
    let parameters: Vec<&str> = others.chain([cursor.as_str()]).collect();
    format!("{}?{}", uri.path(), parameters.join("&"))
}
