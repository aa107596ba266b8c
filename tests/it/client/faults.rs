//! The results that operations return agree with the stored items, whatever network faults occur.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, StreamExt};
use monotable::op::BatchEntry;
use monotable::{Connection, Entity, Error, ErrorKind, SegmentProgress, Table};

use crate::support::case::{Env, cases};
use crate::support::ledger::{Account, Counter, Ledger, account, counter};
use crate::support::proxy::Fault::{
    Delay, DropAfter, DropBefore, FailAfter, FailBefore, LeaveHalf, None as Well, Throttle, Truncate,
};
use crate::support::proxy::{Fault, Proxy};

cases![
    each_of_10_000_batch_puts_is_stored_or_reported_as_unwritten,
    the_results_of_1_000_creates_agree_with_the_stored_items,
    the_results_of_1_000_versioned_writes_agree_with_the_stored_items,
    the_results_of_1_000_increments_agree_with_the_counter,
    each_of_1_000_increments_is_applied_exactly_once,
    a_stream_continues_after_a_failed_page,
    a_stream_ends_after_repeated_or_permanent_errors,
];

/// The number of concurrent tasks.
const AT_A_TIME: usize = 16;

/// Creates the table. Returns a direct connection, and one through a proxy that injects these faults one after the other.
async fn through(
    env: &Env,
    attempts: u32,
    forever: &'static str,
    faults: &'static [Fault],
) -> (Connection, Connection) {
    let table = env.table::<Ledger>().await;
    let proxy = Proxy::start(table.endpoint().unwrap(), forever, |_, _, number| faults[number % faults.len()]).await;
    let faulty = Connection::new(proxy.client(table.client(), attempts), table.table_name());
    (table, faulty)
}

const WRITES: &[Fault] = &[
    Well, DropAfter, Well, FailAfter, DropBefore, Well, Truncate, Throttle, Delay, Well, DropAfter, DropAfter,
    Truncate, Well, FailBefore, FailAfter, DropBefore, Throttle, Well,
];

async fn each_of_10_000_batch_puts_is_stored_or_reported_as_unwritten(env: Env) {
    const BATCHES: &[Fault] = &[
        Well, LeaveHalf, Well, DropAfter, LeaveHalf, FailAfter, Well, Throttle, DropBefore, LeaveHalf, Truncate, Delay,
        FailBefore, Well, LeaveHalf, DropAfter, FailBefore,
    ];
    let (table, faulty) = through(&env, 2, "never-", BATCHES).await;
    let id = |n: usize| if n.is_multiple_of(500) { format!("never-{n}") } else { format!("{n}") };
    let batches = (0..20).map(|batch| {
        let faulty = &faulty;
        async move {
            let counters: Vec<_> = (batch * 500..(batch + 1) * 500).map(|n| counter(&id(n))).collect();
            Ledger::batch_write().put_all(&counters).attempts(2).on(faulty).await
        }
    });
    let answers: Vec<_> = stream::iter(batches).buffer_unordered(4).collect().await;
    let mut left = HashSet::new();
    let mut errors = 0;
    for error in answers.into_iter().filter_map(Result::err) {
        errors += 1;
        for entry in error.unwritten() {
            let BatchEntry::Put(item) = entry else { panic!("{entry:?}") };
            let id = item.text("id").unwrap().to_owned();
            assert!(left.insert(id), "{} is reported as unwritten twice", item.text("id").unwrap());
        }
    }
    let stored: HashMap<String, Counter> =
        Counter::scan().on(&table).all().await.unwrap().into_iter().map(|one| (one.id.clone(), one)).collect();
    for id in (0..10_000).map(id) {
        match stored.get(&id) {
            Some(found) => assert_eq!(*found, counter(&id)),
            None => assert!(left.contains(&id), "{id} is neither stored nor reported as unwritten"),
        }
        assert!(!id.starts_with("never") || left.contains(&id), "{id}");
    }
    assert_eq!(errors, 20, "each batch has one entry that is never written");
    // The unwritten entries can be written later without changes.
    let entries = left.iter().map(|id| BatchEntry::Put(counter(id).to_item().unwrap()));
    Ledger::batch_write().entries(entries).on(&table).await.unwrap();
    assert_eq!(Counter::scan().on(&table).count().await.unwrap(), 10_000);
}

/// The number of results per outcome: `ok`, `unknown` or `refused`.
#[derive(Debug, Default)]
struct Told(BTreeMap<&'static str, usize>);

impl Told {
    fn count(&mut self, outcome: &'static str) {
        *self.0.entry(outcome).or_default() += 1;
    }

    fn of(&self, outcome: &str) -> usize {
        self.0.get(outcome).copied().unwrap_or_default()
    }
}

async fn the_results_of_1_000_creates_agree_with_the_stored_items(env: Env) {
    let (table, faulty) = through(&env, 2, "", WRITES).await;
    let creates = (0..1_000).map(|n| {
        let faulty = &faulty;
        // Half of them have a version.
        async move {
            let id = n.to_string();
            match n % 2 {
                0 => (id.clone(), account(&id).create().on(faulty).await.map(Ledger::from)),
                _ => (id.clone(), counter(&id).create().on(faulty).await.map(Ledger::from)),
            }
        }
    });
    let answers: Vec<_> = stream::iter(creates).buffer_unordered(AT_A_TIME).collect().await;
    let stored = Ledger::scan().on(&table).all().await.unwrap();
    let id = |one: &Ledger| match one {
        Ledger::Account(Account { id, .. }) | Ledger::Counter(Counter { id, .. }) => id.clone(),
        Ledger::Session(_) => unreachable!("no session was written"),
    };
    let stored: HashMap<String, Ledger> = stored.into_iter().map(|one| (id(&one), one)).collect();
    let mut told = Told::default();
    for (id, answer) in answers {
        match answer {
            Ok(created) => {
                told.count("ok");
                assert_eq!(stored.get(&id), Some(&created), "{id}");
            }
            Err(error) if error.is_outcome_unknown() => told.count("unknown"),
            Err(error) => {
                told.count("refused");
                assert!(!stored.contains_key(&id), "{id}: {error}");
            }
        }
    }
    println!("creates: {told:?}, {} stored", stored.len());
    assert!(told.of("ok") > 500 && told.of("unknown") > 0, "{told:?}");
}

async fn the_results_of_1_000_versioned_writes_agree_with_the_stored_items(env: Env) {
    let (table, faulty) = through(&env, 2, "", WRITES).await;
    let one = |n: usize| {
        let (table, faulty) = (&table, &faulty);
        async move {
            let mut told = Told::default();
            let mut current = account(&n.to_string()).create().on(table).await.unwrap();
            for step in 1..=50 {
                let (state, balance) = (format!("S{step}"), step);
                // Updates and puts alternate.
                let answer = match step % 2 {
                    0 => {
                        let update =
                            Account::update(&current).set(Account::STATE, &state).set(Account::BALANCE, balance);
                        update.on(faulty).await
                    }
                    _ => Account { state: state.clone(), balance, ..current.clone() }.put().on(faulty).await,
                };
                let stored = Account::get(&current).consistent().on(table).await.unwrap().unwrap();
                match answer {
                    Ok(updated) => {
                        told.count("ok");
                        assert_eq!((stored.version, &stored), (current.version + 1, &updated));
                    }
                    Err(error) if error.is_outcome_unknown() => {
                        told.count("unknown");
                        assert!(
                            stored == current || stored.balance == balance && stored.version == current.version + 1
                        );
                    }
                    Err(error) => {
                        told.count("refused");
                        assert_eq!(stored, current, "{error}");
                    }
                }
                current = stored;
            }
            told
        }
    };
    let all: Vec<Told> = stream::iter((0..20).map(one)).buffer_unordered(AT_A_TIME).collect().await;
    let sum = |outcome: &str| all.iter().map(|told| told.of(outcome)).sum::<usize>();
    println!("versioned updates: {} ok, {} unknown, {} refused", sum("ok"), sum("unknown"), sum("refused"));
    assert!(sum("ok") > 500 && sum("unknown") > 0);
}

/// Increments one counter 1,000 times. Returns the number of successes, the number of unknown outcomes, and all errors.
async fn increments(faulty: &Connection, exactly_once: bool) -> (usize, usize, Vec<Error>) {
    let increment = |_| async move {
        let update = Counter::update("c").add(Counter::N, 1);
        match exactly_once {
            true => update.exactly_once().on(faulty).await,
            false => update.returning_nothing().on(faulty).await,
        }
    };
    let answers: Vec<_> = stream::iter((0..1_000).map(increment)).buffer_unordered(AT_A_TIME).collect().await;
    let ok = answers.iter().filter(|answer| answer.is_ok()).count();
    let errors: Vec<Error> = answers.into_iter().filter_map(Result::err).collect();
    let unknown = errors.iter().filter(|error| error.is_outcome_unknown()).count();
    (ok, unknown, errors)
}

async fn the_results_of_1_000_increments_agree_with_the_counter(env: Env) {
    let (table, faulty) = through(&env, 3, "", WRITES).await;
    counter("c").create().on(&table).await.unwrap();
    let (ok, unknown, errors) = increments(&faulty, false).await;
    let n = usize::try_from(Counter::get("c").consistent().on(&table).await.unwrap().unwrap().n).unwrap();
    println!("increments: {ok} ok, {unknown} unknown, {} refused, the counter is {n}", errors.len() - unknown);
    assert!((ok..=ok + unknown).contains(&n), "{ok} {unknown} {n}");
    assert!(unknown > 0 && ok > 0);
    let known = errors.iter().filter(|error| !error.is_outcome_unknown());
    known.for_each(|error| assert_eq!(error.kind(), ErrorKind::Throttled, "{error}"));
}

async fn each_of_1_000_increments_is_applied_exactly_once(env: Env) {
    let (table, faulty) = through(&env, 100, "", WRITES).await;
    counter("c").create().on(&table).await.unwrap();
    let (ok, unknown, errors) = increments(&faulty, true).await;
    let n = usize::try_from(Counter::get("c").consistent().on(&table).await.unwrap().unwrap().n).unwrap();
    println!(
        "increments, exactly once: {ok} ok, {unknown} unknown, {} refused, the counter is {n}",
        errors.len() - unknown
    );
    assert_eq!((unknown, n), (0, ok), "{errors:?}");
    assert!(ok > 900, "{ok} of 1,000 increments were applied: {errors:?}");
}

const READS: &[Fault] = &[Truncate, DropBefore, FailBefore, Throttle, DropAfter];

async fn a_stream_continues_after_a_failed_page(env: Env) {
    let table = env.table::<Ledger>().await;
    // Each request fails the first time that it is sent.
    let seen = Mutex::new(HashSet::new());
    let proxy = Proxy::start(table.endpoint().unwrap(), "", move |_, body, number| {
        if seen.lock().unwrap().insert(body.to_string()) { READS[number % READS.len()] } else { Well }
    });
    let faulty = Connection::new(proxy.await.client(table.client(), 1), table.table_name());
    let owned = |n: usize| Counter { owner: Some(format!("{n:04}")), ..counter(&n.to_string()) };
    let counters: Vec<_> = (0..300).map(owned).collect();
    Ledger::batch_write().put_all(&counters).on(&table).await.unwrap();
    let query = || Counter::gsi1().query(()).page_size(7).on(&faulty);
    for mut stream in [query().stream(), query().descending().read_ahead().stream()] {
        let (mut owners, mut failures) = (Vec::new(), 0);
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => owners.push(item.owner.unwrap()),
                Err(_) => failures += 1,
            }
        }
        let sorted: Vec<_> = (0..300).map(|n| format!("{n:04}")).collect();
        if owners[0] != sorted[0] {
            owners.reverse();
        }
        assert_eq!(owners, sorted);
        assert!(failures > 10, "{failures}");
    }
    let mut stream = Counter::scan().page_size(7).on(&faulty).segments(4).stream();
    let (mut ids, mut failures) = (Vec::new(), 0);
    while let Some(item) = stream.next().await {
        match item {
            Ok(item) => ids.push(item.id),
            Err(_) => failures += 1,
        }
    }
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (300, 300));
    assert!(failures > 10, "{failures}");
}

async fn a_stream_ends_after_repeated_or_permanent_errors(env: Env) {
    let table = env.table::<Ledger>().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let proxy = Proxy::start(table.endpoint().unwrap(), "", move |_, _, _| {
        count.fetch_add(1, Ordering::SeqCst);
        FailBefore
    });
    let faulty = Connection::new(proxy.await.client(table.client(), 1), table.table_name());
    let mut stream = Counter::scan().on(&faulty).stream();
    let mut errors = 0;
    while let Some(item) = stream.next().await {
        assert!(item.is_err());
        errors += 1;
    }
    assert_eq!((errors, asked.load(Ordering::SeqCst)), (3, 3));
    let mut stream = Counter::scan().segments(2).on(&faulty).stream();
    let mut errors = 0;
    while let Some(item) = stream.next().await {
        assert!(item.is_err());
        errors += 1;
    }
    assert_eq!(errors, 6);
    assert_eq!(stream.progress(), [SegmentProgress::Start, SegmentProgress::Start], "no segment was read completely");
    // A permanent error is not retried.
    let nowhere = Connection::new(table.client().clone(), "no-such-table");
    let mut stream = Counter::scan().on(&nowhere).stream();
    assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), ErrorKind::TableNotFound);
    assert!(stream.next().await.is_none());
}
