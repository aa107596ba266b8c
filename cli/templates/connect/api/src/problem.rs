//! The errors of the API, as problem details (RFC 9457). A problem never contains a key or a value that the client did not send.

use std::collections::BTreeMap;

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use monotable::{Error, ErrorKind};
use serde::Serialize;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, response};
use utoipa::{IntoResponses, ToSchema};

/// The body of every response with an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The name of the status.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What is wrong with the request, or what failed.
    pub detail: String,
}

impl Problem {
    /// Creates a problem.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { title, status: status.as_u16(), detail: detail.into() }
    }

    /// Creates a problem with a parameter of the request.
    pub fn parameter(name: &str, detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("`{name}`: {detail}"))
    }

    /// Creates a problem with the body of the request.
    pub fn body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// Creates the problem with a key that no item has.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "no item has this key")
    }

    /// Converts the error of an operation whose keys come from the path or the query of the request.
    pub fn of_parameters(error: Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidKey => Self::new(StatusCode::BAD_REQUEST, INVALID_KEY),
            ErrorKind::InvalidRequest => Self::new(
                StatusCode::BAD_REQUEST,
                "the parameters do not fit together: a range ends before it begins, or the cursor is outside of it",
            ),
            _ => Self::from(error),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, detail) = describe(&error);
        // Only the log contains the error, because it can contain keys.
        if status.is_server_error() {
            tracing::error!(%status, "{error}");
        } else {
            tracing::debug!(%status, "{error}");
        }
        match error.attribute_name() {
            // Otherwise this may be the attribute of a key, which means nothing to a client.
            Some(name) if error.kind() == ErrorKind::Encode => Self::new(status, format!("`{name}`: {detail}")),
            _ => Self::new(status, detail),
        }
    }
}

const INVALID_KEY: &str = "a value cannot be part of a key: it is empty, too long, or contains a reserved character";

fn describe(error: &Error) -> (StatusCode, &'static str) {
    if error.is_write_applied() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the write was applied, but its result cannot be returned");
    }
    if error.is_outcome_unknown() {
        return (StatusCode::GATEWAY_TIMEOUT, "the write may have been applied; read the item to find out");
    }
    match error.kind() {
        ErrorKind::InvalidCursor => (StatusCode::BAD_REQUEST, "the cursor is damaged, or belongs to another list"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "no item has this key"),
        ErrorKind::AlreadyExists => (StatusCode::CONFLICT, "an item with this key exists"),
        ErrorKind::WrongEntity => (StatusCode::CONFLICT, "an item of another type has this key"),
        ErrorKind::ConditionFailed => {
            (StatusCode::PRECONDITION_FAILED, "the item has changed in the meantime; read it again")
        }
        ErrorKind::InvalidKey => (StatusCode::UNPROCESSABLE_ENTITY, INVALID_KEY),
        ErrorKind::InvalidRequest | ErrorKind::Encode => {
            (StatusCode::UNPROCESSABLE_ENTITY, "the table cannot store this: a value is not valid, or the item is too large")
        }
        ErrorKind::Throttled => (StatusCode::SERVICE_UNAVAILABLE, "the table has too many requests; try again later"),
        ErrorKind::Conflict => {
            (StatusCode::SERVICE_UNAVAILABLE, "another write of this item is in progress; try again later")
        }
        ErrorKind::Unreachable | ErrorKind::TableNotFound => {
            (StatusCode::SERVICE_UNAVAILABLE, "the table is not available; try again later")
        }
        ErrorKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, "the table did not respond in time"),
        _ if error.is_transient() => (StatusCode::SERVICE_UNAVAILABLE, "the table failed; try again later"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "the request failed; the log of the server says why"),
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::REQUEST_TIMEOUT {
            // The rest of the body may still arrive.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Declares the problems of a read in the OpenAPI document.
pub struct ReadProblems;

/// Declares the problems of a write in the OpenAPI document.
pub struct WriteProblems;

const READ: &[(&str, &str)] = &[
    ("400", "a parameter is wrong"),
    ("404", "no item has this key"),
    ("500", "the API failed"),
    ("503", "the table is not available; `Retry-After` says when to try again"),
    ("504", "the table did not respond in time"),
];

const WRITE: &[(&str, &str)] = &[
    ("408", "the body did not arrive in time"),
    ("409", "an item with this key exists"),
    ("412", "the item has changed in the meantime"),
    ("413", "the body is too large"),
    ("415", "the body is not JSON"),
    ("422", "the body is not valid"),
];

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        responses(READ)
    }
}

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        responses(&[READ, WRITE].concat())
    }
}

fn responses(problems: &[(&str, &str)]) -> BTreeMap<String, RefOr<response::Response>> {
    let response = |description: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        ResponseBuilder::new().description(description).content("application/problem+json", content).build()
    };
    problems.iter().map(|(status, description)| ((*status).to_owned(), response(description).into())).collect()
}
