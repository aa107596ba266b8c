//! The error type: a kind to branch on, and a message that names the operation, the entity, the key and the attribute.

use std::fmt;
use std::sync::Arc;

use crate::value::batch_entry::BatchEntry;
use crate::value::cursor::{Cursor, CursorError};
use crate::value::item::Item;

mod cancellation;
pub(crate) mod text;
mod wrong_variant;

pub use cancellation::{CancellationReason, ReasonCode};
pub use wrong_variant::WrongVariant;

/// Shared, because every caller that waited for the same attempt gets a clone of its error.
type SharedError = Arc<dyn std::error::Error + Send + Sync>;

/// The `Result` of monotable's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of an operation: what failed, for which item, and what to do about it.
///
/// Branch on [`Error::kind`] or on a predicate like [`Error::is_not_found`], never on the message. The message contains keys and
/// discriminators, but no other attribute values.
#[doc(alias = "PutError")]
#[doc(alias = "UpdateError")]
#[doc(alias = "DeleteError")]
#[doc(alias = "QueryError")]
#[doc(alias = "ScanError")]
#[doc(alias = "TransactWriteError")]
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<&'static str>,
    entity: Option<String>,
    key: Option<String>,
    attribute: Option<String>,
    message: String,
    source: Option<SharedError>,
    resume: Option<Cursor>,
    unwritten: Vec<BatchEntry>,
    unread: Vec<Item>,
    request_id: Option<String>,
    /// Whether a retry cannot succeed, because the service rejected the request with a 4xx status.
    is_lasting: bool,
    found: Option<Item>,
    reasons: Vec<CancellationReason>,
    outcome_unknown: bool,
    is_applied: bool,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `create` found an item with the same key.
    AlreadyExists,
    /// `one` found no item, or `update` or a write with `must_exist()` found no item.
    NotFound,
    /// `one` found more than one item.
    NotUnique,
    /// No entity of the table has the item's discriminator. In a table without discriminators: the item's key fits the templates
    /// of no entity, or of several.
    UnknownEntity,
    /// The item has no discriminator.
    MissingDiscriminator,
    /// The item belongs to another entity than the requested one.
    WrongEntity,
    /// The item cannot be deserialized as the entity that its discriminator names, or the response does not contain the item.
    Decode,
    /// An entity or a value cannot be serialized.
    Encode,
    /// A value cannot be used in a key, or a key is empty or too long.
    InvalidKey,
    /// The request is invalid: monotable did not send it, or DynamoDB rejected it.
    InvalidRequest,
    /// The cursor is damaged, or it belongs to another query or scan.
    InvalidCursor,
    /// The configuration is missing or wrong, for example `config.json` or an environment variable.
    Configuration,
    /// Another connection is already in use.
    ConnectionInUse,
    /// The operation would delete the table or one of its indexes, and the table is not local. Call `allow_destructive` to allow
    /// it.
    Destructive,
    /// The table or the index does not exist.
    TableNotFound,
    /// A condition was not met.
    ConditionFailed,
    /// The transaction was cancelled; nothing was written. [`Error::cancellation_reasons`] returns the reason of each part.
    TransactionCanceled,
    /// Another transaction on the same item is in progress, or another region is writing the item.
    Conflict,
    /// The requests exceeded the capacity.
    Throttled,
    /// The credentials do not allow the operation, or they are invalid or expired.
    AccessDenied,
    /// The response did not arrive in time.
    Timeout,
    /// The endpoint cannot be reached, or the connection broke off.
    Unreachable,
    /// Any other error of the service.
    Service,
}

/// Converts the error of an SDK builder. A builder fails only if a required member is missing, and monotable sets them all.
pub(crate) fn unbuilt(error: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::new(ErrorKind::InvalidRequest, error.to_string()).caused_by(error)
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            entity: None,
            key: None,
            attribute: None,
            message: message.into(),
            source: None,
            resume: None,
            unwritten: Vec::new(),
            unread: Vec::new(),
            request_id: None,
            is_lasting: false,
            found: None,
            reasons: Vec::new(),
            outcome_unknown: false,
            is_applied: false,
        }))
    }

    /// Converts an error of a cursor. An implementation of `From<CursorError>` would make the error type of a user's closure
    /// ambiguous if the closure uses `?`.
    #[expect(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
    pub(crate) fn invalid_cursor(error: CursorError) -> Self {
        Self::new(ErrorKind::InvalidCursor, error.0)
    }

    /// Creates the error of a write that found an item of another entity under its key.
    pub(crate) fn other_entity(label: &str) -> Self {
        Self::new(ErrorKind::WrongEntity, text::wrong_entity(label))
    }

    /// Creates the error of a write that found an item without a discriminator under its key.
    pub(crate) fn no_discriminator(attribute: &'static str) -> Self {
        Self::new(ErrorKind::MissingDiscriminator, text::MISSING_DISCRIMINATOR).attribute(attribute)
    }

    /// Removes the advice to create the item first, which does not suit a put or a delete with `must_exist()`.
    pub(crate) fn without_advice(self) -> Self {
        match self.kind() {
            ErrorKind::NotFound => self.with_message(text::NOT_FOUND.to_owned(), None),
            _ => self,
        }
    }

    /// Replaces the message, and the attribute if one is passed.
    pub(crate) fn with_message(mut self, message: String, attribute: Option<String>) -> Self {
        self.0.message = message;
        self.0.attribute = attribute.or(self.0.attribute);
        self
    }

    /// Marks an error that occurred after the write was applied.
    pub(crate) fn applied(mut self, operation: &'static str) -> Self {
        let message = format!("the write was applied, but its result cannot be returned: {}", self.0.message);
        self.0.operation = Some(operation);
        self.0.message = message;
        self.0.is_applied = true;
        self.0.outcome_unknown = false;
        self
    }

    /// Turns the failed condition of a `create` into `AlreadyExists`.
    pub(crate) fn already_exists(mut self) -> Self {
        if self.0.kind == ErrorKind::ConditionFailed {
            self.0.kind = ErrorKind::AlreadyExists;
            self.0.message = text::ALREADY_EXISTS.to_owned();
        }
        self
    }

    /// Returns the message without the operation, the entity, the key and the attribute.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Sets the operation, unless an inner call has already set it: the innermost operation is the most exact.
    pub(crate) fn with_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    pub(crate) fn entity(mut self, entity: impl Into<String>) -> Self {
        self.0.entity.get_or_insert_with(|| entity.into());
        self
    }

    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.0.key.get_or_insert_with(|| key.into());
        self
    }

    pub(crate) fn attribute(mut self, attribute: impl Into<String>) -> Self {
        self.0.attribute = Some(attribute.into());
        self
    }

    pub(crate) fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Sets the cursor to continue at. A rejected cursor is not set, because a read cannot continue there.
    pub(crate) fn resume_at(mut self, cursor: Option<Cursor>) -> Self {
        self.0.resume = cursor.filter(|_| self.0.kind != ErrorKind::InvalidCursor);
        self
    }

    pub(crate) fn with_unwritten(mut self, unwritten: Vec<BatchEntry>) -> Self {
        self.0.unwritten = unwritten;
        self
    }

    pub(crate) fn with_unread(mut self, unread: Vec<Item>) -> Self {
        self.0.unread = unread;
        self
    }

    pub(crate) fn request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn lasting(mut self, is_lasting: bool) -> Self {
        self.0.is_lasting = is_lasting;
        self
    }

    pub(crate) fn with_found_item(mut self, item: Item) -> Self {
        self.0.found = Some(item);
        self
    }

    pub(crate) fn unknown(mut self, outcome_unknown: bool) -> Self {
        self.0.outcome_unknown = outcome_unknown;
        self
    }

    /// Returns whether the transaction was cancelled only because of conflicts with other transactions or because of throttling.
    pub(crate) fn is_cancelled_for_now(&self) -> bool {
        let is_transient =
            |reason: &CancellationReason| matches!(reason.code(), ReasonCode::Conflict | ReasonCode::Throttled);
        let mut causes = self.cancellation_reasons().iter().filter(|reason| reason.is_cause()).peekable();
        causes.peek().is_some() && causes.all(is_transient)
    }

    pub(crate) fn cancelled_for(mut self, reasons: Vec<CancellationReason>) -> Self {
        let causes: Vec<_> =
            reasons.iter().filter(|reason| reason.is_cause()).map(|reason| format!("`{reason}`")).collect();
        if !causes.is_empty() {
            self.0.message = format!("the transaction was cancelled, nothing was written: {}", causes.join(", "));
        }
        self.0.reasons = reasons;
        self
    }
}

/// A clone shares the source of the original.
impl Clone for Error {
    fn clone(&self) -> Self {
        let Inner { kind, operation, entity, key, attribute, message, source, .. } = &*self.0;
        let Inner { resume, unwritten, unread, request_id, is_lasting, found, reasons, .. } = &*self.0;
        let Inner { outcome_unknown, is_applied, .. } = &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            operation: *operation,
            entity: entity.clone(),
            key: key.clone(),
            attribute: attribute.clone(),
            message: message.clone(),
            source: source.clone(),
            resume: resume.clone(),
            unwritten: unwritten.clone(),
            unread: unread.clone(),
            request_id: request_id.clone(),
            is_lasting: *is_lasting,
            found: found.clone(),
            reasons: reasons.clone(),
            outcome_unknown: *outcome_unknown,
            is_applied: *is_applied,
        }))
    }
}

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the name of the entity or of the table enum that the error is about. If no entity has the item's discriminator,
    /// returns that discriminator.
    pub fn entity_name(&self) -> Option<&str> {
        self.0.entity.as_deref()
    }

    /// Returns the key of the item that the error is about: the partition key, followed by ` / ` and the sort key if the two
    /// differ.
    pub fn item_key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// Returns the name of the attribute that the error is about, or the path of a nested value.
    pub fn attribute_name(&self) -> Option<&str> {
        self.0.attribute.as_deref()
    }

    /// Returns the cursor to continue a read at.
    ///
    /// If an item cannot be deserialized, this is the cursor just after the item. If a request failed, this is the cursor at
    /// which the request would have started, or `None` at the start of the read.
    pub fn resume(&self) -> Option<&Cursor> {
        self.0.resume.as_ref()
    }

    /// Returns the item that a write found when its condition was not met. [`Error::conflicting_item`] deserializes it.
    pub fn found_item(&self) -> Option<&Item> {
        self.0.found.as_ref()
    }

    /// Returns why a transaction was cancelled: one reason for each part, in the order in which you added the parts.
    pub fn cancellation_reasons(&self) -> &[CancellationReason] {
        &self.0.reasons
    }

    /// Returns exactly the entries that a batch write could not write. If a response was lost, DynamoDB may have applied some of
    /// them.
    pub fn unwritten(&self) -> &[BatchEntry] {
        &self.0.unwritten
    }

    /// Returns the keys that a batch get could not read. [`BatchGet::partial`](crate::op::BatchGet::partial) returns the items
    /// that it could read.
    pub fn unread(&self) -> &[Item] {
        &self.0.unread
    }

    /// Returns the name of the failed operation, for example `put`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the AWS request ID, for AWS Support and CloudTrail.
    pub fn aws_request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns whether `create` found an item with the same key.
    pub fn is_already_exists(&self) -> bool {
        self.kind() == ErrorKind::AlreadyExists
    }

    /// Returns whether a condition was not met. For a transaction, this includes the conditions of its parts.
    pub fn is_condition_failed(&self) -> bool {
        matches!(self.kind(), ErrorKind::ConditionFailed | ErrorKind::AlreadyExists)
            || self.cancellation_reasons().iter().any(|reason| reason.code().is_condition_failed())
    }

    /// Returns whether another transaction on the same item was in progress. A retry may succeed. For a transaction, this
    /// includes its parts.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
            || self.cancellation_reasons().iter().any(|reason| *reason.code() == ReasonCode::Conflict)
    }

    /// Returns whether the outcome of the write is unknown: this attempt or an earlier one may have been applied, but its
    /// response was lost. Read the item to find out.
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Returns whether the write was applied before the error occurred: the stored item cannot be deserialized as the entity, or
    /// the response does not contain it. Do not repeat the write. Read the item to see what is stored now.
    pub fn is_write_applied(&self) -> bool {
        self.0.is_applied
    }

    /// Returns whether the same operation may succeed later: it was throttled, another transaction on the item was in progress,
    /// no response arrived, or the service failed. The SDK has already tried several times. A write whose outcome is unknown may
    /// have been applied: see [`Error::is_outcome_unknown`].
    pub fn is_transient(&self) -> bool {
        use ErrorKind::{Conflict, Service, Throttled, Timeout, TransactionCanceled, Unreachable};
        match self.kind() {
            Throttled | Timeout | Unreachable | Conflict => true,
            Service => !self.0.is_lasting,
            TransactionCanceled => self.is_cancelled_for_now(),
            _ => false,
        }
    }

    /// Returns whether the response did not arrive in time.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Returns whether the endpoint could not be reached, or the connection broke off.
    pub fn is_unreachable(&self) -> bool {
        self.kind() == ErrorKind::Unreachable
    }

    /// Returns whether the table or the index does not exist.
    pub fn is_table_not_found(&self) -> bool {
        self.kind() == ErrorKind::TableNotFound
    }

    /// Returns whether the credentials do not allow the operation, or are invalid or expired.
    pub fn is_access_denied(&self) -> bool {
        self.kind() == ErrorKind::AccessDenied
    }

    /// Returns whether the error concerns only one stored item, which cannot be deserialized as an entity. Other items of the
    /// same read may still be returned.
    pub fn is_bad_item(&self) -> bool {
        use ErrorKind::{Decode, MissingDiscriminator, UnknownEntity, WrongEntity};
        matches!(self.kind(), Decode | MissingDiscriminator | UnknownEntity | WrongEntity)
    }

    /// Returns whether the operation was throttled. A later retry may succeed. For a transaction, this includes its parts.
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
            || self.cancellation_reasons().iter().any(|reason| *reason.code() == ReasonCode::Throttled)
    }

    /// Returns whether `one` found no item, or `update` or a write with `must_exist()` found no item.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { operation, entity, key, attribute, message, .. } = &*self.0;
        let subject = [*operation, entity.as_deref(), key.as_deref()];
        let mut first = true;
        for word in subject.into_iter().flatten() {
            f.write_str(if first { "" } else { " " })?;
            f.write_str(word)?;
            first = false;
        }
        f.write_str(if first { "" } else { ": " })?;
        if let Some(attribute) = attribute {
            write!(f, "attribute `{attribute}`: ")?;
        }
        f.write_str(message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.to_string());
        if let Some(source) = &self.0.source {
            debug.field("source", &source.to_string());
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests;
