//! `monotable table`, on the embedded engine.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use monotable_local::{Embedded, Engine};
use support::{Folder, Run};

const INDEX: &str = r#"{ "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }"#;
const OTHER: &str = r#"{ "indexName": "by-kind", "partitionKey": "kind" }"#;

/// A folder with a `config.json` for an engine that runs.
fn table(indexes: &str) -> (Folder, Embedded) {
    let (folder, engine) = (Folder::new(), Embedded::in_memory().unwrap());
    config(&folder, &engine, indexes);
    (folder, engine)
}

fn config(folder: &Folder, engine: &Embedded, indexes: &str) {
    let port = engine.endpoint().rsplit(':').next().unwrap();
    let text = format!(
        r#"{{ "runtimeConfigKey": "Shop", "localDev": {{ "port": {port}, "tableName": "shop" }},
              "tableConfig": {{ "globalSecondaryIndexes": [{indexes}] }} }}"#
    );
    folder.write("config.json", &text);
}

fn item(partition: &str, sort: &str, rest: &str) -> String {
    format!(r#"{{"pk":{{"S":"{partition}"}},"sk":{{"S":"{sort}"}}{rest}}}"#)
}

#[test]
fn a_table_is_created_described_changed_and_dropped() {
    let (folder, engine) = table(INDEX);
    let missing = folder.ok(&["table", "describe"]).stdout;
    assert!(missing.contains("`monotable table ensure` would:\n  create the table"), "{missing}");
    assert_eq!(folder.ok(&["table", "ensure"]).stdout, "create the table\n");
    let described = folder.ok(&["table", "describe"]).stdout;
    for text in
        ["table    shop", "status   ACTIVE", "keys     pk (S) / sk (S)", "gsi1pk (S) / gsi1sk (S)", "as config.json"]
    {
        assert!(described.contains(text), "{text}\n{described}");
    }
    config(&folder, &engine, OTHER);
    let diff = folder.run(&["table", "diff"]);
    assert_eq!(diff.code, 4);
    let expected = "create index `by-kind`\ndelete index `gsi1pk-gsi1sk-index`, which config.json does not have\n";
    assert_eq!(diff.stdout, expected);
    folder.ok(&["table", "ensure"]);
    assert_eq!(folder.ok(&["table", "diff"]).stderr, "no differences\n");
    let refused = folder.run(&["table", "drop"]);
    assert!(refused.code == 3 && refused.stderr.contains("confirm it with `--yes`"), "{refused:?}");
    assert_eq!(folder.ok(&["table", "drop", "--yes"]).stdout, "deleted table `shop`\n");
    let json: serde_json::Value = serde_json::from_str(&folder.ok(&["table", "describe", "--json"]).stdout).unwrap();
    assert_eq!(json["exists"], false);
}

#[test]
fn another_primary_key_is_reported_as_it_cannot_be_changed() {
    let (folder, engine) = table("");
    folder.ok(&["table", "ensure"]);
    let port = engine.endpoint().rsplit(':').next().unwrap();
    folder.write(
        "config.json",
        &format!(
            r#"{{ "runtimeConfigKey": "S", "localDev": {{ "port": {port}, "tableName": "shop" }},
                  "tableConfig": {{ "partitionKey": "id" }} }}"#
        ),
    );
    for command in ["diff", "ensure"] {
        let run = folder.run(&["table", command]);
        assert_eq!(run.code, 1);
        assert!(
            run.stderr.contains("the table's key is `pk` S / `sk` S, but config.json has `id` S"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn items_are_written_read_queried_and_deleted() {
    let (folder, _engine) = table(INDEX);
    folder.ok(&["table", "ensure"]);
    let index = |user: &str, order: u8| format!(r#","gsi1pk":{{"S":"USER#{user}"}},"gsi1sk":{{"S":"ORDER#{order}"}}"#);
    for order in 1..=3 {
        let key = format!("ORDER#{order}");
        let text = item(&key, &key, &index("u", order));
        assert_eq!(folder.ok(&["table", "put", &text]).stdout, "wrote 1 item\n");
    }
    assert!(folder.ok(&["table", "get", "ORDER#1", "ORDER#1"]).stdout.contains(r#""gsi1pk":{"S":"USER#u"}"#));
    let query = |arguments: &[&str]| {
        let run = folder.ok(&[&["table", "query"], arguments].concat());
        run.stdout.matches("\"sk\":{\"S\":\"ORDER#").count()
    };
    assert_eq!(query(&["gsi1", "USER#u"]), 3);
    assert_eq!(query(&["gsi1", "USER#u", "--limit", "2"]), 2);
    assert_eq!(query(&["gsi1", "USER#u", "--begins-with", "ORDER#2"]), 1);
    assert_eq!(query(&["gsi1", "USER#u", "--between", "ORDER#2", "ORDER#3"]), 2);
    assert_eq!(query(&["table", "ORDER#1", "--eq", "ORDER#1"]), 1);
    let newest = folder.ok(&["table", "query", "gsi1", "USER#u", "--desc", "--limit", "1"]).stdout;
    assert!(newest.contains("ORDER#3"));
    let unknown = folder.run(&["table", "query", "gsi2", "x"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("use `table`, `gsi1`"), "{unknown:?}");

    let exists = folder.run(&["table", "put", "--if-absent", &item("ORDER#1", "ORDER#1", "")]);
    assert!(exists.code == 1 && exists.stderr.contains("ConditionalCheckFailed"), "{exists:?}");
    assert_eq!(folder.ok(&["table", "delete", "ORDER#1", "ORDER#1"]).stdout, "deleted\n");
    assert_eq!(folder.ok(&["table", "delete", "ORDER#1", "ORDER#1"]).stdout, "no item has this key\n");
    assert_eq!(folder.run(&["table", "get", "ORDER#1", "ORDER#1"]).code, 1);
    let no_sort = folder.run(&["table", "get", "ORDER#1"]);
    assert!(no_sort.code == 2 && no_sort.stderr.contains("the sort key `sk`"), "{no_sort:?}");
}

#[test]
fn an_invalid_item_is_rejected_before_anything_is_written() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    let run = folder.run(&["table", "put", &item("a", "a", ""), r#"{"pk":"a"}"#]);
    assert!(run.code == 2 && run.stderr.contains("item 2: attribute `pk`: a value must have one type"), "{run:?}");
    assert_eq!(folder.run(&["table", "get", "a", "a"]).code, 1);
}

/// Runs a command with a text on standard input.
fn piped(folder: &Folder, arguments: &[&str], input: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Run::of(&child.wait_with_output().unwrap())
}

#[test]
fn an_invalid_line_is_named_by_its_number() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    let lines = [&item("a", "1", ""), "", r#"{"pk":"a"}"#].join("\n");
    let put = piped(&folder, &["table", "put"], &lines);
    assert!(put.code == 2 && put.stderr.contains("error: line 3: attribute `pk`: a value must"), "{put:?}");
    let seed = piped(&folder, &["table", "seed", "-"], &lines);
    assert!(seed.code == 1 && seed.stderr.contains("error: standard input:3: attribute `pk`"), "{seed:?}");
    folder.write("items.jsonl", &lines);
    let seed = folder.run(&["table", "seed", "items.jsonl"]);
    assert!(seed.code == 1 && seed.stderr.contains("error: items.jsonl:3: attribute `pk`"), "{seed:?}");
    assert!(seed.stderr.contains(r#"in the line `{"pk":"a"}`"#), "{seed:?}");
}

#[test]
fn the_line_number_of_a_continued_seed_counts_the_written_lines() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    // The first 25 items are written and recorded.
    let mut lines: Vec<String> = (0..30).map(|number| item("a", &format!("{number:02}"), "")).collect();
    lines[27] = "x".to_owned();
    folder.write("items.jsonl", &lines.join("\n"));
    for _ in 0..2 {
        let run = folder.run(&["table", "seed", "items.jsonl", "--segments", "1"]);
        assert!(run.stderr.contains("error: items.jsonl:28: expected value at column 1"), "{run:?}");
    }
    lines[27] = item("a", "27", "");
    folder.write("items.jsonl", &lines.join("\n"));
    assert_eq!(folder.ok(&["table", "seed", "items.jsonl"]).stdout, "wrote 30 items\n");
}

#[test]
fn an_attribute_that_an_item_has_twice_is_rejected() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    let twice = item("a", "1", r#","v":{"S":"x"},"v":{"S":"y"}"#);
    let put = folder.run(&["table", "put", &twice]);
    assert!(put.code == 2 && put.stderr.contains("error: item 1: `v` is there twice at column "), "{put:?}");
    let seed = piped(&folder, &["table", "seed", "-"], &twice);
    assert!(seed.code == 1 && seed.stderr.contains("standard input:1: `v` is there twice"), "{seed:?}");
    assert_eq!(folder.run(&["table", "get", "a", "1"]).code, 1);
}

#[test]
fn seed_reads_standard_input() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    let lines: Vec<String> = (0..60).map(|number| item("P", &format!("{number:03}"), "")).collect();
    let run = piped(&folder, &["table", "seed", "-"], &lines.join("\n"));
    assert_eq!((run.code, run.stdout.as_str()), (0, "wrote 60 items\n"), "{run:?}");
    let again = piped(&folder, &["table", "seed", "-", "--if-absent"], &lines.join("\n"));
    assert_eq!(again.stdout, "wrote 0 items, 60 existed already\n");
    assert_eq!(folder.ok(&["table", "dump"]).stdout.lines().count(), 60);
    assert!(!folder.path().join("-.progress").exists());
}

#[test]
fn equal_numbers_with_different_texts_are_one_key_of_a_seed() {
    let (folder, engine) = table("");
    let port = engine.endpoint().rsplit(':').next().unwrap();
    folder.write(
        "config.json",
        &format!(
            r#"{{ "runtimeConfigKey": "S", "localDev": {{ "port": {port}, "tableName": "shop" }},
                  "tableConfig": {{ "partitionKey": {{ "name": "id", "type": "N" }} }} }}"#
        ),
    );
    folder.ok(&["table", "ensure"]);
    let lines = ["1", "1.0", "10e-1", "2"].map(|id| format!(r#"{{"id":{{"N":"{id}"}},"v":{{"S":"{id}"}}}}"#));
    let run = piped(&folder, &["table", "seed", "-"], &lines.join("\n"));
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(folder.ok(&["table", "dump"]).stdout.lines().count(), 2);
    assert!(folder.ok(&["table", "get", "1"]).stdout.contains(r#""v":{"S":"10e-1"}"#));
}

#[test]
fn a_dump_that_is_seeded_gives_the_same_items() {
    let (folder, engine) = table("");
    folder.ok(&["table", "ensure"]);
    let rest = r#","n":{"N":"1.50"},"b":{"B":"AAH/"},"set":{"SS":["x","y"]},"deep":{"M":{"list":{"L":[{"NULL":true},{"BOOL":false}]}}}"#;
    let lines: Vec<String> =
        (0..250).map(|number| item(&format!("P{}", number % 7), &format!("{number:05}"), rest)).collect();
    folder.write("items.jsonl", &(lines.join("\n") + "\n"));
    assert_eq!(folder.ok(&["table", "seed", "items.jsonl"]).stdout, "wrote 250 items\n");
    assert_eq!(folder.ok(&["table", "dump", "--output", "dump.jsonl"]).stdout, "wrote 250 items to dump.jsonl\n");
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let dumped = folder.read("dump.jsonl");
    assert_eq!(dumped.lines().count(), 250);

    let again = Folder::new();
    let other = Embedded::in_memory().unwrap();
    config(&again, &other, "");
    again.ok(&["table", "ensure"]);
    again.write("dump.jsonl", &dumped);
    again.ok(&["table", "seed", "dump.jsonl", "--segments", "2"]);
    assert_eq!(sorted(&again.ok(&["table", "dump"]).stdout), sorted(&dumped));
    assert!(dumped.contains(r#""n":{"N":"1.5"}"#) || dumped.contains(r#""n":{"N":"1.50"}"#), "{dumped}");
    assert!(dumped.contains(r#""deep":{"M":{"list":{"L":[{"NULL":true},{"BOOL":false}]}}}"#));

    let exists = folder.run(&["table", "dump", "--output", "dump.jsonl"]);
    assert!(exists.code == 2 && exists.stderr.contains("dump.jsonl exists"), "{exists:?}");
    drop(engine);
}

#[test]
fn seed_if_absent_never_overwrites() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    folder.ok(&["table", "put", &item("a", "1", r#","v":{"S":"mine"}"#)]);
    folder.write("items.jsonl", &[item("a", "1", r#","v":{"S":"theirs"}"#), item("a", "2", "")].join("\n"));
    let run = folder.ok(&["table", "seed", "items.jsonl", "--if-absent"]);
    assert_eq!(run.stdout, "wrote 1 items, 1 existed already\n");
    assert!(folder.ok(&["table", "get", "a", "1"]).stdout.contains("mine"));
}

/// Starts a command and kills it after a while. Returns whether it was still running.
fn killed(folder: &Folder, arguments: &[&str], after: Duration) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_monotable"))
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn killed_runs_of_seed_and_dump_are_continued_without_loss_or_repetition() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    let count = 100_000;
    let lines = (0..count)
        .map(|number| item(&format!("P{}", number % 13), &format!("{number:06}"), r#","v":{"S":"some text"}"#));
    let lines: Vec<String> = lines.collect();
    folder.write("items.jsonl", &(lines.join("\n") + "\n"));
    let mut kills = 0;
    while kills < 5 && killed(&folder, &["table", "seed", "items.jsonl"], Duration::from_millis(1500)) {
        kills += 1;
    }
    assert_eq!(kills, 5, "the seed must be killed five times");
    folder.ok(&["table", "seed", "items.jsonl"]);
    assert!(!folder.path().join("items.jsonl.progress").exists());

    let mut kills = 0;
    while kills < 5 && killed(&folder, &["table", "dump", "--output", "dump.jsonl"], Duration::from_millis(200)) {
        kills += 1;
    }
    assert!(kills > 0, "the dump must be killed at least once");
    if folder.path().join("dump.jsonl.progress").exists() || !folder.path().join("dump.jsonl").exists() {
        folder.ok(&["table", "dump", "--output", "dump.jsonl"]);
    }
    let dumped = folder.read("dump.jsonl");
    let unique: BTreeSet<&str> = dumped.lines().collect();
    assert_eq!((dumped.lines().count(), unique.len()), (count, count), "after {kills} kills");
    assert_eq!(unique, lines.iter().map(String::as_str).collect());
}

#[test]
fn an_unreachable_engine_and_a_missing_table_are_named() {
    let (folder, engine) = table("");
    let missing = folder.run(&["table", "get", "a", "b"]);
    assert!(missing.code == 1 && missing.stderr.contains("`monotable table ensure` creates it"), "{missing:?}");
    drop(engine);
    std::thread::sleep(Duration::from_millis(200));
    let unreachable = folder.run(&["table", "describe"]);
    assert!(unreachable.code == 1 && unreachable.stderr.contains("connection refused by"), "{unreachable:?}");
}

#[test]
fn data_on_aws_is_destroyed_only_with_the_name_of_its_table() {
    let folder = Folder::new();
    folder.write("config.json", r#"{ "runtimeConfigKey": "S", "localDev": { "port": 8000, "tableName": "shop" } }"#);
    folder.write("items.jsonl", "");
    let deployed = ["--deployed", "--table", "shop-prod", "--region", "eu-central-1"];
    let commands: [&[&str]; 4] = [&["drop", "--yes"], &["delete", "a", "b"], &["put", "{}"], &["seed", "items.jsonl"]];
    for command in commands {
        let run = folder.run(&[&["table"], command, &deployed].concat());
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.stderr.contains("add `--allow-destructive shop-prod`"), "{}", run.stderr);
    }
    let no_name = folder.run(&["table", "describe", "--deployed", "--region", "eu-central-1"]);
    assert!(no_name.code == 2 && no_name.stderr.contains("`--table NAME`"), "{no_name:?}");
}

#[test]
fn the_tables_of_a_workspace_are_listed() {
    let folder = Folder::new();
    folder.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    for (name, port) in [("orders", 8001), ("users", 8002)] {
        folder.write(&format!("crates/{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\n"));
        let text = format!(
            r#"{{ "runtimeConfigKey": "{name}", "localDev": {{ "port": {port}, "tableName": "shop-{name}" }} }}"#
        );
        folder.write(&format!("crates/{name}/config.json"), &text);
    }
    let listed = folder.ok(&["table", "list"]).stdout;
    assert!(listed.contains("shop-orders") && listed.contains("http://localhost:8002"), "{listed}");
    let several = folder.run(&["table", "describe"]);
    assert!(several.code == 2 && several.stderr.contains("choose one with `--config`"), "{several:?}");
}

#[test]
fn a_run_is_continued_only_with_the_same_file_and_table() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    // More than the 1 MB of one page.
    let rest = format!(r#","v":{{"S":"{}"}}"#, "x".repeat(600));
    let lines: Vec<String> = (0..3000).map(|number| item("P", &format!("{number:05}"), &rest)).collect();
    folder.write("items.jsonl", &(lines.join("\n") + "\n"));
    assert!(killed(&folder, &["table", "seed", "items.jsonl", "--rate", "50"], Duration::from_millis(600)));
    assert!(folder.path().join("items.jsonl.progress").exists());
    folder.write("items.jsonl", &lines[100..].join("\n"));
    let changed = folder.run(&["table", "seed", "items.jsonl"]);
    assert!(changed.code == 2 && changed.stderr.contains("the written part of items.jsonl has changed"), "{changed:?}");

    folder.write("all.jsonl", &(lines.join("\n") + "\n"));
    folder.ok(&["table", "seed", "all.jsonl"]);
    let dump = ["table", "dump", "--output", "dump.jsonl", "--rate", "20", "--segments", "1"];
    assert!(killed(&folder, &dump, Duration::from_millis(600)));
    std::fs::remove_file(folder.path().join("dump.jsonl")).unwrap();
    let lost = folder.run(&["table", "dump", "--output", "dump.jsonl"]);
    assert!(lost.code == 2 && lost.stderr.contains("dump.jsonl is shorter than what was written"), "{lost:?}");
}

#[test]
fn a_reader_that_stops_early_ends_the_program_without_an_error() {
    let (folder, _engine) = table("");
    folder.ok(&["table", "ensure"]);
    let lines: Vec<String> = (0..3000).map(|number| item("P", &format!("{number:05}"), "")).collect();
    folder.write("items.jsonl", &(lines.join("\n") + "\n"));
    folder.ok(&["table", "seed", "items.jsonl"]);
    let program = env!("CARGO_BIN_EXE_monotable");
    for command in ["table dump", "table query table P", "new --schema", "completions bash"] {
        let script = format!("set -o pipefail; '{program}' {command} | head -n 1");
        let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !stderr.contains("panicked"), "{command}: {stderr}");
    }
}

#[test]
fn a_closed_standard_error_is_not_a_panic() {
    let folder = Folder::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
    let status = command.arg("validate").current_dir(folder.path()).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(2));
}
