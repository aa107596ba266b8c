//! Requests of an API Gateway.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use lambda_http::{Context, RequestExt, request};
use tower::ServiceExt;

use @{library}@::http;

/// Sends the recorded event, with this time until its deadline.
async fn answer(router: Router, left: Duration) -> Response {
    let mut context = Context::default();
    let deadline = (SystemTime::now() + left).duration_since(UNIX_EPOCH).unwrap();
    context.deadline = deadline.as_millis().try_into().unwrap();
    let request = request::from_str(include_str!("../events/request.json")).unwrap().with_lambda_context(context);
    http::in_time(router).oneshot(request).await.unwrap()
}

#[tokio::test]
async fn a_request_reaches_its_route() {
    let router = Router::new().route("/health", get(|| async { "healthy" }));
    assert_eq!(answer(router, Duration::from_secs(60)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_slow_request_is_answered_before_the_deadline() {
    let slow = || tokio::time::sleep(Duration::from_secs(60));
    let router = Router::new().route("/health", get(slow));
    let response = answer(router, Duration::from_secs(1)).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}
