//! The test suite. Every case runs on every engine, as a separate test.
//!
//! - `MONOTABLE_TEST_ENGINES` (`embedded`, `dynamodb-local`, comma-separated) selects the engines. A selected engine that is not
//!   available makes its tests fail. By default, both engines run: the first run installs DynamoDB Local, and if that fails, its
//!   tests are ignored and the reason is printed.
//! - `MONOTABLE_TEST_DIRECT=off` runs the cases on connections that let the SDK deserialize the items of responses.

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

/// Returns an engine. The first case that needs an engine starts it; it runs until the end of the process.
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
            "error: MONOTABLE_TEST_ENGINES contains `{unknown}`; the engines are {}",
            ENGINES.map(|(name, _)| name).join(", ")
        );
        return ExitCode::FAILURE;
    }

    // In the order of the layers in `src`.
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
        println!("the interop tests are ignored: {why}");
    }
    for (number, (name, _)) in ENGINES.iter().enumerate() {
        if asked.as_ref().is_some_and(|asked| !asked.contains(name)) {
            continue;
        }
        // If the user selects an engine, its absence is an error instead of a reason to ignore its tests.
        let absent = if arguments.list { None } else { absence(name).filter(|_| asked.is_none()) };
        if let Some(why) = &absent {
            println!("the tests on {name} are ignored: {why}");
        }
        for case in &cases {
            trials.push(row(number, name, case, absent.is_some()));
        }
        for case in &interop::cases() {
            trials.push(row(number, name, case, absent.is_some() || no_python.is_some()));
        }
    }
    trials.push(checklist(&trials, &cases));
    // Statics are not dropped, so the Java process of DynamoDB Local has to be stopped here.
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

/// Whether `folder::file::test` is a test of another package, such as `cli::new::a_second_run_changes_nothing`.
fn is_test_of_package(folder: &str, name: &str) -> bool {
    let Some((file, test)) = name.split_once("::") else { return false };
    let paths = [format!("{folder}/tests/{file}.rs"), format!("{folder}/tests/{file}/main.rs")];
    let text = paths.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    text.contains(&format!("fn {test}(")) || text.contains(&format!("\"{test}\""))
}

/// Checks that every test named in `docs/checklist.md` exists.
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
            None if name.starts_with("cli::") => is_test_of_package("cli", &name["cli::".len()..]),
            None if name.starts_with("infra::") => is_test_of_package("infra", &name["infra::".len()..]),
            // A path that begins with a type is an item of the library, not a test.
            None => there.contains(*name) || name.starts_with(char::is_uppercase),
        };
        match named.iter().find(|name| !is_test(name)) {
            None if named.len() > 40 => Ok(()),
            None => Err(Failed::from("the checklist names too few tests")),
            Some(missing) => Err(Failed::from(format!("the test `{missing}` does not exist"))),
        }
    })
}

/// Installs an engine if needed. Returns the reason if it cannot be installed.
fn absence(engine: &str) -> Option<String> {
    if engine != "dynamodb-local" || DynamoDbLocal::installed().is_ok() {
        return None;
    }
    println!("installing DynamoDB Local (MONOTABLE_TEST_ENGINES=embedded runs the tests without it)");
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
