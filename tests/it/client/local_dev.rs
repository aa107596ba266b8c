//! Runs the quickstart as a separate process, as a user does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::case::{Env, cases};
use crate::support::probe::Probe;

cases![
    without_local_dev_the_quickstart_runs_without_setup,
    with_local_dev_the_port_of_config_json_is_used,
    with_local_dev_an_unreachable_endpoint_is_named,
    only_the_value_true_enables_local_dev,
    a_missing_or_invalid_config_file_is_named,
    an_extra_index_is_kept_only_if_the_config_file_contains_it,
    an_index_that_differs_from_the_program_is_not_replaced_after_a_change_of_the_config_file,
    describe_lists_the_changes_that_ensure_table_makes_after_a_change_of_the_config_file,
    local_connections_ignore_proxy_variables,
];

/// Runs the quickstart, which cargo builds together with the tests.
fn quickstart(variables: &[(&str, &str)]) -> Output {
    let tests = std::env::current_exe().unwrap();
    let target = tests.ancestors().nth(2).unwrap();
    let program = target.join("examples").join(format!("quickstart{}", std::env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "cargo must build {} with the tests", program.display());
    let mut command = Command::new(program);
    for name in
        ["LOCAL_DEV", "MONOTABLE_CONFIG", "RUNTIME_CONFIG_APP_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"]
    {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Writes a config.json for this case with this port. Returns its path.
fn config(case: &str, port: u16) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{case}-{port}.json"));
    let text = std::fs::read_to_string("config.json").unwrap();
    let text = text.replace("8000", &port.to_string()).replace("monotable-example", &format!("local-dev-{case}"));
    std::fs::write(&path, text).unwrap();
    path
}

fn port(endpoint: &str) -> u16 {
    endpoint.rsplit(':').next().unwrap().parse().unwrap()
}

fn shows_mixed_types(text: &str) {
    for part in [
        "UserModel    u-1      ada@",
        "OrderModel   o-1      12.50",
        "OrderModel   o-2      7.00",
        "ReviewModel  r-1      5 stars: splendid",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

async fn without_local_dev_the_quickstart_runs_without_setup(_: Env) {
    let output = quickstart(&[]);
    assert!(output.status.success(), "{}", out(&output));
    shows_mixed_types(&out(&output));
}

async fn with_local_dev_the_port_of_config_json_is_used(env: Env) {
    let port = port(env.engine().endpoint());
    let path = config("port", port);
    let variables = [("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())];
    // The second run uses the table and the items of the first.
    for _ in 0..2 {
        let output = quickstart(&variables);
        assert!(output.status.success(), "{}", out(&output));
        shows_mixed_types(&out(&output));
        assert!(out(&output).contains(&format!("`local-dev-port` at http://localhost:{port}")), "{}", out(&output));
    }
    let scan = env.engine().client().scan().table_name("local-dev-port").send().await.unwrap();
    assert_eq!(scan.count, 6);
}

async fn with_local_dev_an_unreachable_endpoint_is_named(_: Env) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = config("unreachable", free);
    let output = quickstart(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())]);
    assert!(!output.status.success());
    assert!(out(&output).contains(&format!("connection refused by `http://localhost:{free}`")), "{}", out(&output));
}

async fn only_the_value_true_enables_local_dev(_: Env) {
    let path = config("exactly", 1);
    for value in ["TRUE", "1", "yes", ""] {
        let output = quickstart(&[("LOCAL_DEV", value), ("MONOTABLE_CONFIG", path.to_str().unwrap())]);
        assert!(output.status.success(), "LOCAL_DEV={value}: {}", out(&output));
        assert!(out(&output).contains("http://127.0.0.1:"), "LOCAL_DEV={value}: {}", out(&output));
    }
}

async fn a_missing_or_invalid_config_file_is_named(_: Env) {
    let output = quickstart(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", "no/such.json")]);
    assert!(out(&output).contains("no/such.json: the file does not exist"), "{}", out(&output));
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("broken.json");
    std::fs::write(&path, "{\n  \"localDev\" 1 }").unwrap();
    let output = quickstart(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())]);
    assert!(out(&output).contains(&format!("{}:2:14: not JSON", path.display())), "{}", out(&output));
}

/// Creates the table of the quickstart with an additional index. With `are_swapped`, this index and the first one of the quickstart
/// have each other's keys.
async fn create_with_extra(env: &Env, table: &str, are_swapped: bool) {
    use monotable::aws::types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType,
    };
    let element =
        |name: &str, key_type| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap();
    let keys =
        |stem: &str| vec![element(&format!("{stem}pk"), KeyType::Hash), element(&format!("{stem}sk"), KeyType::Range)];
    let mut request = env.engine().client().create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    request = request.set_key_schema(Some(keys("")));
    for stem in ["", "gsi1", "gsi2", "gsi9"] {
        for name in [format!("{stem}pk"), format!("{stem}sk")] {
            let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            request = request.attribute_definitions(definition.build().unwrap());
        }
        if !stem.is_empty() {
            let projection = Projection::builder().projection_type(ProjectionType::All).build();
            let name = format!("{stem}pk-{stem}sk-index");
            let stem = match stem {
                "gsi1" if are_swapped => "gsi9",
                "gsi9" if are_swapped => "gsi1",
                stem => stem,
            };
            let index = GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys(stem)));
            request = request.global_secondary_indexes(index.projection(projection).build().unwrap());
        }
    }
    request.send().await.unwrap();
}

async fn indexes(env: &Env, table: &str) -> Vec<String> {
    let described = env.engine().client().describe_table().table_name(table).send().await.unwrap().table.unwrap();
    let indexes = described.global_secondary_indexes().iter();
    indexes.map(|index| index.index_name().unwrap().to_owned()).collect()
}

async fn an_extra_index_is_kept_only_if_the_config_file_contains_it(env: Env) {
    let port = port(env.engine().endpoint());
    for (case, is_in_file) in [("in-file", true), ("in-none", false)] {
        let table = format!("local-dev-{case}");
        create_with_extra(&env, &table, false).await;
        let path = config(case, port);
        if is_in_file {
            add_extra(&path);
        }
        let output = quickstart(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())]);
        assert!(output.status.success(), "{}", out(&output));
        // The program was built with a config.json without this index.
        let is_there = indexes(&env, &table).await.contains(&"gsi9pk-gsi9sk-index".to_owned());
        assert_eq!(is_there, is_in_file, "{case}");
    }
}

async fn describe_lists_the_changes_that_ensure_table_makes_after_a_change_of_the_config_file(env: Env) {
    for (case, is_in_file, are_swapped) in [
        ("kept", true, false),
        ("deleted", false, false),
        ("swapped", true, true),
        ("renamed-extra", true, false),
        ("renamed-swapped", true, true),
    ] {
        let table = format!("local-dev-{case}");
        create_with_extra(&env, &table, are_swapped).await;
        let path = config(case, port(env.engine().endpoint()));
        if is_in_file {
            add_extra(&path);
        }
        if case.starts_with("renamed") {
            // The file has changed, but does not contain the index of the table.
            let text = std::fs::read_to_string(&path).unwrap();
            let name = if are_swapped { "gsi1pk-gsi1sk-index" } else { "gsi9pk-gsi9sk-index" };
            assert!(text.contains(name));
            std::fs::write(&path, text.replace(name, "renamed-index")).unwrap();
        }
        let variables = [("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())];
        let described = Probe::start(&variables).ask("describe");
        match case {
            "kept" => assert_eq!(described, "[], None"),
            "deleted" | "renamed-extra" => {
                assert!(described.contains("gsi9pk-gsi9sk-index") && described.ends_with("None"), "{described}");
            }
            "renamed-swapped" => {
                assert!(described.contains("gsi1pk-gsi1sk-index") && described.ends_with("None"), "{described}");
            }
            // `ensure_table` refuses this.
            _ => assert!(described.contains("[], Some(") && described.contains("gsi1pk-gsi1sk-index"), "{described}"),
        }
        assert_eq!(indexes(&env, &table).await.len(), 3, "`describe` changes nothing");
    }
}

/// Adds the additional index to a config.json.
fn add_extra(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let extra = r#"{ "indexName": "gsi9pk-gsi9sk-index", "partitionKey": "gsi9pk", "sortKey": "gsi9sk" },"#;
    let list = "\"globalSecondaryIndexes\": [";
    std::fs::write(path, text.replace(list, &format!("{list} {extra}"))).unwrap();
}

async fn an_index_that_differs_from_the_program_is_not_replaced_after_a_change_of_the_config_file(env: Env) {
    create_with_extra(&env, "local-dev-replaced", true).await;
    let path = config("replaced", port(env.engine().endpoint()));
    add_extra(&path);
    let output = quickstart(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())]);
    let shown = out(&output);
    assert!(!output.status.success() && shown.contains("build the program again"), "{shown}");
    assert!(shown.contains("index `gsi1pk-gsi1sk-index` of the table differs"), "{shown}");
    assert_eq!(indexes(&env, "local-dev-replaced").await.len(), 3);
}

async fn local_connections_ignore_proxy_variables(env: Env) {
    // The proxy does not exist, so a request through it would fail.
    let proxies = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let path = config("proxy", port(env.engine().endpoint()));
    let mut variables: Vec<_> = proxies.iter().map(|name| (*name, "http://127.0.0.1:1")).collect();
    let output = quickstart(&variables);
    assert!(output.status.success(), "the embedded engine: {}", out(&output));
    variables.extend([("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())]);
    let output = quickstart(&variables);
    assert!(output.status.success(), "LOCAL_DEV: {}", out(&output));
}
