//! How an operation finds its connection, and what the environment says.

use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use crate::guide::{BaseModel, OrderModel, UserModel};
use crate::op::crud::order;
use crate::support::case::{Env, cases};

cases![
    own_connection_before_the_scope_before_the_set_one,
    another_connection_cannot_be_set,
    streams_and_pages_keep_the_scope,
    not_local_without_a_connection_says_what_to_do,
    outside_of_a_runtime_it_is_an_error,
];

async fn own_connection_before_the_scope_before_the_set_one(env: Env) {
    let table = env.table::<BaseModel>().await;
    let other = Connection::new(table.client().clone(), "no-such-table");
    other
        .scope(async {
            order("o").put().on(&table).await.unwrap();
            let error = order("o").put().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TableNotFound);
            table.scope(async { assert!(OrderModel::exists("o").await.unwrap()) }).await;
        })
        .await;
}

/// A table of this case alone: what is set stays set for the process.
#[derive(Debug, Clone, Table)]
#[table(config = "config.json")]
enum Lone {
    Row(Row),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Lone, pk = "ROW#{id}", sk = "ROW#{id}")]
struct Row {
    id: String,
}

async fn another_connection_cannot_be_set(env: Env) {
    // Both engines' rows run in one process: the second finds the first one's connection.
    let table = env.table::<Lone>().await;
    if Lone::set_connection(&table).is_ok() {
        Lone::set_connection(&table.clone()).unwrap();
        Row { id: "1".into() }.put().await.unwrap();
        assert!(Row::exists("1").await.unwrap());
        assert_eq!(Lone::table_name().await.unwrap(), table.table_name());
    }
    let error = Lone::set_connection(&env.table::<Lone>().await).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionInUse);
}

async fn streams_and_pages_keep_the_scope(env: Env) {
    let table = env.table::<BaseModel>().await;
    table
        .scope(async {
            order("o").put().await.unwrap();
            let mut stream = BaseModel::scan().stream();
            assert!(stream.next().await.unwrap().is_ok());
            assert!(stream.next().await.is_none());
            assert_eq!(BaseModel::table_name().await.unwrap(), table.table_name());
        })
        .await;
    // What is spawned is outside the scope.
    let spawned = table.scope(async { tokio::spawn(OrderModel::get("o").send()).await.unwrap() }).await;
    assert_eq!(spawned.unwrap_err().kind(), ErrorKind::Configuration);
}

async fn not_local_without_a_connection_says_what_to_do(_: Env) {
    assert!(!monotable::is_local(), "the suite runs without LOCAL_DEV");
    let error = OrderModel::get("o").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("LOCAL_DEV=true"), "{error}");
}

async fn outside_of_a_runtime_it_is_an_error(env: Env) {
    let table = env.table::<BaseModel>().await;
    let outside = std::thread::spawn(move || {
        let mut get = std::pin::pin!(UserModel::exists("u-1").on(&table).send());
        get.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).map(Result::unwrap_err)
    });
    let std::task::Poll::Ready(error) = outside.join().unwrap() else { panic!("it waits for nothing") };
    assert_eq!(error.to_string(), "exists: operations are awaited in a Tokio runtime");
}
