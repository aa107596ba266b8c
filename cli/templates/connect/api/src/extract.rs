//! The extractors of axum, with errors that are problem details.

use axum::extract::{FromRequest, FromRequestParts};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
@% if uses_conversions %@
use serde::de::DeserializeOwned;
use serde_json::Value;
@% endif %@
use crate::Problem;

/// A body in JSON.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The values in the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// The parameters after the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

@% if uses_conversions %@
/// Converts a parameter to the type of a field of the entity.
pub fn value<E, T: DeserializeOwned>(name: &str, text: &str, _field: fn(&E) -> Option<&T>) -> Result<T, Problem> {
    // The type may be made from a text, or from a number or a Boolean.
    let as_text = serde_json::from_value(Value::from(text));
    as_text.or_else(|error| serde_json::from_str(text).map_err(|_| Problem::parameter(name, &error.to_string())))
}
@% endif %@
