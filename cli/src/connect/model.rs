//! What templates know about the tables, the entities and their queries.

use std::collections::BTreeSet;
use std::path::Path;

use heck::ToUpperCamelCase;
use monotable_config::{AttributeDescription, EntityDescription, Role, SchemaFile};
use serde::Serialize;

use super::key::{self, Key, Part};
use super::names;
use super::queries::{self, Argument, Query};
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
    /// The fields that determine the primary key.
    pub key: Vec<Argument>,
    /// Whether requests can give the primary key. Otherwise they can only create items.
    pub has_key: bool,
    /// What the operations of the library take as the key.
    pub key_parts: Vec<Part>,
    /// The calls of the functions that make the primary key.
    pub key_functions: Vec<String>,
    /// The values that complete an entity, so that the library can call these functions.
    pub key_others: Vec<(String, String)>,
    /// The named queries that are left out, with the functions that make their partition keys.
    pub left_out: Vec<(String, String)>,
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
            let entity = entity(schema, described, &krate.module, &mut collections);
            remarks.extend(remarks_on(&entity));
            entities.push(entity);
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
            patterns: entities.iter().flat_map(Entity::patterns).collect(),
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
) -> Entity {
    let found = key::key(schema, entity);
    let (has_key, Key { arguments: key, parts, functions, others }) = match found {
        Ok(key) => (true, key),
        Err(call) => (false, Key { functions: vec![call], ..Key::default() }),
    };
    let fields: Vec<Field> = entity.attributes.iter().map(|attribute| field(schema, entity, attribute)).collect();
    let version = entity.attributes.iter().find(|field| field.roles.contains(&Role::Version));
    let sent = |field: &&Field| field.managed.is_none() && !field.optional;
    Entity {
        imported: names::imported(&entity.name),
        module: names::module(&entity.name),
        words: names::in_words(&entity.name),
        doc: lines(&entity.doc),
        summary: entity.doc.lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" "),
        key_doc: queries::templates(&entity.primary_key),
        collection: names::collection(&entity.name, has_key && key.is_empty(), collections),
        connection: connection.to_owned(),
        version: version
            .filter(|field| !values::is_option(&field.rust_type))
            .map(|field| names::identifier(&field.field)),
        has_values: has_key && fields.iter().any(|field| field.managed.is_none() && !field.in_key),
        has_sample: fields.iter().filter(sent).all(|field| field.sample.is_some()),
        name: entity.name.clone(),
        key,
        has_key,
        key_parts: parts,
        key_functions: functions,
        key_others: others,
        left_out: queries::left_out(schema, entity),
        fields,
        queries: queries::queries(schema, entity),
    }
}

/// Says what requests cannot do with an entity.
fn remarks_on(entity: &Entity) -> Vec<String> {
    let key = (!entity.has_key).then(|| {
        format!(
            "note: requests can only create and list the items of `{}`, because they cannot give what `{}` reads to make its primary key",
            entity.name,
            entity.key_functions.join("`, `")
        )
    });
    let queries = entity.left_out.iter().map(|(query, call)| {
        format!(
            "note: requests cannot use the query `{}::{query}`, because `{call}` makes its partition key",
            entity.name
        )
    });
    key.into_iter().chain(queries).collect()
}

impl Entity {
    /// Returns the access patterns of its routes.
    fn patterns(&self) -> Vec<String> {
        let operations: &[&str] = match (self.has_key, self.has_values) {
            (true, true) => &["create", "get", "put", "update", "delete"],
            (true, false) => &["create", "get", "delete"],
            (false, _) => &["create"],
        };
        let queries = self.queries.iter().map(|query| query.function.as_str());
        operations.iter().copied().chain(queries).map(|name| format!("{}.{name}", self.name)).collect()
    }
}

/// Returns the access patterns of the routes of an entity.
pub fn patterns(schema: &SchemaFile, described: &EntityDescription) -> Vec<String> {
    entity(schema, described, "", &mut BTreeSet::new()).patterns()
}

/// Returns the lines of a doc comment.
pub fn lines(doc: &str) -> Vec<String> {
    doc.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn field(table: &SchemaFile, entity: &EntityDescription, attribute: &AttributeDescription) -> Field {
    let Form { body, schema, value_type, sample, .. } = queries::form(table, entity, attribute);
    let is = |role: Role| attribute.roles.contains(&role);
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
        managed: values::managed(attribute),
        sample,
    }
}
