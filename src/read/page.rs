use crate::value::cursor::Cursor;

/// Some items, and where to go on.
///
/// A page may be short, or empty, although there is more: only `next` tells. `next` is `None` at the end.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// In the order of the index.
    pub items: Vec<T>,
    /// Where the next page starts.
    pub next: Option<Cursor>,
}
