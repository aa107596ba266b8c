//! The functions of a workspace: `synth` writes their template, the AWS CLI uploads and deploys it, and the emulator runs them.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::emulator::Keys;
use crate::programs::{Programs, use_routes};
use crate::support::lambda::request;

/// The path of a Python interpreter that has the AWS CLI.
pub const AWS_CLI: &str = "MONOTABLE_TEST_AWS_CLI";

const TEMPLATE: &str = "infra/cloudformation/shop.functions.template.json";
const BUCKET: &str = "code-of-functions";

pub fn run_in_the_emulator() {
    let programs = Programs::new();
    let outputs = programs.deploy();
    programs.tool(&["synth"]);
    for name in ["my-table-lambda", "my-table-lambda-stream"] {
        let folder = programs.folder.path().join("shop/target/lambda").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(programs.binary(name), folder.join("bootstrap")).unwrap();
    }
    let made = programs.emulator.call("s3", "create_bucket", &bucket());
    assert!(made["error"].is_null(), "{made}");
    aws(
        &programs,
        &format!(
            "package --template-file {TEMPLATE} --s3-bucket {BUCKET} --use-json --output-template-file packaged.json"
        ),
    );
    // As in the guide: the outputs of the tables are the parameters of the functions. Those that it does not have are left out.
    let parameters =
        outputs.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap()));
    let parameters = parameters.collect::<Vec<_>>().join(" ");
    let key = "0123456789abcdef".repeat(4);
    aws(
        &programs,
        &format!(
            "deploy --template-file packaged.json --stack-name shop-functions --capabilities CAPABILITY_IAM \
             --parameter-overrides {parameters} CursorKey={key}"
        ),
    );

    let stack = programs.emulator.call("cloudformation", "describe_stacks", &json!({ "StackName": "shop-functions" }));
    let outputs = stack["Stacks"][0]["Outputs"].as_array().unwrap();
    let output = |name: &str| {
        let found = outputs.iter().find(|output| output["OutputKey"] == name);
        found.unwrap_or_else(|| panic!("{name}: {stack}"))["OutputValue"].as_str().unwrap().to_owned()
    };
    assert!(output("MyTableLambdaFunctionUrl").starts_with("http"));

    let name = |id: &str| {
        let arguments = json!({ "StackName": "shop-functions", "LogicalResourceId": id });
        let found = programs.emulator.call("cloudformation", "describe_stack_resource", &arguments);
        found["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
    };
    let function = name("MyTableLambdaFunction");
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
    // The stream of the table invokes the other function.
    let group = name("MyTableLambdaStreamFunctionLogs");
    let until = Instant::now() + Duration::from_secs(120);
    for text in ["an example was created", "an example was changed", "an example was deleted"] {
        loop {
            let found = programs.emulator.call("logs", "filter_log_events", &json!({ "logGroupName": group }));
            if found.to_string().contains(text) {
                break;
            }
            assert!(Instant::now() < until, "the function does not log `{text}`: {found}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    let queue = json!({ "QueueUrl": output("MyTableLambdaStreamFunctionFailedRecordsUrl") });
    // The queue accepts only requests over TLS, which the emulator does not have.
    let denied = programs.emulator.call("sqs", "receive_message", &queue);
    assert_eq!(denied["error"], "AccessDenied", "{denied}");
}

fn bucket() -> Value {
    json!({ "Bucket": BUCKET, "CreateBucketConfiguration": { "LocationConstraint": crate::REGION } })
}

/// Runs `aws cloudformation`.
fn aws(programs: &Programs, arguments: &str) {
    let mut command = Command::new(std::env::var_os(AWS_CLI).unwrap());
    programs.emulator.configure(&mut command, &Keys::root());
    command.env("AWS_DEFAULT_REGION", crate::REGION);
    // The proxy does not accept a body of unknown length.
    command.env("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required");
    command.args(["-m", "awscli", "cloudformation"]).args(arguments.split_whitespace());
    programs.run(&mut command);
}
