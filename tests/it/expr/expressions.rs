//! Random conditions, filters and updates. Each one must be accepted by the engine, or rejected before it is sent.

use std::sync::atomic::{AtomicUsize, Ordering};

use monotable::op::Update;
use monotable::{AttributeType, B, Condition, Connection, Entity, Error, ErrorKind, Path};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::support::case::{Env, Requests, cases};
use crate::support::ledger::{Counter, counter, table};

cases![
    random_conditions_are_accepted_or_rejected_before_they_are_sent,
    random_updates_are_accepted_or_rejected_before_they_are_sent
];

/// A value of any type that an expression can contain.
#[derive(Debug, Clone)]
enum Value {
    Text(&'static str),
    Number(i64),
    Float(f64),
    Bool(bool),
    Bytes(u8),
    List(Vec<i64>),
    Map(i64),
    Nothing,
}

impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
            Self::Float(number) => number.serialize(serializer),
            Self::Bool(value) => value.serialize(serializer),
            Self::Bytes(byte) => B(vec![*byte]).serialize(serializer),
            Self::List(list) => list.serialize(serializer),
            Self::Map(number) => std::collections::BTreeMap::from([("k", number)]).serialize(serializer),
            Self::Nothing => serializer.serialize_none(),
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["", "a", "b", "SIZE"]).prop_map(Value::Text),
        (-2..3_i64).prop_map(Value::Number),
        prop::sample::select(vec![0.5, 1e20, -1.5, 10.0]).prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        (0..3_u8).prop_map(Value::Bytes),
        prop::collection::vec(0..3_i64, 0..3).prop_map(Value::List),
        (0..3_i64).prop_map(Value::Map),
        Just(Value::Nothing),
    ]
}

fn a_path() -> impl Strategy<Value = String> {
    let roots = prop::sample::select(vec![
        "n",
        "score",
        "owner",
        "tags",
        "log",
        "by",
        "log[0]",
        "by.eu",
        "by.size.x",
        "log[1].a",
    ]);
    roots.prop_map(str::to_owned)
}

/// Builds a path from the field constants of the entity.
fn path(text: &str) -> Path<Counter> {
    let (root, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    let parts = |path: Path<Counter>| if rest.is_empty() { path } else { path.path(rest.trim_start_matches('.')) };
    parts(match root {
        "n" => Counter::N.as_path(),
        "score" => Counter::SCORE.as_path(),
        "owner" => Counter::OWNER.as_path(),
        "tags" => Counter::TAGS.as_path(),
        "log" => Counter::LOG.as_path(),
        _ => Counter::BY.as_path(),
    })
}

#[derive(Debug, Clone)]
enum Tree {
    Leaf {
        at: String,
        operator: u8,
        one: Value,
        other: Value,
        attribute_type: AttributeType,
        size: usize,
        second: String,
    },
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
}

impl Tree {
    fn condition(&self) -> Condition<Counter> {
        match self {
            Self::And(one, other) => one.condition() & other.condition(),
            Self::Or(one, other) => one.condition() | other.condition(),
            Self::Not(one) => !one.condition(),
            Self::Leaf { at, operator, one, other, attribute_type, size, second } => {
                let path_of = path(at);
                match operator {
                    0 => path_of.eq(one),
                    1 => path_of.ne(one),
                    2 => path_of.lt(one),
                    3 => path_of.le(one),
                    4 => path_of.gt(one),
                    5 => path_of.ge(one),
                    6 => path_of.between(one, other),
                    7 => path_of.in_([one, other]),
                    8 => path_of.begins_with("a"),
                    9 => path_of.contains(one),
                    10 => path_of.exists(),
                    11 => path_of.is_type(*attribute_type),
                    12 => path_of.size().ge(*size),
                    _ => path_of.eq_path(path(second)),
                }
            }
        }
    }
}

fn condition() -> impl Strategy<Value = Tree> {
    let types = prop::sample::select(vec![AttributeType::S, AttributeType::N, AttributeType::Ss, AttributeType::Null]);
    let leaf = (a_path(), 0..14_u8, value(), value(), types, 0..5_usize, a_path()).prop_map(
        |(at, operator, one, other, attribute_type, size, second)| Tree::Leaf {
            at,
            operator,
            one,
            other,
            attribute_type,
            size,
            second,
        },
    );
    leaf.prop_recursive(3, 12, 2, |inner| {
        (inner.clone(), inner, 0..3_u8).prop_map(|(one, other, operator)| match operator {
            0 => Tree::And(Box::new(one), Box::new(other)),
            1 => Tree::Or(Box::new(one), Box::new(other)),
            _ => Tree::Not(Box::new(one)),
        })
    })
}

/// Checks that a request was accepted, or rejected before it was sent.
fn is_fair(answer: Result<(), Error>, sent: usize) -> Result<(), TestCaseError> {
    match answer {
        Ok(()) => Ok(()),
        // These errors depend on the stored item: a condition is not met, or the updated item cannot be deserialized.
        Err(error) if error.is_condition_failed() || error.kind() == ErrorKind::Decode => Ok(()),
        Err(error) if sent == 0 => {
            use ErrorKind::{Encode, InvalidKey, InvalidRequest};
            prop_assert!(matches!(error.kind(), InvalidRequest | Encode | InvalidKey), "{error:?}");
            Ok(())
        }
        Err(error) => Err(TestCaseError::fail(format!("{error}: {:?}", std::error::Error::source(&error)))),
    }
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() })
}

/// Runs the property in a separate thread with its own runtime, because a property is not `async` and the current runtime is busy
/// with the case.
fn check<S: Strategy>(
    env: &Env,
    strategy: impl FnOnce() -> S + Send,
    run: impl Fn(&Runtime, &Connection, &Requests, S::Value) -> Result<(), Error> + Send,
) {
    let test = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (table, requests) = runtime.block_on(table(env));
        runtime.block_on(counter("c").create().on(&table).send()).unwrap();
        let tested = runner().run(&strategy(), |input| {
            requests.take();
            let answer = run(&runtime, &table, &requests, input);
            is_fair(answer, requests.take())
        });
        tested.map_err(|error| error.to_string())
    };
    let tested = std::thread::scope(|scope| scope.spawn(test).join().unwrap());
    tested.unwrap_or_else(|error| panic!("{error}"));
}

async fn random_conditions_are_accepted_or_rejected_before_they_are_sent(env: Env) {
    let refused = AtomicUsize::new(0);
    check(&env, condition, |runtime, table, _, tree| {
        let read = runtime.block_on(Counter::scan().filter(tree.condition()).on(table).count());
        refused.fetch_add(usize::from(read.is_err()), Ordering::SeqCst);
        read?;
        runtime.block_on(Counter::delete("none").condition(tree.condition()).on(table).send())
    });
    // The random conditions must include both accepted and rejected ones.
    let refused = refused.load(Ordering::SeqCst);
    assert!((40..=360).contains(&refused), "{refused} of 400 conditions were rejected");
}

#[derive(Debug, Clone)]
struct Step(String, u8, Value);

/// Adds one step to the update. Whether its action fits the type of the attribute depends on the stored item, so DynamoDB may
/// reject it.
fn act(update: Update<Counter>, Step(at, action, value): &Step) -> Update<Counter> {
    let number = match value {
        Value::Number(number) => *number,
        _ => 1,
    };
    match action {
        0 => update.set_at(path(at), value),
        1 => update.remove_at(path(at)),
        2 => update.if_not_exists_at(path(at), value),
        3 => update.increment_at(path(at), number),
        4 => update.append_at(path(at), [value]),
        5 => update.prepend_at(path(at), [value]),
        6 => update.add_at(path(at), number),
        7 => update.add(Counter::TAGS, ["x"]),
        8 => update.delete(Counter::TAGS, ["x"]),
        _ => update.set(Counter::OWNER, "me"),
    }
}

async fn random_updates_are_accepted_or_rejected_before_they_are_sent(env: Env) {
    let steps = || {
        let step = (a_path(), 0..10_u8, value()).prop_map(|(at, action, value)| Step(at, action, value));
        prop::collection::vec(step, 1..4)
    };
    let whole = Counter {
        owner: Some("me".into()),
        score: Some(1),
        tags: ["a".into()].into(),
        log: vec!["x".into(), "y".into()],
        by: [("eu".to_owned(), 1)].into(),
        ..counter("c")
    };
    let (sent, applied) = (AtomicUsize::new(0), AtomicUsize::new(0));
    check(&env, steps, |runtime, table, requests, steps| {
        runtime.block_on(whole.put().on(table).send())?;
        requests.take();
        let update = steps.iter().fold(Counter::update("c"), act).returning_nothing();
        let answer = runtime.block_on(update.on(table).send());
        sent.fetch_add(usize::from(requests.peek() > 0), Ordering::SeqCst);
        applied.fetch_add(usize::from(answer.is_ok()), Ordering::SeqCst);
        match answer {
            Err(error) if requests.peek() > 0 && is_of_the_item(&error) => Ok(()),
            answer => answer,
        }
    });
    // The random updates must include ones that are refused, rejected by the engine, and applied.
    let (sent, applied) = (sent.load(Ordering::SeqCst), applied.load(Ordering::SeqCst));
    println!("{sent} of 400 updates were sent, {applied} were applied");
    assert!(sent < 400 && applied < sent && applied > 20, "{sent} of 400 updates were sent, {applied} were applied");
}

/// Returns whether DynamoDB rejected the update because it does not fit the stored item.
fn is_of_the_item(error: &Error) -> bool {
    let text = error.to_string();
    error.kind() == ErrorKind::InvalidRequest
        && [
            "incorrect data type",
            "document path provided",
            "does not exist in the item",
            "operand in the update expression",
        ]
        .iter()
        .any(|word| text.contains(word))
}
