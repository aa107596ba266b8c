//! Many tasks that write the same item concurrently.

use futures_util::future::join_all;
use monotable::{Connection, Entity};

use crate::support::case::{Env, cases};
use crate::support::ledger::{Account, Counter, account, counter, table};

cases![concurrent_increments_are_all_applied, only_one_of_64_concurrent_creates_succeeds];

const TASKS: u32 = 64;

/// Reads and writes the account until the write succeeds. Returns how often another task wrote it first.
async fn increment(table: Connection, by_put: bool) -> usize {
    let mut lost = 0;
    loop {
        let account = Account::get("a").consistent().on(&table).await.unwrap().unwrap();
        let balance = account.balance + 1;
        let answer = match by_put {
            true => Account { balance, ..account }.put().on(&table).await,
            false => Account::update(&account).set(Account::BALANCE, balance).on(&table).await,
        };
        match answer {
            Ok(_) => return lost,
            Err(error) => {
                assert!(error.is_condition_failed() && !error.is_outcome_unknown(), "{error}");
                lost += 1;
            }
        }
    }
}

async fn concurrent_increments_are_all_applied(env: Env) {
    let (table, _) = table(&env).await;
    account("a").create().on(&table).await.unwrap();
    counter("c").create().on(&table).await.unwrap();
    let lost = join_all((0..TASKS).map(|task| increment(table.clone(), task % 2 == 0)));
    let counted = join_all((0..TASKS).map(|_| Counter::update("c").add(Counter::N, 1).on(&table).send()));
    let (lost, counted) = tokio::join!(lost, counted);
    assert!(counted.iter().all(Result::is_ok));
    let account = Account::get("a").on(&table).await.unwrap().unwrap();
    assert_eq!((account.balance, account.version), (i64::from(TASKS), u64::from(TASKS) + 1));
    assert_eq!(Counter::get("c").on(&table).await.unwrap().unwrap().n, u64::from(TASKS));
    let lost: usize = lost.into_iter().sum();
    println!("{lost} writes failed because another task wrote first");
    assert!(lost > 0);
}

async fn only_one_of_64_concurrent_creates_succeeds(env: Env) {
    let (table, _) = table(&env).await;
    let create = |n: u32| Counter { n: u64::from(n), ..counter("c") }.create().on(&table).send();
    let answers = join_all((0..TASKS).map(create)).await;
    let made: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(made.len(), 1);
    assert_eq!(Counter::get("c").on(&table).await.unwrap().as_ref(), Some(made[0]));
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(monotable::Error::is_already_exists));
}
