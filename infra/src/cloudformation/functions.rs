use serde_json::{Map, Value, json};

use super::{RUNTIME_CONFIG_OUTPUT, attribute, reference, sub};
use crate::Result;
use crate::plan::{FunctionPlan, Plan, ProgramPlan, TablePlan, Trigger};
use crate::template::{Resource, Template};

/// From the folder `infra/cloudformation` to the folder in which `cargo lambda build` writes.
const CODE: &str = "../../target/lambda";

/// The parameter with the key that seals the cursors of requests.
const CURSOR_KEY: &str = "CursorKey";

/// Renders the Lambda functions of the programs as a template of their own, or `None` if there are none.
///
/// Tables and functions are two stacks, because they change at different times: a deployment of code never touches a table. The outputs of the
/// stack of the tables have the names of the parameters. `Code` is the path of a folder, which `aws cloudformation package` uploads.
///
/// # Errors
/// Fails if two resources have the same logical id.
pub fn render_functions(plan: &Plan) -> Result<Option<Template>> {
    let mut template = Template::new(&format!("Functions of {}", plan.name));
    for program in &plan.programs {
        for function in &program.functions {
            let streams = streams(plan, program, function);
            match function.trigger {
                Trigger::Requests => add_for_requests(&mut template, program, function)?,
                // Without a stream, nothing would invoke it.
                Trigger::Streams if streams.is_empty() => {}
                Trigger::Streams => add_for_streams(&mut template, program, function, &streams)?,
            }
        }
    }
    let is_empty = template.resources().next().is_none();
    Ok((!is_empty).then_some(template))
}

/// Returns the tables whose streams invoke a function.
fn streams<'a>(plan: &'a Plan, program: &ProgramPlan, function: &FunctionPlan) -> Vec<&'a TablePlan> {
    let is_read = |table: &&TablePlan| program.is_invoked_by(function, &table.runtime_config_key);
    plan.tables.iter().filter(|table| table.stream.is_some()).filter(is_read).collect()
}

fn add_for_requests(template: &mut Template, program: &ProgramPlan, function: &FunctionPlan) -> Result<()> {
    let key = json!({ "Type": "String", "NoEcho": true, "Default": "",
        "AllowedPattern": "^([0-9a-fA-F]{64})?$", "Description": "64 hexadecimal digits that seal cursors" });
    template.add_parameter(CURSOR_KEY, key);
    let mut variables = Map::new();
    variables.insert("CURSOR_KEY".into(), reference(CURSOR_KEY));
    add(template, program, function, variables, &[])?;
    let id = format!("{}Url", function.id);
    // Callers sign their requests and need the permissions `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`:
    // https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    let properties = json!({ "TargetFunctionArn": attribute(&function.id, "Arn"), "AuthType": "AWS_IAM" });
    template.add(&id, Resource::new("AWS::Lambda::Url", properties))?;
    template.add_output(&id, json!({ "Value": attribute(&id, "FunctionUrl") }))
}

fn add_for_streams(
    template: &mut Template,
    program: &ProgramPlan,
    function: &FunctionPlan,
    streams: &[&TablePlan],
) -> Result<()> {
    let queue = format!("{}FailedRecords", function.id);
    // A message says where the records are in the stream, which keeps them for 24 hours.
    let properties = json!({ "MessageRetentionPeriod": 1_209_600, "SqsManagedSseEnabled": true });
    template.add(&queue, Resource::new("AWS::SQS::Queue", properties))?;
    let deny = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": attribute(&queue, "Arn"),
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let properties = json!({ "Queues": [reference(&queue)], "PolicyDocument": policy(&deny) });
    template.add(&format!("{queue}Policy"), Resource::new("AWS::SQS::QueuePolicy", properties))?;
    template.add_output(&format!("{queue}Url"), json!({ "Value": reference(&queue) }))?;

    let send = json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": attribute(&queue, "Arn") });
    let policies = [json!({ "PolicyName": "failed-records", "PolicyDocument": policy(&send) })];
    add(template, program, function, Map::new(), &policies)?;
    for table in streams {
        let stream = format!("{}StreamArn", table.id);
        template.add_parameter(&stream, json!({ "Type": "String" }));
        let properties = json!({
            "FunctionName": reference(&function.id),
            "EventSourceArn": reference(&stream),
            "StartingPosition": "TRIM_HORIZON",
            // A record that fails is delivered again, and those before it are not.
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": true,
            "MaximumRetryAttempts": 10,
            "DestinationConfig": { "OnFailure": { "Destination": attribute(&queue, "Arn") } },
        });
        let id = format!("{}{}Stream", function.id, table.id);
        template.add(&id, Resource::new("AWS::Lambda::EventSourceMapping", properties))?;
    }
    Ok(())
}

/// Adds the function, its role and its logs.
fn add(
    template: &mut Template,
    program: &ProgramPlan,
    function: &FunctionPlan,
    mut variables: Map<String, Value>,
    policies: &[Value],
) -> Result<()> {
    let (id, policy_arn) = (&function.id, format!("{}Arn", program.policy_id));
    for parameter in [RUNTIME_CONFIG_OUTPUT, &policy_arn] {
        template.add_parameter(parameter, json!({ "Type": "String" }));
    }
    let allowed = ["x86_64", "arm64"];
    template
        .add_parameter("Architecture", json!({ "Type": "String", "Default": allowed[0], "AllowedValues": allowed }));
    template.add_parameter(
        "MemorySize",
        json!({ "Type": "Number", "Default": 256, "Description": "The memory of a function in MB" }),
    );

    let trust =
        json!({ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" });
    let basic = sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
    let mut role = json!({
        "AssumeRolePolicyDocument": policy(&trust),
        "ManagedPolicyArns": [basic, reference(&policy_arn)],
    });
    if !policies.is_empty() {
        role["Policies"] = policies.into();
    }
    template.add(&format!("{id}Role"), Resource::new("AWS::IAM::Role", role))?;
    // Lambda would create a log group whose events never expire.
    let logs = Resource::new("AWS::Logs::LogGroup", json!({ "RetentionInDays": 30 }));
    template.add(&format!("{id}Logs"), logs.on_removal(monotable_config::Removal::Delete))?;

    variables.insert("RUNTIME_CONFIG_APP_ID".into(), reference(RUNTIME_CONFIG_OUTPUT));
    let properties = json!({
        "Architectures": [reference("Architecture")],
        "Code": format!("{CODE}/{}", function.binary),
        "Environment": { "Variables": variables },
        "Handler": "bootstrap",
        "LoggingConfig": { "LogGroup": reference(&format!("{id}Logs")) },
        "MemorySize": reference("MemorySize"),
        "Role": attribute(&format!("{id}Role"), "Arn"),
        "Runtime": "provided.al2023",
        "Timeout": 30,
    });
    template.add(id, Resource::new("AWS::Lambda::Function", properties))
}

fn policy(statement: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}
