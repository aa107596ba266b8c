//! A path into an item: an attribute, and the steps into it.

/// A step of a path.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathElement {
    /// An attribute, or the key of a map. It may contain dots and reserved words.
    Name(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// As a path is written.
pub(crate) fn shown(steps: &[PathElement]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            PathElement::Name(name) if text.is_empty() => text.push_str(name),
            PathElement::Name(name) => text.push_str(&format!(".{name}")),
            PathElement::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}
