use crate::value::cursor::Cursor;

/// Some of the items of a query or a scan, and a cursor to the next page.
///
/// A page can be short or even empty although more items follow. Only `next` tells you whether there are more.
#[doc(alias = "pagination")]
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in the order in which DynamoDB returned them.
    pub items: Vec<T>,
    /// The cursor to the next page; `None` at the end.
    #[doc(alias = "last_evaluated_key", alias = "LastEvaluatedKey", alias = "ExclusiveStartKey")]
    pub next: Option<Cursor>,
}
