//! Placeholders and expressions of a request. The same input gives the same text.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::schema::{DISCRIMINATOR, EntitySchema};

/// The most operands of one `IN`.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters>
pub(crate) const MAX_OPERANDS: usize = 100;

/// The names and values that the expressions of one request share: each once, numbered in order of first use.
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

    /// As a request takes them: DynamoDB refuses empty maps.
    pub fn into_maps(self) -> (Option<HashMap<String, String>>, Option<HashMap<String, AttributeValue>>) {
        let names: HashMap<_, _> =
            self.names.into_iter().enumerate().map(|(n, name)| (format!("#n{n}"), name)).collect();
        let values: HashMap<_, _> =
            self.values.into_iter().enumerate().map(|(n, value)| (format!(":v{n}"), value)).collect();
        (Some(names).filter(|names| !names.is_empty()), Some(values).filter(|values| !values.is_empty()))
    }
}

/// Keeps items of these entities, and those without a discriminator, which are no one's to drop.
pub(crate) fn entity_filter(entities: &[&EntitySchema], placeholders: &mut Placeholders) -> String {
    let name = placeholders.name(DISCRIMINATOR);
    let labels: Vec<&str> = entities.iter().flat_map(|entity| entity.labels()).collect();
    let mut filter = format!("attribute_not_exists({name})");
    for labels in labels.chunks(MAX_OPERANDS) {
        let operands: Vec<_> =
            labels.iter().map(|label| placeholders.value(AttributeValue::S((*label).to_owned()))).collect();
        filter.push_str(&format!(" OR {name} IN ({})", operands.join(", ")));
    }
    filter
}
