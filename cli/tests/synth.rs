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
    assert!(missing.code == 4 && missing.stderr.contains("is out of date; run `monotable synth`"), "{missing:?}");
    assert!(!folder.path().join(TEMPLATE).exists());
    assert_eq!(folder.ok(&["synth"]).stdout, format!("create     {TEMPLATE}\n"));
    let first = folder.read(TEMPLATE);
    assert_eq!(folder.ok(&["synth"]).stderr, "everything is up to date\n");
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
    for iac in ["terraform", "cdk"] {
        let run = folder.run(&["synth", "--iac", iac]);
        assert!(run.code == 1 && run.stderr.contains("`localDev.port` is 0; give the port"), "{run:?}");
    }
    assert!(!folder.path().join("infra").exists());
}

/// The projects: the options, a file of the core, a file of the user that lists the tables, and a file of the second table.
const PROJECTS: [(&[&str], &str, &str, &str); 3] = [
    (
        &["--iac", "terraform"],
        "infra/terraform/core/table/main.tf",
        "infra/terraform/main.tf",
        "infra/terraform/tables/users/main.tf",
    ),
    (&["--iac", "cdk"], "infra/cdk/src/core/table.ts", "infra/cdk/src/stack.ts", "infra/cdk/src/tables/users.ts"),
    (
        &["--iac", "cdk", "--cdk-language", "python"],
        "infra/cdk/core/table.py",
        "infra/cdk/stack.py",
        "infra/cdk/tables/users.py",
    ),
];

#[test]
fn a_second_table_adds_its_files_and_keeps_the_changes_of_the_user() {
    for (options, core, user, second) in PROJECTS {
        let folder = workspace();
        let synth = |more: &[&str]| folder.run(&[&["synth"], options, more].concat());
        assert_eq!(synth(&["--check"]).code, 4);
        assert_eq!(synth(&[]).code, 0);
        assert_eq!(synth(&[]).stderr, "everything is up to date\n", "{options:?}");

        // The core belongs to the tool, the rest to the user.
        let (original, mine) = (folder.read(core), folder.read(user));
        let comment = if user.ends_with(".ts") { "// mine" } else { "# mine" };
        let mine = format!("{comment}\n{mine}");
        folder.write(core, "edited");
        folder.write(user, &mine);
        let check = synth(&["--check"]);
        assert!(check.code == 4 && check.stdout.contains(&format!("update     {core}")), "{check:?}");
        assert_eq!(synth(&[]).code, 0);
        assert_eq!((folder.read(core), folder.read(user)), (original, mine));

        folder.write("Cargo.toml", &folder.read("Cargo.toml").replace("\"orders\"", "\"orders\", \"users\""));
        folder.write("users/Cargo.toml", "[package]\nname = \"users\"\nversion = \"0.1.0\"\n");
        folder.write("users/config.json", &CONFIG.replace("Orders", "Users").replace("orders", "users"));
        let added = synth(&[]);
        let expected = [format!("merge      {user}"), format!("create     {second}")];
        assert!(added.code == 0 && expected.iter().all(|line| added.stdout.contains(line)), "{added:?}");
        let merged = folder.read(user);
        assert!(merged.starts_with(comment) && merged.to_lowercase().contains("users"), "{merged}");
        assert_eq!(synth(&["--check"]).code, 0);

        // Nothing deletes the files of the user.
        folder.write("Cargo.toml", &folder.read("Cargo.toml").replace(", \"users\"", ""));
        let removed = synth(&[]);
        assert!(
            removed.code == 0 && removed.stderr.contains(&format!("{second} belongs to a table or")),
            "{removed:?}"
        );
        assert!(folder.path().join(second).exists());
    }
}

/// A workspace with the tables `orders` and `users`, an API that uses both, and a function for the stream of `orders`.
fn connected() -> Folder {
    let folder = workspace();
    let members = "\"orders\", \"users\", \"shop-api\", \"orders-lambda\"";
    folder.write("Cargo.toml", &folder.read("Cargo.toml").replace("\"orders\"", members));
    let schema = include_str!("golden/my-table/schema.json.golden");
    for (name, key) in [("orders", "Orders"), ("users", "Users")] {
        folder.write(&format!("{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n"));
        let stream = "\"tableConfig\": { \"stream\": \"NEW_AND_OLD_IMAGES\" }, \"deploy\"";
        folder.write(&format!("{name}/config.json"), &CONFIG.replace("Orders", key).replace("\"deploy\"", stream));
        folder.write(&format!("{name}/schema.json"), &schema.replace("MyTable", key));
    }
    for (name, kind, tables, dependency) in [
        ("shop-api", "api", &["orders", "users"][..], ""),
        ("orders-lambda", "lambda", &["orders"], "[dependencies]\nshop-api = { path = \"../shop-api\" }\n"),
    ] {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n\n{dependency}");
        folder.write(&format!("{name}/Cargo.toml"), &manifest);
        let tables: Vec<Value> = tables.iter().map(|table| serde_json::json!({ "table": table })).collect();
        let memory = serde_json::json!({ "kind": kind, "tables": tables, "files": {} });
        folder.write(&format!("{name}/.monotable/connect.json"), &memory.to_string());
    }
    folder
}

#[test]
fn a_program_is_allowed_what_its_routes_do_and_its_stream() {
    let folder = connected();
    folder.ok(&["synth"]);
    let template: Value = serde_json::from_str(&folder.read(TEMPLATE)).unwrap();
    let policy = |id: &str| template["Resources"][id]["Properties"]["PolicyDocument"]["Statement"].clone();
    let (api, lambda) = (policy("ShopApiPolicy"), policy("OrdersLambdaPolicy"));
    // The function has the routes of the API, so it needs both tables. It reads one stream.
    for (policy, table) in [(&api, "Orders"), (&api, "Users"), (&lambda, "Orders"), (&lambda, "Users")] {
        let on_table = serde_json::json!({ "Fn::GetAtt": [table, "Arn"] });
        let statements = policy.as_array().unwrap().iter().filter(|statement| statement["Resource"] == on_table);
        let text: String = statements.map(|statement| statement["Action"].to_string()).collect();
        assert!(text.contains("PutItem") && text.contains("DescribeTable"), "{text}");
        // Each partition of the table has one item, so no route queries it.
        assert!(!text.contains("Query"), "{text}");
    }
    assert!(api.to_string().contains("/index/gsi1pk-gsi1sk-index") && !api.to_string().contains("Stream"), "{api}");
    let streams = |table: &str| lambda.to_string().matches(&format!("[\"{table}\",\"StreamArn\"]")).count();
    assert_eq!((streams("Orders"), streams("Users")), (1, 0), "{lambda}");
}

#[test]
fn the_functions_of_a_program_have_a_template_of_their_own() {
    const FUNCTIONS: &str = "infra/cloudformation/shop.functions.template.json";
    let folder = connected();
    let stack = |folder: &Folder| serde_json::from_str::<Value>(&folder.read(FUNCTIONS)).unwrap()["Resources"].clone();
    let synth = || folder.ok(&["synth"]);
    synth();
    let resources = stack(&folder);
    for (id, code) in [
        ("OrdersLambdaFunction", "../../target/lambda/orders-lambda"),
        ("OrdersLambdaStreamFunction", "../../target/lambda/orders-lambda-stream"),
    ] {
        let variables = &resources[id]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["RUNTIME_CONFIG_APP_ID"]["Ref"], "RuntimeConfigApplicationId", "{resources}");
        assert_eq!(resources[id]["Properties"]["Code"], code);
    }
    // Only one of its two tables is connected with the function for streams.
    assert!(resources["OrdersLambdaStreamFunctionOrdersStream"].is_object(), "{resources}");
    assert!(resources["OrdersLambdaStreamFunctionUsersStream"].is_null(), "{resources}");

    folder.write("orders/config.json", &folder.read("orders/config.json").replace("\"NEW_AND_OLD_IMAGES\"", "null"));
    let stale = folder.run(&["synth", "--check"]);
    assert!(stale.code == 4 && stale.stdout.contains(FUNCTIONS), "{stale:?}");
    synth();
    let resources = stack(&folder);
    assert!(resources["OrdersLambdaFunction"].is_object() && resources["OrdersLambdaStreamFunction"].is_null());
    let manifest = folder.read("Cargo.toml").replace(", \"orders-lambda\"", "");
    folder.write("Cargo.toml", &manifest);
    assert!(synth().stderr.contains(&format!("{FUNCTIONS} belongs to a table or a program")));
}

#[test]
fn a_function_that_the_user_has_deleted_is_not_added_again() {
    let folder = connected();
    let synth = || folder.ok(&["synth", "--iac", "terraform"]);
    synth();
    let main = folder.read("infra/terraform/main.tf");
    let (before, rest) = main.split_once("\nmodule \"orders_lambda_function\" {").unwrap();
    let (_, after) = rest.split_once("\n}\n").unwrap();
    folder.write("infra/terraform/main.tf", &format!("{before}{after}"));
    // Another table changes the template, so that the file is merged.
    folder.write("Cargo.toml", &folder.read("Cargo.toml").replace("\"orders\"", "\"orders\", \"events\""));
    folder.write("events/Cargo.toml", "[package]\nname = \"events\"\nversion = \"0.1.0\"\n");
    folder.write("events/config.json", &CONFIG.replace("Orders", "Events"));
    synth();
    let merged = folder.read("infra/terraform/main.tf");
    assert!(merged.contains("module \"events\""), "{merged}");
    assert!(
        !merged.contains("\"orders_lambda_function\"") && merged.contains("\"orders_lambda_stream_function\""),
        "{merged}"
    );
}

#[test]
fn a_project_has_the_policy_of_each_program_and_loses_it_with_the_program() {
    for (options, core, user, _) in PROJECTS {
        let folder = connected();
        let synth = || folder.ok(&[&["synth"], options].concat());
        synth();
        assert_eq!(synth().stderr, "everything is up to date\n", "{options:?}");
        let project = if core.contains("terraform") { "infra/terraform" } else { "infra/cdk" };
        let programs = format!("{project}/programs.json");
        let of = |name: &str| serde_json::from_str::<Value>(&folder.read(&programs)).unwrap()[name].clone();
        assert_eq!((&of("shop-api")[1]["runtimeConfigKey"], &of("orders-lambda")[2]), (&"Users".into(), &Value::Null));
        assert!(folder.read(user).contains("shop-api") && folder.read(user).contains("orders-lambda"));

        let path = "shop-api/.monotable/connect.json";
        folder.write(path, &folder.read(path).replace(",{\"table\":\"users\"}", ""));
        synth();
        assert!(of("shop-api")[1].is_null() && of("orders-lambda")[1].is_null());
        folder.write("Cargo.toml", &folder.read("Cargo.toml").replace(", \"shop-api\", \"orders-lambda\"", ""));
        let removed = synth();
        assert!(!folder.read(user).contains("shop-api"));
        assert!(removed.stderr.contains(&format!("{programs} belongs to a table or a program")), "{removed:?}");
    }
}

#[test]
fn a_conflict_ends_when_the_user_has_merged_the_file() {
    let folder = workspace();
    let (synth, file) = (["synth", "--iac", "terraform"], "infra/terraform/main.tf");
    folder.ok(&synth);
    let generated = folder.read(file);
    folder.write(file, &generated.lines().map(|line| format!("{line} # mine\n")).collect::<String>());
    folder.write("Cargo.toml", &folder.read("Cargo.toml").replace("\"orders\"", "\"orders\", \"users\""));
    folder.write("users/Cargo.toml", "[package]\nname = \"users\"\nversion = \"0.1.0\"\n");
    folder.write("users/config.json", &CONFIG.replace("Orders", "Users").replace("orders", "users"));
    for _ in 0..2 {
        let run = folder.ok(&synth);
        assert!(
            run.stdout.contains(&format!("conflict   {file}")) && run.stderr.contains("--resolved FILE"),
            "{run:?}"
        );
    }
    assert_eq!(folder.run(&[&synth[..], &["--check"]].concat()).code, 4);
    folder.ok(&[&synth[..], &["--resolved", file]].concat());
    assert_eq!(folder.run(&[&synth[..], &["--check"]].concat()).code, 0);
    assert!(folder.read(file).contains("# mine"));
}

#[test]
fn the_language_of_the_workspace_is_the_default() {
    let folder = workspace();
    folder.write("Cargo.toml", &folder.read("Cargo.toml").replace("scope", "iac = \"terraform\"\nscope"));
    folder.ok(&["synth"]);
    assert!(folder.path().join("infra/terraform/main.tf").exists());
    folder.write("Cargo.toml", &folder.read("Cargo.toml").replace("terraform", "pulumi"));
    let unknown = folder.run(&["synth"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("is `pulumi`; use `cloudformation`, `cdk`"), "{unknown:?}");
}

#[test]
fn options_of_another_output_are_rejected() {
    let folder = workspace();
    for (options, expected) in [
        (&["--cdk-language", "python"][..], "`--cdk-language` needs `--iac cdk`"),
        (&["--iac", "cdk", "--env", "dev"], "cdk synth -c env=NAME"),
        (&["--iac", "terraform", "--env", "dev"], "-var environment=NAME"),
    ] {
        let run = folder.run(&[&["synth"], options].concat());
        assert!(run.code == 2 && run.stderr.contains(expected), "{run:?}");
    }
    folder.ok(&["synth", "--iac", "cdk"]);
    let other = folder.run(&["synth", "--iac", "cdk", "--cdk-language", "python"]);
    assert!(other.code == 2 && other.stderr.contains("is a project in another language"), "{other:?}");
}

#[test]
fn terraform_rejects_a_key_of_several_attributes() {
    let folder = workspace();
    let indexes = r#""tableConfig": { "globalSecondaryIndexes": [{ "indexName": "by-shop",
        "partitionKeys": ["country", "shop"] }] }, "deploy""#;
    folder.write("orders/config.json", &CONFIG.replace("\"deploy\"", indexes));
    let run = folder.run(&["synth", "--iac", "terraform"]);
    assert!(run.code == 1 && run.stderr.contains("by-shop"), "{run:?}");
    assert!(!folder.path().join("infra").exists());
    folder.ok(&["synth"]);
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
