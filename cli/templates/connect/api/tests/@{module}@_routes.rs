@%- set ns = namespace(text=none) -%@
@%- for field in entity.fields if not field.managed and not field.in_key and not field.optional and field.body == "String" and not field.schema and ns.text is none %@@% set ns.text = field.name %@@% endfor -%@
@%- macro path() %@/@{entity.collection}@@% for argument in entity.key %@/@{argument.sample}@@% endfor %@@% endmacro -%@
@%- macro list(query) %@/queries/@{entity.collection}@/@{query.path}@?@% for argument in query.partition %@@{argument.name}@=@{argument.sample}@&@% endfor %@@% endmacro -%@
@%- if entity.has_sample -%@
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
@% endfor %@
@%- endif -%@
