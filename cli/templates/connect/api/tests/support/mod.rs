//! Sends requests to the API without a network. Each test has its own tables@% if has_engine %@ in an embedded engine@% endif %@.

#![allow(dead_code, reason = "each test uses a part of this")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
@% if not has_engine %@use monotable::{Connection, Table};
@% endif -%@
use serde_json::Value;
use tower::ServiceExt;

use @{library}@::{AppState, router};
@% if not has_engine %@
/// Creates an empty table for one test, in the local engine that `monotable dev` runs. The workspace links another SQLite than the embedded
/// engine, and a program can link only one.
async fn table<T: Table>() -> Connection {
    assert!(monotable::is_local(), "run the tests with `monotable dev -- cargo test -p @{krate}@`");
    let local = T::connect().await.unwrap();
    let test = std::thread::current().name().unwrap_or("test").replace(':', "-");
    let name = format!("{}-{}-{test}", local.table_name(), concat!(env!("CARGO_PKG_NAME"), "-", env!("CARGO_CRATE_NAME")));
    let connection = Connection::new(local.client().clone(), name).with_endpoint(local.endpoint().unwrap());
    // It has the items of the last run.
    T::drop_table().on(&connection).await.unwrap();
    T::ensure_table().on(&connection).await.unwrap();
    connection
}
@% endif %@
/// The API.
pub struct Api(Router);

/// A response.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body, or `null` if it is not JSON.
    pub body: Value,
}

impl Api {
    pub async fn new() -> Self {
        Self(router(AppState {
            @%- for table in tables %@
            @{table.module}@: @% if has_engine %@monotable_local::test_table@% else %@table@% endif %@::<@{table.path}@::@{table.table}@>().await@% if has_engine %@.unwrap()@% endif %@,
            @%- endfor %@
        }))
    }

    /// Sends a request with a body and headers.
    pub async fn send(&self, method: &str, path: &str, body: impl Into<Body>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.0.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", &[]).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "", &[]).await
    }

    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [(header::CONTENT_TYPE.as_str(), "application/json")];
        self.send(method, path, body.to_string(), &headers).await
    }
}
