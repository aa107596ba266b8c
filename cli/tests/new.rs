//! `monotable new`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use support::{Folder, golden};

/// A workspace whose sibling decides the port, and a source of monotable that is the same on every machine.
fn workspace() -> Folder {
    let folder = Folder::new();
    folder.write(
        "shop/Cargo.toml",
        "# The shop.\n[workspace]\nresolver = \"3\"\nmembers = [\n    \"crates/other\", # another\n]\n",
    );
    folder.write("shop/crates/other/Cargo.toml", "[package]\nname = \"other\"\n");
    folder.write("shop/crates/other/src/lib.rs", "");
    folder.write(
        "shop/crates/other/config.json",
        r#"{ "runtimeConfigKey": "Other", "localDev": { "port": 8123, "tableName": "shop-other" } }"#,
    );
    folder
}

const GIT: [&str; 3] = ["--monotable-git", "https://example.com/monotable", "--no-fetch"];

fn new(folder: &Folder, arguments: &[&str]) -> support::Run {
    folder.run_in("shop", &[&["new"], arguments, &GIT].concat())
}

/// To write the golden tree again, run `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test new`.
#[test]
fn the_generated_tree_is_the_golden_one() {
    let folder = workspace();
    assert_eq!(new(&folder, &["my-table"]).code, 0);
    let mut tree = folder.tree("shop/crates/my-table");
    // It repeats the other files.
    assert!(tree.remove(".monotable/project.json").is_some());
    assert_eq!(tree.remove(".monotable/config.schema.json").as_deref(), Some(monotable_config::CONFIG_JSON_SCHEMA));
    tree.insert("WORKSPACE.toml".into(), folder.read("shop/Cargo.toml"));
    golden("my-table", tree);
}

#[test]
fn every_way_of_giving_options_produces_the_same_tree() {
    let by_arguments = workspace();
    let arguments = ["orders", "--directory", "services", "--sub-directory", "order", "--table-name", "Orders2"];
    assert_eq!(new(&by_arguments, &arguments).code, 0);
    let by_file = workspace();
    by_file.write(
        "answers.json",
        r#"{ "name": "orders", "directory": "services", "subDirectory": "order", "tableName": "Orders2",
             "monotableGit": "https://example.com/monotable" }"#,
    );
    assert_eq!(by_file.run_in("shop", &["new", "--answers", "../answers.json", "--no-fetch"]).code, 0);
    assert_eq!(by_arguments.tree("shop"), by_file.tree("shop"));
    assert!(by_file.read("shop/services/order/config.json").contains("\"tableName\": \"shop-orders2\""));
}

#[test]
fn a_dry_run_lists_the_same_files_and_writes_nothing() {
    let folder = workspace();
    let before = folder.tree("");
    let dry = new(&folder, &["my-table", "--dry-run"]);
    assert_eq!(folder.tree(""), before);
    assert!(dry.stderr.contains("nothing was written"));
    let real = new(&folder, &["my-table"]);
    assert_eq!(dry.stdout, real.stdout);
    assert_eq!(dry.stdout.lines().count(), 13);
}

#[test]
fn json_prints_one_object_per_file() {
    let folder = workspace();
    let run = new(&folder, &["my-table", "--json"]);
    let files: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(files.len(), 13);
    assert_eq!(files[0], serde_json::json!({ "path": "crates/my-table/Cargo.toml", "action": "create" }));
    assert_eq!(run.stderr, "");
}

#[test]
fn a_second_run_changes_nothing() {
    let folder = workspace();
    new(&folder, &["my-table"]);
    let before = folder.tree("");
    let again = new(&folder, &["my-table"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));
    assert!(again.stderr.contains("everything is up to date"));
    assert_eq!(folder.tree(""), before);
}

/// Pretends that an older version has generated the crate: in its templates, the last line of each file was another one.
fn age(folder: &Folder) {
    let path = "shop/crates/my-table/.monotable/project.json";
    let mut project: serde_json::Value = serde_json::from_str(&folder.read(path)).unwrap();
    let pristine: BTreeMap<String, String> = serde_json::from_value(project["files"].clone()).unwrap();
    let old = |text: &str| {
        let (head, _) = text.trim_end().rsplit_once('\n').unwrap();
        format!("{head}\nthe last line of an older version\n")
    };
    for name in pristine.keys() {
        let path = format!("shop/crates/my-table/{name}");
        folder.write(&path, &old(&folder.read(&path)));
    }
    project["files"] = pristine.iter().map(|(name, text)| (name.clone(), old(text))).collect();
    folder.write(path, &(serde_json::to_string_pretty(&project).unwrap() + "\n"));
}

#[test]
fn a_newer_template_keeps_what_the_user_has_changed() {
    let folder = workspace();
    new(&folder, &["my-table"]);
    let current = folder.tree("shop/crates/my-table");
    age(&folder);
    for name in current.keys().filter(|name| !name.starts_with(".monotable")) {
        let path = format!("shop/crates/my-table/{name}");
        folder.write(&path, &format!("the user's line\n{}", folder.read(&path)));
    }
    let run = new(&folder, &["my-table"]);
    assert_eq!(run.code, 0, "{run:?}");
    for (name, text) in current.iter().filter(|(name, _)| !name.starts_with(".monotable")) {
        assert!(run.stdout.contains(&format!("merge      crates/my-table/{name}")), "{name}: {}", run.stdout);
        let expected = format!("the user's line\n{text}");
        assert_eq!(folder.read(&format!("shop/crates/my-table/{name}")), expected, "{name}");
    }
    assert_eq!(new(&folder, &["my-table"]).stdout.matches("keep ").count(), 11);
}

#[test]
fn files_that_the_user_has_not_changed_are_updated() {
    let folder = workspace();
    new(&folder, &["my-table"]);
    let current = folder.tree("shop/crates/my-table");
    age(&folder);
    let run = new(&folder, &["my-table"]);
    assert_eq!(run.stdout.matches("update ").count(), 12, "{}", run.stdout);
    assert_eq!(folder.tree("shop/crates/my-table"), current);
}

#[test]
fn a_conflict_keeps_the_users_file_and_diff_shows_it() {
    let folder = workspace();
    new(&folder, &["my-table"]);
    age(&folder);
    let path = "shop/crates/my-table/src/lib.rs";
    let mine = folder.read(path).replace("the last line of an older version", "my last line");
    folder.write(path, &mine);
    let run = new(&folder, &["my-table"]);
    assert!(run.stdout.contains("conflict   crates/my-table/src/lib.rs"), "{}", run.stdout);
    assert!(run.stderr.contains("--diff"));
    assert_eq!(folder.read(path), mine);
    let diff = new(&folder, &["my-table", "--diff", "--dry-run"]).stdout;
    assert!(diff.contains("-my last line\n+pub use entities::{BaseModel, Example};"), "{diff}");
}

#[test]
fn a_deleted_file_stays_deleted() {
    let folder = workspace();
    new(&folder, &["my-table"]);
    std::fs::remove_file(folder.path().join("shop/crates/my-table/examples/list.rs")).unwrap();
    let run = new(&folder, &["my-table"]);
    assert!(run.stdout.contains("skip       crates/my-table/examples/list.rs"));
    assert!(!folder.path().join("shop/crates/my-table/examples/list.rs").exists());
}

#[test]
fn a_file_of_someone_else_is_kept() {
    let folder = workspace();
    folder.write("shop/crates/my-table/README.md", "mine");
    let run = new(&folder, &["my-table"]);
    assert!(run.stdout.contains("conflict   crates/my-table/README.md"));
    assert_eq!(folder.read("shop/crates/my-table/README.md"), "mine");
}

#[test]
fn a_second_table_shares_the_port_and_has_its_own_names() {
    let folder = Folder::new();
    folder.write("shop/.keep", "");
    assert_eq!(new(&folder, &["orders"]).code, 0);
    assert_eq!(new(&folder, &["Customers"]).code, 0);
    let config = |name: &str| {
        let text = folder.read(&format!("shop/crates/{name}/config.json"));
        monotable_config::Config::parse(&text).unwrap()
    };
    let (orders, customers) = (config("orders"), config("customers"));
    assert_eq!(orders.local_dev.port, customers.local_dev.port);
    assert_eq!(orders.local_dev.table_name, "shop-orders");
    assert_eq!(customers.local_dev.table_name, "shop-customers");
    assert_eq!(customers.runtime_config_key, "Customers");
    assert!(folder.read("shop/Cargo.toml").contains("\"crates/orders\", \"crates/customers\""));
}

#[test]
fn accepted_names_are_accepted_by_cargo() {
    for name in ["a1", "MyTable", "order_items", "x-1-y", "HTTPServer", "table2024", "ordersV2", "r2d2", "tests"] {
        let folder = Folder::new();
        folder.write("shop/.keep", "");
        let run = new(&folder, &[name]);
        assert_eq!(run.code, 0, "{name}: {run:?}");
        let metadata = Command::new("cargo")
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .current_dir(folder.path().join("shop"))
            .output()
            .unwrap();
        assert!(metadata.status.success(), "{name}: {}", String::from_utf8_lossy(&metadata.stderr));
    }
}

#[test]
fn wrong_options_are_usage_errors_that_name_the_remedy() {
    let folder = workspace();
    let before = folder.tree("");
    let cases: [(&[&str], &str); 11] = [
        (&[], "the name of the project is missing"),
        (&["1st"], "a name begins with a letter"),
        (&["orders", "--framework", "pynamodb"], "possible values: monotable"),
        (&["orders", "--infra", "dynamodb"], "the language of the infrastructure is missing: give `--iac`"),
        (&["orders", "--infra", "dynamodb", "--iac", "inherit"], "set `iac` in [workspace.metadata.monotable]"),
        (&["orders", "--iac", "cdk"], "`--iac` needs `--infra dynamodb`"),
        (&["orders", "--infra", "dynamodb", "--iac", "cdk", "--no-workspace"], "leave `--no-workspace` out"),
        (&["orders", "--directory", "../elsewhere"], "outside of the workspace"),
        (&["orders", "--directorie", "x"], "similar argument exists: '--directory'"),
        (&["orders", "--table-name", "!"], "cannot be the name of a table"),
        (&["orders", "--answers", "missing.json"], "missing.json"),
    ];
    for (arguments, message) in cases {
        let run = new(&folder, arguments);
        assert!(run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
        let is_io = message == "missing.json";
        assert_eq!(run.code, if is_io { 1 } else { 2 }, "{arguments:?}");
    }
    assert_eq!(folder.tree(""), before);
}

#[test]
fn infrastructure_is_for_all_tables_and_can_be_added_later() {
    let folder = workspace();
    let run = new(&folder, &["orders"]);
    assert!(run.code == 0 && !folder.tree("").keys().any(|path| path.contains("infra/")), "{run:?}");
    let dry = new(&folder, &["orders", "--infra", "dynamodb", "--iac", "terraform", "--dry-run"]);
    assert!(dry.stdout.contains("create     infra/terraform/main.tf"), "{dry:?}");
    assert!(!folder.tree("").keys().any(|path| path.contains("infra/")));
    let run = new(&folder, &["orders", "--infra", "dynamodb", "--iac", "terraform"]);
    assert_eq!((run.code, &run.stdout), (0, &dry.stdout), "{run:?}");
    let run = new(&folder, &["users", "--infra", "dynamodb", "--iac", "terraform"]);
    assert!(run.stdout.contains("create     infra/terraform/tables/users/main.tf"), "{run:?}");
    let main = folder.read("shop/infra/terraform/main.tf");
    assert!(main.contains("tables/orders") && main.contains("tables/users"), "{main}");
    // The options are remembered, and `synth` writes the same files.
    let again = new(&folder, &["users"]);
    assert!(again.code == 0 && again.stderr.contains("everything is up to date"), "{again:?}");
    let synth = folder.run_in("shop", &["synth", "--iac", "terraform", "--check"]);
    assert_eq!(synth.code, 0, "{synth:?}");
}

#[test]
fn the_infrastructure_can_have_the_language_of_the_workspace() {
    let folder = workspace();
    let manifest = folder.read("shop/Cargo.toml");
    folder.write("shop/Cargo.toml", &format!("{manifest}\n[workspace.metadata.monotable]\niac = \"cloudformation\"\n"));
    let run = new(&folder, &["orders", "--infra", "dynamodb"]);
    assert!(run.code == 0 && run.stdout.contains("infra/cloudformation/shop.template.json"), "{run:?}");
}

#[test]
fn a_failure_leaves_no_half_written_tree() {
    let folder = workspace();
    // A file is where the folder of all projects should be.
    folder.write("shop/services", "a file");
    let before = folder.tree("");
    let run = new(&folder, &["orders", "--directory", "services"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("shop/services"), "{}", run.stderr);
    assert_eq!(folder.tree(""), before);
    folder.write("shop/Cargo.toml", "[workspace\n");
    let run = new(&folder, &["orders"]);
    assert!(run.code == 1 && run.stderr.contains("shop/Cargo.toml"), "{}", run.stderr);
    assert!(!folder.path().join("shop/crates/orders").exists());
}

#[test]
fn paths_with_spaces_and_other_letters_work() {
    let folder = Folder::new();
    folder.write("my größe shop/.keep", "");
    let run = folder.run_in("my größe shop", &[&["new", "orders", "--directory", "meine dienste"], &GIT[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let config = folder.read("my größe shop/meine dienste/orders/config.json");
    assert!(config.contains("\"tableName\": \"my-gr-e-shop-orders\""), "{config}");
}

#[cfg(unix)]
#[test]
fn a_symlinked_workspace_is_the_workspace_that_it_points_to() {
    let folder = workspace();
    std::os::unix::fs::symlink(folder.path().join("shop"), folder.path().join("link")).unwrap();
    let run = folder.run_in("link", &[&["new", "orders"], &GIT[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(folder.read("shop/crates/orders/config.json").contains("\"tableName\": \"shop-orders\""));
}

#[test]
fn a_crate_outside_of_the_workspace_is_its_own_workspace() {
    let folder = workspace();
    let manifest = folder.read("shop/Cargo.toml");
    assert_eq!(new(&folder, &["orders", "--no-workspace"]).code, 0);
    assert_eq!(folder.read("shop/Cargo.toml"), manifest);
    assert!(folder.read("shop/orders/Cargo.toml").ends_with("\n[workspace]\n"));
}

#[test]
fn concurrent_runs_keep_all_members() {
    let folder = workspace();
    let names = ["one", "two", "three", "four", "five", "six"];
    std::thread::scope(|scope| {
        for name in names {
            let folder = &folder;
            scope.spawn(move || assert_eq!(new(folder, &[name]).code, 0));
        }
    });
    let manifest = folder.read("shop/Cargo.toml");
    for name in names {
        assert!(manifest.contains(&format!("\"crates/{name}\"")), "{manifest}");
    }
}

#[test]
fn options_of_the_first_run_stay() {
    let folder = workspace();
    new(&folder, &["orders", "--directory", "services", "--table-name", "zeta"]);
    let before = folder.tree("");
    let again = new(&folder, &["orders"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""), "{again:?}");
    assert_eq!(folder.tree(""), before);
    // A renamed workspace does not rename its tables.
    std::fs::rename(folder.path().join("shop"), folder.path().join("store")).unwrap();
    assert_eq!(folder.run_in("store", &[&["new", "orders"], &GIT[..]].concat()).stdout, "");
}

#[test]
fn a_second_package_of_the_same_name_is_rejected() {
    let folder = workspace();
    new(&folder, &["orders"]);
    let before = folder.tree("");
    let run = new(&folder, &["orders", "--directory", "services"]);
    assert!(run.code == 2 && run.stderr.contains("the workspace has a package `orders` in "), "{run:?}");
    assert_eq!(folder.tree(""), before);
}
