//! The functions of a workspace: `synth` writes them, a real tool deploys them to the emulator, and the emulator runs them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::emulator::{Keys, python};
use crate::programs::{Programs, use_routes};
use crate::support::Run;
use crate::support::lambda::request;

/// The path of a Python interpreter that has the AWS CLI.
pub const AWS_CLI: &str = "MONOTABLE_TEST_AWS_CLI";

const TEMPLATE: &str = "infra/cloudformation/shop.functions.template.json";
const BUCKET: &str = "code-of-functions";
const OUTPUTS: &str = "Stacks[0].Outputs[].join('=',[OutputKey,OutputValue])";
const CURSOR_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub fn with_cloudformation() {
    let programs = Programs::new();
    programs.deploy();
    programs.tool(&["synth"]);
    build(&programs);
    let bucket = json!({ "Bucket": BUCKET, "CreateBucketConfiguration": { "LocationConstraint": crate::REGION } });
    let made = programs.emulator.call("s3", "create_bucket", &bucket);
    assert!(made["error"].is_null(), "{made}");
    let upload = format!("--s3-bucket {BUCKET} --use-json --output-template-file packaged.json");
    aws(&programs, &format!("package --template-file {TEMPLATE} {upload}"));
    // As in the guide: the outputs of the tables are the parameters of the functions. `deploy` ignores the others.
    let outputs = aws(&programs, &format!("describe-stacks --stack-name shop --query {OUTPUTS} --output text")).stdout;
    let parameters = format!("--parameter-overrides {} CursorKey={CURSOR_KEY}", outputs.trim());
    let stack = "--stack-name shop-functions --capabilities CAPABILITY_IAM";
    aws(&programs, &format!("deploy --template-file packaged.json {stack} {parameters}"));

    let stack = json!({ "StackName": "shop-functions" });
    let stack = programs.emulator.call("cloudformation", "describe_stacks", &stack);
    let output = |name: &str| {
        let found = stack["Stacks"][0]["Outputs"].as_array().unwrap().iter().find(|output| output["OutputKey"] == name);
        text(&found.unwrap_or_else(|| panic!("{name}: {stack}"))["OutputValue"])
    };
    assert!(output("MyTableLambdaFunctionUrl").starts_with("http"));
    let name = |id: &str| {
        let arguments = json!({ "StackName": "shop-functions", "LogicalResourceId": id });
        let found = programs.emulator.call("cloudformation", "describe_stack_resource", &arguments);
        text(&found["StackResourceDetail"]["PhysicalResourceId"])
    };
    use_functions(&programs, &name("MyTableLambdaFunction"), &name("MyTableLambdaStreamFunctionLogs"));
    // The queue accepts only requests over TLS, which the emulator does not have.
    let queue = json!({ "QueueUrl": output("MyTableLambdaStreamFunctionFailedRecordsUrl") });
    let denied = programs.emulator.call("sqs", "receive_message", &queue);
    assert_eq!(denied["error"], "AccessDenied", "{denied}");
}

pub fn with_terraform(plugins: &str) {
    let programs = Programs::new();
    programs.tool(&["synth", "--iac", "terraform"]);
    build(&programs);
    // The queue accepts only requests over TLS, which the emulator does not have. Terraform has to read the policy of the queue.
    let streams = "shop/infra/terraform/core/function/streams.tf";
    let text_of_module = programs.folder.read(streams);
    assert!(text_of_module.contains("\"sqs:*\""), "{text_of_module}");
    programs.folder.write(streams, &text_of_module.replace("\"sqs:*\"", "\"sqs:SendMessage\""));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/tests/terraform/apply/apply.sh");
    let apply = || {
        let mut apply = Command::new("sh");
        apply.args([script, "infra/terraform", &programs.emulator.address, plugins]);
        programs.run(&mut apply)
    };
    let outputs: Value = serde_json::from_str(&apply().stdout).unwrap();
    let [url, queue] = ["function_urls", "failed_records_urls"].map(|name| &outputs[name]["value"]);
    assert!(text(&url["my-table-lambda"]).starts_with("http"), "{outputs}");
    assert!(text(&queue["my-table-lambda-stream"]).starts_with("http"), "{outputs}");
    use_functions(&programs, "shop-my-table-lambda", "/aws/lambda/shop-my-table-lambda-stream");

    // A new binary changes its function.
    std::fs::write(programs.folder.path().join("shop/target/lambda/my-table-lambda/bootstrap.zip"), "new").unwrap();
    let mut plan = Command::new("terraform");
    programs.emulator.configure(&mut plan, &Keys::root());
    plan.args(["-chdir=infra/terraform", "plan", "-input=false", "-no-color"]).env_remove("TF_CLI_CONFIG_FILE");
    let plan = programs.run(&mut plan);
    let (_, changes) = plan.stdout.split_once("Terraform will perform").unwrap();
    let is_updated =
        |module: &str| changes.contains(&format!("# module.{module}.aws_lambda_function.this will be updated"));
    assert!(is_updated("my_table_lambda_function") && changes.contains("source_code_hash"), "{changes}");
    assert!(!is_updated("my_table_lambda_stream_function"), "{changes}");
}

/// Puts the binaries where `cargo lambda build` puts them, alone and in an archive.
fn build(programs: &Programs) {
    for name in ["my-table-lambda", "my-table-lambda-stream"] {
        let folder = programs.folder.path().join("shop/target/lambda").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(programs.binary(name), folder.join("bootstrap")).unwrap();
        let mut zip = Command::new(python());
        zip.args(["-m", "zipfile", "--create", "bootstrap.zip", "bootstrap"]).current_dir(&folder).stdin(Stdio::null());
        let run = Run::of(&zip.output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    }
}

/// Runs `aws cloudformation`.
fn aws(programs: &Programs, arguments: &str) -> Run {
    let mut command = Command::new(std::env::var_os(AWS_CLI).unwrap());
    programs.emulator.configure(&mut command, &Keys::root());
    command.env("AWS_DEFAULT_REGION", crate::REGION);
    // The proxy does not accept a body of unknown length.
    command.env("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required");
    command.args(["-m", "awscli", "cloudformation"]).args(arguments.split_whitespace());
    programs.run(&mut command)
}

/// Sends requests to a function, and waits until the stream of the table has invoked the other one.
fn use_functions(programs: &Programs, function: &str, logs: &str) {
    let mut last = Value::Null;
    let send = |method: &str, path: &str, body: &Value| {
        let event = request(method, path, Some(body).filter(|body| !body.is_null()));
        let arguments = json!({ "FunctionName": function, "Payload": event.to_string() });
        last = programs.emulator.call("lambda", "invoke", &arguments);
        let answer: Value = serde_json::from_str(last["Payload"].as_str()?).ok()?;
        let status = answer["statusCode"].as_u64()?.try_into().ok()?;
        Some((status, serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default()))
    };
    if let Err(step) = use_routes(send) {
        panic!("the function cannot {step}: {last}");
    }
    let until = Instant::now() + Duration::from_secs(120);
    for text in ["an example was created", "an example was changed", "an example was deleted"] {
        loop {
            let found = programs.emulator.call("logs", "filter_log_events", &json!({ "logGroupName": logs }));
            if found.to_string().contains(text) {
                break;
            }
            assert!(Instant::now() < until, "the function does not log `{text}`: {found}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}
