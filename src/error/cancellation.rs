//! Why a transaction was cancelled, part by part.

use std::fmt;

use crate::error::text;
use crate::value::item::Item;

/// What one part of a cancelled transaction had to do with it.
#[derive(Clone)]
pub struct CancellationReason {
    code: ReasonCode,
    operation: &'static str,
    entity: String,
    key: String,
    item: Option<Item>,
    /// Which condition was not met, in words.
    broken: Option<String>,
}

/// The codes of a [`CancellationReason`].
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasonCode {
    /// The part was all right; others were not.
    None,
    /// Its condition was not met.
    ConditionFailed,
    /// A `create` found an item with its key.
    AlreadyExists,
    /// The item that it is about is not there.
    NotFound,
    /// The item with its key is of another entity; with its discriminator.
    WrongEntity(String),
    /// The item with its key has no discriminator, so it is of no known entity.
    MissingDiscriminator,
    /// Another transaction was at work on its item.
    Conflict,
    /// More was asked than the capacity allows.
    Throttled,
    /// DynamoDB refused it as it stands; with what it said.
    Invalid(String),
    /// Anything else; the service's code.
    Other(String),
}

impl ReasonCode {
    /// Whether it is about a condition: also that of a `create`, or of an item that has to be there.
    pub fn is_condition_failed(&self) -> bool {
        matches!(
            self,
            Self::ConditionFailed
                | Self::AlreadyExists
                | Self::NotFound
                | Self::WrongEntity(_)
                | Self::MissingDiscriminator
        )
    }
}

impl CancellationReason {
    /// As the service says it.
    pub(crate) fn new(code: Option<&str>, message: Option<String>, item: Option<Item>) -> Self {
        let code = match code {
            None | Some("None") => ReasonCode::None,
            Some("ConditionalCheckFailed") => ReasonCode::ConditionFailed,
            Some("TransactionConflict") => ReasonCode::Conflict,
            Some("ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded") => ReasonCode::Throttled,
            Some("ValidationError") => ReasonCode::Invalid(message.unwrap_or_default()),
            Some(other) => ReasonCode::Other(other.to_owned()),
        };
        Self { code, operation: "", entity: String::new(), key: String::new(), item, broken: None }
    }

    /// Of which part it is. `code`: what it means there.
    pub(crate) fn of(self, code: Option<ReasonCode>, operation: &'static str, entity: &str, key: String) -> Self {
        Self { code: code.unwrap_or(self.code), operation, entity: entity.to_owned(), key, ..self }
    }

    /// Which condition was not met, in words.
    pub(crate) fn because(self, broken: Option<String>) -> Self {
        Self { broken, ..self }
    }

    /// Why.
    pub fn code(&self) -> &ReasonCode {
        &self.code
    }

    /// Whether the part was the matter.
    pub fn is_cause(&self) -> bool {
        self.code != ReasonCode::None
    }

    /// What the part was to do, such as `create`.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The name of its entity.
    pub fn entity_name(&self) -> &str {
        &self.entity
    }

    /// The key of its item.
    pub fn item_key(&self) -> &str {
        &self.key
    }

    /// Where a condition was not met, the item as it is, if there is one; [`CancellationReason::conflicting_item`] decodes it.
    pub fn found_item(&self) -> Option<&Item> {
        self.item.as_ref()
    }
}

/// Such as `create Order ORDER#o-1: an item with this key already exists`.
impl fmt::Display for CancellationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}: ", self.operation, self.entity, self.key)?;
        match &self.code {
            ReasonCode::None => f.write_str("ok"),
            ReasonCode::ConditionFailed => match &self.broken {
                Some(broken) => write!(f, "{}: {broken}", text::CONDITION_NOT_MET),
                None => f.write_str(text::CONDITION_NOT_MET),
            },
            ReasonCode::AlreadyExists => f.write_str(text::ALREADY_EXISTS),
            ReasonCode::NotFound => f.write_str(text::NOT_FOUND),
            ReasonCode::WrongEntity(label) => f.write_str(&text::wrong_entity(label)),
            ReasonCode::MissingDiscriminator => f.write_str(text::MISSING_DISCRIMINATOR),
            ReasonCode::Conflict => f.write_str(text::TRANSACTION_IN_PROGRESS),
            ReasonCode::Throttled => f.write_str(text::THROTTLED),
            ReasonCode::Invalid(said) => write!(f, "refused: {said}"),
            ReasonCode::Other(code) => f.write_str(code),
        }
    }
}

impl fmt::Debug for CancellationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancellationReason").field(&self.to_string()).finish()
    }
}
