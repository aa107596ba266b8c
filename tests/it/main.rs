//! The suite: every case on every engine, one row each.
//!
//! `MONOTABLE_TEST_ENGINES` (`embedded`, `dynamodb-local`, comma-separated) chooses the engines, which then have to be
//! there. By default DynamoDB Local is installed on the first run; where it cannot be, its rows are shown as ignored, with the reason.
//! `MONOTABLE_TEST_DIRECT=off`: on connections that leave the items of answers to the SDK.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod client;
mod codec;
mod expr;
#[path = "../../examples/guide/mod.rs"]
mod guide;
mod key;
mod op;
mod read;
mod support;
mod table;
mod value;
mod whole;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use monotable_local::{DynamoDbLocal, Embedded, Engine};
use support::case::{Case, Env};
use support::probe;
use whole::interop;

type Start = fn() -> monotable_local::Result<Arc<dyn Engine>>;

const ENGINES: [(&str, Start); 2] = [
    ("embedded", || Ok(Arc::new(Embedded::in_memory()?))),
    ("dynamodb-local", || Ok(Arc::new(DynamoDbLocal::in_memory()?))),
];

static RUNNING: [OnceLock<Result<Arc<dyn Engine>, String>>; 2] = [OnceLock::new(), OnceLock::new()];

/// Started by the first case that needs it, and stopped at the end: a process has one of each.
fn engine(number: usize) -> Result<Arc<dyn Engine>, String> {
    RUNNING[number].get_or_init(|| (ENGINES[number].1)().map_err(|error| error.to_string())).clone()
}

fn main() -> ExitCode {
    if probe::is_asked_for() {
        probe::run();
        return ExitCode::SUCCESS;
    }
    let arguments = Arguments::from_args();
    let asked = std::env::var("MONOTABLE_TEST_ENGINES").ok();
    let asked: Option<Vec<&str>> = asked.as_deref().map(|asked| asked.split(',').map(str::trim).collect());
    if let Some(unknown) = asked.iter().flatten().find(|asked| !ENGINES.iter().any(|(name, _)| name == *asked)) {
        eprintln!(
            "error: MONOTABLE_TEST_ENGINES names `{unknown}`; there are {}",
            ENGINES.map(|(name, _)| name).join(", ")
        );
        return ExitCode::FAILURE;
    }

    // In the order of the layers of `src`.
    let cases: [fn() -> Vec<Case>; 9] = [
        value::cases,
        codec::cases,
        key::cases,
        expr::cases,
        read::cases,
        client::cases,
        op::cases,
        table::cases,
        whole::cases,
    ];
    let cases: Vec<Case> = cases.iter().flat_map(|cases| cases()).collect();
    let trials: [fn() -> Vec<Trial>; 9] = [
        value::trials,
        codec::trials,
        key::trials,
        expr::trials,
        read::trials,
        client::trials,
        op::trials,
        table::trials,
        whole::trials,
    ];
    let mut trials: Vec<Trial> = trials.iter().flat_map(|trials| trials()).collect();
    let no_python = interop::absence();
    if let Some(why) = &no_python {
        println!("the rows of interop are ignored: {why}");
    }
    for (number, (name, _)) in ENGINES.iter().enumerate() {
        if asked.as_ref().is_some_and(|asked| !asked.contains(name)) {
            continue;
        }
        // Who asks for an engine wants an error if it is not there.
        let absent = if arguments.list { None } else { absence(name).filter(|_| asked.is_none()) };
        if let Some(why) = &absent {
            println!("the rows of {name} are ignored: {why}");
        }
        for case in &cases {
            trials.push(row(number, name, case, absent.is_some()));
        }
        for case in &interop::cases() {
            trials.push(row(number, name, case, absent.is_some() || no_python.is_some()));
        }
    }
    trials.push(checklist(&trials, &cases));
    // Statics are not dropped: without this a Java process would be left behind.
    let conclusion = libtest_mimic::run(&arguments, trials);
    stop();
    code(&conclusion)
}

fn row(number: usize, engine_name: &str, case: &Case, is_absent: bool) -> Trial {
    let name = format!("{engine_name}::{}", case.name);
    let Case { name: case_name, run } = *case;
    match is_absent {
        true => Trial::test(name, || Ok(())).with_ignored_flag(true).with_kind("not installed"),
        false => Trial::test(name, move || {
            let engine = engine(number).map_err(Failed::from)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::from)?;
            runtime.block_on(run(Env::new(engine, case_name)));
            Ok(())
        }),
    }
}

/// What `docs/checklist.md` names is there.
fn checklist(trials: &[Trial], cases: &[Case]) -> Trial {
    let mut there: BTreeSet<String> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    there.insert("checklist::its_tests_exist".to_owned());
    there.extend(cases.iter().chain(&interop::cases()).map(|case| case.name.to_owned()));
    Trial::test("checklist::its_tests_exist", move || {
        let text = std::fs::read_to_string("docs/checklist.md")?;
        let named: Vec<&str> =
            text.split('`').filter(|word| word.contains("::") && !word.contains(['(', '.', '['])).collect();
        let is_test = |name: &&str| match name.strip_prefix("ui::") {
            Some(twin) => Path::new("tests/ui/fail").join(format!("{twin}.rs")).is_file(),
            // An item of the library, whose path begins with a type.
            None => there.contains(*name) || name.starts_with(char::is_uppercase),
        };
        match named.iter().find(|name| !is_test(name)) {
            None if named.len() > 40 => Ok(()),
            None => Err(Failed::from("the checklist names next to nothing")),
            Some(missing) => Err(Failed::from(format!("there is no test `{missing}`"))),
        }
    })
}

/// Why an engine is not there, and cannot be installed.
fn absence(engine: &str) -> Option<String> {
    if engine != "dynamodb-local" || DynamoDbLocal::installed().is_ok() {
        return None;
    }
    println!("installing DynamoDB Local, unless it cannot be (MONOTABLE_TEST_ENGINES=embedded does without)");
    DynamoDbLocal::install().err().map(|error| error.to_string())
}

fn stop() {
    for slot in &RUNNING {
        if let Some(Ok(engine)) = slot.get() {
            engine.stop();
        }
    }
}

fn code(conclusion: &Conclusion) -> ExitCode {
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}
