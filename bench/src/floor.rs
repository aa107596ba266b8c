//! Measures the minimum cost of a read on DynamoDB Local, which no library can avoid.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use cpu_time::ThreadTime;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::measure::Subject;

const SAMPLES: usize = 1_001;

fn median(mut sample: impl FnMut() -> Duration) -> f64 {
    let mut samples: Vec<Duration> = (0..SAMPLES).map(|_| sample()).collect();
    samples.sort();
    samples[SAMPLES / 2].as_secs_f64() * 1e6
}

/// Measures the CPU time, in microseconds, of sending the request on a socket and receiving the response, without parsing its
/// body.
pub fn socket(endpoint: &str, operation: &str, body: &Value) -> f64 {
    let host = endpoint.trim_start_matches("http://");
    let body = body.to_string();
    // DynamoDB Local reads the access key, but does not check the signature.
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         x-amz-target: DynamoDB_20120810.{operation}\r\nx-amz-date: 20261121T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=UNUSED/20261121/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host;x-amz-date;x-amz-target, Signature=00\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(host).expect("the engine listens");
    socket.set_nodelay(true).expect("an option is set");
    let mut answer = vec![0; 1 << 20];
    let mut exchange = || {
        let start = ThreadTime::now();
        socket.write_all(request.as_bytes()).expect("the request is written");
        let mut end = 0;
        while !is_whole(&answer[..end]) {
            let count = socket.read(&mut answer[end..]).expect("the answer is read");
            assert_ne!(count, 0, "the answer ends early");
            end += count;
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..end]));
        start.elapsed()
    };
    // Warm up: the first requests are slower.
    for _ in 0..100 {
        exchange();
    }
    median(exchange)
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let lines = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).expect("an answer says its length");
    answer.len() >= head + 4 + length
}

/// Measures the CPU time, in microseconds, of `work` when it runs right after `before`, which fills the processor's caches with
/// its own data.
pub fn after(runtime: &Runtime, before: &Subject, work: &Subject) -> f64 {
    median(|| {
        runtime.block_on((before.run)());
        let start = ThreadTime::now();
        runtime.block_on((work.run)());
        start.elapsed()
    })
}
