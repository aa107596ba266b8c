//! A proxy on loopback between a client and an engine. It injects network faults.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use monotable::aws::Client;
use monotable::aws::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The fault that is injected into a request or its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "two programs use this enum, and each uses only some variants")]
pub enum Fault {
    None,
    /// Closes the connection. The engine does not receive the request.
    DropBefore,
    /// Closes the connection after the engine has executed the request.
    DropAfter,
    /// Forwards the request after a delay.
    Delay,
    /// Forwards the request at once, and returns the response after a delay.
    SlowAnswer,
    /// Resets the connection after the engine has executed the request.
    Reset,
    /// Never responds. The engine does not receive the request.
    Silence,
    /// Returns status 500. The engine does not receive the request.
    FailBefore,
    /// Returns status 500 after the engine has executed the request.
    FailAfter,
    /// Returns a throttling error. The engine does not receive the request.
    Throttle,
    /// Returns an error of this type. The engine does not receive the request.
    Refuse(&'static str),
    /// Closes the connection in the middle of the response body.
    Truncate,
    /// Returns every second entry of a batch as unprocessed.
    LeaveHalf,
    /// Returns status 200 without a body after the engine has executed the request.
    Empty,
    /// Returns status 200 with an HTML page after the engine has executed the request.
    Html,
    /// Returns status 200 with the first half of the JSON, and a matching `content-length`, after the engine has executed the
    /// request.
    HalfJson,
    /// Returns the response in small pieces.
    Drip,
    /// Resets the connection after this fraction of the response, in 256ths.
    ResetAt(u8),
}

/// Chooses the fault. Receives the operation, its body, and the number of earlier requests.
pub type Rule = dyn Fn(&str, &Value, usize) -> Fault + Send + Sync;

/// A running proxy. It serves requests until the runtime that it was started in ends.
pub struct Proxy {
    address: SocketAddr,
}

struct Request {
    /// The request line and the headers, unchanged.
    head: String,
    body: Vec<u8>,
}

impl Proxy {
    /// Starts the proxy. A batch entry whose JSON contains `forever` is always returned as unprocessed, unless `forever` is
    /// empty.
    pub async fn start(
        engine: &str,
        forever: &'static str,
        rule: impl Fn(&str, &Value, usize) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let to = engine.trim_start_matches("http://").replace("localhost", "127.0.0.1");
        let (rule, count): (Arc<Rule>, _) = (Arc::new(rule), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (rule, count, to) = (Arc::clone(&rule), Arc::clone(&count), to.clone());
                tokio::spawn(async move {
                    // The injected faults break connections, so errors are expected here.
                    let _ = serve(client, &to, forever, &*rule, &count).await;
                });
            }
        });
        Self { address }
    }

    /// Returns the port of the proxy.
    #[allow(dead_code, reason = "only the tests of another program start one")]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns a client whose requests pass through the proxy. It makes at most so many attempts.
    pub fn client(&self, client: &Client, attempts: u32) -> Client {
        let retries = RetryConfig::standard()
            .with_max_attempts(attempts)
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(10));
        // A separate token bucket, so that failures here do not use up the retries of other cases.
        let tokens = TokenBucket::builder().capacity(1_000_000).build();
        let partition = RetryPartition::custom(format!("proxy {}", self.address)).token_bucket(tokens).build();
        let config = client.config().to_builder().retry_config(retries).retry_partition(partition);
        Client::from_conf(config.endpoint_url(format!("http://{}", self.address)).build())
    }
}

async fn serve(
    mut client: TcpStream,
    to: &str,
    forever: &str,
    rule: &Rule,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    while let Some(request) = read_request(&mut client).await? {
        let target = header(&request.head, "x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let fault = rule(operation, &body, count.fetch_add(1, Ordering::SeqCst));
        let (body, left) = leave(operation, body, forever, fault == Fault::LeaveHalf);
        let forward = || send(to, &request.head, body.to_string());
        let (status, mut answer) = match fault {
            Fault::DropBefore => return Ok(()),
            Fault::FailBefore => (500, error("InternalServerError")),
            Fault::Throttle => (400, error("ProvisionedThroughputExceededException")),
            Fault::Refuse(kind) => (400, json!({ "__type": kind, "message": "made up" }).to_string()),
            Fault::FailAfter => {
                forward().await?;
                (500, error("InternalServerError"))
            }
            Fault::DropAfter => {
                forward().await?;
                return Ok(());
            }
            Fault::Delay => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                forward().await?
            }
            Fault::SlowAnswer => {
                let answer = forward().await?;
                tokio::time::sleep(Duration::from_millis(400)).await;
                answer
            }
            Fault::Reset => {
                forward().await?;
                // Closing a connection without lingering resets it.
                client.set_zero_linger()?;
                return Ok(());
            }
            Fault::Silence => std::future::pending().await,
            Fault::Empty => {
                forward().await?;
                (200, String::new())
            }
            Fault::Html => {
                forward().await?;
                (200, "<html><body>It works!</body></html>".to_owned())
            }
            Fault::HalfJson => {
                let (status, answer) = forward().await?;
                (status, answer.chars().take(answer.chars().count() / 2).collect())
            }
            Fault::None | Fault::Truncate | Fault::LeaveHalf | Fault::Drip | Fault::ResetAt(_) => {
                // The engine would reject a batch without entries.
                match (&left, is_empty(&body)) {
                    (Some(_), true) => (200, json!({}).to_string()),
                    _ => forward().await?,
                }
            }
        };
        if let (Some(left), 200) = (left, status) {
            let mut merged: Value = serde_json::from_str(&answer).unwrap();
            merged["UnprocessedItems"] = left;
            answer = merged.to_string();
        }
        let head = format!(
            "HTTP/1.1 {status} -\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        client.write_all(head.as_bytes()).await?;
        if fault == Fault::Truncate {
            client.write_all(&answer.as_bytes()[..answer.len() / 2]).await?;
            return client.shutdown().await;
        }
        match fault {
            Fault::Drip => {
                // The number of pieces is limited so that large responses do not take long.
                for piece in answer.as_bytes().chunks(answer.len() / 16 + 1) {
                    client.write_all(piece).await?;
                    client.flush().await?;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            Fault::ResetAt(place) => {
                client.write_all(&answer.as_bytes()[..answer.len() * usize::from(place) / 256]).await?;
                client.set_zero_linger()?;
                return Ok(());
            }
            _ => client.write_all(answer.as_bytes()).await?,
        }
    }
    Ok(())
}

fn error(code: &str) -> String {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "made up" }).to_string()
}

fn is_empty(body: &Value) -> bool {
    let entries = body["RequestItems"].as_object().into_iter().flat_map(|tables| tables.values());
    entries.filter_map(Value::as_array).all(Vec::is_empty)
}

/// Splits a batch write into the body to forward and the unprocessed items to return.
fn leave(operation: &str, mut body: Value, forever: &str, half: bool) -> (Value, Option<Value>) {
    if operation != "BatchWriteItem" {
        return (body, None);
    }
    let mut left = serde_json::Map::new();
    for (table, entries) in body["RequestItems"].as_object_mut().unwrap() {
        let all = std::mem::take(entries.as_array_mut().unwrap());
        let is_left = |(number, entry): &(usize, Value)| {
            !forever.is_empty() && entry.to_string().contains(forever) || half && number % 2 == 0
        };
        let (over, kept): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(is_left);
        *entries = kept.into_iter().map(|(_, entry)| entry).collect();
        if !over.is_empty() {
            left.insert(table.clone(), over.into_iter().map(|(_, entry)| entry).collect());
        }
    }
    let left = (!left.is_empty()).then_some(Value::Object(left));
    (body, left)
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// Reads one request. Returns `None` at the end of the connection.
async fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end + 4);
    let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while body.len() < length {
        if client.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Request { head, body }))
}

/// Sends the request to the engine. Returns the status and the body of the response.
async fn send(to: &str, head: &str, body: String) -> std::io::Result<(u16, String)> {
    let mut engine = TcpStream::connect(to).await?;
    let mut request = String::new();
    for line in head.lines() {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(name.as_str(), "content-length" | "connection" | "accept-encoding") {
            request.push_str(line);
            request.push_str("\r\n");
        }
    }
    request.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()));
    engine.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    engine.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").expect("the engine must respond in HTTP");
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("the response must have a status");
    assert!(header(head, "content-length").is_some(), "the response must have a content-length: {head}");
    Ok((status, body.to_owned()))
}
