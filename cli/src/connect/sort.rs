//! The parameters of a list for the fields of its sort key.

use std::collections::BTreeSet;

use monotable_config::{EntityDescription, KeyAttribute, KeyDescription, KeyType, SchemaFile};
use serde::Serialize;

use super::queries::{self, Argument, Placeholder};
use super::values;

/// The parameters that all lists have.
const TAKEN: [&str; 3] = ["cursor", "direction", "limit"];

/// A field of a sort key: a parameter for one value, and parameters for a range.
#[derive(Debug, Serialize)]
pub struct SortField {
    #[serde(flatten)]
    pub argument: Argument,
    /// The parameters for a range, if the texts of the field in the key sort like its values.
    pub range: Option<Range>,
    /// The parameters for one value of the fields before it, in a sentence: `` `year` and `month` ``.
    pub after: Option<String>,
    /// Whether there is a value for tests, which the table does not replace.
    pub has_sample: bool,
}

/// The parameters for a range.
#[derive(Debug, Serialize)]
pub struct Range {
    pub from: String,
    pub to: String,
}

/// Returns the fields of a sort key that the partition key does not determine, from left to right. A key that a function makes has none.
pub fn fields(
    schema: &SchemaFile,
    entity: &EntityDescription,
    key: &KeyDescription,
    sort_keys: &[KeyAttribute],
    partition: &[Argument],
) -> Vec<SortField> {
    // A transformed field of the partition key is not determined.
    let of_partition = queries::placeholders(&key.partition);
    let is_known = |name: &str| of_partition.iter().any(|place| place.field == name && !place.is_lossy());
    let of_sort = key.sort.as_deref().map(queries::placeholders).unwrap_or_default();
    let is_number = of_sort.len() == 1 && matches!(sort_keys, [KeyAttribute { key_type: KeyType::N, .. }]);
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    taken.extend(partition.iter().map(|argument| argument.name.clone()));
    let mut seen = BTreeSet::new();
    let mut fields: Vec<SortField> = Vec::new();
    for place in of_sort.iter().filter(|place| !is_known(place.field)) {
        let Some(argument) = queries::argument_of(schema, entity, place.field, &of_sort) else { continue };
        if !seen.insert(place.field) {
            continue;
        }
        let has_range = has_range(&argument, place, is_number);
        let name = argument.name.clone();
        let range = has_range.then(|| Range {
            from: free(&mut taken, &format!("{name}_from"), "value"),
            to: free(&mut taken, &format!("{name}_to"), "value"),
        });
        // For example, the partition key contains the day of a time, and the sort key the time.
        let more = place.rest.strip_prefix('|').unwrap_or("equal");
        let argument = argument.renamed(free(&mut taken, &name, more));
        let before: Vec<String> = fields.iter().map(|field| format!("`{}`", field.argument.name)).collect();
        let described = entity.attributes.iter().find(|attribute| attribute.field == place.field);
        fields.push(SortField {
            range,
            after: (!before.is_empty()).then(|| before.join(" and ")),
            has_sample: argument.sample.is_some() && described.is_some_and(|field| values::managed(field).is_none()),
            argument,
        });
    }
    fields
}

/// Returns a name that no other parameter has.
fn free(taken: &mut BTreeSet<String>, name: &str, more: &str) -> String {
    let mut name = name.to_owned();
    while !taken.insert(name.clone()) {
        name = format!("{name}_{more}");
    }
    name
}

/// Returns whether the texts of the field in the key sort like its values, so that the library accepts a range.
fn has_range(argument: &Argument, place: &Placeholder<'_>, is_number: bool) -> bool {
    match argument.form.as_str() {
        _ if argument.field.is_some() => false,
        "String" | "DateTime<Utc>" | "NaiveDate" => matches!(place.rest, "" | "|escape"),
        "bool" | "f32" | "f64" => false,
        // A number sorts like a text if it is padded, or if it is the whole key and the key has the type N.
        _ => place.rest.starts_with(":0") || (is_number && place.rest.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns the parameters for the sort key of an entity whose fields are `at`, `limit`, `state` and `number`, as lines.
    fn parameters(partition: &str, sort: &str) -> Vec<String> {
        let field = |name: &str, kind: &str, rust_type: &str, values: Value| json!({ "name": name, "field": name, "kind": kind, "rustType": rust_type, "values": values, "optional": false });
        let entity = json!({
            "name": "Order",
            "discriminator": "Order",
            "primaryKey": { "partition": partition, "sort": sort, "partitionArguments": [], "sortArguments": [] },
            "indexes": [],
            "attributes": [
                field("at", "timestamp", "DateTime<Utc>", json!([])),
                field("limit", "string", "String", json!([])),
                field("state", "string", "State", json!(["OPEN"])),
                field("number", "integer", "u32", json!([])),
            ],
        });
        let schema = json!({
            "version": 1, "table": "Base", "runtimeConfigKey": "T", "delimiter": "#", "partitionKey": "pk", "sortKey": "sk",
            "indexes": [], "entities": [entity],
        });
        let schema: SchemaFile = serde_json::from_value(schema).unwrap();
        let entity = &schema.entities[0];
        let of_partition = queries::placeholders(partition);
        let partition =
            of_partition.iter().map(|place| queries::argument_of(&schema, entity, place.field, &of_partition));
        let partition: Vec<Argument> = partition.collect::<Option<_>>().unwrap();
        let fields = fields(&schema, entity, &entity.primary_key, schema.sort_key.as_slice(), &partition);
        let line = |field: &SortField| {
            let range = field.range.as_ref().map_or(String::new(), |range| format!(" {} {}", range.from, range.to));
            let after = field.after.as_ref().map_or(String::new(), |after| format!(" after {after}"));
            format!("{}: {}{range}{after}", field.argument.name, field.argument.form)
        };
        fields.iter().map(line).collect()
    }

    #[test]
    fn each_field_is_one_value_and_a_range_if_its_texts_sort() {
        assert_eq!(
            parameters("ORDER", "{state}#{at}#{number:06}"),
            [
                "state: String",
                "at: DateTime<Utc> at_from at_to after `state`",
                "number: u32 number_from number_to after `state` and `at`"
            ]
        );
        assert_eq!(parameters("ORDER", "{at|month}#{number}"), ["at: NaiveDate", "number: u32 after `at`"]);
    }

    #[test]
    fn a_field_that_the_partition_key_determines_is_left_out() {
        assert_eq!(parameters("{state}", "{state}#{number:06}"), ["number: u32 number_from number_to"]);
        assert_eq!(parameters("ORDER", "{at}#{at}"), ["at: DateTime<Utc> at_from at_to"]);
    }

    #[test]
    fn names_of_other_parameters_are_not_used_again() {
        assert_eq!(parameters("DAY#{at|day}", "{at}"), ["at_equal: DateTime<Utc> at_from at_to"]);
        assert_eq!(parameters("DAY#{at|day}", "{at|hour}"), ["at_hour: DateTime<Utc>"]);
        assert_eq!(parameters("ORDER", "{limit}"), ["limit_value: String limit_value_from limit_value_to"]);
    }
}
