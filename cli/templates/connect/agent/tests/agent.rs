@%- set first = entities | selectattr("has_sample") | selectattr("has_key") | first %@
@%- macro value(argument) %@@% if argument.form in ["String", "DateTime<Utc>", "NaiveDate"] %@"@{argument.sample}@"@% else %@@{argument.sample}@@% endif %@@% endmacro -%@
//! The agent, with a model that follows a script.

mod support;

use rig::test_utils::{MockCompletionModel, MockTurn};
use serde_json::{Value, json};
@% if first %@use support::Operations;
@% endif %@
use @{library}@::agent;
@% if first %@
fn sample() -> Value {
    json!({
        @%- for field in first.fields if not field.managed and field.sample %@
        "@{field.name}@": @{field.sample}@,
        @%- endfor %@
    })
}

/// A model that creates an item, and then answers.
fn model() -> MockCompletionModel {
    scripted(sample())
}
@% endif %@
fn scripted(arguments: Value) -> MockCompletionModel {
    MockCompletionModel::from_turns([
        MockTurn::tool_call("call-1", "@{(first or entities[0]).module}@_create", arguments),
        MockTurn::text("This is the answer."),
    ])
}

/// Returns what the model has read last.
fn last_request(model: &MockCompletionModel) -> String {
    format!("{:?}", model.requests().last().unwrap().chat_history)
}
@% if first %@
#[tokio::test]
async fn the_model_calls_a_tool_the_item_is_stored_and_the_answer_returns() {
    let tables = support::tables().await;
    let model = model();
    let answer = agent::agent(model.clone(), &tables).prompt("Create the item.").await.unwrap();
    assert_eq!(answer.output(), "This is the answer.");
    let key = json!({
        @%- for argument in first.key %@
        "@{argument.name}@": @{value(argument)}@,
        @%- endfor %@
    });
    let stored = Operations::of(tables).call("@{first.module}@_get", key).await.unwrap();
    @%- for field in first.fields if not field.managed and field.sample %@@% if loop.first %@
    assert_eq!(stored["@{field.name}@"], sample()["@{field.name}@"]);
    @%- endif %@@% endfor %@
}

#[tokio::test]
async fn a_problem_of_the_table_reaches_the_model() {
    let tables = support::tables().await;
    Operations::of(tables.clone()).call("@{first.module}@_create", sample()).await.unwrap();
    let model = model();
    agent::agent(model.clone(), &tables).prompt("Create the item.").await.unwrap();
    let request = last_request(&model);
    assert!(request.contains("an item with this key exists"), "{request}");
}
@% endif %@
#[tokio::test]
async fn a_problem_with_the_arguments_reaches_the_model() {
    let model = scripted(json!({ "no such field": 1 }));
    agent::agent(model.clone(), &support::tables().await).prompt("Create the item.").await.unwrap();
    let request = last_request(&model);
    assert!(request.contains("the arguments are not valid: unknown field `no such field`"), "{request}");
}
