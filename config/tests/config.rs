//! Tests which `config.json` files are accepted, and the errors for those that are not.

use monotable_config::{Billing, Config, Engine, IndexProjection, KeyType};

/// A file with exactly the keys that the generator of the Python project writes.
const PYTHON: &str = r#"{
  "runtimeConfigKey": "MyTable",
  "localDev": {
    "port": 8000,
    "tableName": "proj-my-table",
    "image": "public.ecr.aws/aws-dynamodb-local/aws-dynamodb-local:latest",
    "containerName": "proj-dynamodb",
    "containerEngine": "docker"
  },
  "tableConfig": {
    "globalSecondaryIndexes": [
      { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
      { "indexName": "email-index", "partitionKey": "email" }
    ]
  }
}"#;

#[test]
fn a_file_of_the_python_project_is_accepted() {
    let config = Config::parse(PYTHON).unwrap();
    assert_eq!((config.runtime_config_key.as_str(), config.local_dev.port), ("MyTable", 8000));
    assert_eq!(config.local_dev.engine, Engine::Embedded);
    let table = config.table;
    assert_eq!((table.partition_key.name.as_str(), table.sort_key.unwrap().name.as_str()), ("pk", "sk"));
    assert_eq!(table.billing, Billing::PayPerRequest);
    let [first, second] = &table.global_secondary_indexes[..] else { panic!("the file must have two indexes") };
    assert_eq!((first.code_name.as_str(), first.sort_keys[0].name.as_str()), ("gsi1", "gsi1sk"));
    assert_eq!((second.code_name.as_str(), second.sort_keys.len()), ("email", 0));
    assert_eq!(second.projection, IndexProjection::All);
}

#[test]
fn the_keys_that_monotable_adds_are_accepted() {
    let config = Config::parse(
        r#"{ "$schema": "x", "runtimeConfigKey": "T", "localDev": { "port": 1, "tableName": "abc", "engine": "dynamodb-local" },
            "tableConfig": {
                "partitionKey": "user", "sortKey": { "name": "score", "type": "N" },
                "globalSecondaryIndexes": [ { "indexName": "one", "name": "by_day", "partitionKeys": ["day", "kind"],
                    "sortKeys": ["at"], "projection": ["total"] },
                    { "indexName": "two", "partitionKey": "kind", "projection": "KEYS_ONLY" } ],
                "localSecondaryIndexes": [ { "indexName": "three", "sortKey": "lsi1sk" } ],
                "ttlAttribute": "expires", "stream": "NEW_AND_OLD_IMAGES", "billing": "PROVISIONED",
                "capacity": { "read": 5, "write": 4 } } }"#,
    )
    .unwrap();
    assert_eq!(config.local_dev.engine, Engine::DynamodbLocal);
    let table = config.table;
    assert_eq!(table.sort_key.as_ref().unwrap().key_type, KeyType::N);
    assert_eq!(table.global_secondary_indexes[0].partition_keys.len(), 2);
    assert_eq!(table.global_secondary_indexes[0].projection, IndexProjection::Include(vec!["total".into()]));
    assert_eq!(table.local_secondary_indexes[0].code_name, "lsi1");
    assert_eq!(table.indexes().count(), 3);
}

#[test]
fn a_table_without_a_sort_key_is_accepted() {
    let text = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 1, "tableName": "abc" },
        "tableConfig": { "partitionKey": "user_id" } }"#;
    assert_eq!(Config::parse(text).unwrap().table.sort_key, None);
}

#[test]
fn a_serialized_config_parses_to_an_equal_config() {
    let config = Config::parse(PYTHON).unwrap();
    let text = serde_json::to_string_pretty(&config).unwrap();
    assert_eq!(Config::parse(&text).unwrap(), config);
}

#[test]
fn an_error_says_line_and_column_and_remedy() {
    let replaced = |from: &str, to: &str| {
        assert!(PYTHON.contains(from), "{from}");
        PYTHON.replacen(from, to, 1)
    };
    let cases = [
        (replaced("8000,", "8000"), "config.json:5:5: not JSON: expected `,` or `}`"),
        (
            replaced("8000", "\"8000\""),
            "config.json:4:13: `localDev.port` has to be a whole number from 1 to 65535, not the text `8000`",
        ),
        (
            replaced("8000", "0"),
            "config.json:4:13: `localDev.port` is 0; give the port that the local table listens on, such as 8000",
        ),
        (
            replaced("proj-my-table", "my table"),
            "config.json:5:18: the table name `my table` has the character ` `; use letters, digits, `_`, `-` and `.`",
        ),
        (
            replaced("\"sortKey\"", "\"sortkey\""),
            "config.json:12:71: an index has no key `sortkey`; its keys are `indexName`, `name`, `partitionKey`, `partitionKeys`, \
             `sortKey`, `sortKeys`, `projection`, `capacity`, `autoscaling`",
        ),
        (
            replaced("email-index", "gsi1pk-gsi1sk-index"),
            "config.json:13:7: two indexes have the name `gsi1pk-gsi1sk-index`",
        ),
        (
            replaced("\"partitionKey\": \"email\"", "\"partitionKey\": \"gsi1_pk\""),
            "config.json:13:7: the indexes `gsi1pk-gsi1sk-index` and `email-index` are both `gsi1` in code; give one of them \
             another `name`",
        ),
        (
            replaced("\"partitionKey\": \"email\"", "\"sortKey\": \"email\""),
            "config.json:13:7: index `email-index` has no `partitionKey`",
        ),
        (
            replaced("\"partitionKey\": \"email\"", "\"partitionKey\": \"by-owner\""),
            "config.json:13:7: index `email-index` needs a `name` for code, such as \"name\": \"by_owner\": `by-owner` cannot be the \
             name of a function",
        ),
        (
            replaced("\"email\"", "\"\""),
            "config.json:13:53: the key attribute `` has a name of 0 bytes; DynamoDB allows 1 to 255",
        ),
        (
            replaced("\"email\" }", "\"email\", \"projection\": \"SOME\" }"),
            "config.json:13:76: a projection is \"ALL\", \"KEYS_ONLY\" or a list of attribute names",
        ),
        (
            replaced("\"email\" }", "{ \"name\": \"gsi1sk\", \"type\": \"N\" }, \"name\": \"other\" }"),
            "config.json:10:18: the key attribute `gsi1sk` has two types; give it one",
        ),
        (
            PYTHON.replacen("\"runtimeConfigKey\": \"MyTable\",", "", 1),
            "config.json:1:1: the file needs the key `runtimeConfigKey`",
        ),
        (
            replaced("\"MyTable\"", "\"\""),
            "config.json:2:23: `runtimeConfigKey` is empty; give it the key under which AWS AppConfig has the table's name",
        ),
        (
            replaced("\"sortKey\": \"gsi1sk\"", "\"sortKey\": \"gsi1pk\""),
            "config.json:12:7: `gsi1pk` is both the partition key and the sort key of index `gsi1pk-gsi1sk-index`",
        ),
        (
            replaced("\"email\" }", "\"email\", \"projection\": [\"a\", \"b\", \"a\"] }"),
            "config.json:13:7: the projection of index `email-index` has `a` twice (number 3)",
        ),
        (
            replaced(
                "\"email\" }",
                &format!("\"email\", \"projection\": {:?} }}", (0..101).map(|n| n.to_string()).collect::<Vec<_>>()),
            ),
            "config.json:13:7: the projection of index `email-index` has 101 attributes; DynamoDB allows 100 (\"ALL\" stores every one)",
        ),
        (
            replaced("\"tableConfig\": {", "\"tableConfig\": { \"ttlAttribute\": \"\","),
            "config.json:10:36: `ttlAttribute` has a name of 0 bytes; DynamoDB allows 1 to 255",
        ),
        (
            replaced("\"tableConfig\": {", "\"tableConfig\": { \"ttlAttribute\": \"gsi1sk\","),
            "config.json:10:36: `ttlAttribute` is `gsi1sk`, a key attribute, but a key cannot be an expiry time: name \
             another attribute",
        ),
        (
            replaced("\"indexName\": \"email-index\",", "\"indexName\": \"email-index\", \"name\": \"update\","),
            "config.json:13:7: index `email-index` needs a `name` for code, such as \"name\": \"by_owner\": `update` is taken: a \
             word of Rust, or a function that every table or entity has",
        ),
        (replaced("\"localDev\"", "// local\n  \"localDev\""), "config.json:3:3: JSON has no comments; remove it"),
        ("[]".to_owned(), "config.json:1:1: the file has to be a JSON object, `{ .. }`"),
    ];
    for (text, message) in cases {
        assert_eq!(Config::parse(&text).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_text_that_is_not_json_is_an_error_with_its_place() {
    for (text, message) in [
        ("", "config.json:1:1: not JSON: EOF while parsing a value"),
        ("hello", "config.json:1:1: the file has to be a JSON object, `{ .. }`"),
        ("\u{feff}{\n  \"a\" 1 }", "config.json:2:7: not JSON: expected `:`"),
        ("{}}", "config.json:1:3: not JSON: trailing characters"),
        ("{ /* a */ }", "config.json:1:3: JSON has no comments; remove it"),
        ("// a\n{}", "config.json:1:1: JSON has no comments; remove it"),
        ("\u{feff}{}", "config.json:1:1: the file needs the key `runtimeConfigKey`"),
    ] {
        assert_eq!(Config::parse(text).unwrap_err().to_string(), message);
    }
}

#[test]
fn the_projections_of_all_indexes_together_have_a_limit() {
    let names = |prefix: &str, count: usize| (0..count).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    let file = |first: &[String], second: &[String], local: &str| {
        format!(
            r#"{{ "runtimeConfigKey": "T", "localDev": {{ "port": 8000, "tableName": "abc" }}, "tableConfig": {{
                "globalSecondaryIndexes": [
                    {{ "indexName": "one", "partitionKey": "a", "projection": {first:?} }},
                    {{ "indexName": "two", "partitionKey": "b", "projection": {second:?} }},
                    {{ "indexName": "whole", "partitionKey": "c" }},
                    {{ "indexName": "keys", "partitionKey": "d", "projection": "KEYS_ONLY" }} ],
                "localSecondaryIndexes": [{{ "indexName": "three", "sortKey": "e", "projection": {local} }}] }} }}"#
        )
    };
    let (fifty, others) = (names("x", 50), names("y", 50));
    assert!(Config::parse(&file(&fifty, &others[1..], r#"["z"]"#)).is_ok());
    assert!(Config::parse(&file(&fifty, &others, r#""ALL""#)).is_ok());
    let message = "the projections of the indexes have 101 attributes together (50 of `one`, 50 of `two`, 1 of `three`), but \
                   DynamoDB allows 100 for a table; remove some of them, or give one of the indexes the projection \"ALL\", \
                   which does not count";
    // An attribute in two projections counts twice.
    for second in [&fifty, &others] {
        let text = file(&fifty, second, r#"["x0"]"#);
        assert_eq!(Config::parse(&text).unwrap_err().message(), message);
        assert_eq!(Config::check(&text).len(), 1);
    }
}

#[test]
fn an_index_cannot_have_the_name_of_a_function_that_every_table_or_entity_has() {
    let mut functions: Vec<String> = Vec::new();
    for file in ["entity.rs", "table.rs"] {
        let text = std::fs::read_to_string(format!("{}/../src/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")?.split(['<', '(']).next());
        functions.extend(names.filter(|name| !name.starts_with("__")).map(str::to_owned));
    }
    assert!(functions.len() > 20, "{functions:?}");
    // The functions that the derive generates for every entity.
    functions.extend(["pk", "sk", "builder"].map(str::to_owned));
    for name in functions {
        let named = format!("\"indexName\": \"email-index\", \"name\": \"{name}\",");
        let error = Config::parse(&PYTHON.replacen("\"indexName\": \"email-index\",", &named, 1)).expect_err(&name);
        assert!(error.message().contains(&format!("`{name}` is taken")), "{error}");
    }
}

#[test]
fn a_file_is_found_in_a_parent_folder_and_named_in_errors() {
    let folder = std::env::temp_dir().join(format!("monotable-config-{}", std::process::id()));
    let inner = folder.join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(folder.join("config.json"), PYTHON).unwrap();
    let found = Config::find(&inner).unwrap();
    assert_eq!(found, folder.join("config.json"));
    assert!(Config::read(&found).is_ok());
    std::fs::write(&found, "{").unwrap();
    let error = Config::read(&found).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}:1:1: not JSON", found.display())), "{error}");
    for (bytes, message) in
        [(&b"\xff\xfe{\0}\0"[..], "UTF-16; save it as UTF-8"), (b"{\xe9}", "not UTF-8; save it as UTF-8")]
    {
        std::fs::write(&found, bytes).unwrap();
        let error = Config::read(&found).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    std::fs::write(&found, format!("\u{feff}{PYTHON}")).unwrap();
    assert!(Config::read(&found).is_ok(), "a byte order mark must be ignored");
    let error = Config::read(&inner.join("none.json")).unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("the file does not exist; create it"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_file_in_the_documentation_is_accepted() {
    let page = include_str!("../../docs/config.md");
    let file = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(Config::parse(file).unwrap().table.indexes().count(), 3);
}

#[test]
fn all_mistakes_are_reported_at_once_each_at_its_place() {
    let text = r#"{
  "runtimeConfigKey": "",
  "localDev": { "port": "8000", "engine": "embeded" },
  "tableConfig": {
    "globalSecondaryIndexes": [
      { "indexName": "by owner", "partitionKey": "owner", "projection": "SOME" },
      { "indexName": "by-kind", "partitionKey": { "name": "kind", "type": "X" } },
      { "indexName": "by-state", "partitionKey": "state" },
      { "indexName": "by-state", "partitionKey": "other" }
    ],
    "ttl": "expires",
    "billing": "FREE"
  }
}"#;
    let found: Vec<_> = Config::check(text).iter().map(ToString::to_string).collect();
    let expected = [
        "config.json:2:23: `runtimeConfigKey` is empty",
        "config.json:3:15: `localDev` needs the key `tableName`",
        "config.json:3:25: `localDev.port` has to be a whole number",
        "config.json:3:43: `localDev.engine` has to be `embedded`, `dynamodb-local`",
        "config.json:6:22: the index name `by owner` has the character ` `",
        "config.json:6:73: a projection is \"ALL\", \"KEYS_ONLY\" or a list of attribute names",
        "config.json:7:75: `type` of `partitionKey` of an index has to be `S`, `N` or `B`, not `X`",
        "config.json:9:7: two indexes have the name `by-state`",
        "config.json:11:5: `tableConfig` has no key `ttl`; its keys are `partitionKey`",
        "config.json:12:16: `tableConfig.billing` has to be `PAY_PER_REQUEST` or `PROVISIONED`, not `FREE`",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn check_accepts_what_parse_accepts() {
    assert!(Config::check(PYTHON).is_empty());
    assert!(Config::check(include_str!("../../config.json")).is_empty());
    for (text, place) in [("{", "config.json:1:1"), ("[]", "config.json:1:1"), ("{}", "config.json:1:1")] {
        assert!(Config::parse(text).is_err());
        let found = Config::check(text);
        assert!(found[0].to_string().starts_with(place), "{found:?}");
    }
}

#[test]
fn check_knows_every_key_of_the_schema() {
    fn objects(schema: &serde_json::Value, found: &mut Vec<Vec<String>>) {
        match schema {
            serde_json::Value::Object(map) => {
                let here = map.get("properties").and_then(|properties| properties.as_object());
                found.extend(here.map(|properties| properties.keys().cloned().collect()));
                map.values().for_each(|value| objects(value, found));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| objects(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    objects(&serde_json::from_str(include_str!("../config.schema.json")).unwrap(), &mut found);
    // How a file contains an object of each kind, found by keys that only this kind has.
    let kinds = [
        (&["runtimeConfigKey"][..], "{}"),
        (&["port"], r#"{ "localDev": {} }"#),
        (&["billing"], r#"{ "tableConfig": {} }"#),
        (&["indexName"], r#"{ "tableConfig": { "globalSecondaryIndexes": [{}] } }"#),
        (&["environments"], r#"{ "deploy": {} }"#),
        (&["kms", "capacity"], r#"{ "deploy": { "environments": { "dev": {} } } }"#),
    ];
    for (own, file) in kinds {
        let is_kind = |keys: &&Vec<String>| own.iter().all(|own| keys.iter().any(|key| key == own));
        let keys = found.iter().find(is_kind).unwrap();
        for key in keys {
            let text = file.replace("{}", &format!("{{ \"{key}\": null }}"));
            let unknown = format!("has no key `{key}`");
            let problems: Vec<_> = Config::check(&text).iter().map(ToString::to_string).collect();
            assert!(!problems.iter().any(|problem| problem.contains(&unknown)), "{key}: {problems:#?}");
        }
    }
}
