//! Tables of other programs, which store the discriminator in an attribute with another name.

use monotable::aws::types::AttributeValue;
use monotable::{Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![the_discriminator_attribute_can_be_renamed, an_index_on_a_renamed_discriminator_lists_one_entity];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(
    discriminator = "Type",
    config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "existing" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "ByType", "name": "by_type", "partitionKey": "Type", "sortKey": "sk" },
        { "indexName": "GSI1", "partitionKey": "GSI1PK", "sortKey": "GSI1SK" } ] }
}"#
)]
enum Base {
    Customer(Customer),
    Invoice(Invoice),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "CUST#{id}",
    sk = "PROFILE",
    discriminator = "customer",
    by_type(pk = "customer", sk = "PROFILE", name = "list_customers"),
)]
struct Customer {
    id: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "CUST#{customer}",
    sk = "INV#{number}",
    discriminator = "invoice",
    gsi1(pk = "STATE#{state}", sk = "{number}", name = "list_by_state"),
)]
struct Invoice {
    customer: String,
    number: String,
    state: String,
    #[serde(rename = "entity_type")]
    kind: Option<String>,
}

fn customer() -> Customer {
    Customer { id: "1".into(), name: "Ann".into() }
}

fn invoice(number: &str) -> Invoice {
    Invoice { customer: "1".into(), number: number.into(), state: "OPEN".into(), kind: Some("net".into()) }
}

async fn the_discriminator_attribute_can_be_renamed(env: Env) {
    let table = env.table::<Base>().await;
    customer().create().on(&table).await.unwrap();
    invoice("I-1").create().on(&table).await.unwrap();
    Base::batch_write().put(&invoice("I-2")).on(&table).await.unwrap();
    Base::transact_write().put(&invoice("I-3")).on(&table).await.unwrap();
    let upsert = Invoice::update(("1", "I-4")).set(Invoice::STATE, "OPEN").upsert();
    upsert.on(&table).await.unwrap();
    for number in ["I-1", "I-2", "I-3", "I-4"] {
        let stored = get_raw(&table, "CUST#1", &format!("INV#{number}")).await.unwrap();
        assert_eq!(stored.as_ref()["Type"], s("invoice"), "{number}");
        // `entity_type` is an ordinary field in this table.
        assert_eq!(stored.get("entity_type"), (number != "I-4").then(|| s("net")).as_ref(), "{number}");
    }

    assert_eq!(Customer::get("1").on(&table).await.unwrap(), Some(customer()));
    let all = Base::query("CUST#1").on(&table).all().await.unwrap();
    assert_eq!((all.len(), &all[4]), (5, &Base::Customer(customer())));
    assert_eq!(Invoice::query("1").on(&table).count().await.unwrap(), 4);
    assert_eq!(Invoice::list_by_state("OPEN").on(&table).all().await.unwrap().len(), 4);
    // A scan filters by the discriminator.
    assert_eq!(Invoice::scan().on(&table).count().await.unwrap(), 4);
    let invoice = Invoice::update(("1", "I-1")).set(Invoice::STATE, "PAID").on(&table).await.unwrap();
    Invoice::delete(&invoice).on(&table).await.unwrap();
    assert!(!Invoice::exists(("1", "I-1")).on(&table).await.unwrap());

    // Items of another entity and without a discriminator are errors.
    let item: [(&str, AttributeValue); 4] =
        [("pk", s("CUST#1")), ("sk", s("INV#I-5")), ("Type", s("note")), ("state", s("x"))];
    put_raw(&table, &item).await;
    let error = Invoice::update(("1", "I-5")).set(Invoice::STATE, "PAID").on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity, "{error}");
    put_raw(&table, &[item[0].clone(), item[1].clone(), item[3].clone(), ("entity_type", s("invoice"))]).await;
    let error = Invoice::get(("1", "I-5")).on(&table).await.unwrap_err();
    assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::MissingDiscriminator, Some("Type")), "{error}");
}

async fn an_index_on_a_renamed_discriminator_lists_one_entity(env: Env) {
    let table = env.table::<Base>().await;
    customer().put().on(&table).await.unwrap();
    invoice("I-1").put().on(&table).await.unwrap();
    assert_eq!(Customer::list_customers().on(&table).all().await.unwrap(), [customer()]);
    assert_eq!(Base::by_type().query("invoice").on(&table).all().await.unwrap(), [Base::Invoice(invoice("I-1"))]);
}
