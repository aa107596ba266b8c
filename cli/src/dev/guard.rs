//! A guard in front of a local engine. Engines accept requests from every web page that the user's browser shows, because a page can
//! send requests to a port of this machine. The guard forwards only requests that no foreign page can send.

use std::net::TcpListener;
use std::time::Instant;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::dev::log;
use crate::failure::{Failure, Result};

type Body = BoxBody<Bytes, hyper::Error>;

/// The engine behind the guard.
#[derive(Clone)]
struct Engine {
    client: Client<HttpConnector, Body>,
    authority: Authority,
    /// Whether each request is written to the log.
    logs_requests: bool,
}

/// Forwards requests from the listeners to the engine until the process ends.
pub fn serve(listeners: Vec<TcpListener>, engine: &str, logs_requests: bool) -> Result<()> {
    let failed = |error| Failure::failed(format!("cannot listen: {error}"));
    let authority = engine
        .trim_start_matches("http://")
        .parse()
        .map_err(|error| Failure::failed(format!("the endpoint `{engine}` is not an address: {error}")))?;
    let mut connector = HttpConnector::new();
    // A request in two packets, headers and body, would wait for an acknowledgement of the first one, which takes 40 ms.
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let engine = Engine { client, authority, logs_requests };
    for listener in listeners {
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        tokio::spawn(accept(listener, engine.clone()));
    }
    Ok(())
}

async fn accept(listener: tokio::net::TcpListener, engine: Engine) {
    loop {
        // An error concerns one connection, such as one that was closed at once.
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Without it, requests only take longer.
        let _ = stream.set_nodelay(true);
        let engine = engine.clone();
        let service = service_fn(move |request| answer(engine.clone(), request));
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // The client may close its connection at any time.
            let _ = connection.await;
        });
    }
}

async fn answer(engine: Engine, request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    match check(request.headers()) {
        Err(reason) => Ok(text(StatusCode::FORBIDDEN, reason)),
        Ok(()) if engine.logs_requests => engine.forward_and_log(request).await,
        Ok(()) => Ok(engine.forward(request.map(BodyExt::boxed)).await),
    }
}

impl Engine {
    async fn forward(&self, mut request: Request<Body>) -> Response<Body> {
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone()).path_and_query(path).build();
        *request.uri_mut() = uri.unwrap_or_default();
        match self.client.request(request).await {
            Ok(response) => response.map(BodyExt::boxed),
            Err(_) => text(StatusCode::BAD_GATEWAY, "the engine does not respond"),
        }
    }

    async fn forward_and_log(&self, request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
        let start = Instant::now();
        let (parts, body) = request.into_parts();
        let (headers, asked) = (parts.headers.clone(), body.collect().await?.to_bytes());
        let response = self.forward(Request::from_parts(parts, whole(asked.clone()))).await;
        let (parts, body) = response.into_parts();
        let answered = body.collect().await?.to_bytes();
        let line = log::describe_request(&headers, &asked, parts.status, &answered, start.elapsed());
        log::write(&line);
        Ok(Response::from_parts(parts, whole(answered)))
    }
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(whole(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

/// Accepts a request for this machine that does not come from a page of another origin. A foreign page cannot change these headers:
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>. A name that is bound to a loopback address (DNS rebinding) is foreign,
/// too.
fn check(headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if !text(HOST).is_some_and(is_loopback) {
        return Err("this local table only accepts requests to localhost");
    }
    match text(ORIGIN) {
        None => Ok(()),
        Some(origin) if origin.strip_prefix("http://").is_some_and(is_loopback) => Ok(()),
        Some(_) => Err("this local table does not accept requests from web pages of other origins"),
    }
}

/// Whether a host, with or without a port, is a loopback address.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(host: Option<&'static str>, origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [(HOST, host), (ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        check(&headers).is_ok()
    }

    #[test]
    fn only_loopback_hosts_and_origins_are_accepted() {
        for host in ["localhost:8000", "LOCALHOST", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000"] {
            assert!(accepts(Some(host), None), "{host}");
            assert!(!accepts(Some(host), Some("https://example.com")), "{host}");
            assert!(!accepts(Some(host), Some("null")), "{host}");
            assert!(accepts(Some(host), Some("http://localhost:5173")), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "user@localhost",
            "0.0.0.0:8000",
            "10.0.0.1",
            "",
            "localhost:8000:1",
        ] {
            assert!(!accepts(Some(host), None), "{host}");
        }
        assert!(!accepts(None, None));
        assert!(!accepts(Some("localhost"), Some("http://localhost.example.com")));
    }
}
