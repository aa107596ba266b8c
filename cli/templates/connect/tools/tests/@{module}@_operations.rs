@%- set ns = namespace(text=none) -%@
@%- for field in entity.fields if not field.managed and not field.in_key and not field.optional and field.body == "String" and not field.schema and ns.text is none %@@% set ns.text = field.name %@@% endfor -%@
@%- macro value(argument) %@@% if argument.form in ["String", "DateTime<Utc>", "NaiveDate"] %@"@{argument.sample}@"@% else %@@{argument.sample}@@% endif %@@% endmacro -%@
@%- macro json_cases(query) -%@
@%- for field in query.sort %@
@%- set before = query.sort[:loop.index0] %@
@%- set start %@@% for other in before %@"@{other.name}@": @{value(other)}@, @% endfor %@@% endset %@
@%- if field.range %@
        json!({ @{start}@"@{field.range.from}@": @{value(field)}@ }),
        json!({ @{start}@"@{field.range.from}@": @{value(field)}@, "@{field.range.to}@": @{value(field)}@ }),
@%- endif %@
        json!({ @{start}@"@{field.name}@": @{value(field)}@ }),
@%- endfor -%@
@%- endmacro -%@
@%- if entity.has_sample and entity.has_key -%@
//! The operations of `@{entity.name}@`.

mod support;

use serde_json::{Value, json};
use support::Operations;

fn sample() -> Value {
    json!({
        @%- for field in entity.fields if not field.managed and field.sample %@
        "@{field.name}@": @{field.sample}@,
        @%- endfor %@
    })
}

fn key() -> Value {
    json!({
        @%- for argument in entity.key %@
        "@{argument.name}@": @{value(argument)}@,
        @%- endfor %@
    })
}

/// Adds a field to an object.
fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

#[tokio::test]
async fn an_item_is_created_once_and_read() {
    let operations = Operations::new().await;
    assert_eq!(operations.problem("@{entity.module}@_get", key()).await, "no item has this key");
    let created = operations.call("@{entity.module}@_create", sample()).await.unwrap();
    assert_eq!(operations.call("@{entity.module}@_get", key()).await, Ok(created));
    assert_eq!(operations.problem("@{entity.module}@_create", sample()).await, "an item with this key exists");
    let unknown = with(sample(), "no such field", json!(1));
    assert!(operations.problem("@{entity.module}@_create", unknown).await.contains("unknown field `no such field`"));
}
@% if ns.text %@
#[tokio::test]
async fn an_update_changes_some_fields() {
    let operations = Operations::new().await;
    let update = with(key(), "changes", json!({ "@{ns.text}@": "changed" }));
    assert_eq!(operations.problem("@{entity.module}@_update", update.clone()).await, "no item has this key");
    operations.call("@{entity.module}@_create", sample()).await.unwrap();
    let updated = operations.call("@{entity.module}@_update", update@% if entity.version %@.clone()@% endif %@).await.unwrap();
    assert_eq!(updated["@{ns.text}@"], "changed");
    assert_eq!(operations.call("@{entity.module}@_get", key()).await, Ok(updated));
    let removed = with(key(), "changes", json!({ "@{ns.text}@": null }));
    assert!(operations.problem("@{entity.module}@_update", removed).await.contains("invalid type: null"));
    let nothing = with(key(), "changes", json!({}));
    assert_eq!(operations.problem("@{entity.module}@_update", nothing).await, "`changes`: give at least one field");
    @%- if entity.version %@
    let outdated = with(update, "expected_version", json!(0));
    assert!(operations.problem("@{entity.module}@_update", outdated).await.contains("has another version"));
    @%- endif %@
}
@% endif %@
@%- for query in entity.queries if not query.is_sparse %@
#[tokio::test]
async fn @{query.handler}@_returns_the_item_and_rejects_wrong_arguments() {
    let operations = Operations::new().await;
    let list = json!({
        @%- for argument in query.partition %@
        "@{argument.name}@": @{value(argument)}@,
        @%- endfor %@
    });
    assert_eq!(operations.call("@{query.handler}@", list.clone()).await, Ok(json!({ "items": [] })));
    let item = operations.call("@{entity.module}@_create", sample()).await.unwrap();
    assert_eq!(operations.call("@{query.handler}@", list.clone()).await, Ok(json!({ "items": [item] })));
    for (name, value) in
        [("limit", json!(0)), ("limit", json!(101)), ("direction", json!("sideways")), ("cursor", json!("damaged")), ("other", json!(1))]
    {
        let problem = operations.problem("@{query.handler}@", with(list.clone(), name, value)).await;
        assert!(problem.contains(if name == "direction" { "sideways" } else { name }), "{problem}");
    }
}
@%- if query.sort and (query.sort | rejectattr("has_sample") | list | length == 0) %@

#[tokio::test]
async fn @{query.handler}@_compares_the_sort_key_from_left_to_right() {
    let operations = Operations::new().await;
    let item = operations.call("@{entity.module}@_create", sample()).await.unwrap();
    let list = |conditions: &Value| {
        let mut arguments = json!({
            @%- for argument in query.partition %@
            "@{argument.name}@": @{value(argument)}@,
            @%- endfor %@
        });
        arguments.as_object_mut().unwrap().extend(conditions.as_object().unwrap().clone());
        arguments
    };
    let accepted = [@{json_cases(query)}@
    ];
    for conditions in accepted {
        let found = operations.call("@{query.handler}@", list(&conditions)).await;
        assert_eq!(found, Ok(json!({ "items": [item] })), "{conditions}");
    }
    @%- set first = query.sort[0] %@
    @%- if first.range or query.sort | length > 1 %@
    let rejected = [
        @%- if first.range %@json!({ "@{first.name}@": @{value(first)}@, "@{first.range.to}@": @{value(first)}@ }),@% endif %@
        @%- for field in query.sort[1:] %@json!({ "@{field.name}@": @{value(field)}@ }),@% endfor -%@
    ];
    for conditions in rejected {
        let problem = operations.problem("@{query.handler}@", list(&conditions)).await;
        assert!(problem.starts_with("`@{first.name}@`: give one value"), "{problem}");
    }
    @%- endif %@
}
@%- endif %@
@% endfor %@
@%- endif -%@
