//! The server, over MCP.

mod support;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::service::{RoleClient, RunningService};
use tower::ServiceExt as _;

use @{library}@::{Server, http, operations};
@%- set first = entities[0] %@

/// Connects a client to a server in the same process.
async fn client(read_only: bool) -> RunningService<RoleClient, ()> {
    let (server_side, client_side) = tokio::io::duplex(64 * 1024);
    let server = Server::new(support::tables().await, read_only);
    tokio::spawn(async move { server.serve(server_side).await.unwrap().waiting().await.unwrap() });
    ().serve(client_side).await.unwrap()
}

async fn names(read_only: bool) -> Vec<String> {
    let tools = client(read_only).await.list_all_tools().await.unwrap();
    tools.into_iter().map(|tool| tool.name.into_owned()).collect()
}

#[tokio::test]
async fn the_server_lists_all_operations() {
    let all: Vec<_> = operations::all().into_iter().map(|operation| operation.name.to_owned()).collect();
    assert_eq!(names(false).await, all);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "two operations have the same name");
}

#[tokio::test]
async fn a_read_only_server_has_no_tool_that_writes() {
    let reading = operations::all().into_iter().filter(|operation| !operation.writes);
    assert_eq!(names(true).await, reading.map(|operation| operation.name).collect::<Vec<_>>());
    let call = CallToolRequestParams::new("@{first.module}@_create");
    assert!(client(true).await.call_tool(call).await.unwrap_err().to_string().contains("has no tool"));
}

#[tokio::test]
async fn wrong_arguments_are_an_error_of_the_tool() {
    let call = CallToolRequestParams::new("@{first.module}@_create");
    let result = client(false).await.call_tool(call).await.unwrap();
    assert_eq!(result.is_error, Some(true));
    assert!(format!("{:?}", result.content).contains("the arguments are not valid"), "{result:?}");
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_rejected() {
    let address = SocketAddr::from(([127, 0, 0, 1], 3001));
    let server = Server::new(support::tables().await, true);
    let status = async |host: &str, origin: Option<&str>| {
        let mut request = Request::post(http::PATH)
            .header("host", host)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let body = r#"{ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }"#;
        let response = http::router(server.clone(), address).oneshot(request.body(Body::from(body)).unwrap());
        response.await.unwrap().status()
    };
    assert_eq!(status("127.0.0.1:3001", None).await, StatusCode::OK);
    assert_eq!(status("localhost:3001", Some("http://localhost:3001")).await, StatusCode::OK);
    for (host, origin) in [
        ("example.com", None),
        ("127.0.0.1:3002", None),
        ("127.0.0.1:3001", Some("https://example.com")),
        ("127.0.0.1:3001", Some("http://localhost:3002")),
        ("127.0.0.1:3001", Some("null")),
    ] {
        assert_eq!(status(host, origin).await, StatusCode::FORBIDDEN, "{host} {origin:?}");
    }
}
