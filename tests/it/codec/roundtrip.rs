//! Conversion of entities to items and back: serde's attributes, keys, and fields that are not stored.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use monotable::aws::types::AttributeValue;
use monotable::{Entity, ErrorKind, Item, KeySegment, Table};
use serde::{Deserialize, Serialize};

use crate::guide::{ArticleTagModel, BaseModel, ExampleModel, UserModel};
use crate::op::crud::order;
use crate::support::case::{Env, cases, get_raw, n, put_raw, s};

cases![
    an_entity_is_stored_with_exactly_the_expected_attributes,
    fields_of_every_kind_survive_a_roundtrip,
    none_is_not_stored_and_null_reads_as_none,
    serde_does_not_receive_key_attributes,
    a_flattened_map_with_a_reserved_or_used_name_is_rejected,
    an_item_with_none_in_an_index_key_is_not_in_the_index,
    aliases_are_read_but_not_written,
    a_key_only_field_is_not_stored_as_an_attribute,
    keys_of_maps_are_stored_as_text,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Wide {
    Thing(Thing),
    Strict(Strict),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
#[serde(rename_all = "kebab-case")]
enum Status {
    NotPaid,
    Paid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, KeySegment)]
struct ThingId(u32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
    zip: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(
    table = Wide,
    aliases("OldThing", "OlderThing"),
    pk = "THING#{thing_id:06}",
    sk = "{status}#{path..}",
    gsi1(pk = "OWNER#{owner_name}", sk = "{type}#{at|day}"),
)]
struct Thing {
    #[entity(key_only)]
    thing_id: ThingId,
    status: Status,
    path: String,
    owner_name: Option<String>,
    #[serde(rename = "kind")]
    r#type: char,
    #[serde(with = "monotable::timestamp")]
    at: DateTime<Utc>,
    #[serde(default, with = "monotable::timestamp")]
    left: Option<DateTime<Utc>>,
    big: u64,
    ratio: f64,
    address: Address,
    tags: Vec<Option<String>>,
    counts: BTreeMap<String, i64>,
    #[serde(flatten)]
    rest: HashMap<String, String>,
    #[serde(skip)]
    cache: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(deny_unknown_fields)]
#[entity(table = Wide, pk = "STRICT#{id}", sk = "STRICT#{id}", gsi1(pk = "STRICT", sk = "{id}"))]
struct Strict {
    id: String,
}

fn thing() -> Thing {
    Thing {
        thing_id: ThingId(7),
        status: Status::NotPaid,
        path: "a#b/c".into(),
        owner_name: Some("ada".into()),
        r#type: 'x',
        at: "2026-11-20T16:03:33Z".parse().unwrap(),
        left: None,
        big: u64::MAX,
        ratio: 0.25,
        address: Address { city: "Ulm".into(), zip: None },
        tags: vec![Some("one".into()), None],
        counts: [("a".to_owned(), -1)].into(),
        rest: [("free".to_owned(), "form".to_owned())].into(),
        cache: 0,
    }
}

fn item(attributes: &[(&str, &str)]) -> Item {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), s(value))).collect()
}

async fn an_entity_is_stored_with_exactly_the_expected_attributes(env: Env) {
    let table = env.table::<BaseModel>().await;
    let (at, text) = (order("").created_at, "2026-11-20T16:03:33.877713+00:00");

    let example =
        ExampleModel { id: "e".into(), name: "n".into(), category: "c".into(), created_at: at, updated_at: at };
    example.put().on(&table.clone().clock(move || at)).await.unwrap();
    let expected = item(&[
        ("pk", "EXAMPLE#e"),
        ("sk", "EXAMPLE#e"),
        ("gsi1pk", "CATEGORY#c"),
        ("gsi1sk", "EXAMPLE#e"),
        ("gsi2pk", "EXAMPLE"),
        ("gsi2sk", text),
        ("name", "n"),
        ("category", "c"),
        ("created_at", text),
        ("updated_at", text),
        ("entity_type", "ExampleModel"),
    ]);
    // `id` is stored only in the key.
    assert_eq!(get_raw(&table, "EXAMPLE#e", "EXAMPLE#e").await, Some(expected));

    let user = UserModel { user_id: "u".into(), username: "n".into(), email: "e".into(), created_at: at };
    user.put().on(&table).await.unwrap();
    let expected = item(&[
        ("pk", "USER#u"),
        ("sk", "USER#u"),
        ("gsi2pk", "USER"),
        ("gsi2sk", text),
        ("username", "n"),
        ("email", "e"),
        ("created_at", text),
        ("entity_type", "UserModel"),
    ]);
    assert_eq!(get_raw(&table, "USER#u", "USER#u").await, Some(expected));

    order("o").put().on(&table).await.unwrap();
    let expected = item(&[
        ("pk", "ORDER#o"),
        ("sk", "ORDER#o"),
        ("gsi1pk", "USER#u-1"),
        ("gsi1sk", "ORDER#o"),
        ("gsi2pk", "ORDER"),
        ("gsi2sk", text),
        ("user_id", "u-1"),
        ("total", "12.50"),
        ("created_at", text),
        ("entity_type", "OrderModel"),
    ]);
    assert_eq!(get_raw(&table, "ORDER#o", "ORDER#o").await, Some(expected));

    ArticleTagModel { article_id: "a".into(), tag_name: "t".into() }.put().on(&table).await.unwrap();
    let expected = item(&[
        ("pk", "ARTICLE#a"),
        ("sk", "TAG#t"),
        ("gsi1pk", "TAG#t"),
        ("gsi1sk", "ARTICLE#a"),
        ("article_id", "a"),
        ("tag_name", "t"),
        ("entity_type", "ArticleTag"),
    ]);
    assert_eq!(get_raw(&table, "ARTICLE#a", "TAG#t").await, Some(expected));
}

async fn fields_of_every_kind_survive_a_roundtrip(env: Env) {
    let table = env.table::<Wide>().await;
    thing().put().on(&table).await.unwrap();
    let found = Thing::get((&ThingId(7), Status::NotPaid, "a#b/c")).on(&table).await.unwrap();
    assert_eq!(found, Some(thing()));
    let all = Wide::scan().on(&table).all().await.unwrap();
    assert_eq!(all, [Wide::Thing(thing())]);
    let stored = get_raw(&table, "THING#000007", "not-paid#a#b/c").await.unwrap();
    assert_eq!(stored.text("gsi1pk"), Some("OWNER#ada"));
    assert_eq!(stored.text("gsi1sk"), Some("x#2026-11-20"));
    assert_eq!(stored.text("kind"), Some("x"));
    assert_eq!(Thing::TYPE.name(), "kind");
    assert_eq!(Thing::OWNER_NAME.name(), "ownerName");
}

async fn none_is_not_stored_and_null_reads_as_none(env: Env) {
    let table = env.table::<Wide>().await;
    let bare = Thing { owner_name: None, ..thing() };
    bare.put().on(&table).await.unwrap();
    let mut stored = get_raw(&table, "THING#000007", "not-paid#a#b/c").await.unwrap();
    assert!(!stored.contains_key("ownerName") && !stored.contains_key("left"));
    assert!(!stored.as_ref()["address"].as_m().unwrap().contains_key("zip"));
    // In a list, omitting `None` would change the positions of the other elements.
    assert!(stored.as_ref()["tags"].as_l().unwrap()[1].is_null());
    for name in ["ownerName", "left"] {
        stored.insert(name.into(), AttributeValue::Null(true));
    }
    put_raw(&table, &stored.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>()).await;
    assert_eq!(Thing::get(&bare).on(&table).await.unwrap(), Some(bare));
}

async fn serde_does_not_receive_key_attributes(env: Env) {
    let table = env.table::<Wide>().await;
    let strict = Strict { id: "s".into() };
    strict.put().on(&table).await.unwrap();
    assert_eq!(Strict::get("s").on(&table).await.unwrap(), Some(strict));
    // The flattened map of a `Thing` does not receive the keys or the discriminator.
    thing().put().on(&table).await.unwrap();
    assert_eq!(Thing::get(&thing()).on(&table).await.unwrap().unwrap().rest, thing().rest);
}

async fn a_flattened_map_with_a_reserved_or_used_name_is_rejected(env: Env) {
    let table = env.table::<Wide>().await;
    for name in ["pk", "gsi2sk", "entity_type"] {
        let thing = Thing { rest: [(name.to_owned(), "x".to_owned())].into(), ..thing() };
        let error = thing.put().on(&table).await.unwrap_err();
        assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::Encode, Some(name)));
    }
    assert_eq!(Wide::scan().on(&table).count().await.unwrap(), 0);
    // The map cannot use the name of a field either, even if that field is not stored.
    for (name, thing) in [("status", thing()), ("left", Thing { left: None, ..thing() })] {
        let rest = HashMap::from([(name.to_owned(), "x".to_owned())]);
        let error = Thing { rest, ..thing }.to_item().unwrap_err();
        assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::Encode, Some(name)));
        assert!(error.to_string().contains("is written twice"), "{error}");
    }
}

async fn an_item_with_none_in_an_index_key_is_not_in_the_index(env: Env) {
    let table = env.table::<Wide>().await;
    Thing { owner_name: None, ..thing() }.put().on(&table).await.unwrap();
    let stored = get_raw(&table, "THING#000007", "not-paid#a#b/c").await.unwrap();
    assert!(!stored.contains_key("gsi1pk") && !stored.contains_key("gsi1sk"));
    thing().put().on(&table).await.unwrap();
    assert_eq!(Thing::gsi1().query("ada").on(&table).all().await.unwrap(), [thing()]);
    assert_eq!(Wide::gsi1().scan().on(&table).count().await.unwrap(), 1);
}

async fn aliases_are_read_but_not_written(env: Env) {
    let table = env.table::<Wide>().await;
    let mut stored = thing().to_item().unwrap();
    assert_eq!(stored.text("entity_type"), Some("Thing"));
    stored.insert("entity_type".into(), s("OlderThing"));
    put_raw(&table, &stored.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>()).await;
    assert_eq!(Thing::get(&thing()).on(&table).await.unwrap(), Some(thing()));
    assert_eq!(Wide::query("THING#000007").on(&table).all().await.unwrap(), [Wide::Thing(thing())]);
    assert_eq!(Thing::scan().on(&table).all().await.unwrap(), [thing()]);
}

async fn a_key_only_field_is_not_stored_as_an_attribute(env: Env) {
    let table = env.table::<Wide>().await;
    let stored = thing().to_item().unwrap();
    assert!(!stored.contains_key("thingId"));
    // If another program stores the attribute, it is ignored: the value comes from the key.
    let mut stored: Vec<_> = stored.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    stored.push(("thingId", n(8)));
    put_raw(&table, &stored).await;
    assert_eq!(Thing::get(&thing()).on(&table).await.unwrap().unwrap().thing_id, ThingId(7));
}

async fn keys_of_maps_are_stored_as_text(_: Env) {
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    enum Color {
        Red,
        Mixed(u8),
    }
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    struct Name(String);
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
    #[entity(table = Maps, pk = "MAPPED#{id}", sk = "MAPPED")]
    struct Mapped {
        id: String,
        colors: BTreeMap<Color, u8>,
        names: BTreeMap<Name, u8>,
        letters: BTreeMap<Option<char>, u8>,
    }
    #[derive(Debug, Table)]
    #[table(config = "config.json")]
    enum Maps {
        Mapped(Mapped),
    }
    let mut mapped = Mapped {
        id: "m".into(),
        colors: BTreeMap::from([(Color::Red, 1)]),
        names: BTreeMap::from([(Name("Ann".into()), 2)]),
        letters: BTreeMap::from([(Some('x'), 3)]),
    };
    let item = mapped.to_item().unwrap();
    for (field, key) in [("colors", "Red"), ("names", "Ann"), ("letters", "x")] {
        assert!(item.get(field).unwrap().as_m().unwrap().contains_key(key), "{field}");
    }
    mapped.letters.clear();
    assert_eq!(Mapped::from_item(mapped.to_item().unwrap()).unwrap(), mapped);
    mapped.colors.insert(Color::Mixed(1), 1);
    let error = mapped.to_item().unwrap_err();
    assert!(error.kind() == ErrorKind::Encode && error.to_string().contains("the key of a map must be"), "{error}");
}
