//! Indexes that share a key attribute with each other, with the table or with the discriminator. Every kind of write must store
//! the same value in a shared attribute.

use monotable::{Connection, Entity, ErrorKind, Table};
use monotable_local::{Embedded, Engine as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};

use libtest_mimic::{Failed, Trial};

use crate::support::case::{Env, cases, get_raw};

cases![
    a_shared_partition_key_is_kept_while_another_index_needs_it,
    every_kind_of_write_stores_the_same_keys,
    an_index_can_share_the_sort_key_of_the_table,
    an_index_on_the_discriminator_lists_one_entity,
    an_index_contains_items_of_entities_that_do_not_declare_it,
    the_shorter_limit_applies_to_a_partition_key_that_is_also_a_sort_key,
];

pub fn trials() -> Vec<Trial> {
    vec![Trial::test(
        "it::key::shared_keys::an_update_stores_the_same_item_as_a_put",
        an_update_stores_the_same_item_as_a_put,
    )]
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "shared" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "by_created", "name": "by_created", "partitionKey": "owner_key", "sortKey": "created_key" },
        { "indexName": "by_done", "name": "by_done", "partitionKey": "owner_key", "sortKey": "done_key" },
        { "indexName": "by_owner", "name": "by_owner", "partitionKey": "owner_key" },
        { "indexName": "by_sort", "name": "by_sort", "partitionKey": "project_key", "sortKey": "sk" },
        { "indexName": "by_type", "name": "by_type", "partitionKey": "entity_type", "sortKey": "created_key" } ] }
}"#)]
enum Shared {
    Task(Task),
    Note(Note),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Shared,
    pk = "TASK#{id}",
    sk = "AT#{created}",
    by_created(pk = "O#{owner}", sk = "{created}"),
    by_done(pk = "O#{owner}", sk = "{done}"),
    by_sort(pk = "P#{project}", sk = "AT#{created}"),
    by_type(pk = "Task", sk = "{created}", name = "list_tasks"),
)]
struct Task {
    id: String,
    created: String,
    owner: String,
    done: Option<String>,
    project: Option<String>,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Shared,
    pk = "NOTE#{id}",
    sk = "NOTE",
    by_owner(pk = "O#{owner}", name = "list_notes"),
    by_type(pk = "Note", sk = "{id}"),
)]
struct Note {
    id: String,
    owner: String,
}

fn task() -> Task {
    Task {
        id: "t-1".into(),
        created: "2026".into(),
        owner: "ann".into(),
        done: Some("2027".into()),
        project: None,
        note: None,
    }
}

async fn stored(table: &Connection) -> monotable::Item {
    get_raw(table, "TASK#t-1", "AT#2026").await.unwrap()
}

async fn a_shared_partition_key_is_kept_while_another_index_needs_it(env: Env) {
    let table = env.table::<Shared>().await;
    let task = task().create().on(&table).await.unwrap();
    let open = Task::update(&task).set(Task::DONE, None).on(&table).await.unwrap();
    assert_eq!(stored(&table).await, open.to_item().unwrap());
    assert_eq!(Task::by_created().query("ann").on(&table).all().await.unwrap(), std::slice::from_ref(&open));
    assert_eq!(Task::by_done().query("ann").on(&table).count().await.unwrap(), 0);
    let done = Task::update(("t-1", "2026")).set(Task::DONE, "2028").assuming(Task::OWNER, "ann");
    let done = done.on(&table).await.unwrap();
    assert_eq!(Task::by_done().query("ann").on(&table).all().await.unwrap(), [done]);
}

async fn every_kind_of_write_stores_the_same_keys(env: Env) {
    let table = env.table::<Shared>().await;
    for done in [None, Some("2027".to_owned())] {
        let task = Task { done, ..task() };
        let expected = task.to_item().unwrap();
        task.put().on(&table).await.unwrap();
        assert_eq!(stored(&table).await, expected);
        Shared::batch_write().put(&task).on(&table).await.unwrap();
        assert_eq!(stored(&table).await, expected);
        Shared::transact_write().put(&task).on(&table).await.unwrap();
        assert_eq!(stored(&table).await, expected);
        let upsert = || Task::update(&task).set(Task::OWNER, &task.owner).set(Task::DONE, &task.done).upsert();
        upsert().on(&table).await.unwrap();
        assert_eq!(stored(&table).await, expected);
        Task::delete(&task).on(&table).await.unwrap();
        Shared::transact_write().update(upsert()).on(&table).await.unwrap();
        assert_eq!(stored(&table).await, expected);
    }
}

async fn an_index_can_share_the_sort_key_of_the_table(env: Env) {
    let table = env.table::<Shared>().await;
    let task = Task { project: Some("p".into()), ..task() }.create().on(&table).await.unwrap();
    assert_eq!(Task::get(("t-1", "2026")).on(&table).await.unwrap(), Some(task.clone()));
    assert_eq!(Task::by_sort().query("p").ge("2026").on(&table).all().await.unwrap(), std::slice::from_ref(&task));
    let without = Task::update(&task).set(Task::PROJECT, None).on(&table).await.unwrap();
    assert_eq!(Task::by_sort().query("p").on(&table).count().await.unwrap(), 0);
    assert_eq!(Task::get(("t-1", "2026")).on(&table).await.unwrap(), Some(without));
}

async fn an_index_on_the_discriminator_lists_one_entity(env: Env) {
    let table = env.table::<Shared>().await;
    let task = task().create().on(&table).await.unwrap();
    let note = Note { id: "n-1".into(), owner: "ann".into() }.create().on(&table).await.unwrap();
    let request = Task::list_tasks().into_request().unwrap();
    assert_eq!(
        request.filter_expression(),
        None,
        "a filter expression must not contain a key attribute of the queried index"
    );
    assert_eq!(Task::list_tasks().on(&table).all().await.unwrap(), std::slice::from_ref(&task));
    assert_eq!(Task::list_tasks().ge("2026").on(&table).count().await.unwrap(), 1);
    assert_eq!(Note::by_type().query(()).on(&table).all().await.unwrap(), [note]);
    let of_notes = || Shared::by_type().query("Note").only::<Task>().on(&table);
    assert_eq!(of_notes().all().await.unwrap(), [], "monotable must skip the notes");
    assert_eq!(of_notes().count().await.unwrap(), 0);
    assert_eq!(Task::by_type().scan().on(&table).all().await.unwrap(), std::slice::from_ref(&task));
    // An update does not change the discriminator.
    Task::update(&task).set(Task::NOTE, "x").on(&table).await.unwrap();
    assert_eq!(stored(&table).await.text("entity_type"), Some("Task"));
}

async fn an_index_contains_items_of_entities_that_do_not_declare_it(env: Env) {
    let table = env.table::<Shared>().await;
    // A task has `owner_key`, the only key attribute of `by_owner`, so DynamoDB adds it to that index too.
    task().create().on(&table).await.unwrap();
    let note = Note { id: "n-1".into(), owner: "ann".into() }.create().on(&table).await.unwrap();
    assert_eq!(Shared::by_owner().query("O#ann").on(&table).count().await.unwrap(), 2);
    assert_eq!(Note::list_notes("ann").on(&table).all().await.unwrap(), [note]);
    assert_eq!(Note::list_notes("ann").on(&table).count().await.unwrap(), 1);
}

#[derive(Debug, Clone)]
enum Step {
    Owner(String),
    Done(Option<String>),
    Project(Option<String>),
    Note(Option<String>),
}

fn an_update_stores_the_same_item_as_a_put() -> Result<(), Failed> {
    let text = || prop::sample::select(vec!["a", "b"]).prop_map(str::to_owned);
    let step = prop_oneof![
        text().prop_map(Step::Owner),
        prop::option::of(text()).prop_map(Step::Done),
        prop::option::of(text()).prop_map(Step::Project),
        prop::option::of(text()).prop_map(Step::Note),
    ];
    let engine = Embedded::in_memory()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let table = Connection::new(engine.client(), "shared").with_endpoint(engine.endpoint());
    runtime.block_on(Shared::ensure_table().on(&table).send())?;
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let updates = prop::collection::vec(step, 1..8);
    let run = |steps: Vec<Step>| {
        runtime.block_on(async {
            let mut current = task().put().on(&table).await.unwrap();
            for step in steps {
                let (update, mut expected) = (Task::update(&current), current.clone());
                let update = match step {
                    Step::Owner(owner) => {
                        expected.owner.clone_from(&owner);
                        update.set(Task::OWNER, owner)
                    }
                    Step::Done(done) => {
                        expected.done.clone_from(&done);
                        update.set(Task::DONE, done)
                    }
                    Step::Project(project) => {
                        expected.project.clone_from(&project);
                        update.set(Task::PROJECT, project)
                    }
                    Step::Note(note) => {
                        expected.note.clone_from(&note);
                        update.set(Task::NOTE, note)
                    }
                };
                current = update.on(&table).await.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(stored(&table).await, expected.to_item().unwrap());
            }
            Ok(())
        })
    };
    runner.run(&updates, run).map_err(|error| error.to_string().into())
}

mod limits {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(config_json = r#"{
        "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "shared-limits" },
        "tableConfig": { "globalSecondaryIndexes": [
            { "indexName": "by_owner", "name": "by_owner", "partitionKey": "owner_key" },
            { "indexName": "by_place", "name": "by_place", "partitionKey": "place_key", "sortKey": "owner_key" },
            { "indexName": "by_mail", "name": "by_mail", "partitionKey": "mail" },
            { "indexName": "by_phone", "name": "by_phone", "partitionKey": "place_key", "sortKey": "mail" },
            { "indexName": "inverted", "name": "inverted", "partitionKey": "sk", "sortKey": "pk" } ] }
    }"#)]
    pub enum Limits {
        House(House),
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
    #[entity(
        table = Limits, pk = "HOUSE#{id}", sk = "HOUSE",
        by_owner(pk = "O#{owner}"),
        by_place(pk = "P#{place}", sk = "O#{owner}", name = "in_place"),
        by_mail(pk = "{mail}"),
        by_phone(pk = "P#{place}", sk = "{mail}", name = "with_mail"),
    )]
    pub struct House {
        pub id: String,
        pub owner: String,
        pub place: String,
        pub mail: String,
    }
}

async fn the_shorter_limit_applies_to_a_partition_key_that_is_also_a_sort_key(env: Env) {
    use limits::{House, Limits};
    let table = env.table::<Limits>().await;
    let house = |owner: usize, mail: usize| House {
        id: "h".into(),
        owner: "o".repeat(owner),
        place: "p".into(),
        mail: "m".repeat(mail),
    };
    house(1022, 1024).put().on(&table).await.unwrap();
    for (house, attribute) in [(house(1023, 1), "owner_key"), (house(1, 1025), "mail")] {
        let error = house.put().on(&table).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("at most 1024"), "{error}");
        assert_eq!(error.attribute_name(), Some(attribute), "{error}");
    }
    for error in [
        House::update("h").set(House::OWNER, "o".repeat(1023)).on(&table).await.unwrap_err(),
        House::update("h").set(House::MAIL, "m".repeat(1025)).on(&table).await.unwrap_err(),
        // The partition key of the table is the sort key of an index.
        House::get("h".repeat(1019)).on(&table).await.unwrap_err(),
    ] {
        assert!(error.kind() == ErrorKind::InvalidKey && error.to_string().contains("at most 1024"), "{error}");
    }
    assert_eq!(House::get("h".repeat(1018)).on(&table).await.unwrap(), None);
}
