use std::path::PathBuf;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an engine does not run, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The embedded engine.
    #[error("the embedded engine does not start: {0}")]
    Embedded(String),
    /// The embedded engine was left out when the program was built.
    #[error(
        "neither LOCAL_DEV nor RUNTIME_CONFIG_APP_ID is set, and monotable-local was built without its feature `embedded`"
    )]
    NoEngine,
    /// There is no DynamoDB Local.
    #[error(
        "DynamoDB Local is not installed in {0}; run `cargo run -p monotable-local --bin install-dynamodb-local`, or set DYNAMODB_LOCAL_HOME"
    )]
    NotInstalled(PathBuf),
    /// There is no Java, or one that is too old.
    #[error("DynamoDB Local needs Java 17 or newer, and {0}")]
    Java(String),
    /// It ended, or does not answer.
    #[error("DynamoDB Local does not start: {0}")]
    DynamoDbLocal(String),
    /// It could not be installed.
    #[error("DynamoDB Local cannot be installed: {0}")]
    Install(String),
    /// A file or a process.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The table.
    #[error(transparent)]
    Table(#[from] monotable::Error),
}

impl Error {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
