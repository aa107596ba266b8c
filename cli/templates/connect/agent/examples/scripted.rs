@%- set first = entities | selectattr("has_sample") | selectattr("has_key") | first -%@
@%- macro value(argument) %@@% if argument.form in ["String", "DateTime<Utc>", "NaiveDate"] %@"@{argument.sample}@"@% else %@@{argument.sample}@@% endif %@@% endmacro -%@
@%- if first -%@
//! The agent on the local table, with a model that follows a script, so that it needs no provider:
//! `monotable dev -- cargo run -p @{krate}@ --example scripted`.

use std::error::Error;

use @{library}@::{Tables, agent};
use rig::test_utils::{MockCompletionModel, MockTurn};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let item = json!({
        @%- for field in first.fields if not field.managed and field.sample %@
        "@{field.name}@": @{field.sample}@,
        @%- endfor %@
    });
    let key = json!({
        @%- for argument in first.key %@
        "@{argument.name}@": @{value(argument)}@,
        @%- endfor %@
    });
    let model = MockCompletionModel::from_turns([
        MockTurn::tool_call("call-1", "@{first.module}@_create", item),
        MockTurn::tool_call("call-2", "@{first.module}@_get", key),
        MockTurn::text("I have created the item, and read it again."),
    ]);
    let tables = Tables::connect().await?;
    let answer = agent::agent(model.clone(), &tables).prompt("Create the item.").await?;
    for message in model.requests().last().into_iter().flat_map(|request| &request.chat_history) {
        println!("{}", serde_json::to_string(message)?);
    }
    println!("{}", answer.output());
    Ok(())
}
@%- endif %@
