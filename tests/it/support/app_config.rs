//! A substitute for AWS AppConfig Data on a loopback port, for programs that use the real SDK.
//!
//! It implements the documented protocol:
//! <https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_appconfigdata_StartConfigurationSession.html> and
//! <https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_appconfigdata_GetLatestConfiguration.html>.
//! As in AppConfig, a token is valid for one call, and a response is empty if the session already received this content.

use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub struct AppConfig {
    pub endpoint: String,
    state: Arc<Mutex<Service>>,
    _stop: oneshot::Sender<()>,
}

pub struct Service {
    /// The deployed configuration.
    pub content: String,
    /// The poll interval in seconds.
    pub poll: u32,
    /// The errors that an operation (`start` or `latest`) returns as long as they are in this list.
    pub refusals: Vec<(&'static str, Refusal)>,
    /// The duration of a `latest` call.
    pub delay: Duration,
    /// The operations that were called, in order.
    pub calls: Vec<&'static str>,
    /// The access key that signed each `start` call.
    pub signers: Vec<String>,
    /// The valid tokens, each with the content that its session received last.
    tokens: HashMap<String, Option<String>>,
    issued: usize,
}

#[derive(Clone)]
pub struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub body: Value,
}

/// The response to an unknown identifier.
pub fn missing(resource: &str) -> Refusal {
    let body = json!({ "Message": "not found", "ResourceType": resource, "ReferencedBy": {} });
    Refusal { status: 404, code: "ResourceNotFoundException", body }
}

fn bad_token(problem: &str) -> Refusal {
    let body = json!({
        "Message": "the token is invalid", "Reason": "InvalidParameters",
        "Details": { "InvalidParameters": { "ConfigurationToken": { "Problem": problem } } },
    });
    Refusal { status: 400, code: "BadRequestException", body }
}

type Shared = State<Arc<Mutex<Service>>>;

impl AppConfig {
    /// Starts a service that has this configuration.
    pub fn start(content: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(Service {
            content: content.to_owned(),
            poll: 1,
            refusals: Vec::new(),
            delay: Duration::ZERO,
            calls: Vec::new(),
            signers: Vec::new(),
            tokens: HashMap::new(),
            issued: 0,
        }));
        let router = Router::new().route("/configurationsessions", post(start)).route("/configuration", get(latest));
        let router = router.with_state(state.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    _ = async { axum::serve(listener, router).await } => {}
                    _ = stopped => {}
                }
            });
        });
        Self { endpoint, state, _stop: stop }
    }

    pub fn service(&self) -> MutexGuard<'_, Service> {
        self.state.lock().unwrap()
    }

    /// Returns the operations that were called since the last call of this method.
    pub fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.service().calls)
    }
}

impl Service {
    fn token(&mut self, last: Option<String>) -> String {
        self.issued += 1;
        let token = format!("token-{}", self.issued);
        self.tokens.insert(token.clone(), last);
        token
    }

    fn refusal(&self, operation: &str) -> Option<Response> {
        let (_, refusal) = self.refusals.iter().find(|(of, _)| *of == operation)?;
        Some(refused(refusal))
    }

    /// Invalidates all tokens. AppConfig does this after 24 hours.
    pub fn expire(&mut self) {
        self.tokens.clear();
    }
}

fn refused(Refusal { status, code, body }: &Refusal) -> Response {
    let status = StatusCode::from_u16(*status).unwrap();
    (status, [("x-amzn-errortype", *code), ("content-type", "application/json")], body.to_string()).into_response()
}

async fn start(State(state): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let mut state = state.lock().unwrap();
    state.calls.push("start");
    // `AWS4-HMAC-SHA256 Credential=KEY/20260101/eu-central-1/..`
    let signature = headers["authorization"].to_str().unwrap();
    let signer = signature.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned();
    state.signers.push(signer);
    if let Some(refusal) = state.refusal("start") {
        return refusal;
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    for (member, value, resource) in [
        ("ApplicationIdentifier", "app-1", "Application"),
        ("EnvironmentIdentifier", "default", "Environment"),
        ("ConfigurationProfileIdentifier", "dynamodb", "ConfigurationProfile"),
    ] {
        if request[member] != value {
            return refused(&missing(resource));
        }
    }
    let token = state.token(None);
    (StatusCode::CREATED, json!({ "InitialConfigurationToken": token }).to_string()).into_response()
}

async fn latest(State(state): Shared, Query(query): Query<HashMap<String, String>>) -> Response {
    let delay = state.lock().unwrap().delay;
    tokio::time::sleep(delay).await;
    let mut state = state.lock().unwrap();
    state.calls.push("latest");
    if let Some(refusal) = state.refusal("latest") {
        return refusal;
    }
    let Some(last) = query.get("configuration_token").and_then(|token| state.tokens.remove(token)) else {
        return refused(&bad_token("Expired"));
    };
    let content = state.content.clone();
    let body = if last.as_ref() == Some(&content) { String::new() } else { content.clone() };
    let mut headers = HeaderMap::new();
    headers.insert("next-poll-configuration-token", state.token(Some(content)).parse().unwrap());
    headers.insert("next-poll-interval-in-seconds", state.poll.into());
    headers.insert("content-type", "application/json".parse().unwrap());
    (headers, body).into_response()
}
