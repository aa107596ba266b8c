@%- set E = entity.imported -%@
@%- set connection = "tables." ~ entity.connection -%@
@%- macro docs(lines) %@@% for line in lines %@/// @{line}@
@% endfor %@@% endmacro -%@
@%- macro quoted(text) %@"@{text | replace("\\", "\\\\") | replace("\"", "\\\"")}@"@% endmacro -%@
@%- macro schema(of, is_optional) -%@
@%- if of.values -%@
#[schemars(extend("enum" = [@% for value in of.values %@@{quoted(value)}@@% if not loop.last %@, @% endif %@@% endfor %@@% if is_optional %@, null@% endif %@]))]
    @% elif of.schema -%@
#[schemars(extend(@{of.schema | json_schema}@))]
    @% endif -%@
@%- endmacro -%@
@%- macro type_of(field) %@@% if field.value_type and field.value_type != "Object" %@@{field.value_type}@@% else %@@{field.body}@@% endif %@@% endmacro -%@
@%- macro key_fields() -%@
@%- for argument in entity.key %@
    @{docs(argument.doc)}@
    @%- if true %@@{schema(argument, false)}@pub @{argument.ident}@: @{argument.form}@,@% endif -%@
@%- endfor -%@
@%- endmacro -%@
@%- macro fields() -%@
@%- for field in entity.fields if not field.managed %@
    @{docs(field.doc)}@
    @%- if field.is_renamed %@#[serde(rename = "@{field.name}@")]
    @% endif -%@
    @%- if field.optional %@#[serde(skip_serializing_if = "Option::is_none")]
    @% endif -%@
    @%- if field.value_type and field.value_type != "Object" %@#[schemars(with = "@% if field.optional %@Option<@{field.value_type}@>@% else %@@{field.value_type}@@% endif %@")]
    @% endif -%@
    @{schema(field, field.optional)}@pub @{field.ident}@: @% if field.optional %@Option<@{field.body}@>@% else %@@{field.body}@@% endif %@,
@%- endfor %@
@%- endmacro -%@
@%- macro key_of(place) -%@
@%- for argument in entity.key %@, @% if argument.passed == "&str" %@&@% endif %@@{place}@.@{argument.ident}@@% endfor -%@
@%- endmacro -%@
@%- macro tuple(names) %@@% if names | length == 1 %@@{names[0]}@@% else %@(@{names | join(", ")}@)@% endif %@@% endmacro -%@
@%- macro sort_values(query, given) -%@
@%- for field in query.sort if field.field %@
    let @{field.ident}@ = @{given}@.@{field.ident}@.map(|text| values::value("@{field.name}@", &text, |item: &@{E}@| @{field.field}@)).transpose()?;
@%- endfor -%@
@%- if query.sort | length > 1 or (query.sort and query.sort[0].range) %@
    paging::check_sort_key(&[
        @%- for field in query.sort %@
        ("@{field.name}@", @% if not field.field %@@{given}@.@% endif %@@{field.ident}@.is_some(), @% if field.range %@@{given}@.@{field.range.from}@.is_some() || @{given}@.@{field.range.to}@.is_some()@% else %@false@% endif %@),
        @%- endfor %@
    ])?;
@%- endif -%@
@%- endmacro -%@
@%- macro sort_arm(query, given, number) -%@
@%- set names = query.sort[:number] | map(attribute="ident") | list -%@
@%- set count = query.sort | length -%@
@%- set pattern -%@
@%- for name in names %@Some(@{name}@)@% if not loop.last or number < count %@, @% endif %@@% endfor -%@
@%- if number < count %@None@% if number + 1 < count %@, ..@% endif %@@% endif -%@
@%- endset -%@
@%- if count == 1 %@@{pattern}@@% else %@(@{pattern}@)@% endif %@ => @% if number == count -%@
query.eq(@{tuple(names)}@).erase(),
@%- elif query.sort[number].range -%@
paging::within(query@% if names %@.under(@{tuple(names)}@)@% endif %@, @{given}@.@{query.sort[number].range.from}@, @{given}@.@{query.sort[number].range.to}@),
@%- elif names -%@
query.eq(@{tuple(names)}@).erase(),
@%- else -%@
query.erase(),
@%- endif -%@
@%- endmacro -%@
@%- macro sort_condition(query, given) -%@
@%- if query.sort %@
    let query = match @% if query.sort | length > 1 %@(@% endif %@@% for field in query.sort %@@% if not field.field %@@{given}@.@% endif %@@{field.ident}@@% if not loop.last %@, @% endif %@@% endfor %@@% if query.sort | length > 1 %@)@% endif %@ {
        @%- for field in query.sort %@
        @{sort_arm(query, given, loop.revindex)}@
        @%- endfor %@
        @{sort_arm(query, given, 0)}@
    };
@%- else %@
    let query = query.erase();
@%- endif -%@
@%- endmacro -%@
@%- macro operation_key() -%@
@%- set parts -%@
@%- for part in entity.key_parts -%@
@%- if part.half == "partition" %@primary_key.partition()@% elif part.half %@primary_key.sort().unwrap_or_default()@% else %@@{part.field}@@% endif %@@% if not loop.last or loop.length == 0 %@, @% endif -%@
@%- endfor -%@
@%- endset -%@
@% if entity.key_parts | length == 1 %@@{parts}@@% else %@(@{parts}@)@% endif -%@
@%- endmacro -%@
@%- macro value_of(argument) %@@% if not argument.field %@arguments.@% endif %@@{argument.ident}@@% endmacro -%@
@%- set ns = namespace(converts=false, chrono_time=false, chrono_date=false, value=false, map=false, managed=false) -%@
@%- for field in entity.fields -%@
@%- if field.managed %@@% set ns.managed = true %@@% endif -%@
@%- if not field.managed or field.in_key -%@
@%- if "DateTime" in field.body %@@% set ns.chrono_time = true %@@% endif -%@
@%- if "NaiveDate" in field.body %@@% set ns.chrono_date = true %@@% endif -%@
@%- if "Value" in field.body %@@% set ns.value = true %@@% endif -%@
@%- if "Map<" in field.body %@@% set ns.map = true %@@% endif -%@
@%- endif -%@
@%- endfor -%@
@%- for argument in entity.key if argument.field %@@% set ns.converts = true %@@% endfor -%@
@%- for query in entity.queries -%@
@%- for argument in query.partition + query.sort -%@
@%- if argument.field %@@% set ns.converts = true %@@% endif -%@
@%- if "DateTime" in argument.form %@@% set ns.chrono_time = true %@@% endif -%@
@%- if "NaiveDate" in argument.form %@@% set ns.chrono_date = true %@@% endif -%@
@%- endfor -%@
@%- endfor -%@
//! The operations of `@{entity.name}@`.
@%- if not entity.has_key %@
//!
//! They can only create and list items: to read or change one, a caller would have to give its primary key, and what
//! `@{entity.key_functions[0]}@` reads to make it is not a set of plain values. If you know how to make the key, add these operations.
@%- endif %@
@%- for query in entity.left_out %@
//!
//! `@{entity.name}@::@{query[0]}@` has no operation, because `@{query[1]}@` makes its partition key.
@%- endfor %@

@% if ns.chrono_time or ns.chrono_date -%@
use chrono::{@% if ns.chrono_time %@DateTime, Utc, @% endif %@@% if ns.chrono_date %@NaiveDate@% endif %@};
@% endif -%@
use monotable::@% if entity.has_key and entity.key_functions %@{Entity, Key}@% else %@Entity@% endif %@;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{json, @% if ns.map %@Map, @% endif %@@% if ns.value or ns.map or ns.managed %@Value, @% endif %@};

use crate::entities::@% if entity.has_key and entity.key_functions %@{@{table.imported}@, @% endif %@@{entity.name}@@% if E != entity.name %@ as @{E}@@% endif %@@% if entity.has_key and entity.key_functions %@}@% endif %@;
@% if entity.queries %@use crate::paging::{self, Direction, Page, Paging};
@% endif -%@
@% if entity.has_values %@use crate::values::{self, present};
use crate::{Operation, Problem, Tables};
@% else %@use crate::{Operation, Problem, Tables, values};
@% endif %@
/// Lists the operations, with what a model reads about them.
pub fn operations() -> Vec<Operation> {
    vec![
        @%- if entity.has_key %@
        Operation::read(
            "@{entity.module}@_get",
            @{quoted("Reads " ~ entity.words ~ " by its key. It reads one item of the table, with the keys " ~ entity.key_doc ~ ". " ~ entity.summary)}@,
            @{entity.module}@_get,
        ),
        @%- endif %@
        Operation::write(
            "@{entity.module}@_create",
            @{quoted("Creates " ~ entity.words ~ ". It fails if an item with the keys " ~ entity.key_doc ~ " exists. " ~ entity.summary)}@,
            @{entity.module}@_create,
        ),
        @%- if entity.has_values %@
        Operation::write(
            "@{entity.module}@_update",
            @{quoted("Changes some fields of " ~ entity.words ~ ", and keeps the others. The item with the keys " ~ entity.key_doc ~ " must exist.")}@,
            @{entity.module}@_update,
        ),
        @%- endif %@
        @%- for query in entity.queries %@
        Operation::read(
            "@{query.handler}@",
            @{quoted("Lists " ~ (entity.collection | replace("-", " ")) ~ " in pages. It reads one partition of " ~ ("the index `" ~ query.index ~ "`" if query.index else "the table") ~ ", with the keys " ~ query.doc ~ (", in the order of `" ~ (query.sort | map(attribute="name") | join("`, `")) ~ "`" if query.sort else "") ~ ". If there are more items, the result has `next_cursor`: repeat the call with it as `cursor`.")}@,
            @{query.handler}@,
        ),
        @%- endfor %@
    ]
}

@% if entity.has_key -%@
/// The key of @{entity.words}@.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct @{entity.name}@Key {
    @{key_fields()}@
}

@% endif -%@
/// A new item.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct New@{entity.name}@ {
    @{fields()}@
}
@% if entity.has_values %@
/// The item to change, and its new values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct @{entity.name}@Update {
    @%- if true %@@{key_fields()}@@% endif %@
    /// The new values. `null` removes a value.
    pub changes: @{entity.name}@Changes,
    @%- if entity.version %@
    /// The version that the changes are for. If the item has another one, nothing changes.
    pub expected_version: Option<u64>,
    @%- endif %@
}

/// The new values of some fields. `null` removes a value.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct @{entity.name}@Changes {
    @%- for field in entity.fields if not field.managed and not field.in_key %@
    @{docs(field.doc)}@
    @%- if field.is_renamed %@#[serde(rename = "@{field.name}@")]
    @% endif -%@
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "@% if field.optional %@Option<@{type_of(field)}@>@% else %@@{type_of(field)}@@% endif %@")]
    @{schema(field, field.optional)}@pub @{field.ident}@: @% if field.optional %@Option<Option<@{field.body}@>>@% else %@Option<@{field.body}@>@% endif %@,
    @%- endfor %@
}
@% endif %@
@%- for query in entity.queries %@
/// The arguments of `@{query.handler}@`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct @{query.parameters}@ {
    @%- for argument in query.partition %@
    @{docs(argument.doc)}@
    @%- if true %@@{schema(argument, false)}@pub @{argument.ident}@: @{argument.form}@,@% endif %@
    @%- endfor %@
    @%- for field in query.sort %@
    /// Only items with this `@{field.name}@`.@% if field.after %@ Give @{field.after}@ too.@% endif %@
    @{schema(field, true)}@pub @{field.ident}@: Option<@{field.form}@>,
    @%- if field.range %@
    /// The smallest `@{field.name}@` of the list.@% if field.after %@ Give @{field.after}@ too.@% endif %@
    @{schema(field, true)}@pub @{field.range.from}@: Option<@{field.form}@>,
    /// The largest `@{field.name}@` of the list.@% if field.after %@ Give @{field.after}@ too.@% endif %@
    @{schema(field, true)}@pub @{field.range.to}@: Option<@{field.form}@>,
    @%- endif %@
    @%- endfor %@
    /// The largest number of items on a page: 20, if it is missing.
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<usize>,
    /// The order of the items: ascending, if it is missing.
    pub direction: Option<Direction>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}
@% endfor %@
@%- if ns.managed %@
/// The fields that the table sets when it writes an item. These values only complete the entity until then.
fn managed() -> Value {
    json!({
        @%- for field in entity.fields if field.managed %@
        "@{field.name}@": @{field.managed}@,
        @%- endfor %@
    })
}
@% endif %@
@%- if entity.has_key %@
/// Reads @{entity.words}@ by its key.
pub async fn @{entity.module}@_get(tables: Tables, @% if entity.key %@key@% else %@_@% endif %@: @{entity.name}@Key) -> Result<@{E}@, Problem> {
    find(&tables@{key_of("key")}@).await
}
@% endif %@
/// Creates @{entity.words}@.
pub async fn @{entity.module}@_create(tables: Tables, new: New@{entity.name}@) -> Result<@{E}@, Problem> {
    let item: @{E}@ = values::entity(&new, @% if ns.managed %@managed()@% else %@json!({})@% endif %@)?;
    Ok(Entity::create(&item).on(&@{connection}@).await?)
}
@% if entity.has_values %@
/// Changes some fields of @{entity.words}@.
pub async fn @{entity.module}@_update(tables: Tables, arguments: @{entity.name}@Update) -> Result<@{E}@, Problem> {
    let changes = &arguments.changes;
    let mut attempts = 0;
    loop {
        let stored = find(&tables@{key_of("arguments")}@).await?;
        @%- if entity.version %@
        if arguments.expected_version.is_some_and(|expected| expected.to_string() != stored.@{entity.version}@.to_string()) {
            return Err(Problem::argument("expected_version", "the item has another version; read it again"));
        }
        @%- endif %@
        let next = values::changed(&stored, changes)?;
        let mut update = <@{E}@ as Entity>::update(&stored);
        @%- for field in entity.fields if not field.managed and not field.in_key %@
        if changes.@{field.ident}@.is_some() {
            update = update.set(@{E}@::@{field.constant}@, next.@{field.ident}@);
        }
        @%- endfor %@
        // The update also rewrites the index keys. It fails if the item has changed since it was read.
        match update.on(&@{connection}@).await {
            Err(error) if error.is_condition_failed() && attempts < values::RETRIES => attempts += 1,
            item => break Ok(item?),
        }
    }
}
@% endif %@
@%- if entity.has_key %@
/// Reads the item of a key, which must exist.
async fn find(tables: &Tables@% for argument in entity.key %@, @{argument.ident}@: @{argument.passed}@@% endfor %@) -> Result<@{E}@, Problem> {
    @%- if entity.key_functions %@
    let primary_key = primary_key(@{entity.key | map(attribute="ident") | join(", ")}@)?;
    @%- endif %@
    @%- for argument in entity.key if argument.field and argument.ident in (entity.key_parts | map(attribute="field") | list) %@
    let @{argument.ident}@ = values::value("@{argument.name}@", @{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
    @%- endfor %@
    let item = <@{E}@ as Entity>::get(@{operation_key()}@).on(&@{connection}@).await?;
    item.ok_or_else(Problem::not_found)
}
@% endif %@
@%- if entity.has_key and entity.key_functions %@
/// Returns the primary key. @% for call in entity.key_functions %@`@{call}@`@% if not loop.last %@ and @% endif %@@% endfor %@ makes it from these fields alone, so the other values do not matter.
fn primary_key(@% for argument in entity.key %@@{argument.ident}@: @{argument.passed}@, @% endfor %@) -> Result<Key<@{table.imported}@>, Problem> {
    @%- for argument in entity.key if argument.field %@
    let @{argument.ident}@ = values::value("@{argument.name}@", @{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
    @%- endfor %@
    let fields = json!({ @% for argument in entity.key %@"@{argument.json}@": @{argument.ident}@@% if not loop.last %@, @% endif %@@% endfor %@ });
    let item: @{E}@ = values::entity(&fields, json!({ @% for other in entity.key_others %@"@{other[0]}@": @{other[1]}@@% if not loop.last %@, @% endif %@@% endfor %@ }))?;
    Ok(<@{E}@ as Entity>::key(&item)?)
}
@% endif %@@%- for query in entity.queries %@
/// Lists items by the keys @{query.doc}@.
pub async fn @{query.handler}@(tables: Tables, arguments: @{query.parameters}@) -> Result<Page<@{E}@>, Problem> {
    let paging = Paging { limit: arguments.limit, direction: arguments.direction, cursor: arguments.cursor };
    @%- if true %@@{sort_values(query, "arguments")}@@% endif %@
    @%- for argument in query.partition if argument.field %@
    let @{argument.ident}@ = values::value("@{argument.name}@", &arguments.@{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
    @%- endfor %@
    @%- if query.function == "query" %@
    let query = <@{E}@ as Entity>::query(@% if query.partition | length == 1 %@@{value_of(query.partition[0])}@@% else %@(@% for argument in query.partition %@@{value_of(argument)}@, @% endfor %@)@% endif %@);
    @%- else %@
    let query = @{E}@::@{query.function}@(@% for argument in query.partition %@@{value_of(argument)}@, @% endfor %@);
    @%- endif %@
    @%- if true %@@{sort_condition(query, "arguments")}@@% endif %@
    paging::page(query, paging, &@{connection}@).await
}
@% endfor %@
