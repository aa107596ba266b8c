//! Properties of keys: a key parses to the values it was built from, and different values have different keys.

use chrono::{DateTime, NaiveDate, Utc};
use libtest_mimic::{Failed, Trial};
use monotable::{Entity, KeySegment, Table};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::support::case::holds;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "it::key::keys::an_entity_converted_to_an_item_and_back_is_equal",
            an_entity_converted_to_an_item_and_back_is_equal,
        ),
        Trial::test("it::key::keys::different_keys_have_different_texts", different_keys_have_different_texts),
        Trial::test(
            "it::key::keys::rendered_segments_parse_to_the_same_value",
            rendered_segments_parse_to_the_same_value,
        ),
        Trial::test("it::key::keys::padded_numbers_sort_numerically", padded_numbers_sort_numerically),
        Trial::test("it::key::keys::rendered_times_sort_chronologically", rendered_times_sort_chronologically),
        Trial::test("it::key::keys::key_texts_parse_to_the_same_key", key_texts_parse_to_the_same_key),
        Trial::test("it::key::keys::non_canonical_integers_are_rejected", non_canonical_integers_are_rejected),
    ]
}

#[derive(Debug, Clone, Table)]
#[table(config = "config.json")]
enum Base {
    Deep(Deep),
}

/// An entity with every kind of placeholder, whose fields are stored only in the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "{text}#x{number:020}-{signed}#{flag}",
    sk = "A{letter}#{date}#{time}#{path..}",
    gsi1(pk = "{maybe}", sk = "{text|upper}#{time|month}"),
)]
struct Deep {
    #[entity(key_only)]
    text: String,
    #[entity(key_only)]
    number: u64,
    #[entity(key_only)]
    signed: i32,
    #[entity(key_only)]
    flag: bool,
    #[entity(key_only)]
    letter: char,
    #[entity(key_only)]
    date: NaiveDate,
    #[entity(key_only)]
    #[serde(with = "monotable::timestamp")]
    time: DateTime<Utc>,
    #[entity(key_only)]
    path: String,
    maybe: Option<String>,
    value: Option<Vec<i64>>,
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    // The years 0 to 9999, with the microsecond precision in which times are stored.
    (-62_167_219_200_000_000_i64..253_402_300_800_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).expect("the time must be in range"))
}

fn date() -> impl Strategy<Value = NaiveDate> {
    time().prop_map(|time| time.date_naive())
}

prop_compose! {
    fn deep()(
        text in "[^#]{1,12}",
        number: u64,
        signed: i32,
        flag: bool,
        letter in any::<char>().prop_filter("the delimiter", |c| *c != '#'),
        date in date(),
        time in time(),
        path in "(?s).{1,12}",
        maybe in proptest::option::of("[^#]{1,12}"),
        value in proptest::option::of(proptest::collection::vec(any::<i64>(), 0..4)),
    ) -> Deep {
        Deep { text, number, signed, flag, letter, date, time, path, maybe, value }
    }
}

fn an_entity_converted_to_an_item_and_back_is_equal() -> Result<(), Failed> {
    holds(deep(), |deep| {
        let item = deep.to_item().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let found = Deep::from_item(item).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(found, deep);
        Ok(())
    })
}

fn different_keys_have_different_texts() -> Result<(), Failed> {
    // With few different characters, similar keys are frequent.
    let text = "[ax\\-0]{1,3}";
    let path = "[ax#]{1,3}";
    let one = (text, 0..3_u64, -2..3_i32, path);
    holds((one.clone(), one), |(a, b)| {
        let time = DateTime::UNIX_EPOCH;
        let key = |(text, number, signed, path): &(String, u64, i32, String)| {
            Deep::key((text, *number, *signed, true, 'x', time.date_naive(), time, path))
                .expect("the key must be valid")
                .to_string()
        };
        prop_assert_eq!(a == b, key(&a) == key(&b));
        Ok(())
    })
}

fn read_back<T: KeySegment + PartialEq + std::fmt::Debug>(value: &T) -> Result<(), TestCaseError> {
    let mut text = String::new();
    value.render(&mut text).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&T::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?, value);
    Ok(())
}

fn rendered_segments_parse_to_the_same_value() -> Result<(), Failed> {
    holds((any::<String>(), any::<(i128, u128, i8, usize, bool, char)>(), time(), date()), |(text, n, time, date)| {
        read_back(&text)?;
        read_back(&n.0)?;
        read_back(&n.1)?;
        read_back(&n.2)?;
        read_back(&n.3)?;
        read_back(&n.4)?;
        read_back(&n.5)?;
        read_back(&time)?;
        read_back(&date)
    })
}

fn padded_numbers_sort_numerically() -> Result<(), Failed> {
    holds(any::<(u64, u64)>(), |(a, b)| {
        let text = |n| Deep::pk("x", n, 0, true).expect("the key must be valid");
        prop_assert_eq!(a.cmp(&b), text(a).cmp(&text(b)));
        Ok(())
    })
}

fn rendered_times_sort_chronologically() -> Result<(), Failed> {
    holds((time(), time()), |(a, b)| {
        let text = |time: &DateTime<Utc>| {
            let mut text = String::new();
            time.render(&mut text).map(|()| text).expect("the time must have a text")
        };
        prop_assert_eq!(a.cmp(&b), text(&a).cmp(&text(&b)));
        Ok(())
    })
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Paths {
    File(File),
    Folder(Folder),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Paths, pk = "FILE#{folder}", sk = "{path..}")]
struct File {
    folder: String,
    path: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Paths, pk = "FOLDER#{name..}", sk = "FOLDER#{name..}")]
struct Folder {
    name: String,
}

/// Only one text of a number is accepted, so a parsed value renders to the same key.
fn non_canonical_integers_are_rejected() -> Result<(), Failed> {
    for text in ["007", "-0", "+5", "-07", "00", ""] {
        assert!(i32::parse(text).is_err(), "`{text}`");
    }
    assert_eq!((i32::parse("0")?, i32::parse("-7")?, u64::parse("70")?), (0, -7, 70));
    Ok(())
}

fn key_texts_parse_to_the_same_key() -> Result<(), Failed> {
    let key = File::key(("src", "main.rs"))?;
    assert_eq!(key.to_string(), "FILE#src / main.rs");
    assert_eq!(serde_json::to_string(&key)?, "\"FILE#src / main.rs\"");
    let folder: monotable::Key<Paths> = "FOLDER#a/b".parse()?;
    assert_eq!((folder.entity(), folder.partition(), folder.sort()), ("Folder", "FOLDER#a/b", Some("FOLDER#a/b")));
    for text in ["", " / a", "a / "] {
        assert!(text.parse::<monotable::Key<Paths>>().is_err(), "`{text}`");
    }
    let part = "[a/ \\\\]{1,6}";
    holds((part, part), |(folder, path)| {
        for key in [File::key((&folder, &path)).unwrap(), Folder::key(&path).unwrap()] {
            let parsed: monotable::Key<Paths> = key.to_string().parse().unwrap();
            prop_assert_eq!(&parsed, &key, "{}", key);
            prop_assert_eq!((parsed.entity(), parsed.sort()), (key.entity(), key.sort()));
            let json = serde_json::to_string(&key).unwrap();
            prop_assert_eq!(serde_json::from_str::<monotable::Key<Paths>>(&json).unwrap(), key);
        }
        Ok(())
    })
}
