//! `monotable new` in unusual workspaces, and with unusual files.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::process::Command;

use support::{Folder, Run};

const GIT: [&str; 3] = ["--monotable-git", "https://example.com/monotable", "--no-fetch"];

fn new(folder: &Folder, within: &str, arguments: &[&str]) -> Run {
    folder.run_in(within, &[&["new"], arguments, &GIT].concat())
}

/// A workspace with one package, in the folder `root`.
fn workspace(folder: &Folder, root: &str, members: &str) {
    folder.write(&format!("{root}/Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"));
}

fn package(folder: &Folder, path: &str, more: &str) {
    let name = path.rsplit('/').next().unwrap();
    folder.write(&format!("{path}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{more}"));
    folder.write(&format!("{path}/src/lib.rs"), "");
}

/// Returns the names of the packages that cargo finds in a workspace.
fn packages(folder: &Folder, root: &str) -> Vec<String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let run = Run::of(&cargo.current_dir(folder.path().join(root)).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    let metadata: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let names =
        metadata["packages"].as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap().to_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_package_that_names_its_workspace_is_in_that_workspace() {
    let folder = Folder::new();
    workspace(&folder, "shop/root", "\"../app\"");
    package(&folder, "shop/app", "workspace = \"../root\"\n");
    let run = new(&folder, "shop/app", &["orders"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(packages(&folder, "shop/root"), ["app", "orders"]);
    assert!(folder.path().join("shop/root/crates/orders/config.json").is_file());
    fs::remove_file(folder.path().join("shop/root/Cargo.toml")).unwrap();
    let run = new(&folder, "shop/app", &["customers"]);
    assert!(run.code == 1 && run.stderr.contains("shop/app/Cargo.toml: its workspace, "), "{run:?}");
}

#[test]
fn folders_with_the_characters_of_patterns_work() {
    let folder = Folder::new();
    for root in ["sh[o]p*", "shop"] {
        workspace(&folder, root, "\"app\"");
        package(&folder, &format!("{root}/app"), "");
        // A pattern would match this package instead.
        package(&folder, &format!("{root}/my 1/orders"), "[workspace]\n");
        let arguments = ["orders", "--directory", "my [1]"];
        let run = new(&folder, root, &arguments);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(packages(&folder, root), ["app", "orders"]);
        let again = new(&folder, root, &["orders"]);
        assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
        let listed = folder.run_in(root, &["table", "list"]);
        assert!(listed.stdout.starts_with("orders "), "{listed:?}");
    }
}

#[test]
fn without_cargo_the_dependencies_are_left_to_the_next_build() {
    let folder = Folder::new();
    workspace(&folder, "shop", "");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        command
            .arg("new")
            .args(arguments)
            .args(&GIT[..2])
            .current_dir(folder.path().join("shop"))
            .env("PATH", "/nowhere");
        Run::of(&command.output().unwrap())
    };
    let fetched = run(&["orders"]);
    assert!(fetched.code == 0 && fetched.stderr.starts_with("`cargo fetch` failed: cargo will fetch"), "{fetched:?}");
    let left_out = run(&["customers", "--no-fetch"]);
    assert!(left_out.code == 0 && !left_out.stderr.contains("cargo fetch"), "{left_out:?}");
}

#[test]
fn a_folder_that_a_pattern_makes_a_member_cannot_contain_members() {
    let folder = Folder::new();
    workspace(&folder, "shop", "\"crates/*\"");
    package(&folder, "shop/crates/app", "");
    let before = folder.tree("");
    let run = new(&folder, "shop", &["orders", "--directory", "crates/group"]);
    assert!(run.code == 2 && run.stderr.contains("`crates/*` in "), "{run:?}");
    assert!(run.stderr.contains(" makes `crates/group` a member of the workspace"), "{run:?}");
    assert_eq!(folder.tree(""), before);
    assert_eq!(new(&folder, "shop", &["orders"]).code, 0);
    assert_eq!(packages(&folder, "shop"), ["app", "orders"]);
}

#[test]
fn line_ends_are_not_a_change_and_stay() {
    let folder = Folder::new();
    workspace(&folder, "shop", "");
    assert_eq!(new(&folder, "shop", &["orders"]).code, 0);
    let windows = |text: &str| text.replace('\n', "\r\n");
    for (name, text) in folder.tree("shop") {
        folder.write(&format!("shop/{name}"), &windows(&text));
    }
    let again = new(&folder, "shop", &["orders"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    assert!(again.stderr.contains("everything is up to date"), "{again:?}");
    assert_eq!(new(&folder, "shop", &["customers"]).code, 0);
    let manifest = folder.read("shop/Cargo.toml");
    assert!(manifest.contains("\"crates/customers\"") && manifest == windows(&manifest.replace("\r\n", "\n")));
    // The template changes: the last run has generated another first line.
    let project = "shop/crates/orders/.monotable/project.json";
    let library = "shop/crates/orders/src/lib.rs";
    let (first, rest) =
        folder.read(library).split_once("\r\n").map(|(first, rest)| (first.to_owned(), rest.to_owned())).unwrap();
    folder.write(library, &format!("//! An older text.\r\n{rest}"));
    folder.write(
        project,
        &folder
            .read(project)
            .replace(&format!("\"src/lib.rs\": \"{first}\\n"), "\"src/lib.rs\": \"//! An older text.\\n"),
    );
    let updated = new(&folder, "shop", &["orders"]);
    assert_eq!(updated.stdout, "update     crates/orders/src/lib.rs\n", "{updated:?}");
    assert_eq!(folder.read(library), format!("{first}\r\n{rest}"));
}

#[test]
fn a_file_that_is_not_text_is_kept_and_reported() {
    let folder = Folder::new();
    workspace(&folder, "shop", "");
    assert_eq!(new(&folder, "shop", &["orders"]).code, 0);
    let path = folder.path().join("shop/crates/orders/README.md");
    fs::write(&path, b"gr\xf6\xdfe").unwrap();
    let run = new(&folder, "shop", &["orders"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "conflict   crates/orders/README.md\n"), "{run:?}");
    let diff = new(&folder, "shop", &["orders", "--diff"]);
    assert!(diff.stdout.contains("README.md\nthe file is not UTF-8"), "{diff:?}");
    assert_eq!(fs::read(path).unwrap(), b"gr\xf6\xdfe");
}
