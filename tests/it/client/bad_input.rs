//! Invalid input is rejected before a request is sent. Errors name a missing table and an unreachable endpoint.

use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region};
use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use crate::guide::{BaseModel, OrderModel};
use crate::op::crud::order;
use crate::support::case::{Env, cases};

cases![
    invalid_keys_are_rejected_before_they_are_sent,
    negative_and_too_long_padded_numbers_are_rejected,
    invalid_sort_conditions_are_rejected_before_they_are_sent,
    a_missing_table_is_named_in_the_error,
    an_unreachable_endpoint_is_named_in_the_error,
    calling_ensure_table_twice_keeps_the_items,
];

#[derive(Debug, Clone, Table)]
#[table(config = "config.json")]
enum Base {
    Page(Page),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "SITE#{site}", sk = "PAGE#{n:03}#{path..}", gsi1(pk = "OWNER#{owner}", sk = "{site}"))]
struct Page {
    site: String,
    n: i32,
    path: String,
    owner: String,
}

fn page() -> Page {
    Page { site: "s".into(), n: 1, path: "a#b".into(), owner: "o".into() }
}

async fn invalid_keys_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let refused = [
        (Page { site: String::new(), ..page() }, "put Page: attribute `pk`: field `site` is empty; give it a value"),
        (Page { path: String::new(), ..page() }, "put Page: attribute `sk`: field `path` is empty; give it a value"),
        (
            Page { owner: "a#b".into(), ..page() },
            "put Page SITE#s / PAGE#001#a#b: attribute `gsi1pk`: field `owner` contains the delimiter `#` in its value `a#b`, so the key could \
             not be read back; remove it, or use `{path..}` at the end of a template, or an escaped placeholder such as `{title|escape}`",
        ),
        (
            Page { path: "a\u{10FFFF}".into(), ..page() },
            "put Page: attribute `sk`: field `path` contains the character U+10FFFF, which monotable uses as the end of \
             ranges; remove it",
        ),
        (
            Page { site: "x".repeat(2044), ..page() },
            "put Page: attribute `pk`: the key has 2049 bytes; DynamoDB allows at most 2048",
        ),
        (
            Page { path: "ä".repeat(508), ..page() },
            "put Page: attribute `sk`: the key has 1025 bytes; DynamoDB allows at most 1024",
        ),
        (
            Page { site: "x".repeat(1025), ..page() },
            "put Page SITE#x.. / PAGE#001#a#b: attribute `gsi1sk`: the key has 1025 bytes; DynamoDB allows at most 1024",
        ),
    ];
    for (page, message) in refused {
        let error = page.put().on(&table).await.unwrap_err();
        let shown = |error: monotable::Error| error.to_string().replace(&"x".repeat(1025), "x..");
        assert_eq!(error.kind(), ErrorKind::InvalidKey);
        assert_eq!(shown(error), message);
        let created = Entity::create(&page).on(&table).await.unwrap_err();
        assert_eq!(shown(created), message.replacen("put", "create", 1));
    }
    let error = OrderModel::get("a#b").on(&table).await.unwrap_err();
    assert!(
        error.to_string().starts_with("get OrderModel: attribute `pk`: field `order_id` contains the delimiter"),
        "{error}"
    );
    assert_eq!(OrderModel::pk("").unwrap_err().kind(), ErrorKind::InvalidKey);
    assert_eq!(requests.take(), 0);
    // A key of maximum length is accepted.
    Page { path: format!("{}x", "ä".repeat(507)), ..page() }.put().on(&table).await.unwrap();
}

async fn negative_and_too_long_padded_numbers_are_rejected(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let error = Page { n: -5, ..page() }.put().on(&table).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "put Page: attribute `sk`: field `n` is negative (-5); a padded number must be 0 or greater"
    );
    let error = Page { n: 1234, ..page() }.put().on(&table).await.unwrap_err();
    assert_eq!(error.to_string(), "put Page: attribute `sk`: field `n` has 4 digits, but its placeholder allows 3");
    let error = Page::query("s").ge(1000).on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("its placeholder allows 3"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn invalid_sort_conditions_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let message = |error: monotable::Error| error.to_string();
    let all = |query: monotable::Query<Base>| query.on(&table).all();
    assert_eq!(
        message(all(Base::query("").erase()).await.unwrap_err()),
        "query Base: attribute `pk`: the key is empty; give it a value"
    );
    assert_eq!(
        message(all(Base::query("SITE#s").eq("")).await.unwrap_err()),
        "query Base: attribute `sk`: the key is empty; give it a value"
    );
    assert_eq!(
        message(all(Base::query("SITE#s").between("b", "a")).await.unwrap_err()),
        "query Base: attribute `sk`: the lower bound `b` of `between` sorts after the upper bound `a`; swap them"
    );
    assert_eq!(
        message(all(Base::query("x".repeat(2049)).erase()).await.unwrap_err()),
        "query Base: attribute `pk`: the key has 2049 bytes; DynamoDB allows at most 2048"
    );
    assert!(message(all(Base::query("s").page_size(0).erase()).await.unwrap_err()).contains("`page_size` is 0"));
    let error = Page::query("a#b").on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("field `site` contains the delimiter"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn a_missing_table_is_named_in_the_error(env: Env) {
    let table = Connection::new(env.engine().client(), "nowhere").with_endpoint(env.engine().endpoint());
    let expected = format!(
        "table `nowhere` or its index does not exist at `{}`: create it with `ensure_table`, or check the name",
        env.engine().endpoint()
    );
    let errors = [
        order("o").put().on(&table).await.unwrap_err(),
        OrderModel::get("o").on(&table).await.unwrap_err(),
        OrderModel::delete("o").on(&table).await.unwrap_err(),
        BaseModel::query("x").on(&table).all().await.unwrap_err(),
        BaseModel::scan().on(&table).count().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::TableNotFound);
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
}

async fn an_unreachable_endpoint_is_named_in_the_error(_: Env) {
    // A free port, on which no server listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .retry_config(monotable::aws::config::retry::RetryConfig::disabled())
        .endpoint_url(&endpoint)
        .build();
    let table = Connection::new(monotable::aws::Client::from_conf(config), "t").with_endpoint(&endpoint);
    let error = OrderModel::get("o").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(
        error.to_string(),
        format!(
            "get OrderModel ORDER#o: connection refused by `{endpoint}`: start the local table there, or unset \
             LOCAL_DEV"
        )
    );
}

async fn calling_ensure_table_twice_keeps_the_items(env: Env) {
    let table = env.table::<Base>().await;
    page().put().on(&table).await.unwrap();
    Base::ensure_table().on(&table).await.unwrap();
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), 1);
}
