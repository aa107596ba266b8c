//! `monotable connect`, without a build of what it generates.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{Folder, Run, golden};

const GIT: [&str; 3] = ["--monotable-git", "https://example.com/monotable", "--no-fetch"];

/// A workspace with the table `my-table`.
fn workspace() -> Folder {
    let folder = Folder::new();
    folder.write("shop/.keep", "");
    let run = folder.run_in("shop", &[&["new", "my-table"], &GIT[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    folder
}

fn connect(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run_in("shop", &[&["connect", "api", "--no-fetch"], arguments].concat())
}

fn ok(folder: &Folder, arguments: &[&str]) -> Run {
    let run = connect(folder, arguments);
    assert_eq!(run.code, 0, "{run:?}");
    run
}

/// Changes `schema.json` of the table.
fn change_schema(folder: &Folder, change: impl FnOnce(&mut serde_json::Value)) {
    let path = "shop/crates/my-table/schema.json";
    let mut schema = serde_json::from_str(&folder.read(path)).unwrap();
    change(&mut schema);
    folder.write(path, &serde_json::to_string_pretty(&schema).unwrap());
}

/// Adds a copy of the entity `Example` with another name.
fn add_entity(folder: &Folder, name: &str) {
    change_schema(folder, |schema| {
        let mut entity = schema["entities"][0].clone();
        entity["name"] = name.into();
        schema["entities"].as_array_mut().unwrap().push(entity);
    });
}

/// To write the golden tree again, run `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test connect`.
#[test]
fn the_generated_trees_are_the_golden_ones() {
    for kind in ["api", "mcp", "agent"] {
        let folder = workspace();
        let run = folder.run_in("shop", &["connect", kind, "--no-fetch"]);
        assert_eq!(run.code, 0, "{run:?}");
        let mut tree = folder.tree(&format!("shop/crates/my-table-{kind}"));
        // It repeats the other files.
        assert!(tree.remove(".monotable/connect.json").is_some());
        tree.insert("WORKSPACE.toml".into(), folder.read("shop/Cargo.toml"));
        golden(&format!("my-table-{kind}"), tree);
    }
}

#[test]
fn a_dry_run_lists_the_same_files_and_writes_nothing() {
    let folder = workspace();
    let before = folder.tree("");
    let dry = ok(&folder, &["--dry-run"]);
    assert_eq!(folder.tree(""), before);
    assert!(dry.stderr.contains("nothing was written"), "{dry:?}");
    assert_eq!(dry.stdout, ok(&folder, &[]).stdout);
    assert_ne!(folder.tree(""), before);
}

#[test]
fn a_second_run_changes_nothing() {
    let folder = workspace();
    ok(&folder, &[]);
    let before = folder.tree("");
    let again = ok(&folder, &[]);
    assert_eq!(again.stdout, "");
    assert!(again.stderr.contains("everything is up to date"), "{again:?}");
    assert_eq!(folder.tree(""), before);
}

#[test]
fn a_new_entity_is_added_and_the_users_changes_stay() {
    let folder = workspace();
    ok(&folder, &[]);
    let edits = [
        ("src/routes/mod.rs", "//! The routes of each entity.", "//! My routes."),
        ("src/main.rs", "listening on", "now listening on"),
        ("Cargo.toml", "[dependencies]\n", "[dependencies]\nanyhow = \"1\"\n"),
    ];
    for (file, old, new) in edits {
        let path = format!("shop/crates/my-table-api/{file}");
        let text = folder.read(&path);
        assert!(text.contains(old), "{file}");
        folder.write(&path, &text.replace(old, new));
    }
    std::fs::remove_file(folder.path().join("shop/crates/my-table-api/tests/example_routes.rs")).unwrap();
    add_entity(&folder, "Order");
    let run = ok(&folder, &[]);
    for line in [
        "create     crates/my-table-api/src/routes/order.rs",
        "merge      crates/my-table-api/src/routes/mod.rs",
        "keep       crates/my-table-api/src/main.rs",
        "keep       crates/my-table-api/Cargo.toml",
        "skip       crates/my-table-api/tests/example_routes.rs",
        "update     crates/my-table-api/src/entities.rs",
    ] {
        assert!(run.stdout.contains(line), "{line}\n{}", run.stdout);
    }
    for (file, _, new) in edits {
        assert!(folder.read(&format!("shop/crates/my-table-api/{file}")).contains(new), "{file}");
    }
    let routes = folder.read("shop/crates/my-table-api/src/routes/mod.rs");
    assert!(routes.contains("pub mod order;") && routes.contains(".merge(order::router())"), "{routes}");
}

#[test]
fn the_unchanged_files_of_a_removed_entity_are_deleted_and_the_changed_ones_are_named() {
    let folder = workspace();
    let (routes, tests) = ("crates/my-table-api/src/routes/order.rs", "crates/my-table-api/tests/order_routes.rs");
    let text = |path: &str| std::fs::read_to_string(folder.path().join("shop").join(path)).ok();
    add_entity(&folder, "Order");
    ok(&folder, &[]);
    let mine = format!("{}// mine\n", text(tests).unwrap());
    folder.write(&format!("shop/{tests}"), &mine);
    change_schema(&folder, |schema| drop(schema["entities"].as_array_mut().unwrap().pop()));
    let dry = ok(&folder, &["--dry-run"]);
    assert!(text(routes).is_some());
    let run = ok(&folder, &[]);
    assert_eq!(run.stdout, dry.stdout);
    assert!(run.stdout.contains(&format!("delete     {routes}\n")), "{run:?}");
    assert!(run.stdout.contains(&format!("keep       {tests}\n")), "{run:?}");
    assert!(run.stderr.contains(&format!("{tests} belongs to an entity or a query")), "{run:?}");
    assert_eq!((text(routes), text(tests)), (None, Some(mine.clone())));
    // The changed file is named until the user deletes it. If the entity comes back, the change is still there.
    assert!(ok(&folder, &[]).stderr.contains(tests));
    add_entity(&folder, "Order");
    let back = ok(&folder, &[]);
    assert!(back.stdout.contains(&format!("create     {routes}\n")), "{back:?}");
    assert_eq!(text(tests), Some(mine));
}

#[test]
fn no_file_is_deleted_while_a_source_file_that_may_need_it_is_in_conflict() {
    let folder = workspace();
    add_entity(&folder, "Order");
    ok(&folder, &[]);
    let path = "crates/my-table-api/src/routes/mod.rs";
    let file = format!("shop/{path}");
    folder.write(&file, &folder.read(&file).replace("pub mod order;", "pub mod order; // mine"));
    change_schema(&folder, |schema| drop(schema["entities"].as_array_mut().unwrap().pop()));
    let routes = folder.path().join("shop/crates/my-table-api/src/routes/order.rs");
    let run = ok(&folder, &[]);
    assert!(run.stdout.contains(&format!("conflict   {path}")) && routes.exists(), "{run:?}");
    let merged = folder.read(&file).replace("pub mod order; // mine\n", "").replace(".merge(order::router())", "");
    folder.write(&file, &merged);
    ok(&folder, &["--resolved", path]);
    assert!(!routes.exists());
}

#[test]
fn chosen_entities_are_remembered_and_more_can_be_added() {
    let folder = workspace();
    add_entity(&folder, "Order");
    add_entity(&folder, "Review");
    let has = |entity: &str| folder.path().join(format!("shop/crates/my-table-api/src/routes/{entity}.rs")).exists();
    ok(&folder, &["--entity", "Order"]);
    assert!(has("order") && !has("review") && !has("example"));
    assert_eq!(ok(&folder, &[]).stdout, "");
    ok(&folder, &["--entity", "Example"]);
    assert!(has("order") && !has("review") && has("example"));
}

#[test]
fn two_tables_in_one_program_have_two_connections() {
    let folder = workspace();
    assert_eq!(folder.run_in("shop", &[&["new", "reviews"], &GIT[..]].concat()).code, 0);
    let path = "shop/crates/reviews/schema.json";
    folder.write(path, &folder.read(path).replace("\"name\": \"Example\"", "\"name\": \"Review\""));
    ok(&folder, &["--table", "my-table", "--to", "shop-api"]);
    ok(&folder, &["--table", "reviews", "--to", "shop-api"]);
    let state = folder.read("shop/crates/shop-api/src/state.rs");
    assert!(state.contains("pub my_table: Connection,") && state.contains("pub reviews: Connection,"), "{state}");
    let entities = folder.read("shop/crates/shop-api/src/entities.rs");
    assert!(entities.contains("pub use reviews::entities::{BaseModel as ReviewsBaseModel, Review};"), "{entities}");
    let manifest = folder.read("shop/crates/shop-api/Cargo.toml");
    assert!(manifest.contains("reviews = { path = \"../reviews\" }"), "{manifest}");
    assert!(folder.read("shop/crates/shop-api/src/routes/review.rs").contains(".on(&app.reviews)"));
}

#[test]
fn all_kinds_of_programs_can_use_two_tables_and_chosen_entities() {
    for kind in ["mcp", "agent"] {
        let folder = workspace();
        assert_eq!(folder.run_in("shop", &[&["new", "reviews"], &GIT[..]].concat()).code, 0);
        let path = "shop/crates/reviews/schema.json";
        folder.write(path, &folder.read(path).replace("\"name\": \"Example\"", "\"name\": \"Review\""));
        add_entity(&folder, "Order");
        add_entity(&folder, "Basket");
        let connect = |arguments: &[&str]| {
            let run = folder.run_in("shop", &[&["connect", kind, "--to", "tools", "--no-fetch"], arguments].concat());
            assert_eq!(run.code, 0, "{run:?}");
        };
        connect(&["--table", "my-table", "--entity", "Order", "--entity", "Basket"]);
        connect(&["--table", "reviews"]);
        let read = |file: &str| folder.read(&format!("shop/crates/tools/{file}"));
        let tables = read("src/tables.rs");
        assert!(
            tables.contains("pub my_table: Connection,") && tables.contains("pub reviews: Connection,"),
            "{tables}"
        );
        let operations = read("src/operations/mod.rs");
        for entity in ["order", "basket", "review"] {
            assert!(operations.contains(&format!("pub mod {entity};")), "{operations}");
        }
        assert!(!operations.contains("example"), "{operations}");
        assert!(read("src/operations/review.rs").contains(".on(&tables.reviews)"));
        assert!(read("src/operations/order.rs").contains(".on(&tables.my_table)"));
    }
}

#[test]
fn a_function_is_for_the_stream_of_one_table_and_for_chosen_entities() {
    let folder = workspace();
    assert_eq!(folder.run_in("shop", &[&["new", "reviews"], &GIT[..]].concat()).code, 0);
    add_entity(&folder, "Order");
    add_entity(&folder, "Basket");
    let run = |arguments: &[&str]| folder.run_in("shop", &[&["connect"], arguments, &["--no-fetch"]].concat());
    let table = ["--table", "my-table"];
    let missing = run(&[&["lambda"], &table[..]].concat());
    assert!(
        missing.code == 2 && missing.stderr.contains("run `monotable connect api --table my-table` first"),
        "{missing:?}"
    );
    assert_eq!(run(&[&["api"], &table[..]].concat()).code, 0);
    let chosen = run(&[&["lambda", "--entity", "Order", "--entity", "Basket"], &table[..]].concat());
    assert_eq!(chosen.code, 0, "{chosen:?}");
    let changes = folder.read("shop/crates/my-table-lambda/src/changes/mod.rs");
    assert!(changes.contains("order") && changes.contains("basket") && !changes.contains("mod example"), "{changes}");
    assert_eq!(run(&["api", "--table", "reviews"]).code, 0);
    let second = run(&["lambda", "--table", "reviews", "--to", "my-table-lambda"]);
    assert!(second.code == 2 && second.stderr.contains("is for the stream of another table"), "{second:?}");
}

#[test]
fn all_kinds_reject_an_unknown_entity_and_an_outdated_schema() {
    let folder = workspace();
    ok(&folder, &[]);
    add_entity(&folder, "Order");
    let before = folder.tree("");
    for kind in ["api", "lambda", "mcp", "agent"] {
        let unknown = folder.run_in("shop", &["connect", kind, "--entity", "Order", "--entity", "Odrer", "--no-fetch"]);
        let message = "has no entity `Odrer`; its entities are: Example, Order";
        assert!(unknown.code == 2 && unknown.stderr.contains(message), "{kind}: {unknown:?}");
    }
    assert_eq!(folder.tree(""), before);
    change_schema(&folder, |schema| schema["runtimeConfigKey"] = "Other".into());
    for kind in ["api", "lambda", "mcp", "agent"] {
        let outdated = folder.run_in("shop", &["connect", kind, "--no-fetch"]);
        let command = "run `UPDATE_SCHEMA=1 cargo test -p my-table schema_json`, then connect again";
        assert!(outdated.code == 1 && outdated.stderr.contains("is out of date"), "{kind}: {outdated:?}");
        assert!(outdated.stderr.contains(command), "{kind}: {outdated:?}");
    }
}

#[test]
fn a_program_of_the_user_gets_the_dependencies_and_keeps_its_files() {
    let folder = workspace();
    folder.write(
        "shop/mine/Cargo.toml",
        "[package]\nname = \"mine\"\nversion = \"1.0.0\" # mine\n\n[dependencies]\naxum = \"0.7\"\n",
    );
    folder.write("shop/mine/src/main.rs", "fn main() {}\n");
    folder.write("shop/Cargo.toml", &folder.read("shop/Cargo.toml").replace("[\"crates", "[\"mine\", \"crates"));
    let run = ok(&folder, &["--to", "mine"]);
    assert!(run.stderr.contains("`mine` exists already"), "{run:?}");
    let manifest = folder.read("shop/mine/Cargo.toml");
    assert!(manifest.contains("version = \"1.0.0\" # mine") && manifest.contains("axum = \"0.7\""), "{manifest}");
    assert!(manifest.contains("my-table = { path = \"../crates/my-table\" }"), "{manifest}");
    assert_eq!(folder.read("shop/mine/src/main.rs"), "fn main() {}\n");
    assert!(folder.read("shop/mine/src/lib.rs").contains("pub fn router"));
    let before = folder.tree("");
    ok(&folder, &["--to", "mine"]);
    assert_eq!(folder.tree(""), before);
}

#[test]
fn names_that_the_generated_code_uses_do_not_clash() {
    let folder = workspace();
    for name in ["State", "Query", "Docs", "Match", "Health"] {
        add_entity(&folder, name);
    }
    // The run formats the files, so it fails if they are not valid Rust.
    ok(&folder, &[]);
    let routes = folder.read("shop/crates/my-table-api/src/routes/query.rs");
    assert!(routes.contains("use crate::entities::Query as QueryEntity;"), "{routes}");
    assert!(routes.contains("path = \"/query-items\""), "{routes}");
    assert!(folder.path().join("shop/crates/my-table-api/src/routes/match_routes.rs").exists());
    for name in ["Operation", "Tables", "Page", "Problem", "JsonSchema", "Server"] {
        add_entity(&folder, name);
    }
    let run = folder.run_in("shop", &["connect", "mcp", "--no-fetch"]);
    assert_eq!(run.code, 0, "{run:?}");
    let operations = folder.read("shop/crates/my-table-mcp/src/operations/tables.rs");
    assert!(operations.contains("use crate::entities::Tables as TablesEntity;"), "{operations}");
}

/// Adds an entity whose partition key is the result of a function of these fields.
fn add_ranking(folder: &Folder, fields: &str) {
    add_entity(folder, "Ranking");
    change_schema(folder, |schema| {
        let key = &mut schema["entities"][1]["primaryKey"];
        key["partition"] = format!("rank({fields})").into();
        key["partitionArguments"] = serde_json::json!(["rank(..)"]);
        key["sortArguments"] = serde_json::json!(["id"]);
    });
}

#[test]
fn a_key_that_a_function_makes_is_given_by_the_fields_that_the_function_reads() {
    let folder = workspace();
    add_ranking(&folder, "category, name");
    let run = ok(&folder, &[]);
    assert!(!run.stderr.contains("requests can only create"), "{run:?}");
    let routes = folder.read("shop/crates/my-table-api/src/routes/ranking.rs");
    assert!(routes.contains("path = \"/rankings/{category}/{name}/{id}\""), "{routes}");
    assert!(routes.contains("::get((primary_key.partition(), id))"), "{routes}");
    let run = folder.run_in("shop", &["connect", "mcp", "--no-fetch"]);
    assert_eq!(run.code, 0, "{run:?}");
    let operations = folder.read("shop/crates/my-table-mcp/src/operations/ranking.rs");
    assert!(operations.contains("::get((primary_key.partition(), id))"), "{operations}");
}

#[test]
fn a_key_that_requests_cannot_give_leaves_only_the_creation_and_a_remark() {
    let folder = workspace();
    add_ranking(&folder, "category.name");
    let run = ok(&folder, &[]);
    let remark = "note: requests can only create and list the items of `Ranking`, because they cannot give what `rank(category.name)` reads";
    assert!(run.stderr.contains(remark), "{run:?}");
    let routes = folder.read("shop/crates/my-table-api/src/routes/ranking.rs");
    assert!(routes.contains("path = \"/rankings\"") && !routes.contains("path = \"/rankings/"), "{routes}");
    assert!(routes.contains("//! `rank(category.name)` reads"), "{routes}");
    let run = folder.run_in("shop", &["connect", "agent", "--no-fetch"]);
    assert!(run.code == 0 && run.stderr.contains(remark), "{run:?}");
    let operations = folder.read("shop/crates/my-table-agent/src/operations/ranking.rs");
    assert!(operations.contains("ranking_create") && !operations.contains("ranking_get"), "{operations}");
}

#[test]
fn a_query_whose_partition_key_a_function_makes_is_left_out_with_a_remark() {
    let folder = workspace();
    change_schema(&folder, |schema| {
        let key = &mut schema["entities"][0]["indexes"][0]["key"];
        key["partition"] = "shelf(category)".into();
        key["partitionArguments"] = serde_json::json!(["shelf(..)"]);
    });
    let run = ok(&folder, &[]);
    let remark = "note: requests cannot use the query `Example::list_by_category`, because `shelf(category)` makes its partition key";
    assert!(run.stderr.contains(remark), "{run:?}");
    let routes = folder.read("shop/crates/my-table-api/src/routes/example.rs");
    assert!(routes.contains("//! `Example::list_by_category` has no route"), "{routes}");
    assert!(!routes.contains("/queries/examples/list-by-category"), "{routes}");
}

#[test]
fn programs_in_a_workspace_with_another_sqlite_are_tested_without_the_embedded_engine() {
    let folder = workspace();
    folder.write("shop/Cargo.lock", "version = 4\n\n[[package]]\nname = \"libsqlite3-sys\"\nversion = \"0.30.1\"\n");
    for kind in ["api", "mcp", "agent"] {
        let run = folder.run_in("shop", &["connect", kind, "--no-fetch"]);
        assert!(run.stderr.contains(&format!("monotable dev -- cargo test -p my-table-{kind}")), "{run:?}");
        for (file, text) in folder.tree(&format!("shop/crates/my-table-{kind}")) {
            assert!(!text.contains("monotable-local") && !text.contains("monotable_local"), "{file}");
        }
    }
}

#[test]
fn an_entity_in_the_source_that_the_schema_does_not_have_is_a_remark() {
    let folder = workspace();
    folder.write("shop/crates/my-table/src/entities/order.rs", "#[derive(Debug, Entity)]\npub struct Order {}\n");
    let run = ok(&folder, &[]);
    assert!(run.stderr.contains("schema.json of `my-table` does not have `Order`"), "{run:?}");
    assert!(run.stderr.contains("UPDATE_SCHEMA=1 cargo test -p my-table schema_json"), "{run:?}");
}

#[test]
fn a_missing_or_outdated_schema_names_the_command_that_creates_it() {
    let folder = workspace();
    let command = "run `UPDATE_SCHEMA=1 cargo test -p my-table schema_json`, then connect again";
    change_schema(&folder, |schema| schema["runtimeConfigKey"] = "Other".into());
    let outdated = connect(&folder, &[]);
    assert!(outdated.code == 1 && outdated.stderr.contains("is out of date"), "{outdated:?}");
    assert!(outdated.stderr.contains(command), "{outdated:?}");
    folder.write("shop/crates/my-table/schema.json", "{");
    let damaged = connect(&folder, &[]);
    assert!(damaged.code == 1 && damaged.stderr.contains(command), "{damaged:?}");
    std::fs::remove_file(folder.path().join("shop/crates/my-table/schema.json")).unwrap();
    let missing = connect(&folder, &[]);
    assert!(missing.code == 1 && missing.stderr.contains("schema.json does not exist"), "{missing:?}");
    assert!(missing.stderr.contains(command), "{missing:?}");
}

#[test]
fn wrong_options_are_usage_errors_that_list_the_candidates() {
    let folder = workspace();
    assert_eq!(folder.run_in("shop", &[&["new", "reviews"], &GIT[..]].concat()).code, 0);
    let before = folder.tree("");
    let cases: [(&[&str], &str); 7] = [
        (&[], "choose one with `--table`: my-table, reviews"),
        (&["--table", "orders"], "no table `orders`; its tables are: my-table, reviews"),
        (&["--table", "my-table", "--entity", "Order"], "has no entity `Order`; its entities are: Example"),
        (&["--table", "my-table", "--to", "reviews"], "`reviews` is the crate of a table"),
        (&["--table", "my-table", "--to", "1st"], "a name begins with a letter"),
        (&["--table", "my-table", "--to", "../elsewhere"], "contains `.`"),
        (&["--tabel", "my-table"], "similar argument exists: '--table'"),
    ];
    for (arguments, message) in cases {
        let run = connect(&folder, arguments);
        assert!(run.code == 2 && run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
    }
    assert_eq!(folder.tree(""), before);
    let empty = Folder::new();
    let run = empty.run(&["connect", "api"]);
    assert!(run.code == 2 && run.stderr.contains("`monotable new NAME` creates one"), "{run:?}");
}

#[test]
fn two_tables_with_the_same_entity_are_rejected() {
    let folder = workspace();
    assert_eq!(folder.run_in("shop", &[&["new", "reviews"], &GIT[..]].concat()).code, 0);
    ok(&folder, &["--table", "my-table", "--to", "shop-api"]);
    let before = folder.tree("");
    let run = connect(&folder, &["--table", "reviews", "--to", "shop-api"]);
    assert!(run.code == 2 && run.stderr.contains("two tables have an entity `Example`"), "{run:?}");
    assert_eq!(folder.tree(""), before);
}
