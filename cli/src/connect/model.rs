//! What templates know about the tables, the entities and their queries.

use std::collections::BTreeSet;
use std::path::Path;

use heck::{ToKebabCase, ToSnakeCase, ToUpperCamelCase};
use monotable_config::{
    AttributeDescription, EntityDescription, EntityIndexDescription, KeyDescription, KeyType, Role, SchemaFile,
    ValueKind,
};
use serde::Serialize;

use super::names;
use super::request::ConnectedTable;
use super::values::{self, Form};
use crate::failure::{Failure, Result};

/// A table.
#[derive(Debug, Serialize)]
pub struct Table {
    /// The name of its package.
    pub krate: String,
    /// The name of its library, which also names its connection in the state.
    pub module: String,
    /// The path of its types.
    pub path: String,
    /// The folder of its package, relative to the crate of the program.
    pub folder: String,
    /// Its `config.json`, relative to the root of the workspace.
    pub config: String,
    /// The enum that derives `Table`.
    pub table: String,
    /// The name under which the program imports the enum: different for each table.
    pub imported: String,
    pub entities: Vec<Entity>,
    /// What the program does with the table, as `monotable policy` names it.
    pub patterns: Vec<String>,
}

/// An entity.
#[derive(Debug, Serialize)]
pub struct Entity {
    pub name: String,
    /// The name under which the routes import it.
    pub imported: String,
    pub module: String,
    /// Such as `an order`.
    pub words: String,
    pub doc: Vec<String>,
    /// The first paragraph of its documentation, on one line.
    pub summary: String,
    /// The templates of its primary key.
    pub key_doc: String,
    /// Such as `orders`.
    pub collection: String,
    /// The name of its table's connection in the state.
    pub connection: String,
    /// The fields of the primary key.
    pub key: Vec<Argument>,
    /// All fields.
    pub fields: Vec<Field>,
    /// The field that counts the writes.
    pub version: Option<String>,
    pub queries: Vec<Query>,
    /// Whether it has fields outside of the key that clients set.
    pub has_values: bool,
    /// Whether there is a sample of each field that a new item needs.
    pub has_sample: bool,
}

/// A field of an entity.
#[derive(Debug, Serialize)]
pub struct Field {
    /// The name of the attribute, which is also its name in JSON.
    pub name: String,
    /// The name in code.
    pub ident: String,
    /// Whether serde has to rename it.
    pub is_renamed: bool,
    /// The constant of the attribute.
    pub constant: String,
    pub doc: Vec<String>,
    /// The type in the body of a request.
    pub body: String,
    pub schema: Option<String>,
    /// The texts that are valid, if the field is an enum without data.
    pub values: Vec<String>,
    pub value_type: Option<String>,
    pub optional: bool,
    pub in_key: bool,
    /// The value that completes an entity before a write sets it, as JSON. Clients do not send such a field.
    pub managed: Option<String>,
    pub sample: Option<String>,
}

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
    /// The first field of the sort key.
    pub sort: Option<Argument>,
    /// Whether the sort key accepts a range, or else one value.
    pub is_range: bool,
    /// Whether some items may be missing from the index.
    pub is_sparse: bool,
}

/// Describes the tables of a program. The remarks name what it cannot have.
pub fn tables(
    connected: &[ConnectedTable],
    root: &Path,
    folder: &Path,
    remarks: &mut Vec<String>,
) -> Result<Vec<Table>> {
    let (mut collections, mut modules) = (BTreeSet::new(), BTreeSet::new());
    let mut tables = Vec::new();
    for ConnectedTable { krate, schema } in connected {
        let mut entities = Vec::new();
        for described in &schema.entities {
            if !modules.insert(names::module(&described.name)) {
                return Err(Failure::usage(format!(
                    "two tables have an entity `{}`; choose the entities of each table with `--entity`, or another crate with `--to`",
                    described.name
                )));
            }
            match entity(schema, described, &krate.module, &mut collections) {
                Some(entity) => entities.push(entity),
                None => remarks.push(format!(
                    "note: `{}` is left out, because its primary key is not made of fields of the entity",
                    described.name
                )),
            }
        }
        let imported = match connected.len() {
            1 => schema.table.clone(),
            _ => format!("{}{}", krate.module.to_upper_camel_case(), schema.table),
        };
        tables.push(Table {
            krate: krate.name.clone(),
            module: krate.module.clone(),
            path: krate.path(),
            folder: super::source::relative(folder, &krate.folder),
            config: super::source::relative(root, &krate.folder.join("config.json")),
            table: schema.table.clone(),
            imported,
            patterns: entities.iter().flat_map(patterns).collect(),
            entities,
        });
    }
    Ok(tables)
}

fn entity(
    schema: &SchemaFile,
    entity: &EntityDescription,
    connection: &str,
    collections: &mut BTreeSet<String>,
) -> Option<Entity> {
    let key = key_fields(&entity.primary_key).map(|name| argument(schema, entity, name)).collect::<Option<Vec<_>>>()?;
    let fields: Vec<Field> = entity.attributes.iter().map(|attribute| field(schema, entity, attribute)).collect();
    let version = entity.attributes.iter().find(|field| field.roles.contains(&Role::Version));
    let mut queries: Vec<Query> =
        entity.indexes.iter().filter_map(|index| index_query(schema, entity, index)).collect();
    let of_partition =
        primary_query(schema, entity).filter(|query| queries.iter().all(|other| other.path != query.path));
    queries.extend(of_partition);
    let sent = |field: &&Field| field.managed.is_none() && !field.optional;
    Some(Entity {
        imported: names::imported(&entity.name),
        module: names::module(&entity.name),
        words: names::in_words(&entity.name),
        doc: lines(&entity.doc),
        summary: entity.doc.lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" "),
        key_doc: templates(&entity.primary_key),
        collection: names::collection(&entity.name, key.is_empty(), collections),
        connection: connection.to_owned(),
        version: version
            .filter(|field| !values::is_option(&field.rust_type))
            .map(|field| names::identifier(&field.field)),
        has_values: fields.iter().any(|field| field.managed.is_none() && !field.in_key),
        has_sample: fields.iter().filter(sent).all(|field| field.sample.is_some()),
        name: entity.name.clone(),
        key,
        fields,
        queries,
    })
}

/// Returns the access patterns of the routes of an entity.
fn patterns(entity: &Entity) -> Vec<String> {
    let operations: &[&str] = match entity.has_values {
        true => &["create", "get", "put", "update", "delete"],
        false => &["create", "get", "delete"],
    };
    let queries = entity.queries.iter().map(|query| query.function.as_str());
    operations.iter().copied().chain(queries).map(|name| format!("{}.{name}", entity.name)).collect()
}

fn key_fields(key: &KeyDescription) -> impl Iterator<Item = &str> {
    key.partition_arguments.iter().chain(&key.sort_arguments).map(String::as_str)
}

fn lines(doc: &str) -> Vec<String> {
    doc.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn field(table: &SchemaFile, entity: &EntityDescription, attribute: &AttributeDescription) -> Field {
    let Form { body, schema, value_type, sample, .. } = form(table, entity, attribute);
    let is = |role: Role| attribute.roles.contains(&role);
    let managed = [Role::Version, Role::CreatedAt, Role::UpdatedAt, Role::WriteId].into_iter().any(is);
    Field {
        name: attribute.name.clone(),
        ident: names::identifier(&attribute.field),
        is_renamed: attribute.name != attribute.field,
        constant: attribute.field.to_uppercase(),
        doc: lines(&attribute.doc),
        body,
        schema,
        values: attribute.values.clone(),
        value_type,
        optional: attribute.optional,
        in_key: is(Role::PrimaryKey) || is(Role::KeyOnly),
        managed: managed.then(|| match attribute.kind {
            ValueKind::Timestamp => "\"1970-01-01T00:00:00Z\"".to_owned(),
            ValueKind::String => "\"\"".to_owned(),
            _ => "0".to_owned(),
        }),
        sample,
    }
}

/// Returns the form of a field. A text in a key is not empty, and does not contain the delimiter.
fn form(table: &SchemaFile, entity: &EntityDescription, attribute: &AttributeDescription) -> Form {
    let form = values::form(attribute);
    let keys = entity.indexes.iter().map(|index| &index.key).chain([&entity.primary_key]);
    let templates = keys.flat_map(|key| [Some(&key.partition), key.sort.as_ref()]).flatten();
    let begin = format!("{{{}", attribute.field);
    // If the field is the whole key, or the end of a path, it can contain the delimiter.
    let is_part = |template: &&String| {
        template
            .split_once(&begin)
            .is_some_and(|(before, after)| after.starts_with(['}', '|']) && !(before.is_empty() && after == "}"))
    };
    let is_text = form.body == "String" && form.schema.is_none();
    match is_text && templates.into_iter().any(|template| is_part(&template)) {
        true => Form { schema: Some(values::key_text(table.delimiter)), ..form },
        false => form,
    }
}

/// Returns the argument for a field in a key; `None` if the key contains the result of a function.
fn argument(schema: &SchemaFile, entity: &EntityDescription, name: &str) -> Option<Argument> {
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

fn index_query(schema: &SchemaFile, entity: &EntityDescription, of: &EntityIndexDescription) -> Option<Query> {
    let index = schema.indexes.iter().find(|index| index.name == of.index)?;
    let is_number = matches!(index.sort_keys.as_slice(), [key] if key.key_type == KeyType::N);
    let function = of.query.as_deref()?;
    let is_optional = |name: &str| entity.attributes.iter().any(|field| field.field == name && field.optional);
    let is_sparse = of.when.is_some() || key_fields(&of.key).any(is_optional);
    let query = query(schema, entity, function, function, &of.key, is_number && index.sort_keys.len() == 1)?;
    Some(Query { is_sparse, index: Some(of.index.clone()), ..query })
}

/// Returns the query of a partition of the table, if several items of the entity can be in it.
fn primary_query(schema: &SchemaFile, entity: &EntityDescription) -> Option<Query> {
    let key = &entity.primary_key;
    if key.sort_arguments.is_empty() {
        return None;
    }
    let is_number = schema.sort_key.as_ref().is_some_and(|key| key.key_type == KeyType::N);
    let name = match key.partition_arguments.as_slice() {
        [] => "all".to_owned(),
        names => format!("by_{}", names.join("_and_").replace('.', "_")),
    };
    query(schema, entity, &name, "query", key, is_number)
}

fn query(
    schema: &SchemaFile,
    entity: &EntityDescription,
    name: &str,
    function: &str,
    key: &KeyDescription,
    is_number: bool,
) -> Option<Query> {
    let partition =
        key.partition_arguments.iter().map(|name| argument(schema, entity, name)).collect::<Option<Vec<_>>>()?;
    let first = key.sort_arguments.first();
    let sort = first.and_then(|name| argument(schema, entity, name));
    let is_range = match (&sort, first, &key.sort) {
        (Some(sort), Some(name), Some(template)) => has_range(sort, name, template, is_number),
        _ => false,
    };
    Some(Query {
        function: function.to_owned(),
        path: name.to_kebab_case(),
        handler: format!("{}_{}", entity.name.to_snake_case(), name),
        parameters: format!("{}Parameters", name.to_upper_camel_case()),
        doc: templates(key),
        index: None,
        partition,
        sort,
        is_range,
        is_sparse: false,
    })
}

/// Returns the templates of a key in a sentence.
fn templates(key: &KeyDescription) -> String {
    let templates = [Some(&key.partition), key.sort.as_ref()].into_iter().flatten();
    templates.map(|template| format!("`{template}`")).collect::<Vec<_>>().join(", ")
}

/// Returns whether the texts of the field in the key sort like its values, so that the library accepts a range.
fn has_range(sort: &Argument, name: &str, template: &str, is_number: bool) -> bool {
    let Some((_, rest)) = template.split_once(&format!("{{{name}")) else { return false };
    match sort.form.as_str() {
        _ if sort.field.is_some() => false,
        "String" | "DateTime<Utc>" | "NaiveDate" => rest.starts_with('}'),
        // A number sorts like a text if it is padded, or if it is the whole key and the key has the type N.
        "bool" | "f32" | "f64" => false,
        _ => rest.starts_with(":0") || (is_number && template == format!("{{{name}}}")),
    }
}
