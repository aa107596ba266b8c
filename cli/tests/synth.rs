//! `monotable synth` and `monotable policy`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use support::Folder;

const CONFIG: &str = r#"{
  "runtimeConfigKey": "Orders",
  "localDev": { "port": 8000, "tableName": "orders" },
  "deploy": { "environments": { "dev": { "deletionProtection": false, "onRemoval": "delete" } } }
}
"#;
const TEMPLATE: &str = "infra/cloudformation/shop.template.json";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

fn workspace() -> Folder {
    let folder = Folder::new();
    folder.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"orders\"]\n\n[workspace.metadata.monotable]\nscope = \"shop\"\n",
    );
    folder.write("orders/Cargo.toml", "[package]\nname = \"orders\"\nversion = \"0.1.0\"\n");
    folder.write("orders/config.json", CONFIG);
    folder
}

fn table(folder: &Folder, template: &str) -> Value {
    let template: Value = serde_json::from_str(&folder.read(template)).unwrap();
    let resources = template["Resources"].as_object().unwrap();
    resources.values().find(|resource| resource["Type"] == "AWS::DynamoDB::Table").unwrap().clone()
}

#[test]
fn a_template_is_written_and_checked() {
    let folder = workspace();
    let missing = folder.run(&["synth", "--check"]);
    assert!(missing.code == 4 && missing.stdout.contains("is out of date; run `monotable synth`"), "{missing:?}");
    assert_eq!(folder.ok(&["synth"]).stdout, format!("wrote {TEMPLATE}\n"));
    let first = folder.read(TEMPLATE);
    assert_eq!(folder.ok(&["synth"]).stdout, format!("{TEMPLATE} is up to date\n"));
    assert_eq!(first, folder.read(TEMPLATE));
    folder.ok(&["synth", "--check"]);
    let table = table(&folder, TEMPLATE);
    assert_eq!(
        (&table["DeletionPolicy"], &table["Properties"]["DeletionProtectionEnabled"]),
        (&"Retain".into(), &true.into())
    );
    folder.write(
        "orders/config.json",
        &CONFIG.replace("\"deploy\"", "\"tableConfig\": { \"ttlAttribute\": \"expires\" }, \"deploy\""),
    );
    assert_eq!(folder.run(&["synth", "--check"]).code, 4);
}

#[test]
fn a_moved_workspace_has_the_same_template() {
    let (one, two) = (workspace(), workspace());
    one.ok(&["synth"]);
    two.ok(&["synth"]);
    assert_eq!(one.read(TEMPLATE), two.read(TEMPLATE));
}

#[test]
fn an_environment_has_its_own_template() {
    let folder = workspace();
    folder.ok(&["synth", "--env", "dev"]);
    let table = table(&folder, "infra/cloudformation/shop.dev.template.json");
    assert_eq!(
        (&table["DeletionPolicy"], &table["Properties"]["DeletionProtectionEnabled"]),
        (&"Delete".into(), &false.into())
    );
    let unknown = folder.run(&["synth", "--env", "test"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("dev"), "{unknown:?}");
}

#[test]
fn tables_of_other_stacks_are_in_the_runtime_configuration() {
    let folder = workspace();
    folder.ok(&["synth", "--extra-table", "Users=prod-users"]);
    assert!(folder.read(TEMPLATE).contains("prod-users"));
    let twice = folder.run(&["synth", "--extra-table", "Users=a", "--extra-table", "Users=b"]);
    assert!(twice.code == 2 && twice.stderr.contains("the key `Users` twice"), "{twice:?}");
    let own = folder.run(&["synth", "--extra-table", "Orders=orders-b"]);
    assert!(own.code == 1 && own.stderr.contains("Orders"), "{own:?}");
}

#[test]
fn a_config_that_validate_rejects_is_rejected() {
    let folder = workspace();
    folder.write("orders/config.json", &CONFIG.replace("8000", "0"));
    let run = folder.run(&["synth"]);
    assert!(run.code == 1 && run.stderr.contains("`localDev.port` is 0; give the port"), "{run:?}");
    assert!(!folder.path().join("infra").exists());
    let language = folder.run(&["synth", "--iac", "terraform"]);
    assert!(language.code == 2 && language.stderr.contains("writes only CloudFormation"), "{language:?}");
}

#[test]
fn a_policy_covers_the_indexes_and_the_key() {
    let folder = workspace();
    let run =
        folder.ok(&["policy", "--for", "read", "--table-arn", TABLE, "--key-arn", "arn:aws:kms:eu-west-1:1:key/k"]);
    let policy: Value = serde_json::from_str(&run.stdout).unwrap();
    let text = policy.to_string();
    assert!(
        text.contains("dynamodb:Query") && text.contains(&format!("{TABLE}/index/*")) && text.contains("kms:Decrypt"),
        "{text}"
    );
    assert!(!text.contains("PutItem"), "{text}");
    let neither = folder.run(&["policy", "--table-arn", TABLE]);
    assert!(neither.code == 2 && neither.stderr.contains("--for"), "{neither:?}");
}

#[test]
fn a_policy_for_patterns_needs_the_schema_and_lists_the_known_patterns() {
    let folder = workspace();
    let arguments = ["policy", "--for-patterns", "create", "--table-arn", TABLE, "--config", "orders/config.json"];
    let missing = folder.run(&arguments);
    assert!(missing.code == 1 && missing.stderr.contains("schema.json does not exist"), "{missing:?}");
    let schema = include_str!("golden/my-table/schema.json.golden");
    folder.write("orders/schema.json", schema);
    let policy = folder.ok(&arguments).stdout;
    assert!(policy.contains("dynamodb:PutItem") && !policy.contains("dynamodb:GetItem"), "{policy}");
    let unknown =
        folder.run(&["policy", "--for-patterns", "lst", "--table-arn", TABLE, "--config", "orders/config.json"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("create"), "{unknown:?}");
}
