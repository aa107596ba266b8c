//! A client of HTTP for a program on this machine.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The address of a program.
#[derive(Clone, Copy)]
pub struct Http {
    pub port: u16,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The headers, in small letters.
    pub headers: String,
    /// The body, or `null` if it is not JSON.
    pub body: Value,
}

impl Http {
    /// Chooses a free port.
    pub fn new() -> Self {
        Self { port: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port() }
    }

    pub fn address(self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn connect(self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(stream)
    }

    /// Waits until the program is ready.
    pub fn wait(self, until: Duration) {
        let end = Instant::now() + until;
        while self.try_send("GET", "/ready", "", "").is_none_or(|answer| answer.status != 200) {
            assert!(Instant::now() < end, "the API is not ready");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn get(self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    pub fn delete(self, path: &str) -> Answer {
        self.send("DELETE", path, "", "")
    }

    pub fn json(self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, "content-type: application/json\r\n", &body.to_string())
    }

    /// Sends a request. Each header ends with a line break.
    pub fn send(self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub fn try_send(self, method: &str, path: &str, headers: &str, body: &str) -> Option<Answer> {
        let mut stream = self.connect().ok()?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        // A server that rejects a large body may close the connection before it has read everything.
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some(Answer {
            status: head.split(' ').nth(1)?.parse().ok()?,
            headers: head.to_lowercase(),
            body: serde_json::from_str(body).unwrap_or_default(),
        })
    }
}

impl Answer {
    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> &str {
        let line = self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    }
}
