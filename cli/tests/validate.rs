//! `monotable validate`, `schema`, `engine` and `completions`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::Folder;

const BAD: &str = r#"{
  "runtimeConfigKey": "",
  "localDev": { "port": 0, "tableName": "my table" },
  "tableConfig": { "ttl": "expires" }
}
"#;

const GOOD: &str = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "table" } }"#;

#[test]
fn all_mistakes_are_shown_with_their_lines() {
    let folder = Folder::new();
    folder.write("config.json", BAD);
    let run = folder.run(&["validate"]);
    assert_eq!(run.code, 1);
    let path = folder.path().join("config.json").display().to_string();
    let expected = [
        "error: `runtimeConfigKey` is empty",
        "2 |   \"runtimeConfigKey\": \"\",",
        "|                       ^^",
        "error: `localDev.port` is 0; give the port",
        "error: the table name `my table` has the character ` `",
        "error: `tableConfig` has no key `ttl`; its keys are `partitionKey`",
        &format!("{path}:4:20"),
    ];
    for text in expected {
        assert!(run.stdout.contains(text), "{text}\n{}", run.stdout);
    }
    assert_eq!(run.stderr, "4 mistakes\n");
}

#[test]
fn json_prints_one_object_per_mistake() {
    let folder = Folder::new();
    folder.write("bad.json", BAD);
    folder.write("good.json", GOOD);
    let run = folder.run(&["validate", "good.json", "bad.json", "--json"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let first: serde_json::Value = serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
    assert_eq!((&first["file"], &first["line"], &first["column"]), (&"bad.json".into(), &2.into(), &23.into()));
    assert_eq!(run.stdout.lines().count(), 4);
}

#[test]
fn a_valid_file_is_found_in_a_folder_above() {
    let folder = Folder::new();
    folder.write("config.json", GOOD);
    folder.write("src/lib.rs", "");
    let run = folder.run_in("src", &["validate"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.ends_with("config.json: valid\n"), "{}", run.stderr);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let run = folder.run(&["validate", "none.json"]);
    assert!(run.code == 1 && run.stderr.contains("cannot read none.json"), "{run:?}");
    assert_eq!(folder.run(&["validate"]).code, 2);
    std::fs::write(folder.path().join("utf16.json"), b"\xff\xfe{\0}\0").unwrap();
    assert!(folder.run(&["validate", "utf16.json"]).stderr.contains("UTF-16; save it as UTF-8"));
}

#[test]
fn text_that_is_not_json_is_shown_at_its_position() {
    let folder = Folder::new();
    folder.write("config.json", "{\n  // a comment\n}");
    let run = folder.run(&["validate"]);
    assert!(
        run.stdout.contains("JSON has no comments; remove it") && run.stdout.contains("config.json:2:3"),
        "{run:?}"
    );
}

#[test]
fn schemas_and_completions_are_printed() {
    let folder = Folder::new();
    assert_eq!(folder.ok(&["schema"]).stdout, monotable_config::CONFIG_JSON_SCHEMA);
    assert_eq!(folder.ok(&["schema", "schema"]).stdout, monotable_config::SCHEMA_JSON_SCHEMA);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(folder.ok(&["completions", shell]).stdout.contains("validate"), "{shell}");
    }
    let options: serde_json::Value = serde_json::from_str(&folder.ok(&["new", "--schema"]).stdout).unwrap();
    assert!(options["properties"]["subDirectory"].is_object());
}

#[test]
fn an_unknown_command_gets_a_suggestion() {
    let run = Folder::new().run(&["validat"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("a similar subcommand exists: 'validate'"), "{}", run.stderr);
}

#[test]
fn doctor_reports_installed_and_missing_tools() {
    let folder = Folder::new();
    let run = folder.ok(&["doctor", "--json"]);
    let reports: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let report = |tool: &str| reports.iter().find(|report| report["tool"] == tool).unwrap();
    assert!(report("cargo")["version"].as_str().unwrap().starts_with("cargo 1."));
    assert_eq!(report("embedded engine")["installed"], true);
    for missing in reports.iter().filter(|report| report["installed"] == false) {
        assert!(!missing["remedy"].as_str().unwrap().is_empty(), "{missing}");
    }
    assert!(folder.ok(&["doctor"]).stdout.contains("needed for"));
}
