//! Paging: limits that span several requests, and cursors that resume after the last item of a page.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use monotable::{Cursor, Entity, ErrorKind, Query, Table};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::support::answers::Answers;
use crate::support::between::{Between, Fate};
use crate::support::case::{Env, cases};

cases![
    pages_of_a_table_query_resume_after_the_limit,
    pages_of_an_index_with_equal_sort_keys_resume_after_the_limit,
    pages_of_a_filtered_read_contain_each_item_once,
    a_count_reads_no_more_than_its_limit,
    a_page_without_a_limit_is_one_request,
    a_stream_requests_pages_as_items_are_consumed,
    a_page_with_a_limit_of_zero_is_rejected,
    a_scan_can_be_read_in_pages,
    a_page_ends_after_max_requests,
];

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("it::read::paging::a_stream_pauses_only_before_it_repeats_a_request", pauses_of_a_stream)]
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Base {
    Row(Row),
    Other(Other),
}

/// All items are in one partition of the table, and in one partition of gsi1 with equal sort keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "ROWS", sk = "ROW#{n:04}", gsi1(pk = "ALL", sk = "SAME"), gsi2(pk = "MIXED", sk = "{n:04}"))]
struct Row {
    #[entity(key_only)]
    n: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "OTHERS", sk = "OTHER#{n:04}", gsi2(pk = "MIXED", sk = "{n:04}"))]
struct Other {
    n: u32,
}

const ROWS: u32 = 60;

async fn filled(env: &Env) -> (monotable::Connection, crate::support::case::Requests) {
    let (table, requests) = env.counted::<Base>().await;
    for n in 0..ROWS {
        Row { n }.put().on(&table).await.unwrap();
    }
    requests.take();
    (table, requests)
}

/// Reads `query` in pages of 25 items with requests of 10, and checks the number of requests of each page. Returns all items.
async fn in_pages<T, I, S>(
    table: &monotable::Connection,
    requests: &crate::support::case::Requests,
    query: impl Fn() -> Query<T, I, S>,
) -> Vec<T>
where
    T: monotable::ReadTarget,
{
    let mut all = Vec::new();
    let mut cursor: Option<Cursor> = None;
    for expected in [25, 25, 10] {
        let page = query().limit(25).page_size(10).start_at(cursor).on(table).page().await.unwrap();
        assert_eq!(page.items.len(), expected);
        let sent = requests.take();
        if expected == 25 {
            assert_eq!(sent, 3, "25 items must take three requests of 10");
        }
        all.extend(page.items);
        cursor = page.next;
    }
    assert_eq!(cursor, None, "the last page must not have a cursor");
    all
}

async fn pages_of_a_table_query_resume_after_the_limit(env: Env) {
    let (table, requests) = filled(&env).await;
    let expected: Vec<_> = (0..ROWS).map(|n| Base::Row(Row { n })).collect();
    let read = in_pages(&table, &requests, || Base::query("ROWS")).await;
    assert_eq!(read, expected);
    let read = in_pages(&table, &requests, || Base::query("ROWS").descending()).await;
    assert_eq!(read, expected.iter().rev().cloned().collect::<Vec<_>>());
    let read = in_pages(&table, &requests, || Row::query(())).await;
    assert_eq!(read.len(), expected.len());
}

async fn pages_of_an_index_with_equal_sort_keys_resume_after_the_limit(env: Env) {
    let (table, requests) = filled(&env).await;
    for descending in [false, true] {
        let query = || if descending { Base::gsi1().query("ALL").descending() } else { Base::gsi1().query("ALL") };
        let in_one = query().on(&table).all().await.unwrap();
        requests.take();
        assert_eq!(in_pages(&table, &requests, query).await, in_one);
        // The limit ends the page in the middle of a response, so the cursor is built from an item.
        let cut = query().limit(7).page_size(10).on(&table).page().await.unwrap();
        let rest = query().start_at(cut.next).on(&table).all().await.unwrap();
        assert_eq!([cut.items, rest].concat(), in_one);
        requests.take();
    }
}

async fn pages_of_a_filtered_read_contain_each_item_once(env: Env) {
    let (table, _) = filled(&env).await;
    for n in 0..40 {
        Other { n }.put().on(&table).await.unwrap();
    }
    for (limit, page_size) in [(7, 10), (1, 3), (25, 10), (60, 7), (100, 100)] {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let query = Row::gsi2().query(()).limit(limit).page_size(page_size).start_at(cursor);
            let page = query.on(&table).page().await.unwrap();
            all.extend(page.items.into_iter().map(|row| row.n));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(all, (0..ROWS).collect::<Vec<_>>(), "limit {limit}, page size {page_size}");
    }
}

async fn a_count_reads_no_more_than_its_limit(env: Env) {
    let (table, _) = filled(&env).await;
    let between = Between::new(|_, _| Fate::Passed);
    let seen = env.place("Base", &between.client(table.client()));
    let count = Base::query("ROWS").limit(25).page_size(10).on(&seen).count().await.unwrap();
    let limits: Vec<_> = between.seen("Query").iter().map(|body| body["Limit"].as_u64().unwrap()).collect();
    assert_eq!((count, limits), (25, vec![10, 10, 5]));
}

async fn a_page_without_a_limit_is_one_request(env: Env) {
    let (table, requests) = filled(&env).await;
    let page = Base::query("ROWS").page_size(10).on(&table).page().await.unwrap();
    assert_eq!((page.items.len(), requests.take()), (10, 1));
    assert!(page.next.is_some());
    let page = Base::query("ROWS").on(&table).page().await.unwrap();
    assert_eq!((page.items.len(), page.next), (ROWS as usize, None));
}

async fn a_stream_requests_pages_as_items_are_consumed(env: Env) {
    let (table, requests) = filled(&env).await;
    let mut stream = Row::query(()).page_size(20).limit(50).on(&table).stream();
    assert_eq!(requests.take(), 0, "a stream must not send a request before it is polled");
    for n in 0..50 {
        assert_eq!(stream.next().await.unwrap().unwrap(), Row { n });
        assert_eq!(requests.take(), usize::from(n % 20 == 0), "after item {n}");
    }
    for _ in 0..3 {
        assert!(stream.next().await.is_none(), "a stream must stay at its end");
    }
    assert_eq!(requests.take(), 0);
}

async fn a_page_with_a_limit_of_zero_is_rejected(env: Env) {
    let (table, requests) = filled(&env).await;
    let error = Base::query("ROWS").limit(0).on(&table).page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("set a limit of 1 or more"), "{error}");
    // `all` needs no cursor, so a limit of 0 is valid.
    assert_eq!(Base::query("ROWS").limit(0).on(&table).all().await.unwrap(), []);
    assert_eq!(requests.take(), 0);
}

async fn a_scan_can_be_read_in_pages(env: Env) {
    let (table, _) = filled(&env).await;
    Other { n: 1 }.put().on(&table).await.unwrap();
    let mut numbers = Vec::new();
    let mut cursor = None;
    loop {
        let page = Row::scan().limit(25).page_size(10).start_at(cursor).on(&table).page().await.unwrap();
        numbers.extend(page.items.into_iter().map(|row| row.n));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..ROWS).collect::<Vec<_>>());
    assert_eq!(Base::scan().on(&table).count().await.unwrap(), ROWS as usize + 1);
}

async fn a_page_ends_after_max_requests(env: Env) {
    let (table, requests) = filled(&env).await;
    let query = || {
        Row::query(())
            .filter(monotable::path("entity_type").ne("x").and(monotable::path("gsi2sk").eq("0059")))
            .page_size(10)
            .max_requests(2)
            .on(&table)
    };
    let mut found = Vec::new();
    let (mut cursor, mut pages) = (None, 0);
    loop {
        requests.take();
        let page = query().start_at(cursor).limit(1).page().await.unwrap();
        assert!(requests.take() <= 2);
        found.extend(page.items.into_iter().map(|row| row.n));
        (cursor, pages) = (page.next, pages + 1);
        if cursor.is_none() || pages > 9 {
            break;
        }
    }
    assert_eq!(found, [59]);
    assert!((3..=4).contains(&pages), "{pages} pages for 60 items, 20 items each");
    let error = query().max_requests(0).page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
}

fn pauses_of_a_stream() -> Result<(), Failed> {
    let page = |next: &str| (200, format!(r#"{{"Items":[],"Count":0,"ScannedCount":0{next}}}"#));
    let more = || page(r#","LastEvaluatedKey":{"pk":{"S":"ROWS"},"sk":{"S":"ROW#0001"}}"#);
    let failed = || (500, r#"{"__type":"x#InternalServerError","message":"try again"}"#.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    runtime.block_on(async {
        let table = Answers::of([more(), more(), more(), more(), page("")]).table(1);
        let begin = Instant::now();
        assert_eq!(Row::scan().on(&table).all().await.unwrap(), []);
        assert_eq!(begin.elapsed(), Duration::ZERO, "pages must be requested without a pause");
        let table = Answers::of([failed(), failed(), page("")]).table(1);
        let mut stream = Row::scan().on(&table).stream();
        for _ in 0..2 {
            assert!(stream.next().await.unwrap().unwrap_err().is_transient());
        }
        assert!(stream.next().await.is_none());
        assert!(begin.elapsed() > Duration::ZERO, "a failed request must be repeated after a pause");
    });
    Ok(())
}
