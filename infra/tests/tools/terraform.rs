//! Terraform formats, tests and plans what the Terraform output consists of.

use std::collections::BTreeMap;

use monotable_config::Config;
use monotable_infra::{Application, Owner, Plan, cloudformation, terraform};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::generate::files;
use crate::support::{application, corpus, with_programs};
use crate::{Program, printed};

/// Runs `terraform` in a folder below the test's.
fn run(program: &Program, folder: &str, arguments: &[&str]) -> String {
    let chdir = format!("-chdir={folder}");
    // `-plugin-dir` does not work with a configuration file.
    let output = program.command("terraform").env_remove("TF_CLI_CONFIG_FILE").arg(chdir).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("terraform: {error}"));
    assert!(output.status.success(), "terraform {}: {}", arguments.join(" "), printed(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn init(program: &Program, folder: &str) {
    let plugins = format!("-plugin-dir={}", program.path.display());
    run(program, folder, &["init", "-input=false", "-no-color", &plugins]);
}

/// Tests a project of three tables and two programs, as `monotable synth` writes it.
pub fn project(program: &Program) {
    let mut application = with_programs();
    let mut configs = BTreeMap::new();
    for (name, config) in &application.tables {
        let path = format!("crates/{name}/config.json");
        program.write(&path, &serde_json::to_string(config).unwrap());
        configs.insert(name.clone(), path);
    }
    application.extra_tables.insert("It's ${another} \"stack\"".into(), "archive".into());
    for file in terraform::render(&application, &configs).unwrap() {
        program.write(&format!("infra/terraform/{}", file.path), &file.text);
    }
    let folder = "infra/terraform";
    run(program, folder, &["fmt", "-check", "-diff", "-recursive"]);
    program.write("infra/terraform/tests/equal.tftest.hcl", &equal_policies(&application));
    init(program, folder);
    run(program, folder, &["validate", "-no-color"]);
    let tested = run(program, folder, &["test", "-no-color"]);
    for name in [
        "programs_find_every_table",
        "policies_are_equal",
        "the_policy_contains_the_permissions_of_the_program",
        "streams_invoke_a_function",
    ] {
        assert!(tested.contains("Success!") && tested.contains(name), "{tested}");
    }
}

/// Returns a test of Terraform: the policies of the programs allow the same as those in the CloudFormation template.
fn equal_policies(application: &Application) -> String {
    let (mocks, _) = include_str!("../../templates/terraform/tests/app.tftest.hcl").split_once("run \"").unwrap();
    let template = cloudformation::render(&Plan::new(application).unwrap()).unwrap();
    let mut test = format!("{mocks}run \"policies_are_equal\" {{\n  command = plan\n");
    for name in ["shop_api_policy", "audit_lambda_policy"] {
        let id = if name == "shop_api_policy" { "ShopApiPolicy" } else { "AuditLambdaPolicy" };
        let policy = template.resource(id).unwrap()["Properties"]["PolicyDocument"].clone();
        let statements = policy["Statement"].as_array().unwrap().iter().map(|statement| {
            let mut statement = mocked(statement);
            if statement["Action"].is_string() {
                statement["Action"] = json!([statement["Action"]]);
            }
            // A string of HCL has the same escapes, except for `${`.
            format!("jsonencode(jsondecode({}))", json!(statement.to_string()).to_string().replace("${", "$${"))
        });
        let (found, expected) = (format!("module.{name}.policy_json"), statements.collect::<Vec<_>>().join(", "));
        test += &format!(
            "  assert {{\n    condition = toset([for one in jsondecode({found}).Statement : jsonencode(one)]) == toset([{expected}])\n    \
             error_message = {found}\n  }}\n"
        );
    }
    test + "}\n"
}

/// Replaces the references of CloudFormation with the values that the tests mock.
fn mocked(value: &Value) -> Value {
    const TABLE: &str = "arn:aws:dynamodb:eu-central-1:111122223333:table/mock";
    let attribute = |id: &str, name: &str| match name {
        "StreamArn" => format!("{TABLE}/stream/2026-01-01T00:00:00.000"),
        _ if id.ends_with("Key") => "arn:aws:kms:eu-central-1:111122223333:key/mock".to_owned(),
        _ => TABLE.to_owned(),
    };
    match value {
        Value::Object(object) if object.contains_key("Fn::GetAtt") => {
            let parts = &object["Fn::GetAtt"];
            attribute(parts[0].as_str().unwrap(), parts[1].as_str().unwrap()).into()
        }
        Value::Object(object) if object.contains_key("Fn::Sub") => match text(value, "Fn::Sub").split_once(".Arn}") {
            Some((_, path)) => format!("{TABLE}{path}").into(),
            None => "arn:aws:appconfig:eu-central-1:111122223333:application/abc1234/*".into(),
        },
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), mocked(value))).collect(),
        Value::Array(list) => list.iter().map(mocked).collect(),
        other => other.clone(),
    }
}

/// Compares the plan of Terraform with ours, for the whole corpus and a hundred random files, and in each environment.
pub fn plans(program: &Program) {
    let main = include_str!("../terraform/main.tf");
    program.write("main.tf", main);
    let tables = vec![corpus().remove(0)];
    let modules = application("corpus", tables);
    let configs = [(modules.tables[0].0.clone(), "config.json".to_owned())].into();
    for file in terraform::render(&modules, &configs).unwrap() {
        if file.owner == Owner::Generated {
            program.write(&file.path, &file.text);
        }
    }
    init(program, ".");

    let mut tables: Vec<_> = corpus().into_iter().filter(|(name, _)| !name.starts_with("multi-attribute")).collect();
    let mut runner = TestRunner::deterministic();
    for number in 0..100 {
        let mut file = files(1).new_tree(&mut runner).unwrap().current();
        file["runtimeConfigKey"] = format!("Random{number}").into();
        let name = format!("random-{number}");
        if file["deploy"]["tableName"].is_string() {
            file["deploy"]["tableName"] = name.clone().into();
        }
        tables.push((name, Config::parse(&file.to_string()).unwrap()));
    }
    let with_environments = tables.iter().filter(|(_, config)| !config.deploy.environments.is_empty()).cloned();
    let with_environments: Vec<_> = with_environments.collect();
    compare(program, "all", &application("corpus", tables));
    for environment in ["dev", "prod"] {
        let application = application("corpus", with_environments.clone());
        compare(program, environment, &Application { environment: Some(environment.into()), ..application });
    }
}

/// The ARN of the shared key in `main.tf`.
const SHARED_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/shared";

/// Plans the tables of an application. `folder` is for their files.
fn compare(program: &Program, folder: &str, application: &Application) {
    for (name, config) in &application.tables {
        program.write(&format!("{folder}/{name}.json"), &serde_json::to_string(config).unwrap());
    }
    let configs = format!("-var=configs={folder}");
    let mut arguments = vec!["plan", "-input=false", "-no-color", "-out=plan", &configs];
    let environment = application.environment.as_ref().map(|environment| format!("-var=environment={environment}"));
    arguments.extend(environment.as_deref());
    run(program, ".", &arguments);
    let shown: Value = serde_json::from_str(&run(program, ".", &["show", "-json", "plan"])).unwrap();
    let resources = resources(&shown["planned_values"]["root_module"]);

    let plan = Plan::new(application).unwrap();
    let mut document = BTreeMap::new();
    for table in &plan.tables {
        let name = table.table_name.clone().unwrap_or_else(|| format!("corpus-{}-0", table.name));
        let address = format!("module.table[\"{}\"].", table.name);
        let of_table = resources.iter().filter(|resource| text(resource, "address").starts_with(&address));
        let found = planned(&of_table.copied().collect::<Vec<_>>());
        assert_same(&table.name, &found, &expected(serde_json::to_value(table).unwrap(), &name));
        document.insert(table.runtime_config_key.clone(), json!({ "tableName": name }));
    }
    let is_version = |resource: &&&Value| resource["type"] == "aws_appconfig_hosted_configuration_version";
    let version = resources.iter().find(is_version).unwrap();
    let content: BTreeMap<String, Value> = serde_json::from_str(text(&version["values"], "content")).unwrap();
    assert_eq!(content, document);
    let planned_tables = resources.iter().filter(|resource| resource["type"] == "aws_dynamodb_table").count();
    assert_eq!(planned_tables, plan.tables.len());
}

fn resources(module: &Value) -> Vec<&Value> {
    let list = |key: &str| module[key].as_array().into_iter().flatten();
    let own = list("resources").filter(|resource| resource["mode"] == "managed");
    own.chain(list("child_modules").flat_map(resources)).collect()
}

fn assert_same(name: &str, found: &Value, expected: &Value) {
    let lines = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    assert!(found == expected, "{name}: Terraform plans\n{}\ninstead of\n{}", lines(found), lines(expected));
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no text: {value}"))
}

/// Returns a table of our plan without what Terraform's plan does not contain.
fn expected(mut table: Value, name: &str) -> Value {
    let object = table.as_object_mut().unwrap();
    for key in ["name", "id", "runtimeConfigKey", "keyRotation", "onRemoval"] {
        object.remove(key).unwrap();
    }
    object.insert("tableName".into(), name.into());
    if let Some(key) = object["encryption"].get_mut("own") {
        key.as_object_mut().unwrap().remove("id").unwrap();
    }
    for scaling in object["scaling"].as_array_mut().unwrap() {
        scaling.as_object_mut().unwrap().remove("id").unwrap();
    }
    sorted(table)
}

/// Returns Terraform's plan of a table in the words of our plan.
fn planned(resources: &[&Value]) -> Value {
    let of_type = |kind: &str| {
        let is_kind = |resource: &&&Value| resource["type"] == kind;
        resources.iter().filter(is_kind).map(|resource| &resource["values"]).collect::<Vec<_>>()
    };
    let [table] = of_type("aws_dynamodb_table")[..] else { panic!("not one table: {resources:?}") };
    let is_provisioned = table["billing_mode"] == "PROVISIONED";
    let list = |key: &str| table[key].as_array().cloned().unwrap_or_default();
    let attribute = |one: &Value| json!({ "name": one["name"], "type": one["type"] });
    let global = |index: &Value| {
        // An absent sort key is an empty text.
        let keys = |key: &str| index[key].as_str().filter(|key| !key.is_empty()).into_iter().collect::<Vec<_>>();
        with([
            ("name", index["name"].clone()),
            ("partitionKeys", json!(keys("hash_key"))),
            ("sortKeys", json!(keys("range_key"))),
            ("projection", projection(index)),
            ("capacity", capacity(index, is_provisioned)),
        ])
    };
    let local = |index: &Value| json!({ "name": index["name"], "sortKey": index["range_key"], "projection": projection(index) });
    let recovery = &table["point_in_time_recovery"][0];
    let enabled = |block: &Value, key: &str| if block["enabled"] == true { block[key].clone() } else { Value::Null };
    let stream = if table["stream_enabled"] == true { table["stream_view_type"].clone() } else { Value::Null };
    sorted(with([
        ("tableName", table["name"].clone()),
        ("attributes", list("attribute").iter().map(attribute).collect()),
        ("partitionKey", table["hash_key"].clone()),
        ("sortKey", table["range_key"].clone()),
        ("globalIndexes", list("global_secondary_index").iter().map(global).collect()),
        ("localIndexes", list("local_secondary_index").iter().map(local).collect()),
        ("billing", table["billing_mode"].clone()),
        ("capacity", capacity(table, is_provisioned)),
        ("scaling", scaling(&of_type("aws_appautoscaling_target"), &of_type("aws_appautoscaling_policy"))),
        ("ttlAttribute", enabled(&table["ttl"][0], "attribute_name")),
        ("stream", stream),
        ("encryption", encryption(table, &of_type("aws_kms_key"))),
        ("recoveryDays", enabled(recovery, "recovery_period_in_days")),
        ("deletionProtection", table["deletion_protection_enabled"].clone()),
        ("tags", tags(table)),
    ]))
}

/// Returns an object without the values that are null.
fn with<const N: usize>(values: [(&str, Value); N]) -> Value {
    values.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value)).collect()
}

fn projection(index: &Value) -> Value {
    match text(index, "projection_type") {
        "INCLUDE" => index["non_key_attributes"].clone(),
        word => word.into(),
    }
}

fn capacity(values: &Value, is_provisioned: bool) -> Value {
    match is_provisioned {
        true => json!({ "read": values["read_capacity"], "write": values["write_capacity"] }),
        false => Value::Null,
    }
}

fn tags(values: &Value) -> Value {
    values["tags"].as_object().filter(|tags| !tags.is_empty()).map_or(Value::Null, |tags| tags.clone().into())
}

fn encryption(table: &Value, keys: &[&Value]) -> Value {
    let block = &table["server_side_encryption"][0];
    match (keys, block["kms_key_arn"].as_str()) {
        _ if block["enabled"] == false => "awsOwned".into(),
        // The ARN of a new key is not known yet.
        ([key], None) => {
            let on_removal = if key["deletion_window_in_days"] == 7 { "delete" } else { "retain" };
            json!({ "own": with([
                ("description", key["description"].clone()),
                ("rotation", key["enable_key_rotation"].clone()),
                ("onRemoval", on_removal.into()),
                ("tags", tags(key)),
            ]) })
        }
        ([], Some(SHARED_KEY)) => "shared".into(),
        ([], Some(arn)) => json!({ "keyArn": arn }),
        _ => panic!("the table has an unknown key: {block} {keys:?}"),
    }
}

/// Returns the scalings. A target and a policy belong together if they are for the same resource and dimension.
fn scaling(targets: &[&Value], policies: &[&Value]) -> Value {
    assert_eq!(targets.len(), policies.len());
    let of_policy = |policy: &Value| {
        let id = |key: &str| policy[key].clone();
        let is_target =
            |target: &&&Value| ["resource_id", "scalable_dimension"].iter().all(|key| target[*key] == id(key));
        let target = targets.iter().find(is_target).unwrap_or_else(|| panic!("a policy without a target: {policy}"));
        let index = text(policy, "resource_id").split_once("/index/").map_or(Value::Null, |(_, index)| index.into());
        let kind = if index.is_null() { "table" } else { "index" };
        let dimension = text(policy, "scalable_dimension").strip_prefix(&format!("dynamodb:{kind}:")).unwrap();
        let dimension = dimension.strip_suffix("CapacityUnits").unwrap();
        let configuration = &policy["target_tracking_scaling_policy_configuration"][0];
        let metric = &configuration["predefined_metric_specification"][0]["predefined_metric_type"];
        assert_eq!(*metric, format!("DynamoDB{dimension}CapacityUtilization"));
        let (min, max) = (&target["min_capacity"], &target["max_capacity"]);
        let limits = json!({ "min": min, "max": max, "targetPercent": configuration["target_value"] });
        with([("index", index), ("dimension", dimension.into()), ("limits", limits)])
    };
    policies.iter().map(|policy| of_policy(policy)).collect()
}

/// Sorts all lists, because most of them are sets in Terraform.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.into_iter().map(sorted).collect();
            list.sort_by_key(Value::to_string);
            list.into()
        }
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, sorted(value))).collect(),
        other => other,
    }
}
