//! A path into an item: an attribute, followed by map keys and list positions.

/// One step of a path.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathElement {
    /// An attribute or a map key. It can contain dots, and it can be a reserved word.
    Name(String),
    /// A position in a list, starting at 0.
    Index(usize),
}

/// Returns the text of a path, for example `lines[2].price`.
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
