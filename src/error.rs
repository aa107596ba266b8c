//! One opaque error: a kind to branch on, and a message that names operation, entity, key and attribute.

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

/// Shared by those who waited for one attempt.
type SharedError = Arc<dyn std::error::Error + Send + Sync>;

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, with what, and what to do about it.
///
/// Values of attributes are never part of it; keys are.
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
    /// It will not go better the next time.
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
    /// `create` found an item with this key.
    AlreadyExists,
    /// `one` found nothing, or there is no item to update.
    NotFound,
    /// `one` found more than one item.
    NotUnique,
    /// An item's discriminator is of no entity of the table.
    UnknownEntity,
    /// An item has no discriminator.
    MissingDiscriminator,
    /// An item is of another entity than the one asked for.
    WrongEntity,
    /// An item does not fit the entity that its discriminator names.
    Decode,
    /// An entity cannot be made into an item.
    Encode,
    /// A value cannot stand in a key, or a key is too long.
    InvalidKey,
    /// The operation as it stands cannot be sent, or DynamoDB refused it.
    InvalidRequest,
    /// A cursor is not this query's.
    InvalidCursor,
    /// config.json, or an environment variable, does not say what is needed.
    Configuration,
    /// Another connection is in use already.
    ConnectionInUse,
    /// It would delete an index, or the table, and the table is not local: `allow_destructive` allows it.
    Destructive,
    /// The table does not exist.
    TableNotFound,
    /// A condition was not met.
    ConditionFailed,
    /// A transaction was made as a whole not: [`Error::reasons`] say why, part by part.
    TransactionCanceled,
    /// Another transaction is at work on the same item.
    Conflict,
    /// More was asked than the capacity allows.
    Throttled,
    /// The credentials do not allow it.
    AccessDenied,
    /// No answer in time.
    Timeout,
    /// Nothing answers at the endpoint.
    Unreachable,
    /// Anything else that the service answered.
    Service,
}

/// The SDK's builders check nothing that we leave out.
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

    /// `From<CursorError>` would make the type of an error ambiguous wherever a user's closure ends in `?`.
    #[expect(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
    pub(crate) fn invalid_cursor(error: CursorError) -> Self {
        Self::new(ErrorKind::InvalidCursor, error.0)
    }

    /// Under the key of one entity there is an item of another.
    pub(crate) fn other_entity(label: &str) -> Self {
        Self::new(ErrorKind::WrongEntity, text::wrong_entity(label))
    }

    /// Under the key of one entity there is an item of nobody knows which.
    pub(crate) fn no_discriminator(attribute: &'static str) -> Self {
        Self::new(ErrorKind::MissingDiscriminator, text::MISSING_DISCRIMINATOR).attribute(attribute)
    }

    /// Of a put or a delete that had to find an item: there is none, and that may be right.
    pub(crate) fn without_advice(self) -> Self {
        match self.kind() {
            ErrorKind::NotFound => self.with_message(text::NOT_FOUND.to_owned(), None),
            _ => self,
        }
    }

    /// The same error, which says it in these words.
    pub(crate) fn with_message(mut self, message: String, attribute: Option<String>) -> Self {
        self.0.message = message;
        self.0.attribute = attribute.or(self.0.attribute);
        self
    }

    /// Of a write that was made: what went wrong after that.
    pub(crate) fn applied(mut self, operation: &'static str) -> Self {
        let message = format!("the write was applied, but its result cannot be given back: {}", self.0.message);
        self.0.operation = Some(operation);
        self.0.message = message;
        self.0.is_applied = true;
        self.0.outcome_unknown = false;
        self
    }

    /// Of a `create` whose condition was not met.
    pub(crate) fn already_exists(mut self) -> Self {
        if self.0.kind == ErrorKind::ConditionFailed {
            self.0.kind = ErrorKind::AlreadyExists;
            self.0.message = text::ALREADY_EXISTS.to_owned();
        }
        self
    }

    /// What is wrong, without saying with what.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Says what was being done; the first to say it knows best.
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

    /// A cursor that was refused is no place to go on from.
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

    /// Whether the transaction was cancelled for no other reason than that others were at work on its items, or that it was throttled.
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
            self.0.message = format!("nothing was done, because of {}", causes.join(", "));
        }
        self.0.reasons = reasons;
        self
    }
}

/// The source of a clone is that of the original.
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
    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The entity that it is about, by the name of its struct, or the unknown discriminator that was found.
    pub fn entity_name(&self) -> Option<&str> {
        self.0.entity.as_deref()
    }

    /// The key of the item that it is about: the partition key, and ` / ` and the sort key where they differ.
    pub fn item_key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// The attribute that it is about; of nested values, the path.
    pub fn attribute_name(&self) -> Option<&str> {
        self.0.attribute.as_deref()
    }

    /// Where to go on reading after the item or the page that failed.
    ///
    /// Of a bad item, the cursor just after it; of a request that failed, the cursor where that request would have begun
    /// (`None` at the very start).
    pub fn resume(&self) -> Option<&Cursor> {
        self.0.resume.as_ref()
    }

    /// Of a write whose condition was not met, the item as it is; [`Error::conflicting_item`] decodes it.
    pub fn found_item(&self) -> Option<&Item> {
        self.0.found.as_ref()
    }

    /// Of a cancelled transaction, why, for each of its parts in the order of the calls.
    pub fn cancellation_reasons(&self) -> &[CancellationReason] {
        &self.0.reasons
    }

    /// Of a batch write, exactly what could not be written; where an answer was lost it may have been.
    pub fn unwritten(&self) -> &[BatchEntry] {
        &self.0.unwritten
    }

    /// Of a batch get, the keys that could not be read. [`BatchGet::partial`](crate::op::BatchGet::partial) gives the rest.
    pub fn unread(&self) -> &[Item] {
        &self.0.unread
    }

    /// The operation that failed, such as `put`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The id that AWS gave the request, for its support and for CloudTrail.
    pub fn aws_request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether `create` found an item with the same key.
    pub fn is_already_exists(&self) -> bool {
        self.kind() == ErrorKind::AlreadyExists
    }

    /// Whether a condition was not met; of a transaction, one of its parts'.
    pub fn is_condition_failed(&self) -> bool {
        matches!(self.kind(), ErrorKind::ConditionFailed | ErrorKind::AlreadyExists)
            || self.cancellation_reasons().iter().any(|reason| reason.code().is_condition_failed())
    }

    /// Whether another transaction was at work on the same item; it is worth trying again.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
            || self.cancellation_reasons().iter().any(|reason| *reason.code() == ReasonCode::Conflict)
    }

    /// Whether nobody knows if the write was made: it, or an earlier attempt of it, may have arrived, and the answer was lost.
    /// Reading the item tells.
    pub fn is_outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// Whether the write was applied, and the error arose after it: what is stored does not fit the entity, or the response did
    /// not say what it is. Do not repeat the write; reading the item tells what it is now.
    pub fn is_write_applied(&self) -> bool {
        self.0.is_applied
    }

    /// Whether the same operation may succeed later: it was throttled, another one was at work on the item, no response came, or
    /// the service failed. The SDK has tried several times already. A write whose outcome is unknown may have been applied: see
    /// [`Error::is_outcome_unknown`].
    pub fn is_transient(&self) -> bool {
        use ErrorKind::{Conflict, Service, Throttled, Timeout, TransactionCanceled, Unreachable};
        match self.kind() {
            Throttled | Timeout | Unreachable | Conflict => true,
            Service => !self.0.is_lasting,
            TransactionCanceled => self.is_cancelled_for_now(),
            _ => false,
        }
    }

    /// Whether no response came in time.
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether the endpoint could not be reached, or the connection broke off.
    pub fn is_unreachable(&self) -> bool {
        self.kind() == ErrorKind::Unreachable
    }

    /// Whether the table, or its index, does not exist.
    pub fn is_table_not_found(&self) -> bool {
        self.kind() == ErrorKind::TableNotFound
    }

    /// Whether the credentials do not allow the operation, or are invalid or expired.
    pub fn is_access_denied(&self) -> bool {
        self.kind() == ErrorKind::AccessDenied
    }

    /// Whether one stored item could not be made into an entity, while others can.
    pub fn is_bad_item(&self) -> bool {
        use ErrorKind::{Decode, MissingDiscriminator, UnknownEntity, WrongEntity};
        matches!(self.kind(), Decode | MissingDiscriminator | UnknownEntity | WrongEntity)
    }

    /// Whether it was throttled, and is worth trying again later; of a transaction, one of its parts.
    pub fn is_throttled(&self) -> bool {
        self.kind() == ErrorKind::Throttled
            || self.cancellation_reasons().iter().any(|reason| *reason.code() == ReasonCode::Throttled)
    }

    /// Whether `one` found nothing, or there was no item to update.
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
