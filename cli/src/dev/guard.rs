//! A guard in front of a local engine. Engines accept requests from every web page that the user's browser shows, because a page can
//! send requests to a port of this machine. The guard forwards only requests that no foreign page can send.

use std::net::TcpListener;

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

use crate::failure::{Failure, Result};

type Body = BoxBody<Bytes, hyper::Error>;
type Forward = Client<HttpConnector, Incoming>;

/// Forwards requests from the listener to the engine until the process ends.
pub fn serve(listener: TcpListener, engine: &str) -> Result<()> {
    let failed = |error| Failure::failed(format!("cannot listen: {error}"));
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
    let engine: Authority = engine
        .trim_start_matches("http://")
        .parse()
        .map_err(|error| Failure::failed(format!("the endpoint `{engine}` is not an address: {error}")))?;
    let client: Forward = Client::builder(TokioExecutor::new()).build_http();
    tokio::spawn(async move {
        loop {
            // An error concerns one connection, such as one that was closed at once.
            let Ok((stream, _)) = listener.accept().await else { continue };
            let (client, engine) = (client.clone(), engine.clone());
            let service = service_fn(move |request| forward(client.clone(), engine.clone(), request));
            tokio::spawn(async move {
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                // The client may close its connection at any time.
                let _ = connection.await;
            });
        }
    });
    Ok(())
}

async fn forward(
    client: Forward,
    engine: Authority,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, hyper::Error> {
    if let Err(reason) = check(request.headers()) {
        return Ok(answer(StatusCode::FORBIDDEN, reason));
    }
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    let uri = Uri::builder().scheme(Scheme::HTTP).authority(engine).path_and_query(path).build();
    *request.uri_mut() = uri.unwrap_or_default();
    match client.request(request).await {
        Ok(response) => Ok(response.map(BodyExt::boxed)),
        Err(_) => Ok(answer(StatusCode::BAD_GATEWAY, "the engine does not respond")),
    }
}

fn answer(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response =
        Response::new(Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed());
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
