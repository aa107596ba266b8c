//! What applies to all routes.

mod support;

use axum::http::StatusCode;
use support::Api;
@%- set first = entities[0] %@

#[tokio::test]
async fn the_document_describes_all_routes() {
    let api = Api::new().await;
    let document = api.get("/openapi.json").await.body;
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    let routes = [@% for entity in entities %@"/@{entity.collection}@", @% for query in entity.queries %@"/queries/@{entity.collection}@/@{query.path}@", @% endfor %@@% endfor %@];
    for path in routes {
        assert!(paths.contains_key(path), "{path}");
    }
    assert_eq!(api.get("/docs").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_api_is_healthy_and_ready() {
    let api = Api::new().await;
    assert_eq!(api.get("/health").await.status, StatusCode::OK);
    assert_eq!(api.get("/ready").await.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_requests_are_answered_with_problems() {
    let api = Api::new().await;
    let json = [("content-type", "application/json")];
    let path = "/@{first.collection}@";
    let large = "x".repeat(5_000_000);
    let cases = [
        ("GET", "/no-such-path", "", 404),
        ("DELETE", "/health", "", 405),
        ("POST", path, "{", 400),
        ("POST", path, "[]", 422),
        ("POST", path, r#"{ "no such field": 1 }"#, 422),
        ("POST", path, large.as_str(), 413),
    ];
    for (method, path, body, status) in cases {
        let answer = api.send(method, path, body.to_owned(), &json).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.body["status"], status);
    }
    let answer = api.send("POST", path, "{}", &[]).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn each_response_has_the_id_of_its_request() {
    let api = Api::new().await;
    assert!(api.get("/health").await.headers.contains_key("x-request-id"));
    let answer = api.send("GET", "/health", "", &[("x-request-id", "mine")]).await;
    assert_eq!(answer.headers["x-request-id"], "mine");
}
