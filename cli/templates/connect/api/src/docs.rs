//! The OpenAPI document, and a page to read it.

use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use utoipa::{PartialSchema, ToSchema};
use utoipa::openapi::{Info, OpenApi};

use crate::{AppState, Problem};

/// Adds the description of the API.
pub fn describe(openapi: &mut OpenApi) {
    openapi.info = Info::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let components = openapi.components.get_or_insert_default();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
}

pub fn router(openapi: OpenApi) -> Router<AppState> {
    Router::new()
        .route("/openapi.json", get(async move || Json(openapi.clone())))
        .route("/docs", get(async || Html(include_str!("docs.html"))))
}
