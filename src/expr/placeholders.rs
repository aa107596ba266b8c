//! The placeholders of the expressions of a request. The same input always produces the same expressions.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::error::{Error, ErrorKind, Result};

/// The maximum number of operands of `IN`.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters>
pub(crate) const MAX_OPERANDS: usize = 100;

/// The maximum number of operators and functions in one expression.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters>
const MAX_OPERATORS: usize = 300;
/// The maximum length of one expression in bytes.
const MAX_BYTES: usize = 4096;

/// The names and values of all expressions of a request. Each occurs once, numbered in the order of first use.
#[derive(Default)]
pub(crate) struct Placeholders {
    names: Vec<String>,
    values: Vec<AttributeValue>,
}

impl Placeholders {
    pub fn name(&mut self, name: &str) -> String {
        let number = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#n{number}")
    }

    pub fn value(&mut self, value: AttributeValue) -> String {
        let number = self.values.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        });
        format!(":v{number}")
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the maps of a request. DynamoDB rejects empty maps, so an empty map becomes `None`.
    pub fn into_maps(self) -> (Option<HashMap<String, String>>, Option<HashMap<String, AttributeValue>>) {
        let names: HashMap<_, _> =
            self.names.into_iter().enumerate().map(|(n, name)| (format!("#n{n}"), name)).collect();
        let values: HashMap<_, _> =
            self.values.into_iter().enumerate().map(|(n, value)| (format!(":v{n}"), value)).collect();
        (Some(names).filter(|names| !names.is_empty()), Some(values).filter(|values| !values.is_empty()))
    }
}

/// Refuses an expression that exceeds a limit of DynamoDB. `kind` names the expression in the message.
pub(crate) fn check(kind: &str, text: &str, operators: usize) -> Result<()> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidRequest, message));
    if operators > MAX_OPERATORS {
        return invalid(format!("the {kind} has {operators} operators; DynamoDB accepts at most {MAX_OPERATORS}"));
    }
    if text.len() > MAX_BYTES {
        return invalid(format!(
            "the {kind} expression has {} bytes; DynamoDB accepts at most {MAX_BYTES}",
            text.len()
        ));
    }
    Ok(())
}
