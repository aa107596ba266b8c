//! An HTTP client between the SDK and an engine. It records each request and can replace the engine's response.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use monotable::aws::Client;
use monotable::aws::config::{RuntimeComponents, SharedHttpClient};
use serde_json::Value;

/// How a request is handled.
pub enum Fate {
    Passed,
    /// Returns an error with this code and status 400. The engine does not receive the request.
    Refused(&'static str),
    /// Refuses the connection.
    Unreachable,
    /// Returns this status and body. The engine does not receive the request.
    Failed(u16, Value),
    /// Returns this body with status 200. The engine does not receive the request.
    Answered(Value),
    /// The engine executes the request, and its response is replaced with an error of this status.
    Late(u16),
    /// Returns the engine's response, with the first text replaced by the second.
    Edited(&'static str, &'static str),
}

/// Returns a function that returns `true` for its first `times` calls, then `false`.
pub fn first(times: usize) -> impl Fn() -> bool + Send + Sync + 'static {
    let left = AtomicUsize::new(times);
    move || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

type Rule = dyn Fn(&str, &Value) -> Fate + Send + Sync;

#[derive(Clone)]
pub struct Between {
    rule: Arc<Rule>,
    seen: Arc<Mutex<Vec<(String, Value)>>>,
    to: SharedHttpClient,
}

impl Between {
    /// `rule` receives the operation of each request, for example `UpdateTable`, and its body.
    pub fn new(rule: impl Fn(&str, &Value) -> Fate + Send + Sync + 'static) -> Self {
        Self { rule: Arc::new(rule), seen: Arc::default(), to: Builder::new().build_http() }
    }

    /// Returns a client whose requests pass through here. It does not retry.
    pub fn client(&self, client: &Client) -> Client {
        let retries = monotable::aws::config::retry::RetryConfig::disabled();
        let config = client.config().to_builder().retry_config(retries);
        Client::from_conf(config.http_client(SharedHttpClient::new(self.clone())).build())
    }

    /// Returns a client whose requests pass through here. It makes up to three attempts.
    pub fn retrying_client(&self, client: &Client) -> Client {
        let retries = monotable::aws::config::retry::RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(std::time::Duration::from_millis(1));
        Client::from_conf(self.client(client).config().to_builder().retry_config(retries).build())
    }

    /// Returns the bodies of the recorded requests of this operation.
    pub fn seen(&self, operation: &str) -> Vec<Value> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Between")
    }
}

impl HttpClient for Between {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.clone(), self.to.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct Connector(Between, SharedHttpConnector);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self(between, to) = self;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().expect("the body must be in memory")).unwrap();
        let fate = (between.rule)(&operation, &body);
        between.seen.lock().unwrap().push((operation, body));
        let answer = match fate {
            Fate::Passed => return to.call(request),
            Fate::Refused(code) => {
                let body =
                    format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"refused here"}}"#);
                let answer = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
                return HttpConnectorFuture::ready(Ok(answer));
            }
            Fate::Unreachable => {
                let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
                return HttpConnectorFuture::ready(Err(ConnectorError::io(refused.into())));
            }
            Fate::Answered(body) => {
                let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body.to_string()));
                return HttpConnectorFuture::ready(Ok(answer));
            }
            Fate::Failed(status, body) => {
                let answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()));
                return HttpConnectorFuture::ready(Ok(answer));
            }
            Fate::Edited(..) | Fate::Late(_) => to.call(request),
        };
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            if let Fate::Late(status) = fate {
                return Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from("{}")));
            }
            if let Fate::Edited(from, to) = fate {
                let body = ByteStream::new(std::mem::replace(answer.body_mut(), SdkBody::empty()))
                    .collect()
                    .await
                    .unwrap()
                    .to_vec();
                let body = String::from_utf8(body).unwrap().replace(from, to);
                answer.headers_mut().remove("content-length");
                *answer.body_mut() = SdkBody::from(body);
            }
            Ok(answer)
        })
    }
}
