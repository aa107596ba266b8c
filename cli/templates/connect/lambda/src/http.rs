//! Requests in Lambda.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use lambda_http::RequestExt;

use @{api.library}@::Problem;

use crate::deadline;

/// Answers each request before the deadline of its invocation.
pub fn in_time(router: Router) -> Router {
    router.layer(middleware::from_fn(answer_in_time))
}

async fn answer_in_time(request: Request, next: Next) -> Response {
    let Some(left) = request.lambda_context_ref().map(deadline::time_left) else { return next.run(request).await };
    match tokio::time::timeout(left, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "the function reached its time limit; a write may have been applied";
            Problem::new(StatusCode::GATEWAY_TIMEOUT, detail).into_response()
        }
    }
}
