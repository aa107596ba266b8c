//! An HTTP API for the table@% if tables | length > 1 %@s@% endif %@ @% for table in tables %@`@{table.krate}@`@% if not loop.last %@, @% endif %@@% endfor %@.

pub mod body;
mod docs;
mod entities;
@% if has_versions %@pub mod etag;
@% endif %@pub mod extract;
mod health;
pub mod paging;
pub mod problem;
pub mod routes;
pub mod server;
mod state;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::Level;
use tracing::field::Empty;

pub use problem::Problem;
pub use state::AppState;

/// The largest body of a request. An item of DynamoDB has at most 400 KB.
const BODY_LIMIT: usize = 512 * 1024;
/// A client has this long to send the body of a request. Afterwards the request is answered with 408.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// A request that takes longer is answered with 504.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Returns the API: its routes, its documentation, and what applies to each request.
pub fn router(state: AppState) -> Router {
    let (router, mut openapi) = routes::router().split_for_parts();
    docs::describe(&mut openapi);
    router
        .merge(docs::router(openapi))
        .merge(health::router())
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "the API has no such path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "the path does not have this method")
        })
        .with_state(state)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(timeout))
        // Each response has the id of its request, which is also in the logs. A client can send its own.
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(span).on_response(DefaultOnResponse::new().level(Level::INFO)).on_failure(()))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}

async fn timeout(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "the request took too long; a write may have been applied";
            Problem::new(StatusCode::GATEWAY_TIMEOUT, detail).into_response()
        }
    }
}

/// Returns the span of a request. It contains the pattern of the path, because the path itself contains keys.
fn span(request: &Request) -> tracing::Span {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let span = tracing::info_span!("request", method = %request.method(), path, id = Empty);
    if let Some(id) = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()) {
        span.record("id", id);
    }
    span
}
