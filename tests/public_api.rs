//! `docs/public-api` lists the public API of each library, so that a commit shows what it changes for users.
//!
//! rustdoc can write a crate's API as JSON, but the format changes with the compiler. With another version than the recorded one, the
//! test fails. Only a nightly compiler offers the JSON, unless `RUSTC_BOOTSTRAP` is set. That variable would rebuild every
//! dependency whose build script reads it, so it is set only for rustdoc: cargo starts this binary in the place of rustdoc.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

/// The compiler that the lists are recorded with. `public-api` in `Cargo.toml` has to read the JSON of this version.
const RECORDED: &str = "rustc 1.95.0";

const FOLDER: &str = "docs/public-api";

const PACKAGES: [&str; 4] = ["monotable", "monotable-config", "monotable-infra", "monotable-local"];

/// The features that add to the API.
const FEATURES: &str = "monotable/sealed-cursors,monotable/stream-lambda,monotable/stream-sdk,monotable/uuid";

/// Contains the path of rustdoc if cargo has started this binary in its place.
const RUSTDOC: &str = "MONOTABLE_TEST_RUSTDOC";

fn main() -> ExitCode {
    if let Some(rustdoc) = std::env::var_os(RUSTDOC) {
        let status = Command::new(rustdoc).args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status();
        return if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let test = Trial::test("public_api_equals_the_recorded_lists", public_api_equals_the_recorded_lists);
    libtest_mimic::run(&Arguments::from_args(), vec![test]).exit_code()
}

fn variable(name: &str, default: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| default.into())
}

fn public_api_equals_the_recorded_lists() -> Result<(), Failed> {
    let version = Command::new(variable("RUSTC", "rustc")).arg("--version").output()?.stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    if !version.starts_with(RECORDED) {
        return Err(format!(
            "the public API is recorded with {RECORDED}, but this compiler is {version}: use that compiler, or change `RECORDED` \
             and the version of `public-api`, run `MONOTABLE_WRITE_API=1 cargo test --test public_api`, and read the diff"
        )
        .into());
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("cargo puts the folder into the target folder");
    document(target)?;
    let mut changes = String::new();
    for package in PACKAGES {
        let json = target.join("doc").join(package.replace('-', "_")).with_extension("json");
        let path = Path::new(FOLDER).join(package).with_extension("txt");
        let current = list(&json)?;
        if std::env::var_os("MONOTABLE_WRITE_API").is_some() {
            std::fs::create_dir_all(FOLDER)?;
            std::fs::write(&path, &current)?;
        }
        let recorded = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        if recorded != current {
            changes += &format!("{}:\n{}\n", path.display(), diffy::create_patch(&recorded, &current));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the public API has changed. If the change is intended, run `MONOTABLE_WRITE_API=1 cargo test --test public_api`, and describe \
         the change in CHANGELOG.md\n\n{changes}"
    )
    .into())
}

/// Writes the JSON of the libraries to `doc` in the target folder. This documents the same packages as `cargo doc` does, so that cargo
/// checks their dependencies only once.
fn document(target: &Path) -> Result<(), Failed> {
    let status = Command::new(variable("CARGO", "cargo"))
        .args(["doc", "--no-deps", "--locked", "--quiet", "--features", FEATURES, "--target-dir"])
        .arg(target)
        .env(RUSTDOC, variable("RUSTDOC", "rustdoc"))
        .env("RUSTDOC", std::env::current_exe()?)
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json --allow warnings")
        .env_remove("CARGO_ENCODED_RUSTDOCFLAGS")
        .status()?;
    if status.success() { Ok(()) } else { Err("`cargo doc` failed".into()) }
}

/// Returns the items of a library, one per line.
fn list(json: &Path) -> Result<String, Failed> {
    let api = public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true).build();
    let api = api.map_err(|error| format!("{} cannot be read: {error}", json.display()))?;
    Ok(api.items().map(ToString::to_string).filter(|item| !is_noise(item)).map(|item| item + "\n").collect())
}

/// Returns whether an item says nothing that a user relies on: auto traits other than `Send` and `Sync`, the methods of implementations
/// of `Clone`, `Debug` and `PartialEq`, which the line of the implementation implies, and the guide.
fn is_noise(item: &str) -> bool {
    const NOISE: [&str; 11] = [
        "core::marker::Freeze for ",
        "core::marker::StructuralPartialEq for ",
        "core::marker::Unpin for ",
        "core::marker::UnsafeUnpin for ",
        "core::panic::unwind_safe::RefUnwindSafe for ",
        "core::panic::unwind_safe::UnwindSafe for ",
        "::clone(&self) -> ",
        "::eq(&self, &",
        "::fmt(&self, &mut core::fmt::Formatter<",
        "::hash<__H: core::hash::Hasher>(",
        "pub mod monotable::_documentation",
    ];
    NOISE.iter().any(|noise| item.contains(noise))
}
