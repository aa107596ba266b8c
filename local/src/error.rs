use std::path::PathBuf;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an engine does not run, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The embedded engine does not start.
    #[error("the embedded engine does not start: {0}")]
    Embedded(String),
    /// The environment selects the embedded engine, but the program was built without the feature `embedded`.
    #[error(
        "neither LOCAL_DEV nor RUNTIME_CONFIG_APP_ID is set, and monotable-local was built without its feature `embedded`"
    )]
    NoEngine,
    /// DynamoDB Local is not installed.
    #[error("DynamoDB Local is not installed in {0}; run `monotable engine install`, or set DYNAMODB_LOCAL_HOME")]
    NotInstalled(PathBuf),
    /// Java is missing or too old.
    #[error("DynamoDB Local needs Java 17 or newer, and {0}")]
    Java(String),
    /// DynamoDB Local exited, or does not respond.
    #[error("DynamoDB Local does not start: {0}")]
    DynamoDbLocal(String),
    /// DynamoDB Local could not be installed.
    #[error("DynamoDB Local cannot be installed: {0}")]
    Install(String),
    /// An operation on a file or a process failed.
    #[error("{what}: {source}")]
    Io {
        /// The operation that failed.
        what: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// An operation on the table failed.
    #[error(transparent)]
    Table(#[from] monotable::Error),
}

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
