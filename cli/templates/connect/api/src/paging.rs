//! Lists in pages. Each page has a link to the next one.

use axum::http::Uri;
@% if uses_ranges %@use monotable::bounds::{OrderedArgs, SortArg, SortKey};
@% endif %@use monotable::{Connection, Cursor, Entity, Query};
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

@% if uses_sort_keys -%@
/// Checks the parameters for a sort key. Its fields are compared from left to right: one value for each of the first fields, and one
/// value or a range for the next one. Each field is a name, whether the request has one value of it, and whether it has a range.
pub fn check_sort_key(fields: &[(&str, bool, bool)]) -> Result<(), Problem> {
    let mut missing = None;
    for &(name, has_value, has_range) in fields {
        if has_value && has_range {
            return Err(Problem::parameter(name, "give one value or a range, not both"));
        }
        match missing {
            Some(missing) if has_value || has_range => {
                return Err(Problem::parameter(missing, &format!("give one value, because `{name}` needs it")));
            }
            None if !has_value => missing = Some(name),
            _ => {}
        }
    }
    Ok(())
}

@% endif -%@
@% if uses_ranges -%@
/// Limits a query to a range of the next field of its sort key. Both ends belong to the range.
pub fn within<E: Entity, I, S, A, M>(query: Query<E, I, S>, from: Option<A>, to: Option<A>) -> Query<E>
where
    S: SortKey,
    S::Fields: OrderedArgs<M>,
    A: SortArg<S::Fields, M>,
{
    match (from, to) {
        (None, None) => query.erase(),
        (Some(from), None) => query.ge(from).erase(),
        (None, Some(to)) => query.le(to).erase(),
        (Some(from), Some(to)) => query.between(from, to).erase(),
    }
}

@% endif -%@
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
@% if uses_sort_keys %@
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_sort_key_are_given_from_left_to_right() {
        let check = |year: (bool, bool), month: (bool, bool), day: (bool, bool)| {
            let fields = [("year", year), ("month", month), ("day", day)];
            check_sort_key(&fields.map(|(name, (has_value, has_range))| (name, has_value, has_range)))
        };
        let (nothing, value, range) = ((false, false), (true, false), (false, true));
        for (year, month, day) in [
            (nothing, nothing, nothing),
            (range, nothing, nothing),
            (value, nothing, nothing),
            (value, range, nothing),
            (value, value, range),
            (value, value, value),
        ] {
            assert_eq!(check(year, month, day), Ok(()));
        }
        let problem = |name: &str, detail: &str| Err(Problem::parameter(name, detail));
        assert_eq!(check(nothing, value, nothing), problem("year", "give one value, because `month` needs it"));
        assert_eq!(check(range, range, nothing), problem("year", "give one value, because `month` needs it"));
        assert_eq!(check(value, nothing, range), problem("month", "give one value, because `day` needs it"));
        assert_eq!(check((true, true), nothing, nothing), problem("year", "give one value or a range, not both"));
    }
}
@% endif -%@
