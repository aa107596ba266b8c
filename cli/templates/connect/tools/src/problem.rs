//! The errors of the operations, in words for a model. A problem never contains a key or a value that the caller did not send.

use std::fmt;

use monotable::{Error, ErrorKind};

/// What is wrong with a call, or what failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(String);

impl Problem {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Creates a problem with an argument.
    pub fn argument(name: &str, detail: &str) -> Self {
        Self(format!("`{name}`: {detail}"))
    }

    /// Creates a problem with the arguments.
    pub fn arguments(error: &serde_json::Error) -> Self {
        Self(format!("the arguments are not valid: {error}"))
    }

    /// Creates the problem with a key that no item has.
    pub fn not_found() -> Self {
        Self::new("no item has this key")
    }

    /// Creates the problem with a call that took too long.
    pub fn timeout(writes: bool) -> Self {
        Self::new(match writes {
            true => "the table did not respond in time; the write may have been applied, so read the item to find out",
            false => "the table did not respond in time",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = describe(&error);
        // Only the log contains the error, because it can contain keys.
        match is_of_caller(error.kind()) {
            true => tracing::debug!("{error}"),
            false => tracing::error!("{error}"),
        }
        match error.attribute_name() {
            // Otherwise this may be the attribute of a key, which means nothing to a caller.
            Some(name) if error.kind() == ErrorKind::Encode => Self::argument(name, detail),
            _ => Self::new(detail),
        }
    }
}

/// Returns whether another call would succeed, so that you do not have to look at the log.
fn is_of_caller(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidCursor
            | ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::WrongEntity
            | ErrorKind::ConditionFailed
            | ErrorKind::InvalidKey
            | ErrorKind::InvalidRequest
            | ErrorKind::Encode
    )
}

fn describe(error: &Error) -> &'static str {
    if error.is_write_applied() {
        return "the write was applied, but its result cannot be returned";
    }
    if error.is_outcome_unknown() {
        return "the write may have been applied; read the item to find out";
    }
    match error.kind() {
        ErrorKind::InvalidCursor => "the cursor is damaged, or belongs to another list",
        ErrorKind::NotFound => "no item has this key",
        ErrorKind::AlreadyExists => "an item with this key exists",
        ErrorKind::WrongEntity => "an item of another type has this key",
        ErrorKind::ConditionFailed => "the item has changed in the meantime; read it again",
        ErrorKind::InvalidKey => {
            "a value cannot be part of a key: it is empty, too long, or contains a reserved character"
        }
        ErrorKind::InvalidRequest | ErrorKind::Encode => {
            "the table does not accept this: a value is not valid, or the item is too large"
        }
        ErrorKind::Throttled => "the table has too many requests; try again later",
        ErrorKind::Conflict => "another write of this item is in progress; try again later",
        ErrorKind::Unreachable | ErrorKind::TableNotFound => "the table is not available; try again later",
        ErrorKind::Timeout => "the table did not respond in time",
        _ if error.is_transient() => "the table failed; try again later",
        _ => "the request failed; the log says why",
    }
}
