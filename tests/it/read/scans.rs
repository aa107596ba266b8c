//! Large reads: segments, reading ahead, consumed capacity, rate limits and projections.

use std::collections::BTreeSet;

use monotable::{Connection, Entity, ErrorKind, Meter, Projection, SegmentProgress, Table};
use serde::Deserialize;
use serde_json::Value;

use crate::support::between::{Between, Fate};
use crate::support::case::{Env, cases, put_raw, s};
use crate::support::ledger::{Account, Counter, Ledger, account, counter, session, table};

cases![
    a_segmented_scan_returns_each_item_once,
    a_segmented_scan_resumes_from_its_progress,
    invalid_segments_are_rejected_before_they_are_sent,
    a_single_segment_can_be_read_in_pages,
    read_ahead_requests_the_next_page_early,
    a_rate_limit_delays_requests,
    a_meter_adds_up_the_consumed_capacity,
    a_projection_reads_only_its_attributes,
    projections_work_in_index_queries_and_batch_gets,
    a_projection_of_a_bad_item_names_the_attribute,
];

async fn filled(env: &Env, counters: usize) -> (Connection, crate::support::case::Requests) {
    let (table, requests) = table(env).await;
    let owned = |n: usize| Counter { owner: Some(format!("{n:04}")), ..counter(&n.to_string()) };
    let counters: Vec<_> = (0..counters).map(owned).collect();
    Ledger::batch_write().put_all(&counters).put(&session("s", None)).on(&table).await.unwrap();
    requests.take();
    (table, requests)
}

async fn a_segmented_scan_returns_each_item_once(env: Env) {
    let (table, requests) = filled(&env, 200).await;
    let scan = || Ledger::scan().page_size(10).on(&table);
    let all = scan().segments(4).all().await.unwrap();
    assert_eq!(all.len(), 201);
    let ids: BTreeSet<_> = all.iter().filter_map(|one| one.as_counter().map(|counter| &counter.id)).collect();
    assert_eq!(ids.len(), 200);
    requests.take();
    assert_eq!(Ledger::scan().segments(3).on(&table).count().await.unwrap(), 201);
    assert_eq!(requests.take(), 3, "each segment must take one request");
    assert_eq!(Counter::scan().segments(4).on(&table).all().await.unwrap().len(), 200);
    assert_eq!(Counter::gsi1().scan().segments(2).on(&table).count().await.unwrap(), 200);
    assert_eq!(Counter::scan().limit(7).segments(4).on(&table).all().await.unwrap().len(), 7);
    let many = Counter::scan().filter(Counter::OWNER.lt("0010")).segments(8).on(&table).all().await.unwrap();
    assert_eq!(many.len(), 10);
    // The segments are read by other tasks, with the connection of this task's scope.
    assert_eq!(table.scope(async { Counter::scan().segments(2).all().await }).await.unwrap().len(), 200);
    // A bad item fails `all`, unless `on_bad_item` receives it.
    put_raw(&table, &[("pk", s("X")), ("sk", s("X")), ("entity_type", s("Unheard"))]).await;
    assert_eq!(scan().segments(4).all().await.unwrap_err().kind(), ErrorKind::UnknownEntity);
    let (sender, errors) = std::sync::mpsc::channel();
    let scan = scan().on_bad_item(move |error| sender.send(error.kind()).unwrap());
    assert_eq!(scan.segments(4).all().await.unwrap().len(), 201);
    assert_eq!(errors.iter().collect::<Vec<_>>(), [ErrorKind::UnknownEntity]);
}

async fn a_segmented_scan_resumes_from_its_progress(env: Env) {
    let (table, _) = filled(&env, 24).await;
    for stop in 0..=24 {
        let scan = || Counter::scan().page_size(5).segments(3).on(&table);
        let mut stream = scan().stream();
        let mut ids = Vec::new();
        for _ in 0..stop {
            ids.push(stream.next().await.unwrap().unwrap().id);
        }
        let kept = serde_json::to_string(&stream.progress()).unwrap();
        drop(stream);
        let progress: Vec<SegmentProgress> = serde_json::from_str(&kept).unwrap();
        let rest = scan().resume(progress).all().await.unwrap();
        ids.extend(rest.into_iter().map(|counter| counter.id));
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!((ids.len(), unique.len()), (24, 24), "stopped after {stop}");
    }
    let mut stream = Counter::scan().segments(3).on(&table).stream();
    for _ in 0..24 {
        stream.next().await.unwrap().unwrap();
    }
    assert_eq!(stream.progress(), vec![SegmentProgress::End; 3], "the last item completes the last segment");
    assert!(stream.next().await.is_none());
    assert_eq!(stream.progress(), vec![SegmentProgress::End; 3]);
    let nothing = Counter::scan().segments(3).resume(stream.progress()).on(&table).all().await.unwrap();
    assert_eq!(nothing, []);
}

async fn invalid_segments_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = filled(&env, 30).await;
    let cursor = Counter::scan().page_size(2).on(&table).page().await.unwrap().next;
    let other = Counter::scan().segment(0, 3).page_size(1).on(&table).page().await.unwrap().next;
    assert!(cursor.is_some() && other.is_some());
    requests.take();
    let scan = || Counter::scan().on(&table);
    for (segments, message) in [
        (scan().segments(0), "a scan cannot have 0 segments: use 1 to 1000000"),
        (scan().segments(1_000_001), "a scan cannot have 1000001 segments"),
        (scan().segments(2).resume([SegmentProgress::Start]), "the progress has 1 segments, but this scan has 2"),
        (scan().segment(0, 2).segments(2), "cannot use both `segment` and `segments`"),
        (scan().start_at(cursor.clone()).segments(2), "cannot start at a single cursor"),
    ] {
        let error = segments.all().await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest && error.to_string().contains(message), "{error}");
    }
    let error = scan().segment(2, 2).all().await.unwrap_err();
    assert!(error.to_string().contains("segment 2 of 2 does not exist"), "{error}");
    for cursor in [cursor, other].into_iter().flatten() {
        let error = scan().segment(1, 3).start_at(cursor).all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCursor);
    }
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = scan().rate_limit(rate).all().await.unwrap_err();
        assert!(error.to_string().contains("`rate_limit` is"), "{error}");
    }
    assert_eq!(requests.take(), 0);
}

async fn a_single_segment_can_be_read_in_pages(env: Env) {
    let (table, _) = filled(&env, 100).await;
    let mut ids = Vec::new();
    for segment in 0..3 {
        let mut cursor = None;
        loop {
            let page = Counter::scan().segment(segment, 3).limit(10).start_at(cursor).on(&table).page().await.unwrap();
            ids.extend(page.items.into_iter().map(|counter| counter.id));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
    }
    let unique: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), unique.len()), (100, 100));
}

async fn read_ahead_requests_the_next_page_early(env: Env) {
    let (table, requests) = filled(&env, 45).await;
    let query = || Counter::gsi1().query(()).page_size(10).on(&table);
    let mut plain = query().stream();
    plain.next().await.unwrap().unwrap();
    assert_eq!(requests.take(), 1);
    while plain.next().await.is_some() {}
    let rest = requests.take();
    let mut ahead = query().read_ahead().stream();
    ahead.next().await.unwrap().unwrap();
    // The second page is requested before the consumer needs it.
    while requests.peek() < 2 {
        tokio::task::yield_now().await;
    }
    let mut owners = vec![];
    while let Some(counter) = ahead.next().await {
        owners.push(counter.unwrap().owner.unwrap());
        // Gives a request that should not exist the time to be sent.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(owners, (1..45).map(|n| format!("{n:04}")).collect::<Vec<_>>());
    assert_eq!(requests.take(), 1 + rest, "each page must be requested once");
    // With a limit, only the necessary pages are requested.
    assert_eq!(query().read_ahead().limit(20).all().await.unwrap().len(), 20);
    assert_eq!(requests.take(), 2);
    assert_eq!(query().read_ahead().limit(15).all().await.unwrap().len(), 15);
    assert_eq!(requests.take(), 2);
}

/// The responses are edited to report a high consumed capacity.
async fn a_rate_limit_delays_requests(env: Env) {
    let (table, _) = filled(&env, 30).await;
    let between = Between::new(|_, _| Fate::Edited("\"CapacityUnits\":", "\"CapacityUnits\":1000.0,\"Was\":"));
    let through = Connection::new(between.client(table.client()), table.table_name());
    let meter = Meter::new();
    let through = through.meter(&meter);
    let started = std::time::Instant::now();
    // Three requests of 1,000 units each. At 20,000 units per second, the second and the third wait for 50 ms each.
    let all = Counter::gsi1().query(()).page_size(10).limit(25).rate_limit(20_000.0).on(&through).all().await.unwrap();
    assert_eq!(all.len(), 25);
    assert!(started.elapsed().as_millis() >= 100, "{:?}", started.elapsed());
    assert_eq!((meter.take().read_units, meter.total().requests), (3_000.0, 0));
    let started = std::time::Instant::now();
    let scan = Counter::scan().page_size(5).rate_limit(20_000.0).segments(2).on(&through);
    assert_eq!(scan.all().await.unwrap().len(), 30);
    let waited = f64::from(u32::try_from(meter.take().requests).unwrap() - 2) * 0.05;
    assert!(started.elapsed().as_secs_f64() >= waited, "the segments must share the rate limit");
}

async fn a_meter_adds_up_the_consumed_capacity(env: Env) {
    let (table, _) = filled(&env, 120).await;
    let meter = Meter::new();
    let metered = table.clone().meter(&meter);
    let text = "x".repeat(3_000);
    Counter { log: vec![text.clone()], ..counter("big") }.put().on(&metered).await.unwrap();
    let used = meter.take();
    assert_eq!((used.read_units, used.requests), (0.0, 1));
    assert!(used.write_units >= 3.0, "{used:?}");
    Counter::get("big").consistent().on(&metered).await.unwrap();
    let used = meter.take();
    assert_eq!((used.read_units, used.write_units, used.requests), (1.0, 0.0, 1));
    // Pages, batches and segments are added up.
    Counter::gsi1().query(()).page_size(20).on(&metered).all().await.unwrap();
    let used = meter.take();
    assert!(used.requests >= 6 && used.read_units >= 3.0, "{used:?}");
    Ledger::batch_get((0..120).map(|n: i32| Counter::key(n.to_string()))).on(&metered).await.unwrap();
    let used = meter.take();
    assert_eq!((used.requests, used.read_units), (2, 60.0));
    Ledger::batch_write()
        .put_all(&(0..30).map(|n| counter(&n.to_string())).collect::<Vec<_>>())
        .on(&metered)
        .await
        .unwrap();
    let used = meter.take();
    assert!(used.requests == 2 && used.write_units >= 30.0, "{used:?}");
    Counter::scan().segments(3).on(&metered).count().await.unwrap();
    assert_eq!(meter.take().requests, 3);
    Counter::scan().on(&metered).all().await.unwrap();
    let used = meter.take();
    assert!(used.requests >= 1 && used.read_units >= 1.0, "{used:?}");
    Counter::update("1").add(Counter::N, 1).on(&metered).await.unwrap();
    let used = meter.take();
    assert!(used.requests == 1 && used.write_units >= 1.0, "{used:?}");
    Counter::delete("1").on(&metered).await.unwrap();
    let used = meter.take();
    assert!(used.requests == 1 && used.write_units >= 1.0, "{used:?}");
    Ledger::transact_write().put(&counter("t")).on(&metered).await.unwrap();
    let used = meter.take();
    assert!(used.write_units >= 2.0 && used.requests == 1, "{used:?}");
    Ledger::transact_get((Counter::get("t"), Counter::get("big"))).on(&metered).await.unwrap();
    assert!(meter.take().read_units >= 2.0);
    // A failed operation is counted too.
    Account::update("none").set(Account::BALANCE, 1).on(&metered).await.unwrap_err();
    assert_eq!(meter.total().requests, 1);
}

#[derive(Debug, PartialEq, Deserialize, Projection)]
#[projection(of = Account)]
struct Balance {
    id: String,
    balance: i64,
}

#[derive(Debug, PartialEq, Deserialize, Projection)]
#[projection(of = Counter)]
struct Part {
    id: String,
    #[serde(rename = "owner")]
    who: Option<String>,
    #[projection(path = "by.eu")]
    eu: Option<i64>,
    #[serde(default)]
    log: Vec<String>,
}

async fn a_projection_reads_only_its_attributes(env: Env) {
    let (table, _) = table(&env).await;
    let between = Between::new(|_, _| Fate::Passed);
    let through = Connection::new(between.client(table.client()), table.table_name());
    Account { balance: 5, ..account("a") }.put().on(&table).await.unwrap();
    let by = [("eu".to_owned(), 3), ("us".to_owned(), 4)].into();
    Counter { by, owner: Some("me".into()), tags: ["t".into()].into(), ..counter("c") }.put().on(&table).await.unwrap();
    // The id is stored only in the key.
    let balance = Account::get("a").select::<Balance>().on(&through).await.unwrap();
    assert_eq!(balance, Some(Balance { id: "a".into(), balance: 5 }));
    let asked = &between.seen("GetItem")[0];
    let mut names: Vec<_> =
        asked["ExpressionAttributeNames"].as_object().unwrap().values().map(Value::to_string).collect();
    names.sort_unstable();
    assert_eq!(names, ["\"balance\"", "\"entity_type\"", "\"pk\"", "\"sk\""]);
    let part = Counter::get("c").select::<Part>().on(&through).await.unwrap().unwrap();
    let expected = Part { id: "c".into(), who: Some("me".into()), eu: Some(3), log: vec![] };
    assert_eq!(part, expected);
    let asked = &between.seen("GetItem")[1];
    assert_eq!(asked["ProjectionExpression"], "#n0, #n1, #n2, #n3, #n4, #n5.#n6, #n7");
    assert_eq!(Counter::get("none").select::<Part>().on(&through).await.unwrap(), None);
    let parts = Counter::scan().filter(Counter::OWNER.eq("me")).select::<Part>().on(&through).all().await.unwrap();
    assert_eq!(parts, [expected]);
    let (balance, part) =
        Ledger::transact_get((Account::get("a").select::<Balance>(), Counter::get("c").select::<Part>()))
            .on(&table)
            .await
            .unwrap();
    assert_eq!((balance.unwrap().balance, part.unwrap().eu), (5, Some(3)));
}

async fn projections_work_in_index_queries_and_batch_gets(env: Env) {
    let (table, requests) = filled(&env, 25).await;
    let parts = Counter::gsi1().query(()).ge("0005").select::<Part>().page_size(10).on(&table).all().await.unwrap();
    assert_eq!(parts.iter().map(|part| part.who.clone().unwrap()).collect::<Vec<_>>()[..2], ["0005", "0006"]);
    assert_eq!(parts.len(), 20);
    // The limit ends a page in the middle of a response, so the cursor is built from an item's keys, including those of the
    // index.
    let page = Counter::gsi1().query(()).select::<Part>().limit(7).page_size(10).on(&table).page().await.unwrap();
    let next = Counter::gsi1().query(()).select::<Part>().start_at(page.next).on(&table).first().await.unwrap();
    assert_eq!(next.unwrap().who.as_deref(), Some("0007"));
    requests.take();
    let keys = [Counter::key("3"), Counter::key("none"), Counter::key("4")];
    let parts = Ledger::batch_get(keys).select::<Part>().on(&table).await.unwrap();
    assert_eq!(
        parts.iter().map(|part| part.as_ref().map(|part| part.id.as_str())).collect::<Vec<_>>(),
        [Some("3"), None, Some("4")]
    );
    assert_eq!(requests.take(), 1);
    let count = Counter::gsi1().query(()).select::<Part>().on(&table).count().await.unwrap();
    assert_eq!(count, 25);
    let error =
        Ledger::batch_get([monotable::Key::<Ledger>::clone(&crate::support::ledger::Session::key("s").unwrap())]);
    let error = error.select::<Part>().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity);
}

async fn a_projection_of_a_bad_item_names_the_attribute(env: Env) {
    let table = env.table::<Ledger>().await;
    let item = [("pk", s("ACCOUNT#a")), ("sk", s("ACCOUNT")), ("entity_type", s("Account")), ("balance", s("x"))];
    put_raw(&table, &item).await;
    let error = Account::get("a").select::<Balance>().on(&table).await.unwrap_err();
    assert_eq!(error.to_string(), "decode Account ACCOUNT#a / ACCOUNT: attribute `balance`: expected N, found S");
}
