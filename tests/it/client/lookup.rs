//! How an operation finds its connection.

use monotable::{Connection, Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use crate::guide::{BaseModel, OrderModel, UserModel};
use crate::op::crud::order;
use crate::support::case::{Env, cases};

cases![
    on_overrides_the_scope_and_an_inner_scope_overrides_an_outer_one,
    setting_a_second_connection_fails,
    streams_use_the_connection_of_the_scope_and_spawned_tasks_do_not,
    a_missing_connection_error_says_what_to_do,
    an_operation_outside_a_tokio_runtime_fails,
];

async fn on_overrides_the_scope_and_an_inner_scope_overrides_an_outer_one(env: Env) {
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

/// A table that only this case uses, because a set connection stays set for the process.
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

async fn setting_a_second_connection_fails(env: Env) {
    // The case runs once per engine in one process. The second run finds the connection of the first.
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

async fn streams_use_the_connection_of_the_scope_and_spawned_tasks_do_not(env: Env) {
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
    // The scope does not apply to spawned tasks.
    let spawned = table.scope(async { tokio::spawn(OrderModel::get("o").send()).await.unwrap() }).await;
    assert_eq!(spawned.unwrap_err().kind(), ErrorKind::Configuration);
}

async fn a_missing_connection_error_says_what_to_do(_: Env) {
    assert!(!monotable::is_local(), "the tests must run without LOCAL_DEV");
    let error = OrderModel::get("o").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("LOCAL_DEV=true"), "{error}");
}

async fn an_operation_outside_a_tokio_runtime_fails(env: Env) {
    let table = env.table::<BaseModel>().await;
    let outside = std::thread::spawn(move || {
        let mut get = std::pin::pin!(UserModel::exists("u-1").on(&table).send());
        get.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).map(Result::unwrap_err)
    });
    let std::task::Poll::Ready(error) = outside.join().unwrap() else {
        panic!("the operation must fail at the first poll")
    };
    assert_eq!(error.to_string(), "exists: no Tokio runtime is running: await operations in a Tokio runtime");
}
