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
@%- if entity.key | length == 1 %@@{entity.key[0].ident}@@% else %@(@% for argument in entity.key %@@{argument.ident}@, @% endfor %@)@% endif -%@
@%- endmacro -%@
@%- macro value_of(argument) %@@% if not argument.field %@parameters.@% endif %@@{argument.ident}@@% endmacro -%@
@%- macro conversions(arguments, is_owned) -%@
@%- for argument in arguments if argument.field %@
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
@%- if query.sort and query.sort.field %@@% set ns.converts = true %@@% endif -%@
@%- endfor -%@
//! The routes of `@{entity.name}@`.

use axum::extract::State;
use axum::http::{StatusCode, @% if entity.queries %@Uri, @% endif %@header};
use axum::response::IntoResponse;
@% if ns.chrono_time or ns.chrono_date -%@
use chrono::{@% if ns.chrono_time %@DateTime, Utc, @% endif %@@% if ns.chrono_date %@NaiveDate@% endif %@};
@% endif -%@
use monotable::Entity;
use serde::{Deserialize, Serialize};
use serde_json::{json, @% if ns.map %@Map, @% endif %@@% if ns.value or ns.map or ns.managed %@Value, @% endif %@};
use utoipa::{@% if entity.queries %@IntoParams, @% endif %@ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::entities::@{entity.name}@@% if E != entity.name %@ as @{E}@@% endif %@;
@% if entity.version %@use crate::etag::{self, IfMatch};
@% endif -%@
use crate::extract::{@% if ns.converts %@self, @% endif %@Json, @% if entity.key %@Path, @% endif %@@% if entity.queries %@Query@% endif %@};
@% if entity.queries %@use crate::paging::{self, Direction, List, Paging};
@% endif -%@
use crate::problem::{ReadProblems, WriteProblems};
@% if entity.has_values %@use crate::body::{self, is_none, present};
use crate::{AppState, Problem};
@% else %@use crate::{AppState, Problem, body};
@% endif %@
/// Returns the routes, with their descriptions.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
    @%- if entity.key %@
        .routes(routes!(create_@{entity.module}@))
        .routes(routes!(get_@{entity.module}@, @% if entity.has_values %@replace_@{entity.module}@, patch_@{entity.module}@, @% endif %@delete_@{entity.module}@))
    @%- else %@
        .routes(routes!(create_@{entity.module}@, get_@{entity.module}@, @% if entity.has_values %@replace_@{entity.module}@, patch_@{entity.module}@, @% endif %@delete_@{entity.module}@))
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
    #[serde(default, deserialize_with = "present", skip_serializing_if = "is_none")]
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
    @%- if query.sort %@
    @%- if query.is_range %@
    /// The smallest `@{query.sort.name}@` of the list.
    pub @{query.sort.name}@_from: Option<@{query.sort.form}@>,
    /// The largest `@{query.sort.name}@` of the list.
    pub @{query.sort.name}@_to: Option<@{query.sort.form}@>,
    @%- else %@
    /// Only items with this `@{query.sort.name}@`.
    @%- if query.sort.schema %@
    #[param(@{query.sort.schema}@)]
    @%- endif %@
    pub @{query.sort.ident}@: Option<@{query.sort.form}@>,
    @%- endif %@
    @%- endif %@
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
    let location = body::location("/@{entity.collection}@", &item, &[@% for argument in entity.key %@"@{argument.json}@", @% endfor %@])?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], @% if entity.version %@etag::tagged(item.@{entity.version}@, item)@% else %@Json(item)@% endif %@))
}

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
    @%- if entity.version %@
    if_match.check(stored.@{entity.version}@)?;
    @%- endif %@
    let item = body::replaced(&stored, &values, &KEPT)?;
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
        @%- if entity.version %@
        if_match.check(stored.@{entity.version}@)?;
        @%- endif %@
        if body::is_empty(&patch)? {
            break stored;
        }
        let next = body::patched(&stored, &patch)?;
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
    @%- if true %@@{conversions(entity.key, true)}@@% endif %@
    let delete = <@{E}@ as Entity>::delete(@{key_of()}@).must_exist().on(&@{table_state}@);
    delete.await.map_err(Problem::of_parameters)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads the item of a key, which must exist.
async fn find(app: &AppState@% for argument in entity.key %@, @{argument.ident}@: @{argument.passed}@@% endfor %@) -> Result<@{E}@, Problem> {@% if true %@@{conversions(entity.key, false)}@@% endif %@
    let item = <@{E}@ as Entity>::get(@{key_of()}@).on(&@{table_state}@).await.map_err(Problem::of_parameters)?;
    item.ok_or_else(Problem::not_found)
}
@% for query in entity.queries %@
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
    @%- for argument in query.partition if argument.field %@
    let @{argument.ident}@ = extract::value("@{argument.name}@", &parameters.@{argument.ident}@, |item: &@{E}@| @{argument.field}@)?;
    @%- endfor %@
    @%- if query.function == "query" %@
    let query = <@{E}@ as Entity>::query(@% if query.partition | length == 1 %@@{value_of(query.partition[0])}@@% else %@(@% for argument in query.partition %@@{value_of(argument)}@, @% endfor %@)@% endif %@);
    @%- else %@
    let query = @{E}@::@{query.function}@(@% for argument in query.partition %@@{value_of(argument)}@, @% endfor %@);
    @%- endif %@
    @%- if query.sort and query.is_range %@
    let query = match (parameters.@{query.sort.name}@_from, parameters.@{query.sort.name}@_to) {
        (None, None) => query.erase(),
        (Some(from), None) => query.ge(from).erase(),
        (None, Some(to)) => query.le(to).erase(),
        (Some(from), Some(to)) => query.between(from, to).erase(),
    };
    @%- elif query.sort %@
    let query = match parameters.@{query.sort.ident}@ {
        None => query.erase(),
        @%- if query.sort.field %@
        Some(text) => {
            let value = extract::value("@{query.sort.name}@", &text, |item: &@{E}@| @{query.sort.field}@)?;
            query.eq(value).erase()
        }
        @%- else %@
        Some(value) => query.eq(value).erase(),
        @%- endif %@
    };
    @%- else %@
    let query = query.erase();
    @%- endif %@
    paging::page(query, paging, &uri, &@{table_state}@).await
}
@% endfor %@
