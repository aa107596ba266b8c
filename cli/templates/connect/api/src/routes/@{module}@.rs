@%- set E = entity.imported -%@
@%- set table_state = "app." ~ entity.connection -%@
@%- macro docs(lines) %@@% for line in lines %@/// @{line}@
@% endfor %@@% endmacro -%@
@%- macro key_path() %@/@{entity.collection}@@% for argument in entity.key %@/{@{argument.name}@}@% endfor %@@% endmacro -%@
@%- macro parameters(action) -%@
@%- if entity.key or (action and entity.version) %@
    params(
        @%- for argument in entity.key %@
        ("@{argument.name}@" = @{argument.form}@, Path, description = "@{argument.doc | join(" ") | replace("\\", "\\\\") | replace("\"", "\\\"")}@"@% if argument.schema %@, @{argument.schema}@@% endif %@)@% if not loop.last or (action and entity.version) %@,@% endif %@
        @%- endfor %@
        @%- if action and entity.version %@
        ("If-Match" = Option<String>, Header, description = "@{action}@ the item only if it has this entity tag.")
        @%- endif %@
    ),@% endif -%@
@%- endmacro -%@
@%- macro schema(field, is_optional, is_patch) -%@
@%- if field.schema or field.value_type or (is_patch and not field.optional) -%@
#[schema(
@%- if field.schema %@@{field.schema}@@% if field.value_type or (is_patch and not field.optional) %@, @% endif %@@% endif -%@
@%- if field.value_type %@value_type = @% if is_optional %@Option<@{field.value_type}@>@% else %@@{field.value_type}@@% endif %@@% if is_patch and not field.optional %@, @% endif %@@% endif -%@
@%- if is_patch and not field.optional %@nullable = false@% endif -%@
)]
    @% endif -%@
@%- endmacro -%@
@%- macro key_extractor() -%@
@%- if entity.key | length == 1 %@Path(@{entity.key[0].ident}@): Path<@{entity.key[0].form}@>,
@%- elif entity.key %@Path((@% for argument in entity.key %@@{argument.ident}@, @% endfor %@)): Path<(@% for argument in entity.key %@@{argument.form}@, @% endfor %@)>,@% endif -%@
@%- endmacro -%@
@%- macro key_passed() %@@% for argument in entity.key %@, @% if argument.passed == "&str" %@&@% endif %@@{argument.ident}@@% endfor %@@% endmacro -%@
@%- macro key_of() -%@
@%- set parts -%@
@%- for part in entity.key_parts -%@
@%- if part.half == "partition" %@primary_key.partition()@% elif part.half %@primary_key.sort().unwrap_or_default()@% else %@@{part.field}@@% endif %@@% if not loop.last or loop.length == 0 %@, @% endif -%@
@%- endfor -%@
@%- endset -%@
@% if entity.key_parts | length == 1 %@@{parts}@@% else %@(@{parts}@)@% endif -%@
@%- endmacro -%@
@%- macro value_of(argument) %@@% if not argument.field %@parameters.@% endif %@@{argument.ident}@@% endmacro -%@
@%- macro tuple(names) %@@% if names | length == 1 %@@{names[0]}@@% else %@(@{names | join(", ")}@)@% endif %@@% endmacro -%@
@%- macro sort_values(query, given) -%@
@%- for field in query.sort if field.field %@
    let @{field.ident}@ = @{given}@.@{field.ident}@.map(|text| extract::value("@{field.name}@", &text, |item: &@{E}@| @{field.field}@)).transpose()?;
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
@%- macro conversions(is_owned) -%@
@%- if entity.key_functions %@
    let primary_key = primary_key(@% for argument in entity.key %@@% if is_owned and argument.passed == "&str" %@&@% endif %@@{argument.ident}@@% if not loop.last %@, @% endif %@@% endfor %@)?;
@%- endif -%@
@%- for argument in entity.key if argument.field and argument.ident in (entity.key_parts | map(attribute="field") | list) %@
    let @{argument.ident}@ = extract::value("@{argument.name}@", @% if is_owned %@&@% endif %@@{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
@%- endfor -%@
@%- endmacro -%@
@%- set ns = namespace(converts=false, chrono_time=false, chrono_date=false, value=false, map=false, managed=false, kept=0) -%@
@%- for field in entity.fields -%@
@%- if field.managed %@@% set ns.managed = true %@@% endif -%@
@%- if field.managed or field.in_key %@@% set ns.kept = ns.kept + 1 %@@% endif -%@
@%- if "DateTime" in field.body %@@% set ns.chrono_time = true %@@% endif -%@
@%- if "NaiveDate" in field.body %@@% set ns.chrono_date = true %@@% endif -%@
@%- if "Value" in field.body %@@% set ns.value = true %@@% endif -%@
@%- if "Map<" in field.body %@@% set ns.map = true %@@% endif -%@
@%- endfor -%@
@%- for argument in entity.key if argument.field %@@% set ns.converts = true %@@% endfor -%@
@%- for query in entity.queries -%@
@%- for argument in query.partition if argument.field %@@% set ns.converts = true %@@% endfor -%@
@%- for argument in query.partition if argument.form == "NaiveDate" %@@% set ns.chrono_date = true %@@% endfor -%@
@%- for argument in query.sort -%@
@%- if argument.field %@@% set ns.converts = true %@@% endif -%@
@%- if "DateTime" in argument.form %@@% set ns.chrono_time = true %@@% endif -%@
@%- if "NaiveDate" in argument.form %@@% set ns.chrono_date = true %@@% endif -%@
@%- endfor -%@
@%- endfor -%@
//! The routes of `@{entity.name}@`.
@%- if not entity.has_key %@
//!
//! Requests can only create and list items: to read, change or delete one, they would have to give its primary key, and what
//! `@{entity.key_functions[0]}@` reads to make it is not a set of plain values. If you know how to make the key, add these routes.
@%- endif %@
@%- for query in entity.left_out %@
//!
//! `@{entity.name}@::@{query[0]}@` has no route, because `@{query[1]}@` makes its partition key.
@%- endfor %@

use axum::extract::State;
use axum::http::{StatusCode, @% if entity.queries %@Uri, @% endif %@@% if entity.has_key %@header@% endif %@};
use axum::response::IntoResponse;
@% if ns.chrono_time or ns.chrono_date -%@
use chrono::{@% if ns.chrono_time %@DateTime, Utc, @% endif %@@% if ns.chrono_date %@NaiveDate@% endif %@};
@% endif -%@
use monotable::@% if entity.has_key and entity.key_functions %@{Entity, Key}@% else %@Entity@% endif %@;
use serde::{Deserialize, Serialize};
use serde_json::{json, @% if ns.map %@Map, @% endif %@@% if ns.value or ns.map or ns.managed %@Value, @% endif %@};
use utoipa::{@% if entity.queries %@IntoParams, @% endif %@ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::entities::@% if entity.has_key and entity.key_functions %@{@{table.imported}@, @% endif %@@{entity.name}@@% if E != entity.name %@ as @{E}@@% endif %@@% if entity.has_key and entity.key_functions %@}@% endif %@;
@% if entity.version %@use crate::etag@% if entity.has_key %@::{self, IfMatch}@% endif %@;
@% endif -%@
use crate::extract::{@% if ns.converts %@self, @% endif %@Json, @% if entity.has_key and entity.key %@Path, @% endif %@@% if entity.queries %@Query@% endif %@};
@% if entity.queries %@use crate::paging::{self, Direction, List, Paging};
@% endif -%@
use crate::problem::{@% if entity.has_key or entity.queries %@ReadProblems, @% endif %@WriteProblems};
@% if entity.has_values %@use crate::body::{self, present};
use crate::{AppState, Problem};
@% else %@use crate::{AppState, Problem, body};
@% endif %@
/// Returns the routes, with their descriptions.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
    @%- if entity.key or not entity.has_key %@
        .routes(routes!(create_@{entity.module}@))
    @%- endif %@
    @%- if entity.has_key %@
        .routes(routes!(@% if not entity.key %@create_@{entity.module}@, @% endif %@get_@{entity.module}@, @% if entity.has_values %@replace_@{entity.module}@, patch_@{entity.module}@, @% endif %@delete_@{entity.module}@))
    @%- endif %@
    @%- for query in entity.queries %@
        .routes(routes!(@{query.handler}@))
    @%- endfor %@
}

/// Describes @{entity.words}@ in responses. The responses contain the entity itself.
@%- if entity.doc %@
///
@{docs(entity.doc)}@@% else %@
@% endif -%@
#[derive(Debug, ToSchema)]
#[schema(as = @{entity.name}@)]
pub struct @{entity.name}@View {
    @%- for field in entity.fields %@
    @{docs(field.doc)}@
    @%- if field.is_renamed %@#[schema(rename = "@{field.name}@")]
    @% endif %@
    @%- if true %@@{schema(field, field.optional, false)}@@% endif -%@
    pub @{field.ident}@: @% if field.optional %@Option<@{field.body}@>@% else %@@{field.body}@@% endif %@,
    @%- endfor %@
}

/// The body of a request that creates @{entity.words}@.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct New@{entity.name}@ {
    @%- for field in entity.fields if not field.managed %@
    @{docs(field.doc)}@
    @%- if field.is_renamed %@#[serde(rename = "@{field.name}@")]
    @% endif %@
    @%- if field.optional %@#[serde(skip_serializing_if = "Option::is_none")]
    @% endif %@
    @%- if true %@@{schema(field, field.optional, false)}@@% endif -%@
    pub @{field.ident}@: @% if field.optional %@Option<@{field.body}@>@% else %@@{field.body}@@% endif %@,
    @%- endfor %@
}
@% if entity.has_values %@
/// The body of a request that replaces @{entity.words}@.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct @{entity.name}@Values {
    @%- for field in entity.fields if not field.managed and not field.in_key %@
    @{docs(field.doc)}@
    @%- if field.is_renamed %@#[serde(rename = "@{field.name}@")]
    @% endif %@
    @%- if field.optional %@#[serde(skip_serializing_if = "Option::is_none")]
    @% endif %@
    @%- if true %@@{schema(field, field.optional, false)}@@% endif -%@
    pub @{field.ident}@: @% if field.optional %@Option<@{field.body}@>@% else %@@{field.body}@@% endif %@,
    @%- endfor %@
}

/// The body of a request that changes some fields of @{entity.words}@, as a JSON merge patch (RFC 7396). `null` removes a value.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct @{entity.name}@Patch {
    @%- for field in entity.fields if not field.managed and not field.in_key %@
    @{docs(field.doc)}@
    @%- if field.is_renamed %@#[serde(rename = "@{field.name}@")]
    @% endif -%@
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    @{schema(field, true, true)}@
    @%- if field.optional -%@
    pub @{field.ident}@: Option<Option<@{field.body}@>>,
    @%- else -%@
    pub @{field.ident}@: Option<@{field.body}@>,
    @%- endif %@
    @%- endfor %@
}
@% endif %@
@%- for query in entity.queries %@
/// The parameters of `@{query.function}@`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct @{query.parameters}@ {
    @%- for argument in query.partition %@
    @{docs(argument.doc)}@
    @%- if argument.schema %@#[param(@{argument.schema}@)]
    @% endif -%@
    pub @{argument.ident}@: @{argument.form}@,
    @%- endfor %@
    @%- for field in query.sort %@
    /// Only items with this `@{field.name}@`.@% if field.after %@ Give @{field.after}@ too.@% endif %@
    @%- if field.schema %@
    #[param(@{field.schema}@)]
    @%- endif %@
    pub @{field.ident}@: Option<@{field.form}@>,
    @%- if field.range %@
    /// The smallest `@{field.name}@` of the list.@% if field.after %@ Give @{field.after}@ too.@% endif %@
    @%- if field.schema %@
    #[param(@{field.schema}@)]
    @%- endif %@
    pub @{field.range.from}@: Option<@{field.form}@>,
    /// The largest `@{field.name}@` of the list.@% if field.after %@ Give @{field.after}@ too.@% endif %@
    @%- if field.schema %@
    #[param(@{field.schema}@)]
    @%- endif %@
    pub @{field.range.to}@: Option<@{field.form}@>,
    @%- endif %@
    @%- endfor %@
    /// The largest number of items on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<usize>,
    /// The order of the items.
    #[param(inline)]
    pub direction: Option<Direction>,
    /// The cursor in the link to the next page.
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
@%- if entity.has_values %@
/// The fields that a replacement keeps: the key, and what the table sets.
const KEPT: [&str; @{ns.kept}@] = [@% for field in entity.fields if field.managed or field.in_key %@"@{field.name}@", @% endfor %@];
@% endif %@
/// Creates @{entity.words}@.
#[utoipa::path(
    post,
    path = "/@{entity.collection}@",
    tag = "@{entity.name}@",
    request_body = New@{entity.name}@,
    responses((status = 201, description = "@{entity.words | capitalize}@ was created.", body = @{entity.name}@View), WriteProblems)
)]
async fn create_@{entity.module}@(
    State(app): State<AppState>,
    Json(new): Json<New@{entity.name}@>,
) -> Result<impl IntoResponse, Problem> {
    let item: @{E}@ = body::entity(&new, @% if ns.managed %@managed()@% else %@json!({})@% endif %@)?;
    let item = Entity::create(&item).on(&@{table_state}@).await?;
    @%- if entity.has_key %@
    let location = body::location("/@{entity.collection}@", &item, &[@% for argument in entity.key %@"@{argument.json}@", @% endfor %@])?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], @% if entity.version %@etag::tagged(item.@{entity.version}@, item)@% else %@Json(item)@% endif %@))
    @%- else %@
    Ok((StatusCode::CREATED, @% if entity.version %@etag::tagged(item.@{entity.version}@, item)@% else %@Json(item)@% endif %@))
    @%- endif %@
}
@% if entity.has_key %@
/// Reads @{entity.words}@.
#[utoipa::path(
    get,
    path = "@{key_path()}@",
    tag = "@{entity.name}@",@{parameters("")}@
    responses((status = 200, description = "The item.", body = @{entity.name}@View), ReadProblems)
)]
async fn get_@{entity.module}@(State(app): State<AppState>, @{key_extractor()}@) -> Result<impl IntoResponse, Problem> {
    let item = find(&app@{key_passed()}@).await?;
    Ok(@% if entity.version %@etag::tagged(item.@{entity.version}@, item)@% else %@Json(item)@% endif %@)
}
@% if entity.has_values %@
/// Replaces @{entity.words}@.
#[utoipa::path(
    put,
    path = "@{key_path()}@",
    tag = "@{entity.name}@",@{parameters("Replaces")}@
    request_body = @{entity.name}@Values,
    responses((status = 200, description = "The new item.", body = @{entity.name}@View), WriteProblems)
)]
async fn replace_@{entity.module}@(
    State(app): State<AppState>,
    @{key_extractor()}@
    @%- if entity.version %@
    if_match: IfMatch,
    @%- endif %@
    Json(values): Json<@{entity.name}@Values>,
) -> Result<impl IntoResponse, Problem> {
    let stored = find(&app@{key_passed()}@).await?;
    let item = body::replaced(&stored, &values, &KEPT)?;
    @%- if entity.version %@
    // After the body: the version only matters for a request that would succeed without `If-Match` (RFC 9110, section 13.2.1).
    if_match.check(stored.@{entity.version}@)?;
    @%- endif %@
    let item = Entity::put(&item).must_exist().on(&@{table_state}@).await?;
    Ok(@% if entity.version %@etag::tagged(item.@{entity.version}@, item)@% else %@Json(item)@% endif %@)
}

/// Changes some fields of @{entity.words}@.
#[utoipa::path(
    patch,
    path = "@{key_path()}@",
    tag = "@{entity.name}@",@{parameters("Changes")}@
    request_body(content((@{entity.name}@Patch = "application/merge-patch+json"), (@{entity.name}@Patch = "application/json"))),
    responses((status = 200, description = "The item with the changes.", body = @{entity.name}@View), WriteProblems)
)]
async fn patch_@{entity.module}@(
    State(app): State<AppState>,
    @{key_extractor()}@
    @%- if entity.version %@
    if_match: IfMatch,
    @%- endif %@
    Json(patch): Json<@{entity.name}@Patch>,
) -> Result<impl IntoResponse, Problem> {
    let mut attempts = 0;
    let item = loop {
        let stored = find(&app@{key_passed()}@).await?;
        let next = body::patched(&stored, &patch)?;
        @%- if entity.version %@
        if_match.check(stored.@{entity.version}@)?;
        @%- endif %@
        if body::is_empty(&patch)? {
            break stored;
        }
        let mut update = <@{E}@ as Entity>::update(&stored);
        @%- for field in entity.fields if not field.managed and not field.in_key %@
        if patch.@{field.ident}@.is_some() {
            update = update.set(@{E}@::@{field.constant}@, next.@{field.ident}@);
        }
        @%- endfor %@
        // The update also rewrites the index keys. It fails if the item has changed since it was read.
        match update.on(&@{table_state}@).await {
            Err(error) if error.is_condition_failed() && attempts < body::RETRIES => attempts += 1,
            item => break item?,
        }
    };
    Ok(@% if entity.version %@etag::tagged(item.@{entity.version}@, item)@% else %@Json(item)@% endif %@)
}
@% endif %@
/// Deletes @{entity.words}@.
#[utoipa::path(
    delete,
    path = "@{key_path()}@",
    tag = "@{entity.name}@",@{parameters("Deletes")}@
    responses((status = 204, description = "The item was deleted."), @% if entity.version %@WriteProblems@% else %@ReadProblems@% endif %@)
)]
async fn delete_@{entity.module}@(
    State(app): State<AppState>,
    @{key_extractor()}@
    @%- if entity.version %@
    if_match: IfMatch,
    @%- endif %@
) -> Result<StatusCode, Problem> {
    @%- if entity.version %@
    if if_match.is_given() {
        let stored = find(&app@{key_passed()}@).await?;
        if_match.check(stored.@{entity.version}@)?;
        <@{E}@ as Entity>::delete(&stored).on(&@{table_state}@).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    @%- endif %@
    @%- if true %@@{conversions(true)}@@% endif %@
    let delete = <@{E}@ as Entity>::delete(@{key_of()}@).must_exist().on(&@{table_state}@);
    delete.await.map_err(Problem::of_parameters)?;
    Ok(StatusCode::NO_CONTENT)
}

@% if entity.key_functions %@/// Returns the primary key. @% for call in entity.key_functions %@`@{call}@`@% if not loop.last %@ and @% endif %@@% endfor %@ makes it from these fields alone, so the other values do not matter.
fn primary_key(@% for argument in entity.key %@@{argument.ident}@: @{argument.passed}@, @% endfor %@) -> Result<Key<@{table.imported}@>, Problem> {
    @%- for argument in entity.key if argument.field %@
    let @{argument.ident}@ = extract::value("@{argument.name}@", @{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
    @%- endfor %@
    let fields = json!({ @% for argument in entity.key %@"@{argument.json}@": @{argument.ident}@@% if not loop.last %@, @% endif %@@% endfor %@ });
    let item: @{E}@ = body::entity(&fields, json!({ @% for other in entity.key_others %@"@{other[0]}@": @{other[1]}@@% if not loop.last %@, @% endif %@@% endfor %@ }))?;
    <@{E}@ as Entity>::key(&item).map_err(Problem::of_parameters)
}

@% endif -%@
/// Reads the item of a key, which must exist.
async fn find(app: &AppState@% for argument in entity.key %@, @{argument.ident}@: @{argument.passed}@@% endfor %@) -> Result<@{E}@, Problem> {@% if true %@@{conversions(false)}@@% endif %@
    let item = <@{E}@ as Entity>::get(@{key_of()}@).on(&@{table_state}@).await.map_err(Problem::of_parameters)?;
    item.ok_or_else(Problem::not_found)
}
@% endif %@
@%- for query in entity.queries %@
/// Lists items by the keys @{query.doc}@.
#[utoipa::path(
    get,
    path = "/queries/@{entity.collection}@/@{query.path}@",
    tag = "@{entity.name}@",
    params(@{query.parameters}@),
    responses((status = 200, description = "A page of the list.", body = List<@{entity.name}@View>), ReadProblems)
)]
async fn @{query.handler}@(
    State(app): State<AppState>,
    uri: Uri,
    Query(parameters): Query<@{query.parameters}@>,
) -> Result<Json<List<@{E}@>>, Problem> {
    let paging = Paging::new(parameters.limit, parameters.direction, parameters.cursor);
    @%- if true %@@{sort_values(query, "parameters")}@@% endif %@
    @%- for argument in query.partition if argument.field %@
    let @{argument.ident}@ = extract::value("@{argument.name}@", &parameters.@{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
    @%- endfor %@
    @%- if query.function == "query" %@
    let query = <@{E}@ as Entity>::query(@% if query.partition | length == 1 %@@{value_of(query.partition[0])}@@% else %@(@% for argument in query.partition %@@{value_of(argument)}@, @% endfor %@)@% endif %@);
    @%- else %@
    let query = @{E}@::@{query.function}@(@% for argument in query.partition %@@{value_of(argument)}@, @% endfor %@);
    @%- endif %@
    @%- if true %@@{sort_condition(query, "parameters")}@@% endif %@
    paging::page(query, paging, &uri, &@{table_state}@).await
}
@% endfor %@
