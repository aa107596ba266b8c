//! Items whose stored key is in another format than the one that the entity would write.

use monotable::aws::types::AttributeValue;
use monotable::{Connection, Entity, ErrorKind, KeySegment, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, put_raw, s};

cases![a_key_in_a_different_format_is_rejected_for_every_kind_of_segment];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "stored-keys" },
    "tableConfig": { "globalSecondaryIndexes": [] }
}"#)]
enum Base {
    Text(Text),
    Integers(Integers),
    Transformed(Transformed),
    Made(Made),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
enum Status {
    Open,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, KeySegment)]
struct Id(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TEXT#{id}", sk = "{status}#{mark}#{path..}")]
struct Text {
    id: Id,
    status: Status,
    mark: char,
    path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "N#{plain}", sk = "{signed}#{padded:04}")]
struct Integers {
    plain: u32,
    signed: i32,
    padded: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TRANSFORMED#{code|upper}", sk = "{title|escape}")]
struct Transformed {
    code: String,
    title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "MADE#{id}", sk = rank(score))]
struct Made {
    id: String,
    score: u32,
}

fn rank(score: &u32) -> String {
    format!("RANK#{:06}", 1_000 - score)
}

async fn put(table: &Connection, entity: &impl Entity<Table = Base>, (pk, sk): (&str, &str)) {
    let mut item = entity.to_item().unwrap();
    item.insert("pk".into(), s(pk));
    item.insert("sk".into(), s(sk));
    let attributes: Vec<(&str, AttributeValue)> =
        item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(table, &attributes).await;
}

async fn a_key_in_a_different_format_is_rejected_for_every_kind_of_segment(env: Env) {
    let table = env.table::<Base>().await;
    let text = Text { id: Id("a".into()), status: Status::Open, mark: 'x', path: "etc/hosts".into() };
    let integers = Integers { plain: 7, signed: -3, padded: 12 };
    let transformed = Transformed { code: "Ab".into(), title: "C# dev".into() };
    let made = Made { id: "m".into(), score: 10 };
    // The own key of each entity, which can be read.
    for entity in [Base::from(text.clone()), integers.clone().into(), transformed.clone().into(), made.clone().into()] {
        let stored = match &entity {
            Base::Text(text) => text.put().on(&table).await.map(drop),
            Base::Integers(integers) => integers.put().on(&table).await.map(drop),
            Base::Transformed(transformed) => transformed.put().on(&table).await.map(drop),
            Base::Made(made) => made.put().on(&table).await.map(drop),
        };
        stored.unwrap();
    }
    assert_eq!(Base::scan().on(&table).all().await.unwrap().len(), 4);
    let differing = [
        ("TEXT#A", "Open#x#etc/hosts"),
        ("TEXT#a", "open#x#etc/hosts"),
        ("TEXT#a", "Open#y#etc/hosts"),
        ("TEXT#a", "Open#x#/etc/hosts"),
    ];
    for key in differing {
        put(&table, &text, key).await;
    }
    let numbers = [("N#07", "-3#0012"), ("N#+7", "-3#0012"), ("N#7", "-03#0012"), ("N#7", "3#0012"), ("N#7", "-3#12")];
    for key in numbers {
        put(&table, &integers, key).await;
    }
    for key in [("TRANSFORMED#Ab", "C$0 dev"), ("TRANSFORMED#AB", "C# dev"), ("TRANSFORMED#AB", "C$0 dev ")] {
        put(&table, &transformed, key).await;
    }
    put(&table, &made, ("MADE#m", "RANK#990")).await;
    let mut rejected = 0;
    let mut items = Base::scan().on(&table).stream();
    while let Some(item) = items.next().await {
        if let Err(error) = item {
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
            assert!(error.to_string().contains("does not fit the template"), "{error}");
            rejected += 1;
        }
    }
    assert_eq!(rejected, 13);
}
