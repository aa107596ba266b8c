//! Compares typed sort conditions with a model in memory, for many templates in one partition, random values, every operator,
//! every number of fields, with and without `under`, and both directions.

use libtest_mimic::{Failed, Trial};
use monotable::{Connection, Entity, ErrorKind, Query, Table};
use monotable_local::{Embedded, Engine as _};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("it::expr::ranges::typed_sort_conditions_match_the_model", typed_sort_conditions_match_the_model)]
}

/// The fields of every entity here.
#[derive(Debug, Clone, PartialEq)]
struct Values {
    x: String,
    y: String,
    n: u16,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    Eq,
    Lt,
    Le,
    Gt,
    Ge,
    Between,
    BeginsWith,
}
use Operator::{BeginsWith, Between, Eq, Ge, Gt, Le, Lt};

/// A sort condition on the first `given` fields of `low`, and for `between` also of `high`.
#[derive(Debug, Clone)]
struct Condition {
    operator: Operator,
    given: usize,
    /// Whether `under` fixes the first field, so that the operator compares only the second one.
    is_under: bool,
    low: Values,
    high: Values,
}

macro_rules! conditions {
    ($query:expr, $operator:expr, $low:expr, $high:expr) => {
        match $operator {
            Eq => $query.eq($low).erase(),
            Lt => $query.lt($low).erase(),
            Le => $query.le($low).erase(),
            Gt => $query.gt($low).erase(),
            Ge => $query.ge($low).erase(),
            Between => $query.between($low, $high).erase(),
            BeginsWith => $query.begins_with($low).erase(),
        }
    };
}

/// Defines entities in one partition of gsi1. `parts` is the model's representation of the template: literals and fields.
macro_rules! entities {
    ($($name:ident $pk:literal $template:literal $fields:tt $parts:expr,)*) => {
        #[derive(Debug, Table)]
        #[table(config = "config.json")]
        enum Base {
            $($name($name),)*
        }

        $(
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
            #[entity(table = Base, pk = $pk, sk = "{id:06}", gsi1(pk = "P", sk = $template))]
            struct $name {
                id: u32,
                x: String,
                y: String,
                n: u16,
            }
        )*

        const KINDS: &[Kind] = &[$(Kind {
            name: stringify!($name),
            parts: $parts,
        }),*];

        async fn put(number: usize, id: u32, values: &Values, table: &Connection) {
            let Values { x, y, n } = values.clone();
            match KINDS[number].name {
                $(stringify!($name) => drop($name { id, x, y, n }.put().on(table).await.unwrap()),)*
                other => panic!("{other}"),
            }
        }

        /// Returns the ids of the items that the typed query returns.
        async fn ask(
            number: usize,
            condition: &Condition,
            descending: bool,
            table: &Connection,
        ) -> monotable::Result<Vec<u32>> {
            match KINDS[number].name {
                $(stringify!($name) => {
                    let query = || {
                        let query = $name::gsi1().query(());
                        let query: Query<$name> = condition_on!($fields, query, condition);
                        if descending { query.descending() } else { query }
                    };
                    let found: Vec<u32> = query().on(table).all().await?.into_iter().map(|item| item.id).collect();
                    // DynamoDB counts without returning items, so the condition and the filter must be exact.
                    assert_eq!(query().on(table).count().await?, found.len(), "the count must equal the number of items");
                    Ok(found)
                })*
                other => panic!("{other}"),
            }
        }
    };
}

/// Applies the condition with a prefix of the fields of one entity.
macro_rules! condition_on {
    ((), $query:expr, $condition:expr) => {{
        let _: &Condition = $condition;
        $query.erase()
    }};
    (($first:ident), $query:expr, $condition:expr) => {{
        let Condition { operator, low, high, .. } = $condition;
        conditions!($query, operator, &low.$first, &high.$first)
    }};
    (($first:ident $second:ident), $query:expr, $condition:expr) => {{
        let Condition { operator, given, is_under, low, high } = $condition;
        match (given, is_under) {
            (1, _) => conditions!($query, operator, (&low.$first,), (&high.$first,)),
            (_, true) => conditions!($query.under(&low.$first), operator, &low.$second, &high.$second),
            (_, false) => conditions!($query, operator, (&low.$first, &low.$second), (&high.$first, &high.$second)),
        }
    }};
}

struct Kind {
    name: &'static str,
    parts: &'static [Part],
}

enum Part {
    Text(&'static str),
    X,
    Y,
    /// Four digits.
    N,
}
use Part::{N, Text, X, Y};

entities! {
    One "ONE" "A#{x}" (x) &[Text("A#"), X],
    Two "TWO" "A#{x}#{y}" (x y) &[Text("A#"), X, Text("#"), Y],
    Apart "APART" "A#{x}#B#{y}" (x y) &[Text("A#"), X, Text("#B#"), Y],
    Ended "ENDED" "A#{x}#B#{y}#C" (x y) &[Text("A#"), X, Text("#B#"), Y, Text("#C")],
    Beside "BESIDE" "AB#{x}" (x) &[Text("AB#"), X],
    Bare "BARE" "{x}" (x) &[X],
    BareNumber "BARENUMBER" "{n:04}#{x}" (n x) &[N, Text("#"), X],
    Number "NUMBER" "A#{n:04}" (n) &[Text("A#"), N],
    TextNumber "TEXTNUMBER" "{x}#{n:04}" (x n) &[X, Text("#"), N],
    Alone "ALONE" "A" () &[Text("A")],
    Below "BELOW" "B#{y}#{x}" (y x) &[Text("B#"), Y, Text("#"), X],
}

impl Kind {
    fn fields(&self) -> usize {
        self.parts.iter().filter(|part| !matches!(part, Text(_))).count()
    }

    /// Returns the text of the key up to the first field that is not given, and whether this is the whole key.
    fn render(&self, values: &Values, given: usize) -> (String, bool) {
        let (mut text, mut fields) = (String::new(), 0);
        for part in self.parts {
            if !matches!(part, Text(_)) {
                if fields == given {
                    return (text, false);
                }
                fields += 1;
            }
            match part {
                Text(literal) => text.push_str(literal),
                X => text.push_str(&values.x),
                Y => text.push_str(&values.y),
                N => text.push_str(&format!("{:04}", values.n)),
            }
        }
        (text, true)
    }

    /// Returns the text of the key up to and including the last given field, without the literal after it.
    fn begin(&self, values: &Values, given: usize) -> String {
        let before = self.render(values, given - 1).0;
        let mut fields = 0;
        for part in self.parts {
            match part {
                Text(_) => continue,
                _ if fields + 1 < given => fields += 1,
                X => return before + &values.x,
                Y => return before + &values.y,
                N => return format!("{before}{:04}", values.n),
            }
        }
        before
    }

    /// Returns the condition that is sent for this entity: `under` needs two fields, and both ends of its range begin with the same
    /// first field.
    fn adapt(&self, condition: &Condition) -> Condition {
        let mut condition = condition.clone();
        condition.is_under &= condition.given == 2 && self.fields() == 2;
        if condition.is_under {
            let low = condition.low.clone();
            match self.parts.iter().find(|part| !matches!(part, Text(_))) {
                Some(X) => condition.high.x = low.x,
                Some(Y) => condition.high.y = low.y,
                _ => condition.high.n = low.n,
            }
        }
        condition
    }

    /// Returns whether the model expects a key to match. With a prefix of the fields, `gt` starts after the last key that begins
    /// with it, `le` ends after that key, `ge` starts at the first key that begins with it, `lt` ends before that key, and `eq`
    /// matches all keys that begin with it.
    fn holds(&self, condition: &Condition, key: &str) -> bool {
        let Condition { operator, given, is_under, low, high } = condition;
        let given = (*given).min(self.fields());
        if given == 0 {
            return true;
        }
        if *is_under && !key.starts_with(&self.render(low, 1).0) {
            return false;
        }
        let (low_text, low_is_whole) = self.render(low, given);
        let (high_text, high_is_whole) = self.render(high, given);
        let is_of = |text: &str, is_whole: bool| if is_whole { key == text } else { key.starts_with(text) };
        let (of_low, of_high) = (is_of(&low_text, low_is_whole), is_of(&high_text, high_is_whole));
        let (low_text, high_text) = (low_text.as_str(), high_text.as_str());
        match operator {
            Eq => of_low,
            Lt => key < low_text,
            Le => key < low_text || of_low,
            Gt => key > low_text && !of_low,
            Ge => key >= low_text,
            Between => key >= low_text && (key < high_text || of_high),
            BeginsWith => key.starts_with(&self.begin(low, given)),
        }
    }
}

/// Values that are close to each other, sort before and after the delimiter, and have characters of one to four bytes.
fn values() -> impl Strategy<Value = Values> {
    let text = || prop::sample::select(vec!["a", "b", "aa", "a!", "a~", "A", "B", "AB", "é", "😀", "0001", "~"]);
    (text(), text(), prop::sample::select(vec![0, 1, 9, 10, 9999])).prop_map(|(x, y, n)| Values {
        x: x.to_owned(),
        y: y.to_owned(),
        n,
    })
}

fn conditions() -> impl Strategy<Value = (usize, Condition, bool)> {
    let operator = prop::sample::select(vec![Eq, Lt, Le, Gt, Ge, Between, BeginsWith]);
    (0..KINDS.len(), operator, 1..3_usize, any::<bool>(), values(), values(), any::<bool>()).prop_map(
        |(kind, operator, given, is_under, low, high, descending)| {
            let condition = Condition { operator, given, is_under, low, high };
            (kind, KINDS[kind].adapt(&condition), descending)
        },
    )
}

fn typed_sort_conditions_match_the_model() -> Result<(), Failed> {
    let items = prop::collection::vec((0..KINDS.len(), values()), 20..60);
    let cases = (items, prop::collection::vec(conditions(), 60..61));
    let engine = Embedded::in_memory()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let number = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&cases, |(items, conditions)| {
            number.set(number.get() + 1);
            let table =
                Connection::new(engine.client(), format!("ranges-{}", number.get())).with_endpoint(engine.endpoint());
            runtime.block_on(async {
                Base::ensure_table().on(&table).await.unwrap();
                for (id, (kind, values)) in (0..).zip(&items) {
                    put(*kind, id, values, &table).await;
                }
                for (kind, condition, descending) in &conditions {
                    check(&items, *kind, condition, *descending, &table).await?;
                }
                Ok(())
            })
        })
        .map_err(|error| error.to_string().into())
}

async fn check(
    items: &[(usize, Values)],
    number: usize,
    condition: &Condition,
    descending: bool,
    table: &Connection,
) -> Result<(), TestCaseError> {
    let kind = &KINDS[number];
    let context = format!("{} {condition:?}", kind.name);
    let found = ask(number, condition, descending, table).await;
    let given = condition.given.min(kind.fields());
    let backwards = condition.operator == Between && given > 0 && {
        let (high, is_whole) = kind.render(&condition.high, given);
        kind.render(&condition.low, given).0 > if is_whole { high } else { high + "\u{10FFFF}" }
    };
    if backwards {
        prop_assert_eq!(found.unwrap_err().kind(), ErrorKind::InvalidRequest, "{}", context);
        return Ok(());
    }
    let mut expected: Vec<(String, u32)> = (0..)
        .zip(items)
        .filter(|(_, (of, _))| *of == number)
        .map(|(id, (_, values))| (kind.render(values, usize::MAX).0, id))
        .filter(|(key, _)| kind.holds(condition, key))
        .collect();
    let keys: Vec<_> =
        (0..).zip(items).map(|(id, (of, values))| (id, KINDS[*of].render(values, usize::MAX).0)).collect();
    let mut found: Vec<(String, u32)> =
        found.unwrap().into_iter().map(|id| (keys[id as usize].1.clone(), id)).collect();
    let in_order = found.is_sorted_by(|a, b| if descending { a.0 >= b.0 } else { a.0 <= b.0 });
    prop_assert!(in_order, "{}: {:?}", context, found);
    // The engine decides the order of items with equal keys.
    found.sort();
    expected.sort();
    prop_assert_eq!(found, expected, "{}", context);
    Ok(())
}
