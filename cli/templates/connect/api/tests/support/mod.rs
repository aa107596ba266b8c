//! Sends requests to the API without a network. Each test has its own tables in an embedded engine.

#![allow(dead_code, reason = "each test uses a part of this")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

use @{library}@::{AppState, router};

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
            @{table.module}@: monotable_local::test_table::<@{table.path}@::@{table.table}@>().await.unwrap(),
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
