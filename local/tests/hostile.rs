//! Sends random requests to the embedded engine over HTTP. None of them may crash it: it must respond to every request.
//!
//! `cargo test -p monotable-local --test hostile` runs for five seconds. `-- 3600` runs it for an hour; a second number sets the
//! seed. The engine runs in this process, so a crash ends the test; the file that it writes then contains the request.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use monotable_local::{Embedded, Engine as _};

/// The engine rejects larger requests because of their size.
const LARGEST: usize = 400_000;

/// A random number generator that returns the same numbers for the same seed.
struct Random(u64);

impl Random {
    /// Returns a number below `end`. The algorithm is <https://prng.di.unimi.it/splitmix64.c>.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap_or_default()
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Returns a number that is small in most cases, and sometimes so large that a request reaches its limit.
    fn depth(&mut self) -> usize {
        match self.below(20) {
            0 => self.below(20_000),
            1 => self.below(2_000),
            2..6 => self.below(200),
            _ => self.below(6),
        }
    }
}

/// Returns an attribute value in JSON. Some are invalid.
fn value(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 10 } else { 14 }) {
        0 => r#"{"S":"text"}"#.to_owned(),
        1 => format!(
            r#"{{"N":"{}"}}"#,
            random.of(&["1", "-0", "1e125", "1e126", "1e-131", "", "x", "NaN", "0x1", "00", "1e99999999999"])
        ),
        2 => format!(r#"{{"N":"{}"}}"#, "9".repeat(random.depth())),
        3 => format!(r#"{{"B":"{}"}}"#, random.of(&["AA==", "AA", "!", "===="])),
        4 => random.of(&[r#"{"BOOL":true}"#, r#"{"BOOL":"x"}"#, r#"{"NULL":true}"#, r#"{"NULL":false}"#]).to_owned(),
        5 => random
            .of(&[r#"{"SS":[]}"#, r#"{"SS":["a","a"]}"#, r#"{"NS":["1","1.0"]}"#, r#"{"BS":["AA=="]}"#])
            .to_owned(),
        6 => random
            .of(&["{}", "[]", "null", "1", r#""S""#, r#"{"S":1}"#, r#"{"X":"y"}"#, r#"{"S":"a","N":"1"}"#])
            .to_owned(),
        7 => format!(r#"{{"S":"{}"}}"#, random.of(&["\\u0000", "\\ud800", "é", "\\udbff\\udfff", "a\\\"b"])),
        8 => format!(r#"{{"S":"{}"}}"#, "x".repeat(random.depth())),
        9 => {
            let levels = random.depth();
            format!("{}{}{}", r#"{"L":["#.repeat(levels), r#"{"S":"a"}"#, "]}".repeat(levels))
        }
        10 | 11 => format!(r#"{{"L":[{},{}]}}"#, value(random, depth - 1), value(random, depth - 1)),
        12 => format!(r#"{{"M":{{"a":{}}}}}"#, value(random, depth - 1)),
        _ => {
            let levels = random.depth();
            format!("{}{}{}", r#"{"M":{"a":"#.repeat(levels), r#"{"S":"a"}"#, "}}".repeat(levels))
        }
    }
}

fn path(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("a{}", ".a".repeat(random.depth())),
        1 => format!("a{}", "[0]".repeat(random.depth())),
        2 => random.of(&["a[99999999999999999999]", "a[-1]", "#", ":", "a.", ".a", "a[", "size", "a..b"]).to_owned(),
        _ => random.of(&["pk", "sk", "a", "#n", "#n.a[1]", "size(a)", "b"]).to_owned(),
    }
}

fn condition(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 7 } else { 13 }) {
        0 => format!("{} = :v", path(random)),
        1 => format!("attribute_exists({})", path(random)),
        2 => format!("{} BETWEEN :v AND :w", path(random)),
        3 => format!("{} IN ({})", path(random), vec![":v"; random.depth() + 1].join(",")),
        4 => format!("begins_with({}, :v)", path(random)),
        5 => random
            .of(&["", " ", "(", ")", "NOT", "a =", "= :v", "a = :v AND", "a <> <> :v", "\u{0}", "é = :v"])
            .to_owned(),
        6 => format!("attribute_type({}, :v)", path(random)),
        7 => format!("{} AND {}", condition(random, depth - 1), condition(random, depth - 1)),
        8 => format!("{} OR {}", condition(random, depth - 1), condition(random, depth - 1)),
        9 => {
            let levels = random.depth();
            format!("{}{}{}", "(".repeat(levels), condition(random, depth - 1), ")".repeat(levels))
        }
        10 => format!("{}{}", "NOT ".repeat(random.depth()), condition(random, depth - 1)),
        11 => {
            let levels = random.depth();
            format!("{}{}{}", "NOT (".repeat(levels), condition(random, depth - 1), ")".repeat(levels))
        }
        _ => {
            let times = random.depth() + 1;
            vec![random.of(&["a = :v", "size(a) > :w", "attribute_exists(b)"]); times]
                .join(random.of(&[" AND ", " OR "]))
        }
    }
}

fn update(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(3) {
        let (left, right) = (path(random), path(random));
        let _ = match random.below(7) {
            0 => write!(text, "SET {left} = :v "),
            1 => write!(text, "SET {left} = {right} + :v "),
            2 => write!(text, "SET {left} = if_not_exists({right}, :v), b = list_append(b, :w) "),
            3 => write!(text, "REMOVE {left}, {right} "),
            4 => write!(text, "ADD {left} :v "),
            5 => write!(text, "DELETE {left} :v "),
            _ => write!(
                text,
                "SET {left} = {}:v{} ",
                "if_not_exists(a, ".repeat(random.depth()),
                ")".repeat(random.below(9))
            ),
        };
    }
    text
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => drop(write!(quoted, "\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns an operation and its body.
fn request(random: &mut Random) -> (&'static str, String) {
    let key = random.of(&[
        r#"{"pk":{"S":"p"},"sk":{"S":"s"}}"#,
        r#"{"pk":{"S":"p"}}"#,
        r#"{"pk":{"N":"1"},"sk":{"S":"s"}}"#,
        r#"{"pk":{"S":""},"sk":{"S":"s"}}"#,
        "{}",
        "null",
    ]);
    let (v, w) = (value(random, 2), value(random, 1));
    let odd = random.below(10) == 0;
    let names = random.of(&["{}", r##"{"#n":"a","#m":"b"}"##, "null", "1"]);
    // In most cases, the names and values are exactly those that the expression uses, so that the engine accepts a valid
    // expression.
    let expressions = |name: &str, text: String| {
        let used = [(":v", &v), (":w", &w)].into_iter().filter(|(name, _)| odd || text.contains(name));
        let values: Vec<_> = used.map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let names = match (odd, text.contains("#n")) {
            (true, _) => names.to_owned(),
            (false, true) => r##"{"#n":"a"}"##.to_owned(),
            (false, false) => String::new(),
        };
        let mut fields = format!("\"{name}\":{}", quoted(&text));
        if !values.is_empty() {
            let _ = write!(fields, ",\"ExpressionAttributeValues\":{{{}}}", values.join(","));
        }
        if !names.is_empty() {
            let _ = write!(fields, ",\"ExpressionAttributeNames\":{names}");
        }
        fields
    };
    let table = r#""TableName":"hostile""#;
    match random.below(12) {
        0 | 1 => {
            let item =
                format!(r#"{{"pk":{{"S":"p"}},"sk":{{"S":"s"}},"a":{},"b":{}}}"#, value(random, 3), value(random, 2));
            let condition = condition(random, 3);
            ("PutItem", format!("{{{table},\"Item\":{item},{}}}", expressions("ConditionExpression", condition)))
        }
        2 | 3 => {
            let update = update(random);
            ("UpdateItem", format!("{{{table},\"Key\":{key},{}}}", expressions("UpdateExpression", update)))
        }
        4 => {
            let condition = condition(random, 3);
            ("DeleteItem", format!("{{{table},\"Key\":{key},{}}}", expressions("ConditionExpression", condition)))
        }
        5 => {
            let times = random.depth() + 1;
            let projection = vec![random.of(&["a", "#n", "a.b[1]"]); times].join(",") + "," + &path(random);
            ("GetItem", format!("{{{table},\"Key\":{key},{}}}", expressions("ProjectionExpression", projection)))
        }
        6 | 7 => {
            let condition = condition(random, 3);
            (
                "Scan",
                format!(
                    "{{{table},\"Limit\":{},{}}}",
                    random.of(&["1", "0", "-1", "99999999999"]),
                    expressions("FilterExpression", condition)
                ),
            )
        }
        8 | 9 => {
            let condition = condition(random, 2);
            let start = random.of(&["null", r#"{"pk":{"S":"p"},"sk":{"S":"s"}}"#, r#"{"pk":{"S":"x"}}"#]);
            let condition = expressions(
                "KeyConditionExpression",
                random.of(&["pk = :v", "pk = :v AND sk > :w", "pk = :v AND begins_with(sk, :w)"]).to_owned()
                    + if random.below(3) == 0 { &condition } else { "" },
            );
            ("Query", format!("{{{table},\"ExclusiveStartKey\":{start},{condition}}}"))
        }
        10 => {
            let depth = random.depth();
            ("BatchWriteItem", format!("{}{}{}", r#"{"RequestItems":"#.repeat(depth), "1", "}".repeat(depth)))
        }
        _ => {
            let condition = condition(random, 2);
            let check = format!("{{{table},\"Key\":{key},{}}}", expressions("ConditionExpression", condition));
            ("TransactWriteItems", format!(r#"{{"TransactItems":[{{"ConditionCheck":{check}}}]}}"#))
        }
    }
}

/// Sends a request. Returns the status of the response.
fn send(address: &str, operation: &str, body: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.{operation}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=UNUSED/20261126/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n\
         x-amz-date: 20261126T000000Z\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| std::io::Error::other("no status"))
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (seconds, seed) = (numbers.next().unwrap_or(5), numbers.next().unwrap_or(1));
    let engine = Embedded::in_memory().expect("the engine must start");
    let address = engine.endpoint().trim_start_matches("http://").to_owned();
    let create = r#"{"TableName":"hostile","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}"#;
    assert_eq!(send(&address, "CreateTable", create).expect("the engine must respond"), 200);

    let (began, mut random, mut count, mut taken) = (Instant::now(), Random(seed), 0_u64, 0_u64);
    let last = std::env::temp_dir().join(format!("monotable-hostile-{}.json", std::process::id()));
    while began.elapsed() < Duration::from_secs(seconds) {
        let (operation, body) = request(&mut random);
        if body.len() > LARGEST {
            continue;
        }
        // If the process crashes, this file contains the request that caused it.
        std::fs::write(&last, format!("{operation}\n{body}")).expect("the request must be written to a file");
        match send(&address, operation, &body) {
            // With a server error the engine is still running, but DynamoDB would return a client error here.
            Ok(status) => {
                assert!(status < 500, "{operation} returned status {status}; the request is in {}", last.display());
                taken += u64::from(status == 200);
            }
            Err(error) => panic!("{operation} has no response ({error}); the request is in {}", last.display()),
        }
        count += 1;
    }
    let _ = std::fs::remove_file(&last);
    let listed = send(&address, "ListTables", "{}").expect("the engine must respond");
    assert_eq!(listed, 200);
    println!("{count} requests in {seconds} s, seed {seed}, of which {taken} were accepted; the engine still responds");
    assert!(taken > 0 && taken < count, "the engine must accept some requests and reject others");
}
