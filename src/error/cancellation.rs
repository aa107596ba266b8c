//! The reasons why a transaction was cancelled, one for each part.

use std::fmt;

use crate::error::text;
use crate::value::item::Item;

/// The reason that DynamoDB reported for one part of a cancelled transaction.
#[derive(Clone)]
pub struct CancellationReason {
    code: ReasonCode,
    operation: &'static str,
    entity: String,
    key: String,
    item: Option<Item>,
    /// Describes the condition that was not met.
    broken: Option<String>,
}

/// The codes of a [`CancellationReason`].
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasonCode {
    /// The part did not cause the cancellation; another part did.
    None,
    /// The part's condition was not met.
    ConditionFailed,
    /// `create` found an item with the same key.
    AlreadyExists,
    /// The part's item does not exist.
    NotFound,
    /// The item with this key belongs to another entity. Contains the item's discriminator.
    WrongEntity(String),
    /// The item with this key has no discriminator, so its entity is unknown.
    MissingDiscriminator,
    /// Another transaction on the part's item was in progress.
    Conflict,
    /// The request exceeded the capacity.
    Throttled,
    /// DynamoDB rejected the part. Contains DynamoDB's message.
    Invalid(String),
    /// Any other reason. Contains DynamoDB's code.
    Other(String),
}

impl ReasonCode {
    /// Returns whether a condition was not met. This includes the conditions that monotable adds: `create` requires that the item
    /// does not exist, other parts that it exists or belongs to the right entity.
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
    /// Converts a reason of the response.
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

    /// Adds the part that the reason belongs to. `code` replaces DynamoDB's code by one that is specific to the part.
    pub(crate) fn of(self, code: Option<ReasonCode>, operation: &'static str, entity: &str, key: String) -> Self {
        Self { code: code.unwrap_or(self.code), operation, entity: entity.to_owned(), key, ..self }
    }

    /// Adds a description of the condition that was not met.
    pub(crate) fn because(self, broken: Option<String>) -> Self {
        Self { broken, ..self }
    }

    /// Returns the code.
    pub fn code(&self) -> &ReasonCode {
        &self.code
    }

    /// Returns whether this part caused the cancellation.
    pub fn is_cause(&self) -> bool {
        self.code != ReasonCode::None
    }

    /// Returns the operation of the part, for example `create`.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Returns the name of the part's entity.
    pub fn entity_name(&self) -> &str {
        &self.entity
    }

    /// Returns the key of the part's item.
    pub fn item_key(&self) -> &str {
        &self.key
    }

    /// Returns the item that the part found when its condition was not met, if an item exists.
    /// [`CancellationReason::conflicting_item`] deserializes it.
    pub fn found_item(&self) -> Option<&Item> {
        self.item.as_ref()
    }
}

/// Writes, for example, `create Order ORDER#o-1: an item with this key already exists`.
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
            ReasonCode::Invalid(said) => write!(f, "rejected by DynamoDB: {said}"),
            ReasonCode::Other(code) => f.write_str(code),
        }
    }
}

impl fmt::Debug for CancellationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancellationReason").field(&self.to_string()).finish()
    }
}
