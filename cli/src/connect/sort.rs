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
