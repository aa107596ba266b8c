//! Compares the results that operations return with the stored items, on a network that fails often.
//!
//! `cargo test --test faults` runs 2,000 operations. `cargo test --release --test faults -- 20000` runs 20,000; a second number
//! sets the seed. 32 tasks create, put, add, update versions, write transactions and batches, and read pages in both directions,
//! through a proxy that loses, truncates, corrupts and delays requests and responses. Then the tasks read all items without the
//! proxy. The program fails if a write was lost, applied twice or reported incorrectly.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "it/support/proxy.rs"]
mod proxy;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use monotable::aws::config::timeout::TimeoutConfig;
use monotable::op::BatchEntry;
use monotable::{Connection, Entity, Error, Table};
use monotable_local::{Embedded, Engine as _};
use proxy::{Fault, Proxy};
use serde::{Deserialize, Serialize};

const TASKS: usize = 32;
/// The number of items in the partition that is read in pages.
const ROWS: u32 = 120;

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "faults" } }"#)]
enum Base {
    Account(Account),
    Counter(Counter),
    Row(Row),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ACCOUNT#{id}", sk = "ACCOUNT", builder)]
struct Account {
    id: String,
    balance: i64,
    #[entity(version)]
    version: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "COUNTER#{id}", sk = "COUNTER")]
struct Counter {
    id: String,
    n: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ROWS", sk = "ROW#{n:04}")]
struct Row {
    n: u32,
    text: String,
}

/// A random number generator that returns the same numbers for the same seed.
struct Random(AtomicU64);

impl Random {
    /// Returns a number below `end`. The algorithm is <https://prng.di.unimi.it/splitmix64.c>.
    fn below(&self, end: u64) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }
}

/// Chooses a fault for about four requests in ten.
fn fault(random: &Random) -> Fault {
    if random.below(10) < 6 {
        return Fault::None;
    }
    let place = u8::try_from(random.below(256)).unwrap_or_default();
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Delay,
        Fault::Reset,
        Fault::FailBefore,
        Fault::FailAfter,
        Fault::Throttle,
        Fault::Truncate,
        Fault::LeaveHalf,
        Fault::Empty,
        Fault::Html,
        Fault::HalfJson,
        Fault::Drip,
        Fault::ResetAt(place),
    ];
    faults[usize::try_from(random.below(faults.len() as u64)).unwrap_or_default()]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Done,
    Unknown,
    NotDone,
}

/// The number of results of each operation, and the contradictions between results and stored items.
#[derive(Default)]
struct Report {
    told: BTreeMap<(&'static str, Told), usize>,
    lost: Vec<String>,
    doubled: Vec<String>,
    misreported: Vec<String>,
}

/// The values that a counter may have.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    low: u64,
    high: u64,
}

struct Task {
    number: usize,
    faulty: Connection,
    /// A connection to the same table without faults.
    table: Connection,
    random: Arc<Random>,
    report: Arc<Mutex<Report>>,
    /// The counters by id.
    counters: BTreeMap<String, Bounds>,
    /// Every item that was written with create, put or a batch, with the values that may be stored. `None` means that the item
    /// may be missing.
    items: BTreeMap<String, Vec<Option<u64>>>,
    made: u64,
}

fn told<T>(answer: &Result<T, Error>) -> Told {
    match answer {
        Ok(_) => Told::Done,
        Err(error) if error.is_write_applied() => Told::Done,
        Err(error) if error.is_outcome_unknown() => Told::Unknown,
        Err(_) => Told::NotDone,
    }
}

impl Task {
    fn count(&self, operation: &'static str, told: Told) {
        *self.report.lock().unwrap().told.entry((operation, told)).or_default() += 1;
    }

    fn misreport(&self, text: String) {
        self.report.lock().unwrap().misreported.push(text);
    }

    fn new_id(&mut self) -> String {
        self.made += 1;
        format!("{}-{}", self.number, self.made)
    }

    async fn run(&mut self, operations: usize) {
        let id = format!("account-{}", self.number);
        let mut account = Account::builder().id(id).balance(0).build().create().on(&self.table).await.unwrap();
        for name in ["add", "once", "left", "right"] {
            let id = format!("{name}-{}", self.number);
            Counter { id: id.clone(), n: 0 }.create().on(&self.table).await.unwrap();
            self.counters.insert(id, Bounds { low: 0, high: 0 });
        }
        for _ in 0..operations {
            match self.random.below(8) {
                0 => self.create().await,
                1 => self.put().await,
                2 => self.add().await,
                3 => self.exactly_once().await,
                4 => account = self.version(account).await,
                5 => self.transaction().await,
                6 => self.batch().await,
                _ => self.pages().await,
            }
        }
    }

    async fn create(&mut self) {
        let id = self.new_id();
        let answer = Counter { id: id.clone(), n: 1 }.create().on(&self.faulty).await;
        let told = told(&answer);
        self.count("create", told);
        let may_be = match told {
            Told::Done => vec![Some(1)],
            Told::Unknown => vec![None, Some(1)],
            Told::NotDone => vec![None],
        };
        self.items.insert(id, may_be);
    }

    /// Puts an item that replaces one of this task's items, or a new one.
    async fn put(&mut self) {
        let (id, before) = match self.items.iter().nth(usize::try_from(self.random.below(8)).unwrap_or_default()) {
            Some((id, before)) => (id.clone(), before.clone()),
            None => (self.new_id(), vec![None]),
        };
        let n = 2 + self.made;
        self.made += 1;
        let told = told(&Counter { id: id.clone(), n }.put().on(&self.faulty).await);
        self.count("put", told);
        let may_be = match told {
            Told::Done => vec![Some(n)],
            Told::Unknown => before.into_iter().chain([Some(n)]).collect(),
            Told::NotDone => before,
        };
        self.items.insert(id, may_be);
    }

    fn counted(&mut self, id: &str, told: Told) {
        let bounds = self.counters.get_mut(id).unwrap();
        bounds.low += u64::from(told == Told::Done);
        bounds.high += u64::from(told != Told::NotDone);
    }

    async fn add(&mut self) {
        let id = format!("add-{}", self.number);
        let told = told(&Counter::update(id.as_str()).add(Counter::N, 1).on(&self.faulty).await);
        self.count("add", told);
        self.counted(&id, told);
    }

    async fn exactly_once(&mut self) {
        let id = format!("once-{}", self.number);
        let update = Counter::update(id.as_str()).add(Counter::N, 1).exactly_once();
        let told = told(&update.on(&self.faulty).await);
        self.count("exactly once", told);
        self.counted(&id, told);
    }

    /// Writes an account with a version. No other task writes this account, so afterwards it is either unchanged or as written
    /// here.
    async fn version(&self, account: Account) -> Account {
        let balance = account.balance + 1;
        let answer = match account.version % 2 {
            0 => Account::update(&account).set(Account::BALANCE, balance).on(&self.faulty).await,
            _ => Account { balance, ..account.clone() }.put().on(&self.faulty).await,
        };
        let told = told(&answer);
        self.count("version", told);
        let stored = Account::get(&account).consistent().on(&self.table).await.unwrap().unwrap();
        let is_done = stored.balance == balance && stored.version == account.version + 1;
        let is_true = match told {
            Told::Done => is_done && answer.is_ok_and(|answer| answer == stored),
            Told::Unknown => is_done || stored == account,
            Told::NotDone => stored == account,
        };
        if !is_true {
            self.misreport(format!(
                "a versioned write of {account:?} was reported as {told:?}, but {stored:?} is stored"
            ));
        }
        stored
    }

    async fn transaction(&mut self) {
        let ids = ["left", "right"].map(|name| format!("{name}-{}", self.number));
        let update = |id: &String| Counter::update(id.as_str()).add(Counter::N, 1);
        let answer = Base::transact_write().update(update(&ids[0])).update(update(&ids[1])).on(&self.faulty).await;
        let told = told(&answer);
        self.count("transaction", told);
        ids.iter().for_each(|id| self.counted(id, told));
    }

    async fn batch(&mut self) {
        let counters: Vec<Counter> = (0..30).map(|_| Counter { id: self.new_id(), n: 1 }).collect();
        let answer = Base::batch_write().put_all(&counters).attempts(2).on(&self.faulty).await;
        self.count("batch", told(&answer));
        let left: Vec<String> = match &answer {
            Ok(()) => Vec::new(),
            Err(error) => {
                let id = |entry: &BatchEntry| match entry {
                    BatchEntry::Put(item) => item.text("id").map(str::to_owned),
                    _ => None,
                };
                error.unwritten().iter().filter_map(id).collect()
            }
        };
        for Counter { id, .. } in counters {
            // If a response was lost, an entry reported as unprocessed may still have been written.
            let may_be = match (left.contains(&id), told(&answer)) {
                (false, _) => vec![Some(1)],
                (true, Told::NotDone) => vec![None],
                (true, _) => vec![None, Some(1)],
            };
            self.items.insert(id, may_be);
        }
    }

    /// Reads all pages, and repeats each request until it succeeds.
    async fn pages(&self) {
        let is_descending = self.random.below(2) == 0;
        let (mut cursor, mut read) = (None, Vec::new());
        let mut failures = 0;
        loop {
            let query = Row::query(()).limit(25).start_at(cursor.clone()).on(&self.faulty);
            let query = if is_descending { query.descending() } else { query };
            match query.page().await {
                Ok(page) => {
                    read.extend(page.items.into_iter().map(|row| row.n));
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                Err(_) if failures < 100 => failures += 1,
                Err(error) => return self.misreport(format!("reading a page failed 100 times: {error}")),
            }
        }
        self.count("pages", Told::Done);
        let mut expected: Vec<u32> = (0..ROWS).collect();
        if is_descending {
            expected.reverse();
        }
        if read != expected {
            self.misreport(format!("{} of {ROWS} items were read: {read:?}", read.len()));
        }
    }

    /// Compares the results of the operations with the stored items.
    async fn check(&self) {
        for (id, bounds) in &self.counters {
            let n = Counter::get(id.as_str()).on(&self.table).await.unwrap().unwrap().n;
            let mut report = self.report.lock().unwrap();
            match n {
                n if n < bounds.low => {
                    report.lost.push(format!("{id} is {n}, but {} writes were reported as done", bounds.low));
                }
                n if n > bounds.high => {
                    report.doubled.push(format!("{id} is {n}, but at most {} writes were applied", bounds.high));
                }
                _ => {}
            }
        }
        let of = |name: &str| Counter::get(format!("{name}-{}", self.number)).on(&self.table).send();
        let (left, right) = (of("left").await.unwrap().unwrap().n, of("right").await.unwrap().unwrap().n);
        if left != right {
            self.misreport(format!("transactions of task {} were applied in part: {left} and {right}", self.number));
        }
        let ids: Vec<&String> = self.items.keys().collect();
        let found = Counter::batch_get(ids.iter().map(|id| id.as_str())).on(&self.table).await.unwrap();
        for (id, found) in ids.into_iter().zip(found) {
            let (found, may_be) = (found.map(|counter| counter.n), &self.items[id]);
            if !may_be.contains(&found) {
                let mut report = self.report.lock().unwrap();
                let text = format!("{id} is {found:?}, but only {may_be:?} is possible");
                match found {
                    None => report.lost.push(text),
                    Some(_) => report.misreported.push(text),
                }
            }
        }
    }
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (operations, seed) = (numbers.next().unwrap_or(2_000), numbers.next().unwrap_or(20_261_126));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let is_good = runtime.block_on(run(usize::try_from(operations).unwrap(), seed));
    if !is_good {
        std::process::exit(1);
    }
}

async fn run(operations: usize, seed: u64) -> bool {
    let began = Instant::now();
    let engine = Embedded::in_memory().unwrap();
    let table = Connection::new(engine.client(), "faults").with_endpoint(engine.endpoint());
    Base::ensure_table().on(&table).await.unwrap();
    let rows = (0..ROWS).map(|n| Row { n, text: "x".repeat(200) });
    Base::batch_write().put_all(rows).on(&table).await.unwrap();

    let faults = Random(AtomicU64::new(seed));
    let proxy = Proxy::start(engine.endpoint(), "", move |operation, _, _| match fault(&faults) {
        // Only a batch can be executed in part.
        Fault::LeaveHalf if operation != "BatchWriteItem" => Fault::None,
        fault => fault,
    });
    let client = proxy.await.client(&engine.client(), 3);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build();
    let client = monotable::aws::Client::from_conf(client.config().to_builder().timeout_config(timeouts).build());
    let report = Arc::new(Mutex::new(Report::default()));
    let tasks = (0..TASKS).map(|number| {
        let mut task = Task {
            number,
            faulty: Connection::new(client.clone(), "faults"),
            table: table.clone(),
            random: Arc::new(Random(AtomicU64::new(seed ^ (number as u64) << 32))),
            report: Arc::clone(&report),
            counters: BTreeMap::new(),
            items: BTreeMap::new(),
            made: 0,
        };
        let share = operations / TASKS + usize::from(number < operations % TASKS);
        tokio::spawn(async move {
            task.run(share).await;
            task
        })
    });
    for task in join_all(tasks).await {
        task.unwrap().check().await;
    }

    let report = report.lock().unwrap();
    println!("{operations} operations of {TASKS} tasks, seed {seed}, in {:.0?}", began.elapsed());
    println!("{:<14}{:>8}{:>10}{:>10}", "", "done", "unknown", "not done");
    let mut names: Vec<_> = report.told.keys().map(|(name, _)| *name).collect();
    names.dedup();
    for name in names {
        let of = |told| report.told.get(&(name, told)).copied().unwrap_or_default();
        println!("{name:<14}{:>8}{:>10}{:>10}", of(Told::Done), of(Told::Unknown), of(Told::NotDone));
    }
    let found = [("lost", &report.lost), ("doubled", &report.doubled), ("misreported", &report.misreported)];
    for (name, found) in found {
        println!("{} {name}", found.len());
        found.iter().take(20).for_each(|text| println!("  {text}"));
    }
    let total: usize = report.told.values().sum();
    let unknown: usize = report.told.iter().filter(|((_, told), _)| *told == Told::Unknown).map(|(_, n)| n).sum();
    let is_complete = total == operations && unknown > 0;
    if !is_complete {
        println!("{total} results were counted, {unknown} of them unknown: the faults were not tested");
    }
    is_complete && found.iter().all(|(_, found)| found.is_empty())
}
