@%- set ns = namespace(text=none) -%@
@%- for field in entity.fields if not field.managed and not field.in_key and not field.optional and field.body == "String" and not field.schema and ns.text is none %@@% set ns.text = field.name %@@% endfor -%@
@%- macro path() %@/@{entity.collection}@@% for argument in entity.key %@/@{argument.sample}@@% endfor %@@% endmacro -%@
@%- macro list(query) %@/queries/@{entity.collection}@/@{query.path}@?@% for argument in query.partition %@@{argument.name}@=@{argument.sample}@&@% endfor %@@% endmacro -%@
@%- macro cases(query) -%@
@%- for field in query.sort %@
@%- set before = query.sort[:loop.index0] %@
@%- if field.range %@
        "@% for other in before %@@{other.name}@=@{other.sample}@&@% endfor %@@{field.range.from}@=@{field.sample}@",
        "@% for other in before %@@{other.name}@=@{other.sample}@&@% endfor %@@{field.range.from}@=@{field.sample}@&@{field.range.to}@=@{field.sample}@",
@%- endif %@
        "@% for other in before %@@{other.name}@=@{other.sample}@&@% endfor %@@{field.name}@=@{field.sample}@",
@%- endfor -%@
@%- endmacro -%@
@%- if entity.has_sample and entity.has_key -%@
//! The routes of `@{entity.name}@`.

mod support;

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::Api;

fn sample() -> Value {
    json!({
        @%- for field in entity.fields if not field.managed and field.sample %@
        "@{field.name}@": @{field.sample}@,
        @%- endfor %@
    })
}

const PATH: &str = "@{path()}@";

#[tokio::test]
async fn an_item_is_created_read_and_deleted() {
    let api = Api::new().await;
    assert_eq!(api.get(PATH).await.status, StatusCode::NOT_FOUND);
    let created = api.json("POST", "/@{entity.collection}@", &sample()).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let location = created.headers["location"].to_str().unwrap();
    assert_eq!(api.get(location).await.body, created.body);
    assert_eq!(api.get(PATH).await.body, created.body);
    assert_eq!(api.json("POST", "/@{entity.collection}@", &sample()).await.status, StatusCode::CONFLICT);
    assert_eq!(api.delete(PATH).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.delete(PATH).await.status, StatusCode::NOT_FOUND);
}
@% if ns.text %@
#[tokio::test]
async fn an_item_is_patched_and_replaced() {
    let api = Api::new().await;
    let patch = json!({ "@{ns.text}@": "patched" });
    assert_eq!(api.json("PATCH", PATH, &patch).await.status, StatusCode::NOT_FOUND);
    api.json("POST", "/@{entity.collection}@", &sample()).await;
    let patched = api.json("PATCH", PATH, &patch).await;
    assert_eq!((patched.status, &patched.body["@{ns.text}@"]), (StatusCode::OK, &json!("patched")));

    let mut values = sample();
    values["@{ns.text}@"] = json!("replaced");
    @%- for field in entity.fields if field.in_key %@
    values.as_object_mut().unwrap().remove("@{field.name}@");
    @%- endfor %@
    let replaced = api.json("PUT", PATH, &values).await;
    assert_eq!((replaced.status, &replaced.body["@{ns.text}@"]), (StatusCode::OK, &json!("replaced")));
    assert_eq!(api.get(PATH).await.body, replaced.body);
}
@% endif %@
@%- if entity.version and ns.text %@
#[tokio::test]
async fn an_outdated_entity_tag_is_rejected() {
    let api = Api::new().await;
    let created = api.json("POST", "/@{entity.collection}@", &sample()).await;
    let tag = created.headers["etag"].to_str().unwrap();
    let headers = [("content-type", "application/json"), ("if-match", tag)];
    let patch = json!({ "@{ns.text}@": "patched" }).to_string();
    let patched = api.send("PATCH", PATH, patch.clone(), &headers).await;
    assert_eq!(patched.status, StatusCode::OK, "{}", patched.body);
    assert_ne!(patched.headers["etag"], tag);
    assert_eq!(api.send("PATCH", PATH, patch, &headers).await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(api.send("DELETE", PATH, "", &headers).await.status, StatusCode::PRECONDITION_FAILED);
}
@% endif %@
@%- for query in entity.queries if not query.is_sparse %@
#[tokio::test]
async fn @{query.path | replace("-", "_")}@_returns_the_item_and_rejects_wrong_parameters() {
    let api = Api::new().await;
    let path = "@{list(query)}@";
    assert_eq!(api.get(path).await.body, json!({ "items": [] }));
    let item = api.json("POST", "/@{entity.collection}@", &sample()).await.body;
    assert_eq!(api.get(path).await.body["items"], json!([item]));
    for wrong in ["limit=0", "limit=many", "direction=sideways", "cursor=damaged", "no_such_parameter=1"] {
        let answer = api.get(&format!("{path}&{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}
@%- if query.sort and (query.sort | rejectattr("has_sample") | list | length == 0) %@

#[tokio::test]
async fn @{query.path | replace("-", "_")}@_compares_the_sort_key_from_left_to_right() {
    let api = Api::new().await;
    let item = api.json("POST", "/@{entity.collection}@", &sample()).await.body;
    let list = async |parameters: &str| api.get(&format!("@{list(query)}@{parameters}")).await;
    let accepted = [@{cases(query)}@
    ];
    for parameters in accepted {
        assert_eq!(list(parameters).await.body["items"], json!([item]), "{parameters}");
    }
    @%- set first = query.sort[0] %@
    @%- if first.range or query.sort | length > 1 %@
    let rejected = [
        @%- if first.range %@"@{first.name}@=@{first.sample}@&@{first.range.to}@=@{first.sample}@",@% endif %@
        @%- for field in query.sort[1:] %@"@{field.name}@=@{field.sample}@",@% endfor -%@
    ];
    for parameters in rejected {
        let answer = list(parameters).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{parameters}");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.starts_with("`@{first.name}@`: give one value"), "{detail}");
    }
    @%- endif %@
}
@%- endif %@
@% endfor %@
@%- endif -%@
