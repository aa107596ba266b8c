//! The values that identify items and lists, and the queries.

use heck::{ToKebabCase, ToSnakeCase, ToUpperCamelCase};
use monotable_config::{
    AttributeDescription, EntityDescription, EntityIndexDescription, KeyAttribute, KeyDescription, SchemaFile,
};
use serde::Serialize;

use super::model::lines;
use super::names;
use super::sort::{self, SortField};
use super::values::{self, Form};

/// A value that identifies an item or a list: a part of the path, or a parameter.
#[derive(Debug, Clone, Serialize)]
pub struct Argument {
    pub name: String,
    pub ident: String,
    /// The name in JSON.
    pub json: String,
    pub doc: Vec<String>,
    /// The type of the parameter.
    pub form: String,
    /// The type by which functions pass it on.
    pub passed: String,
    /// The field as an `Option` of a reference, if the parameter has to be converted to the field's type.
    pub field: Option<String>,
    pub schema: Option<String>,
    /// The texts that are valid, if the field is an enum without data.
    pub values: Vec<String>,
    /// A text for tests.
    pub sample: Option<String>,
}

/// A query.
#[derive(Debug, Serialize)]
pub struct Query {
    /// The function that creates the query.
    pub function: String,
    /// The last part of the path.
    pub path: String,
    /// The name of the handler.
    pub handler: String,
    /// The name of the struct of its parameters.
    pub parameters: String,
    /// The templates of its keys.
    pub doc: String,
    /// The index, or nothing for the table.
    pub index: Option<String>,
    pub partition: Vec<Argument>,
    /// The fields of the sort key, from left to right.
    pub sort: Vec<SortField>,
    /// Whether some items may be missing from the index.
    pub is_sparse: bool,
}

/// A field in a template, such as `{number:010}`.
pub struct Placeholder<'a> {
    pub field: &'a str,
    /// What follows the name: `:010`, `|day` or `..`.
    pub rest: &'a str,
}

impl Placeholder<'_> {
    /// Returns whether the value cannot be read back from the key. Only `escape` keeps all of it.
    pub fn is_lossy(&self) -> bool {
        self.rest.starts_with('|') && self.rest != "|escape"
    }

    /// Returns whether the key contains only the date of the value, so that queries accept a date.
    fn is_date(&self) -> bool {
        matches!(self.rest, "|year" | "|month" | "|day")
    }
}

/// Returns the placeholders of a template.
pub fn placeholders(template: &str) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        rest = &rest[start + 1..];
        // Two braces are a brace.
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some((inside, after)) = rest.split_once('}') else { break };
        let end = inside.find([':', '|']).or_else(|| inside.find("..")).unwrap_or(inside.len());
        found.push(Placeholder { field: &inside[..end], rest: &inside[end..] });
        rest = after;
    }
    found
}

/// Returns the named queries of an entity, and the query of a partition of the table.
pub fn queries(schema: &SchemaFile, entity: &EntityDescription) -> Vec<Query> {
    let mut queries: Vec<Query> =
        entity.indexes.iter().filter_map(|index| index_query(schema, entity, index)).collect();
    let of_partition = primary_query(schema, entity);
    queries.extend(of_partition.filter(|query| queries.iter().all(|other| other.path != query.path)));
    queries
}

/// Returns the form of a field. A text in a key is not empty, and does not contain the delimiter.
pub fn form(table: &SchemaFile, entity: &EntityDescription, attribute: &AttributeDescription) -> Form {
    let form = values::form(attribute);
    let keys = entity.indexes.iter().map(|index| &index.key).chain([&entity.primary_key]);
    let templates = keys.flat_map(|key| [Some(&key.partition), key.sort.as_ref()]).flatten();
    // If the field is the whole key, or the end of a path, it can contain the delimiter.
    let is_part = |template: &String| {
        let is_alone = template.starts_with('{') && template.find('}') == Some(template.len() - 1);
        placeholders(template).iter().any(|place| {
            place.field == attribute.field
                && !matches!(place.rest, ".." | "|escape")
                && !(is_alone && place.rest.is_empty())
        })
    };
    let is_text = form.body == "String" && form.schema.is_none();
    match is_text && templates.into_iter().any(is_part) {
        true => Form { schema: Some(values::key_text(table.delimiter)), ..form },
        false => form,
    }
}

/// Returns the argument for a field in a key; `None` if the key contains the result of a function.
pub fn argument(schema: &SchemaFile, entity: &EntityDescription, name: &str) -> Option<Argument> {
    if name.contains('(') {
        return None;
    }
    let attribute = entity.attributes.iter().find(|attribute| attribute.field == name);
    let form = attribute.map(|attribute| form(schema, entity, attribute));
    let is_option = attribute.is_some_and(|attribute| values::is_option(&attribute.rust_type));
    // A parameter is one text, number or Boolean. Other types are converted from the text.
    let exact = form.as_ref().filter(|form| form.is_exact && !form.body.contains("Vec<"));
    let body = exact.map_or("String", |form| form.body.as_str());
    let path = name.split('.').map(names::identifier).collect::<Vec<_>>().join(".");
    let place = match is_option {
        true => format!("item.{path}.as_ref()"),
        false => format!("Some(&item.{path})"),
    };
    let parameter = names::parameter(&name.replace('.', "_"));
    Some(Argument {
        ident: names::identifier(&parameter),
        json: attribute.map_or(name, |attribute| &attribute.name).to_owned(),
        doc: attribute.map(|attribute| lines(&attribute.doc)).unwrap_or_default(),
        form: body.to_owned(),
        passed: if body == "String" { "&str".to_owned() } else { body.to_owned() },
        field: exact.is_none().then_some(place),
        schema: form.as_ref().and_then(|form| form.schema.clone()).filter(|_| exact.is_some() || body == "String"),
        values: attribute.map(|attribute| attribute.values.clone()).unwrap_or_default(),
        sample: form.and_then(|form| form.sample).map(|sample| sample.trim_matches('"').to_owned()),
        name: parameter,
    })
}

/// Returns the queries that requests cannot use, because a function makes the partition key: their names and the calls.
pub fn left_out(schema: &SchemaFile, entity: &EntityDescription) -> Vec<(String, String)> {
    let named = entity.indexes.iter().filter(|index| index_query(schema, entity, index).is_none());
    let named = named.filter_map(|index| Some((index.query.clone()?, index.key.partition.clone())));
    let key = &entity.primary_key;
    let has_query = key.sort_arguments.is_empty() || primary_query(schema, entity).is_some();
    let of_partition = (!has_query).then(|| ("query".to_owned(), key.partition.clone()));
    named.chain(of_partition).collect()
}

fn index_query(schema: &SchemaFile, entity: &EntityDescription, of: &EntityIndexDescription) -> Option<Query> {
    let index = schema.indexes.iter().find(|index| index.name == of.index)?;
    let function = of.query.as_deref()?;
    let is_optional = |name: &String| entity.attributes.iter().any(|field| field.field == *name && field.optional);
    let mut fields = of.key.partition_arguments.iter().chain(&of.key.sort_arguments);
    let is_sparse = of.when.is_some() || fields.any(is_optional);
    let query = query(schema, entity, [function, function], &of.key, &index.sort_keys)?;
    Some(Query { is_sparse, index: Some(of.index.clone()), ..query })
}

/// Returns the query of a partition of the table, if several items of the entity can be in it.
fn primary_query(schema: &SchemaFile, entity: &EntityDescription) -> Option<Query> {
    let key = &entity.primary_key;
    if key.sort_arguments.is_empty() {
        return None;
    }
    let name = match key.partition_arguments.as_slice() {
        [] => "all".to_owned(),
        names => format!("by_{}", names.join("_and_").replace('.', "_")),
    };
    query(schema, entity, [&name, "query"], key, schema.sort_key.as_slice())
}

/// Describes a query by its name, its function, its key, and the sort keys of the table or of the index.
fn query(
    schema: &SchemaFile,
    entity: &EntityDescription,
    [name, function]: [&str; 2],
    key: &KeyDescription,
    sort_keys: &[KeyAttribute],
) -> Option<Query> {
    let of_partition = placeholders(&key.partition);
    let partition = key.partition_arguments.iter().map(|name| argument_of(schema, entity, name, &of_partition));
    let partition = partition.collect::<Option<Vec<_>>>()?;
    let sort = sort::fields(schema, entity, key, sort_keys, &partition);
    Some(Query {
        function: function.to_owned(),
        path: name.to_kebab_case(),
        handler: format!("{}_{}", entity.name.to_snake_case(), name),
        parameters: format!("{}Parameters", name.to_upper_camel_case()),
        doc: templates(key),
        index: None,
        partition,
        sort,
        is_sparse: false,
    })
}

/// Returns the argument for a field of a template.
pub fn argument_of(
    schema: &SchemaFile,
    entity: &EntityDescription,
    name: &str,
    template: &[Placeholder<'_>],
) -> Option<Argument> {
    let argument = argument(schema, entity, name)?;
    let mut places = template.iter().filter(|place| place.field == name).peekable();
    let is_date = places.peek().is_some() && places.all(Placeholder::is_date);
    Some(if is_date && argument.form == "DateTime<Utc>" { argument.into_date() } else { argument })
}

/// Returns the templates of a key in a sentence.
pub fn templates(key: &KeyDescription) -> String {
    let templates = [Some(&key.partition), key.sort.as_ref()].into_iter().flatten();
    templates.map(|template| format!("`{template}`")).collect::<Vec<_>>().join(", ")
}

impl Argument {
    /// The same argument under another name.
    pub fn renamed(self, name: String) -> Self {
        Self { ident: names::identifier(&name), name, ..self }
    }

    /// The same argument as a date.
    fn into_date(self) -> Self {
        let date = "NaiveDate".to_owned();
        let sample = self.sample.map(|sample| sample.chars().take(10).collect());
        Self { form: date.clone(), passed: date, sample, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_with_what_follows_the_name() {
        let found = |template: &str| -> Vec<String> {
            placeholders(template).iter().map(|place| format!("{} {}", place.field, place.rest)).collect()
        };
        assert_eq!(found("A#{repo.name}#{number:010}"), ["repo.name ", "number :010"]);
        assert_eq!(found("{{x}}{at|day}{path..}"), ["at |day", "path .."]);
        assert_eq!(found("rank(score, day)"), Vec::<String>::new());
    }
}
