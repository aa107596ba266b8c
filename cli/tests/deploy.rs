//! `monotable plan`, `deploy`, `diff` and `destroy` against an emulator of AWS, MiniStack, with a proxy in front of it that has the rules of AWS
//! which the emulator does not have. Both are in `cli/tests/deploy`.
//!
//! `MONOTABLE_TEST_MINISTACK` is the path of a Python interpreter that has `cli/tests/deploy/requirements.txt` installed. By default, it is the
//! one that `.ci/run` installs. If it is not there, the tests are ignored. If the variable names it, it has to be there. The test with Terraform
//! also needs `MONOTABLE_TEST_TERRAFORM_PLUGINS`, a folder for `terraform init -plugin-dir` with the aws provider. The test with functions also
//! needs `MONOTABLE_TEST_AWS_CLI`, the path of a Python interpreter that has `cli/tests/clients/aws-cli-requirements.txt` installed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "deploy/emulator.rs"]
mod emulator;
#[cfg(unix)]
#[path = "deploy/functions.rs"]
mod functions;
#[path = "deploy/probe.rs"]
mod probe;
#[cfg(unix)]
#[path = "deploy/programs.rs"]
mod programs;
mod support;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use emulator::{Emulator, Keys, REGION, script};
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};
use support::{Folder, Run};

const CONFIG: &str = include_str!("deploy/config.json");

/// A workspace with a table, and an empty account.
struct Shop {
    folder: Folder,
    emulator: Emulator,
}

impl Shop {
    fn new() -> Self {
        let folder = Folder::new();
        folder.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"notes\"]\n\n[workspace.metadata.monotable]\nscope = \"shop\"\n",
        );
        folder.write("notes/Cargo.toml", "[package]\nname = \"notes\"\nversion = \"0.1.0\"\n");
        let shop = Self { folder, emulator: Emulator::start() };
        shop.configure(|_| {});
        shop
    }

    /// Writes `config.json` with a change.
    fn configure(&self, change: impl FnOnce(&mut Value)) {
        let mut config: Value = serde_json::from_str(CONFIG).unwrap();
        change(&mut config);
        self.folder.write("notes/config.json", &config.to_string());
    }

    /// Writes `config.json` with these global indexes.
    fn indexes(&self, indexes: &[(&str, &str)]) {
        let indexes = indexes.iter().map(|(name, key)| json!({ "indexName": name, "partitionKey": key }));
        self.configure(|config| config["tableConfig"]["globalSecondaryIndexes"] = indexes.collect());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        self.emulator.configure(&mut command, &Keys::root());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&self.command(arguments).output().unwrap())
    }

    fn ok(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{run:?}");
        run
    }

    /// Deploys, and returns the outputs of the stack.
    fn deploy(&self) -> Value {
        let run = self.ok(&["deploy", "--yes", "--json"]);
        let last: Value = serde_json::from_str(run.stdout.lines().next_back().unwrap()).unwrap();
        assert_eq!((&last["event"], &last["stack"]), (&json!("deployed"), &json!("shop")), "{run:?}");
        last["outputs"].clone()
    }

    /// Returns the names of the global indexes of the deployed table, sorted, and their partition keys.
    fn deployed_indexes(&self) -> Vec<(String, String)> {
        let name = self.table_name();
        let table = self.emulator.table(&name);
        let empty = Vec::new();
        let indexes = table["GlobalSecondaryIndexes"].as_array().unwrap_or(&empty);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<_> = indexes
            .iter()
            .map(|index| (text(&index["IndexName"]), text(&index["KeySchema"][0]["AttributeName"])))
            .collect();
        found.sort();
        found
    }

    fn table_name(&self) -> String {
        let found = self.emulator.call("cloudformation", "describe_stacks", &json!({ "StackName": "shop" }));
        let outputs = found["Stacks"][0]["Outputs"].as_array().unwrap();
        let output = outputs.iter().find(|output| output["OutputKey"] == "ShopTableName").unwrap();
        output["OutputValue"].as_str().unwrap().to_owned()
    }

    fn stack_exists(&self) -> bool {
        let found = self.emulator.call("cloudformation", "describe_stacks", &json!({ "StackName": "shop" }));
        found["error"].is_null()
    }

    /// Returns how often an action of CloudFormation was requested.
    fn count(&self, action: &str) -> usize {
        self.emulator.actions().iter().filter(|found| *found == action).count()
    }

    /// Asserts that nothing has changed the account since the start or the last reset of the proxy.
    fn assert_unchanged(&self, run: &Run) {
        let actions = self.emulator.actions();
        let changes = ["ExecuteChangeSet", "DeleteStack", "UpdateStack", "CreateStack"];
        assert!(!actions.iter().any(|action| changes.contains(&action.as_str())), "{actions:?}: {run:?}");
    }

    /// Runs a deployed program with these operations, and returns its lines.
    fn probe(&self, keys: &Keys, application: &str, operations: &[&str]) -> Vec<String> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        self.emulator.configure(&mut command, keys);
        command.env("RUNTIME_CONFIG_APP_ID", application).env("MONOTABLE_PROBE", operations.join(","));
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
        run.stdout.lines().map(str::to_owned).collect()
    }

    /// Adds a program to the workspace.
    fn connect(&self) {
        self.folder.write("notes/schema.json", &probe::schema());
        self.folder
            .write("Cargo.toml", &self.folder.read("Cargo.toml").replace("\"notes\"", "\"notes\", \"notes-api\""));
        self.folder.write("notes-api/Cargo.toml", "[package]\nname = \"notes-api\"\nversion = \"0.1.0\"\n");
        let memory = json!({ "kind": "api", "tables": [{ "table": "notes" }], "files": {} });
        self.folder.write(CONNECTED, &memory.to_string());
    }

    /// Runs a program with nothing but the policy of `notes-api`.
    fn use_policy(&self, arn: &Value, application: &str) {
        let keys = self.emulator.user("api", &no_permissions());
        self.emulator.call("iam", "attach_user_policy", &json!({ "UserName": "api", "PolicyArn": arn }));
        let allowed = ["describe", "create", "get", "put", "update", "delete", "query_index"];
        let lines = self.probe(&keys, application, &allowed);
        assert!(lines.iter().all(|line| line.ends_with(" ok")), "{lines:#?}");
        let forbidden = self.probe(&keys, application, &["scan", "batch_put", "query"]);
        for (line, action) in forbidden[1..].iter().zip(["dynamodb:Scan", "dynamodb:BatchWriteItem", "dynamodb:Query"])
        {
            assert!(line.contains(action), "{forbidden:#?}");
        }
    }

    /// Returns the policy that `monotable policy` prints for the deployed table.
    fn policy(&self, outputs: &Value, options: &[&str]) -> Value {
        let application = outputs["RuntimeConfigApplicationId"].as_str().unwrap();
        let application = format!("arn:aws:appconfig:{REGION}:000000000000:application/{application}");
        let arns = [
            "policy",
            "--table-arn",
            outputs["ShopTableArn"].as_str().unwrap(),
            "--key-arn",
            outputs["ShopKeyArn"].as_str().unwrap(),
            "--app-config-arn",
            &application,
        ];
        serde_json::from_str(&self.ok(&[&arns, options].concat()).stdout).unwrap()
    }
}

/// What `monotable connect` remembers about the program `notes-api`.
const CONNECTED: &str = "notes-api/.monotable/connect.json";

/// A policy that has nothing to do with tables; an empty one is not allowed.
fn no_permissions() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*" }] })
}

fn the_proxy_rejects_what_aws_rejects() {
    for tests in ["test_rules.py", "test_controls.py", "test_permissions.py"] {
        let run = Run::of(&script(tests).output().unwrap());
        assert_eq!(run.code, 0, "{tests}: {run:?}");
    }
}

fn a_deployed_program_finds_its_table_through_app_config() {
    let shop = Shop::new();
    let outputs = shop.deploy();
    let table = shop.emulator.table(outputs["ShopTableName"].as_str().unwrap());
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    assert_eq!(table["KeySchema"], json!([key("pk", "HASH"), key("sk", "RANGE")]));
    assert_eq!(table["GlobalSecondaryIndexes"][0]["KeySchema"], json!([key("gsi1pk", "HASH"), key("gsi1sk", "RANGE")]));
    assert_eq!(
        (&table["DeletionProtectionEnabled"], &table["BillingModeSummary"]["BillingMode"]),
        (&json!(true), &json!("PAY_PER_REQUEST"))
    );

    let application = outputs["RuntimeConfigApplicationId"].as_str().unwrap();
    let keys = shop.emulator.user("app", &shop.policy(&outputs, &["--for", "read-write"]));
    let operations = [&probe::WRITE[..], &probe::READ].concat();
    let lines = shop.probe(&keys, application, &operations);
    assert_eq!(lines.len(), 1 + operations.len(), "{lines:?}");
    assert!(lines.iter().all(|line| line.ends_with(" ok")), "{lines:#?}");

    let nobody = shop.emulator.user("nobody", &no_permissions());
    let denied = shop.probe(&nobody, application, &["get"]);
    assert!(denied.iter().any(|line| line.contains("appconfig:StartConfigurationSession")), "{denied:?}");
}

fn commands_of_tables_find_the_deployed_table_through_app_config() {
    let shop = Shop::new();
    let outputs = shop.deploy();
    let application = outputs["RuntimeConfigApplicationId"].as_str().unwrap();
    let table = ["table", "--config", "notes/config.json", "--deployed"];
    let described = shop.ok(&[&table[..], &["--app-config", application, "describe"]].concat());
    assert!(described.stdout.contains(outputs["ShopTableName"].as_str().unwrap()), "{described:?}");
    let mut command = shop.command(&[&table[..], &["describe"]].concat());
    let variable = Run::of(&command.env("RUNTIME_CONFIG_APP_ID", application).output().unwrap());
    assert_eq!((variable.code, &variable.stdout), (0, &described.stdout), "{variable:?}");
    let neither = shop.run(&[&table[..], &["describe"]].concat());
    assert!(neither.code == 2 && neither.stderr.contains("`--app-config ID`"), "{neither:?}");
    let unknown = shop.run(&[&table[..], &["--app-config", "nothing", "describe"]].concat());
    assert!(unknown.code == 1 && unknown.stderr.contains("AppConfig's application `nothing` has no"), "{unknown:?}");
}

fn policies_contain_every_action_that_is_needed_and_no_other() {
    let shop = Shop::new();
    let outputs = shop.deploy();
    let application = outputs["RuntimeConfigApplicationId"].as_str().unwrap();
    let keys = shop.emulator.user("app", &no_permissions());
    // The writes are first, because the reads need an item.
    let cases: [(&str, Vec<&str>); 3] = [
        ("write", probe::WRITE.to_vec()),
        ("read", probe::READ.to_vec()),
        ("read-write", [&probe::READ[..], &probe::WRITE].concat()),
    ];
    for (access, operations) in cases {
        let policy = shop.policy(&outputs, &["--for", access]);
        shop.emulator.allow("app", &policy);
        let lines = shop.probe(&keys, application, &operations);
        assert!(lines.iter().all(|line| line.ends_with(" ok")), "{access}: {lines:#?}");

        let statements = policy["Statement"].as_array().unwrap();
        for (number, statement) in statements.iter().enumerate() {
            for action in statement["Action"].as_array().unwrap() {
                // The emulator does not check permissions of keys.
                let Some(name) = action.as_str().filter(|action| !action.starts_with("kms:")) else { continue };
                let mut less = policy.clone();
                less["Statement"][number]["Action"].as_array_mut().unwrap().retain(|other| other != action);
                shop.emulator.allow("app", &less);
                let lines = shop.probe(&keys, application, &operations);
                assert!(lines.iter().any(|line| line.contains(name)), "{access} does not need {name}: {lines:#?}");
            }
        }
        // The indexes are a resource of their own.
        if access != "write" {
            let mut less = policy.clone();
            let text = less.to_string().replace("/index/*", "/index/none");
            less = serde_json::from_str(&text).unwrap();
            shop.emulator.allow("app", &less);
            let lines = shop.probe(&keys, application, &["query", "query_index"]);
            assert!(lines.contains(&"query ok".to_owned()), "{lines:?}");
            assert!(
                lines.iter().any(|line| line.starts_with("query_index") && line.contains("dynamodb:Query")),
                "{lines:?}"
            );
        }
    }
}

fn a_connected_program_works_with_the_policy_of_the_stack() {
    let shop = Shop::new();
    shop.connect();
    let outputs = shop.deploy();
    shop.use_policy(&outputs["NotesApiPolicyArn"], outputs["RuntimeConfigApplicationId"].as_str().unwrap());

    shop.folder.write(CONNECTED, &shop.folder.read(CONNECTED).replace("notes", "orders"));
    let unknown = shop.run(&["synth"]);
    assert!(
        unknown.code == 1 && unknown.stderr.contains("the table crate `orders`, which is not in the workspace"),
        "{unknown:?}"
    );
}

#[cfg(unix)]
fn the_generated_programs_work_with_the_policies_of_the_stack_and_need_each_action() {
    programs::run_with_policies();
}

fn a_plan_and_a_diff_change_nothing() {
    let shop = Shop::new();
    let plan = shop.ok(&["plan"]);
    assert!(plan.stdout.contains("creates Shop (AWS::DynamoDB::Table)"), "{plan:?}");
    assert!(plan.stdout.contains("creates ShopKey (AWS::KMS::Key), which costs about 1 USD a month"), "{plan:?}");
    assert!(!shop.stack_exists());
    let diff = shop.run(&["diff"]);
    assert!(diff.code == 4 && diff.stdout.contains("+ resource Shop (AWS::DynamoDB::Table)"), "{diff:?}");
    assert!(!shop.stack_exists());

    shop.deploy();
    shop.emulator.control("reset", &json!({}));
    assert_eq!(shop.ok(&["plan"]).stdout, "the stack `shop` is up to date\n");
    assert_eq!(shop.ok(&["diff"]).stdout, "the stack `shop` is up to date\n");
    shop.configure(|config| config["deploy"] = json!({ "tags": { "team": "shop" } }));
    let plan = shop.ok(&["plan"]);
    assert!(
        plan.stdout.contains("changes Tags of Shop") && plan.stdout.contains("modify  Shop (AWS::DynamoDB::Table): "),
        "{plan:?}"
    );
    let diff = shop.run(&["diff", "--json"]);
    let found: Value = serde_json::from_str(&diff.stdout).unwrap();
    assert!(diff.code == 4 && found["differences"].to_string().contains("Tags"), "{diff:?}");
    shop.assert_unchanged(&plan);
}

fn a_second_deployment_changes_nothing() {
    let shop = Shop::new();
    shop.deploy();
    shop.emulator.control("reset", &json!({}));
    let again = shop.ok(&["deploy"]);
    assert!(again.stdout.starts_with("the stack `shop` is up to date"), "{again:?}");
    assert!(again.stdout.contains("RUNTIME_CONFIG_APP_ID="), "{again:?}");
    shop.assert_unchanged(&again);
    assert_eq!(shop.count("CreateChangeSet"), 0);
}

fn without_a_terminal_a_deployment_has_to_be_confirmed() {
    let shop = Shop::new();
    for command in ["deploy", "destroy"] {
        if command == "destroy" {
            shop.deploy();
            shop.emulator.control("reset", &json!({}));
        }
        let run = shop.run(&[command]);
        assert!(run.code == 3 && run.stderr.contains("add `--yes`"), "{run:?}");
        shop.assert_unchanged(&run);
    }
}

fn two_new_indexes_are_two_waves() {
    let shop = Shop::new();
    shop.indexes(&[]);
    shop.deploy();
    shop.emulator.control("reset", &json!({}));
    // A new index is not usable at once.
    shop.emulator.control("backfill", &json!({ "describes": 2 }));
    shop.indexes(&[("by-author", "author"), ("by-day", "day")]);
    let plan = shop.ok(&["plan"]);
    assert!(plan.stdout.contains("wave 1 of 2") && plan.stdout.contains("wave 2 of 2"), "{plan:?}");
    shop.deploy();
    assert_eq!(shop.count("ExecuteChangeSet"), 2);
    let pair = |name: &str, key: &str| (name.to_owned(), key.to_owned());
    assert_eq!(shop.deployed_indexes(), [pair("by-author", "author"), pair("by-day", "day")]);
}

fn a_changed_key_of_an_index_deletes_it_and_creates_it_again() {
    let shop = Shop::new();
    shop.indexes(&[("by-author", "author")]);
    shop.deploy();
    shop.indexes(&[("by-author", "editor")]);
    shop.emulator.control("reset", &json!({}));
    let refused = shop.run(&["deploy", "--yes"]);
    assert!(refused.code == 3 && refused.stderr.contains("--allow-destructive Shop/by-author"), "{refused:?}");
    assert!(refused.stdout.contains("its key changes from author (S) to editor (S)"), "{refused:?}");
    shop.assert_unchanged(&refused);
    shop.ok(&["deploy", "--yes", "--allow-destructive", "Shop/by-author"]);
    assert_eq!(shop.count("ExecuteChangeSet"), 2);
    assert_eq!(shop.deployed_indexes(), [("by-author".to_owned(), "editor".to_owned())]);
}

fn each_loss_of_data_needs_permission() {
    let shop = Shop::new();
    shop.deploy();
    let changes: [(&str, fn(&mut Value)); 4] = [
        ("Shop", |config| config["tableConfig"]["partitionKey"] = json!("id")),
        ("Shop", |config| config["deploy"] = json!({ "tableName": "other" })),
        ("Shop", |config| {
            config["tableConfig"]["localSecondaryIndexes"] = json!([{ "indexName": "lsi", "sortKey": "day" }]);
        }),
        ("Shop/gsi1", |config| config["tableConfig"]["globalSecondaryIndexes"] = json!([])),
    ];
    for (name, change) in changes {
        shop.configure(change);
        shop.emulator.control("reset", &json!({}));
        let run = shop.run(&["deploy", "--yes"]);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.stderr.trim_end().ends_with(&format!("add `--allow-destructive {name}`")), "{run:?}");
        shop.assert_unchanged(&run);
    }
}

/// Starts a command, waits until the proxy holds its request, and kills it.
fn kill_at(shop: &Shop, arguments: &[&str], action: &str, when: &str, nth: u32) {
    shop.emulator.control("hold", &json!({ "action": action, "when": when, "nth": nth, "seconds": 60 }));
    let mut child = shop.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while shop.emulator.call("rules", "held", &Value::Null).as_array().unwrap().is_empty() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none() && Instant::now() < until, "{action} {when} {nth}: {ended:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    shop.emulator.control("release", &json!({}));
}

fn a_run_that_is_killed_at_any_step_is_resumed() {
    let steps = [
        ("CreateChangeSet", "before", 1),
        ("CreateChangeSet", "after", 1),
        ("DescribeChangeSet", "before", 1),
        ("ExecuteChangeSet", "before", 1),
        ("ExecuteChangeSet", "after", 1),
        ("DescribeStackEvents", "before", 2),
        ("GetTemplate", "before", 2),
        ("CreateChangeSet", "after", 2),
        ("ExecuteChangeSet", "after", 2),
    ];
    for (action, when, nth) in steps {
        let shop = Shop::new();
        shop.indexes(&[]);
        shop.deploy();
        shop.emulator.control("reset", &json!({}));
        // A new index is not complete at once, and a second one is refused until it is.
        shop.emulator.control("backfill", &json!({ "describes": 2 }));
        shop.indexes(&[("by-author", "author"), ("by-day", "day")]);
        kill_at(&shop, &["deploy", "--yes"], action, when, nth);
        shop.deploy();
        let names: Vec<_> = shop.deployed_indexes().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["by-author", "by-day"], "{action} {when} {nth}");
        assert_eq!(shop.ok(&["diff"]).code, 0);
    }
}

fn a_first_deployment_that_is_killed_is_resumed() {
    for (action, when) in [("CreateChangeSet", "after"), ("DescribeChangeSet", "before"), ("ExecuteChangeSet", "after")]
    {
        let shop = Shop::new();
        kill_at(&shop, &["deploy", "--yes"], action, when, 1);
        shop.deploy();
        assert_eq!(shop.ok(&["diff"]).code, 0, "{action} {when}");
    }
}

fn a_stack_that_changes_is_waited_for() {
    let shop = Shop::new();
    shop.deploy();
    shop.configure(|config| config["deploy"] = json!({ "tags": { "team": "shop" } }));
    shop.emulator.control("status", &json!({ "stack": "shop", "status": "UPDATE_IN_PROGRESS", "times": 3 }));
    let run = shop.ok(&["deploy", "--yes"]);
    assert!(run.stderr.contains("UPDATE_IN_PROGRESS") && run.stderr.contains("waiting until it is done"), "{run:?}");
}

fn a_stack_that_cannot_be_updated_stays_and_the_remedy_is_named() {
    let shop = Shop::new();
    shop.deploy();
    shop.configure(|config| config["deploy"] = json!({ "tags": { "team": "shop" } }));
    for (status, remedy) in [
        ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack --stack-name shop"),
        ("ROLLBACK_FAILED", "aws cloudformation delete-stack --stack-name shop"),
        ("CREATE_FAILED", "aws cloudformation delete-stack --stack-name shop"),
        ("UPDATE_FAILED", "aws cloudformation rollback-stack --stack-name shop"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name shop"),
        ("IMPORT_ROLLBACK_FAILED", "CloudFormation console"),
        ("DELETE_FAILED", "--no-deletion-protection-enabled"),
        ("SOMETHING_NEW", "aws cloudformation describe-stacks --stack-name shop"),
    ] {
        shop.emulator.control("reset", &json!({}));
        shop.emulator.control("status", &json!({ "stack": "shop", "status": status }));
        for command in [&["plan"][..], &["deploy", "--yes"], &["diff"]] {
            let run = shop.run(command);
            assert!(run.code == 1 && run.stderr.contains(status) && run.stderr.contains(remedy), "{status}: {run:?}");
            shop.assert_unchanged(&run);
        }
    }
}

fn an_expired_change_set_changes_nothing() {
    for error in ["ChangeSetNotFound", "InvalidChangeSetStatus"] {
        let shop = Shop::new();
        shop.emulator.control("expire", &json!({ "error": error }));
        let run = shop.run(&["deploy", "--yes"]);
        assert!(run.code == 1 && run.stderr.contains("nothing was changed. Run the command again"), "{run:?}");
        shop.deploy();
    }
}

fn a_missing_permission_is_named() {
    let shop = Shop::new();
    for action in ["DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet"] {
        shop.emulator.control("reset", &json!({}));
        shop.emulator.control("deny", &json!({ "action": action }));
        let run = shop.run(&["deploy", "--yes"]);
        assert!(run.code == 1 && run.stderr.contains(&format!("cloudformation:{action}")), "{run:?}");
        assert!(run.stderr.contains("Allow this action"), "{run:?}");
    }
    shop.emulator.control("reset", &json!({}));
    shop.deploy();
    shop.indexes(&[("by-author", "author"), ("gsi1", "gsi1pk")]);
    shop.emulator.control("deny", &json!({ "action": "GetTemplate" }));
    let run = shop.run(&["deploy", "--yes"]);
    assert!(run.code == 1 && run.stderr.contains("cloudformation:GetTemplate"), "{run:?}");
}

fn missing_credentials_and_regions_are_named() {
    let shop = Shop::new();
    let home = shop.folder.path();
    let run = |change: fn(&mut Command)| {
        let mut command = shop.command(&["deploy", "--yes"]);
        command.env("HOME", &home);
        change(&mut command);
        Run::of(&command.output().unwrap())
    };
    let none = run(|command| {
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    });
    assert!(none.code == 1 && none.stderr.contains("no AWS credentials were found; log in"), "{none:?}");
    let wrong = run(|command| {
        command.env("AWS_ACCESS_KEY_ID", "nobody");
    });
    assert!(wrong.code == 1 && wrong.stderr.contains("AWS does not accept the credentials"), "{wrong:?}");
    let region = run(|command| {
        command.env_remove("AWS_REGION");
    });
    assert!(region.code == 2 && region.stderr.contains("no region: give `--region`"), "{region:?}");
    let network = run(|command| {
        command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    });
    assert!(network.code == 1 && network.stderr.contains("AWS cannot be reached"), "{network:?}");
    assert!(!shop.stack_exists());
}

fn a_resource_that_fails_is_named_and_the_stack_can_be_deployed_again() {
    let shop = Shop::new();
    shop.deploy();
    shop.configure(|config| config["deploy"] = json!({ "tags": { "team": "shop" } }));
    shop.emulator.control("fail", &json!({ "resource": "Shop", "reason": "the tag is not allowed here" }));
    let run = shop.run(&["deploy", "--yes"]);
    let error = run.stderr.lines().last().unwrap();
    assert!(run.code == 1 && error.contains("has the status UPDATE_ROLLBACK_COMPLETE"), "{run:?}");
    assert!(error.contains("The cause: Shop (AWS::DynamoDB::Table)"), "{run:?}");
    assert!(error.contains("the tag is not allowed here"), "{run:?}");
    shop.deploy();
}

fn a_config_that_validate_rejects_is_rejected_before_any_request() {
    let shop = Shop::new();
    let mistakes: [fn(&mut Value); 8] = [
        |config| config["tableConfig"]["billing"] = json!("PROVISIONED"),
        |config| config["tableConfig"]["unknown"] = json!(true),
        |config| config["localDev"]["port"] = json!(0),
        |config| config["tableConfig"]["globalSecondaryIndexes"][0]["indexName"] = json!("a b"),
        |config| {
            config["tableConfig"]["globalSecondaryIndexes"][0]["partitionKey"] = json!({ "name": "a", "type": "X" });
        },
        |config| config["deploy"] = json!({ "pointInTimeRecovery": 36 }),
        |config| config["deploy"] = json!({ "environments": { "dev": { "onRemoval": "keep" } } }),
        |config| {
            let index = |number: usize| json!({ "indexName": format!("index-{number}"), "partitionKey": "a" });
            config["tableConfig"]["globalSecondaryIndexes"] = (0..21).map(index).collect();
        },
    ];
    for mistake in mistakes {
        shop.configure(mistake);
        let validated = shop.run(&["validate", "notes/config.json", "--json"]);
        assert_eq!(validated.code, 1, "{validated:?}");
        let first: Value = serde_json::from_str(validated.stdout.lines().next().unwrap()).unwrap();
        let message = first["message"].as_str().unwrap();
        let reason = shop.run(&["synth"]).stderr;
        assert!(reason.contains(message), "{message}\n{reason}");
        for command in [&["plan"][..], &["deploy", "--yes"], &["diff"], &["destroy", "--yes"]] {
            let run = shop.run(command);
            assert_eq!((run.code, &run.stderr), (1, &reason), "{run:?}");
        }
    }
    assert!(shop.emulator.actions().is_empty());
}

fn a_stack_of_another_program_is_left_alone() {
    let shop = Shop::new();
    let template = json!({ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }).to_string();
    let created =
        shop.emulator.call("cloudformation", "create_stack", &json!({ "StackName": "shop", "TemplateBody": template }));
    assert!(created["error"].is_null(), "{created}");
    shop.emulator.control("reset", &json!({}));
    for command in [&["plan"][..], &["deploy", "--yes"], &["destroy", "--yes"]] {
        let run = shop.run(command);
        assert!(run.code == 1 && run.stderr.contains("Queue (AWS::SQS::Queue)"), "{run:?}");
        shop.assert_unchanged(&run);
    }
    shop.ok(&["deploy", "--yes", "--stack", "shop-tables"]);
}

fn a_destroyed_stack_keeps_its_table_and_key() {
    let shop = Shop::new();
    let outputs = shop.deploy();
    let table = outputs["ShopTableName"].as_str().unwrap();
    let run = shop.ok(&["destroy", "--yes"]);
    assert!(run.stdout.contains(&format!("Shop is `{table}`")) && run.stdout.contains("ShopKey is `"), "{run:?}");
    assert!(!shop.stack_exists());
    assert_eq!(shop.emulator.table(table)["TableName"], table);
    // There is nothing left to do.
    shop.ok(&["destroy", "--yes"]);
}

fn a_destroyed_stack_deletes_its_table_only_with_permission() {
    let shop = Shop::new();
    let deletable =
        |protection: bool| json!({ "onRemoval": "delete", "deletionProtection": protection, "kms": "aws-owned" });
    shop.configure(|config| config["deploy"] = deletable(true));
    let outputs = shop.deploy();
    shop.emulator.control("reset", &json!({}));
    let protected = shop.run(&["destroy", "--yes", "--allow-destructive", "Shop"]);
    assert!(protected.code == 1 && protected.stderr.contains("Shop has deletion protection"), "{protected:?}");
    shop.assert_unchanged(&protected);

    shop.configure(|config| config["deploy"] = deletable(false));
    shop.deploy();
    shop.emulator.control("reset", &json!({}));
    let refused = shop.run(&["destroy", "--yes"]);
    assert!(refused.code == 3 && refused.stderr.contains("add `--allow-destructive Shop`"), "{refused:?}");
    shop.assert_unchanged(&refused);
    shop.ok(&["destroy", "--yes", "--allow-destructive", "Shop"]);
    assert!(shop.emulator.table(outputs["ShopTableName"].as_str().unwrap()).is_null());
}

fn the_terraform_project_is_applied_and_its_policies_are_enough() {
    let shop = Shop::new();
    shop.connect();
    shop.ok(&["synth", "--iac", "terraform"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/tests/terraform/apply");
    let plugins = std::env::var_os(TERRAFORM).unwrap();
    let project = shop.folder.path().join("infra/terraform");
    let mut apply = Command::new("sh");
    apply.arg(folder.join("apply.sh")).arg(&project).arg(&shop.emulator.address).arg(plugins).stdin(Stdio::null());
    let run = Run::of(&apply.output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    shop.folder.write("outputs.json", &run.stdout);
    let mut check = Command::new(emulator::python());
    check.arg("-B").arg(folder.join("check.py")).arg(&shop.emulator.address);
    check.arg(shop.folder.path().join("outputs.json")).arg(shop.folder.path().join("notes/config.json"));
    let run = Run::of(&check.stdin(Stdio::null()).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    let outputs: Value = serde_json::from_str(&shop.folder.read("outputs.json")).unwrap();
    let application = outputs["runtime_config_application_id"]["value"].as_str().unwrap();
    shop.use_policy(&outputs["program_policy_arns"]["value"]["notes-api"], application);
}

#[cfg(unix)]
fn functions_in_cloudformation_are_invoked_by_requests_and_by_the_stream() {
    functions::with_cloudformation();
}

#[cfg(unix)]
fn functions_in_terraform_are_invoked_by_requests_and_by_the_stream() {
    functions::with_terraform(&std::env::var(TERRAFORM).unwrap());
}

/// A folder for `terraform init -plugin-dir` with the aws provider.
const TERRAFORM: &str = "MONOTABLE_TEST_TERRAFORM_PLUGINS";

fn main() -> ExitCode {
    if let Ok(operations) = std::env::var("MONOTABLE_PROBE") {
        probe::run(&operations);
        return ExitCode::SUCCESS;
    }
    let absence = emulator::absence();
    if let Some(reason) = &absence {
        println!("NOT RUN, so all tests of deployments are ignored: {reason}");
    }
    macro_rules! trials {
        ($($test:ident),+ $(,)?) => {
            vec![$(Trial::test(stringify!($test), || { $test(); Ok(()) }).with_ignored_flag(absence.is_some())),+]
        };
    }
    let mut trials = trials![
        the_proxy_rejects_what_aws_rejects,
        a_deployed_program_finds_its_table_through_app_config,
        commands_of_tables_find_the_deployed_table_through_app_config,
        policies_contain_every_action_that_is_needed_and_no_other,
        a_connected_program_works_with_the_policy_of_the_stack,
        a_plan_and_a_diff_change_nothing,
        a_second_deployment_changes_nothing,
        without_a_terminal_a_deployment_has_to_be_confirmed,
        two_new_indexes_are_two_waves,
        a_changed_key_of_an_index_deletes_it_and_creates_it_again,
        each_loss_of_data_needs_permission,
        a_run_that_is_killed_at_any_step_is_resumed,
        a_first_deployment_that_is_killed_is_resumed,
        a_stack_that_changes_is_waited_for,
        a_stack_that_cannot_be_updated_stays_and_the_remedy_is_named,
        an_expired_change_set_changes_nothing,
        a_missing_permission_is_named,
        missing_credentials_and_regions_are_named,
        a_resource_that_fails_is_named_and_the_stack_can_be_deployed_again,
        a_config_that_validate_rejects_is_rejected_before_any_request,
        a_stack_of_another_program_is_left_alone,
        a_destroyed_stack_keeps_its_table_and_key,
        a_destroyed_stack_deletes_its_table_only_with_permission,
    ];
    #[cfg(unix)]
    trials.extend(trials![the_generated_programs_work_with_the_policies_of_the_stack_and_need_each_action]);
    #[cfg(unix)]
    {
        let is_missing = absence.is_some() || std::env::var_os(functions::AWS_CLI).is_none();
        if is_missing {
            println!(
                "NOT RUN, so the test with the AWS CLI is ignored: {} does not name a Python with it",
                functions::AWS_CLI
            );
        }
        let functions = trials![functions_in_cloudformation_are_invoked_by_requests_and_by_the_stream];
        trials.extend(functions.into_iter().map(|trial| trial.with_ignored_flag(is_missing)));
    }
    let is_missing = absence.is_some() || std::env::var_os(TERRAFORM).is_none();
    if is_missing {
        println!(
            "NOT RUN, so the tests with Terraform are ignored: {TERRAFORM} does not name a folder with the aws provider"
        );
    }
    #[allow(unused_mut, reason = "only Unix has the second test")]
    let mut terraform = trials![the_terraform_project_is_applied_and_its_policies_are_enough];
    #[cfg(unix)]
    terraform.extend(trials![functions_in_terraform_are_invoked_by_requests_and_by_the_stream]);
    trials.extend(terraform.into_iter().map(|trial| trial.with_ignored_flag(is_missing)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
