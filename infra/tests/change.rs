//! Tests how a stack gets from one template to another, and what is lost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::Config;
use monotable_infra::change::{IndexAction, Loss, LossKind};
use monotable_infra::{Application, Change, Plan, Template, cloudformation};
use serde_json::{Value, json};

/// Renders an application with these tables: names, and `tableConfig` and `deploy` of each one. Programs find `Orders` as `my-Orders`.
fn template_of(tables: &[(&str, Value, Value)]) -> Template {
    let table = |(name, table, deploy): &(&str, Value, Value)| {
        let local = json!({ "port": 8000, "tableName": "local" });
        let config = json!({ "runtimeConfigKey": format!("my-{name}"), "localDev": local, "tableConfig": table, "deploy": deploy });
        ((*name).to_owned(), Config::parse(&config.to_string()).unwrap())
    };
    let tables = tables.iter().map(table).collect();
    let application = Application { name: "shop".into(), tables, ..Application::default() };
    cloudformation::render(&Plan::new(&application).unwrap()).unwrap()
}

/// Renders an application with the table `Orders`.
fn orders(table: Value, deploy: Value) -> Template {
    template_of(&[("Orders", table, deploy)])
}

fn index(name: &str, key: &str) -> Value {
    json!({ "indexName": name, "name": name.replace('-', "_"), "partitionKey": key })
}

fn with_indexes(indexes: &[Value]) -> Template {
    orders(json!({ "globalSecondaryIndexes": indexes }), json!({}))
}

fn steps(current: &Template, target: &Template) -> Vec<Vec<String>> {
    Change::between(Some(current), target).waves.into_iter().map(|wave| wave.steps).collect()
}

fn losses(current: &Template, target: &Template) -> Vec<Loss> {
    Change::between(Some(current), target).losses
}

fn only_loss(current: &Template, target: &Template) -> Loss {
    let losses = losses(current, target);
    assert_eq!(losses.len(), 1, "{losses:?}");
    losses.into_iter().next().unwrap()
}

#[test]
fn a_new_stack_has_one_wave_with_all_indexes() {
    let target = with_indexes(&[index("by-user", "user"), index("by-day", "day")]);
    let change = Change::between(None, &target);
    assert_eq!(change.waves.len(), 1);
    assert_eq!(change.waves[0].template, target);
    assert!(change.waves[0].indexes.is_empty());
    assert_eq!(change.waves[0].steps[0], "creates Orders (AWS::DynamoDB::Table)");
    assert!(change.waves[0].steps.iter().all(|step| step.starts_with("creates ")), "{:?}", change.waves[0].steps);
    assert!(change.losses.is_empty());
}

#[test]
fn the_same_template_has_no_waves() {
    let template = with_indexes(&[index("by-user", "user"), index("by-day", "day")]);
    let change = Change::between(Some(&template), &template);
    assert!(change.is_empty() && change.losses.is_empty() && change.differences.is_empty());
    let reordered = with_indexes(&[index("by-day", "day"), index("by-user", "user")]);
    assert!(Change::between(Some(&template), &reordered).is_empty(), "the order of global indexes has no meaning");
}

#[test]
fn two_new_indexes_are_two_waves() {
    let target = with_indexes(&[index("by-user", "user"), index("by-day", "day")]);
    let change = Change::between(Some(&with_indexes(&[])), &target);
    let found: Vec<_> = change.waves.iter().map(|wave| wave.steps.join("; ")).collect();
    assert_eq!(found, ["adds index by-user to Orders", "adds index by-day to Orders"]);
    let first = &change.waves[0].indexes[0];
    assert_eq!((first.table.as_str(), first.index.as_str(), first.action), ("Orders", "by-user", IndexAction::Add));
    assert_eq!(change.waves[1].template, target);
    assert!(change.losses.is_empty());
}

#[test]
fn tables_change_one_index_each_in_the_same_wave() {
    let table = |indexes: &[Value]| json!({ "globalSecondaryIndexes": indexes });
    let current = template_of(&[("A", table(&[]), json!({})), ("B", table(&[index("by-day", "day")]), json!({}))]);
    let target =
        template_of(&[("A", table(&[index("x-1", "x"), index("y-1", "y")]), json!({})), ("B", table(&[]), json!({}))]);
    let expected = [vec!["adds index x-1 to A", "removes index by-day from B"], vec!["adds index y-1 to A"]];
    assert_eq!(steps(&current, &target), expected);
}

#[test]
fn a_renamed_index_is_added_before_the_old_one_is_removed() {
    let (current, target) = (with_indexes(&[index("old", "user")]), with_indexes(&[index("new", "user")]));
    assert_eq!(steps(&current, &target), [["adds index new to Orders"], ["removes index old from Orders"]]);
    let loss = only_loss(&current, &target);
    assert_eq!((loss.kind, loss.name.as_str()), (LossKind::IndexRemoved, "Orders/old"));
    assert_eq!(loss.why, "the index has the new name new");
    let twice = with_indexes(&[index("old", "user"), index("new", "user")]);
    assert_eq!(only_loss(&twice, &target).why, "the target has no index old");
}

#[test]
fn a_rekeyed_index_is_removed_and_added_again() {
    let current = with_indexes(&[index("other", "day"), index("by-user", "user")]);
    let target = with_indexes(&[index("by-user", "customer")]);
    let removal = "removes index by-user from Orders; a later wave creates it again with the new key or projection";
    let expected = [[removal], ["adds index by-user to Orders"], ["removes index other from Orders"]];
    assert_eq!(steps(&current, &target), expected);
    let change = Change::between(Some(&current), &target);
    assert!(change.waves[0].indexes[0].rekeyed);
    assert_eq!(change.losses[1].kind, LossKind::IndexRekeyed);
    let why = "its key changes from user (S) to customer (S), and DynamoDB cannot change an index in place";
    assert_eq!(change.losses[1].why, why);
}

#[test]
fn a_changed_projection_rekeys_an_index_and_the_order_of_its_attributes_does_not() {
    let projecting = |projection: Value| {
        let mut index = index("by-user", "user");
        index["projection"] = projection;
        with_indexes(&[index])
    };
    let current = projecting(json!(["a", "b"]));
    assert!(losses(&current, &projecting(json!(["b", "a"]))).is_empty());
    let loss = only_loss(&current, &projecting(json!("ALL")));
    assert!(loss.why.starts_with("its projection changes from INCLUDE (a, b) to ALL"), "{}", loss.why);
}

#[test]
fn a_new_index_waits_for_an_old_one_that_uses_its_attribute_with_another_type() {
    let day = |name: &str, kind: &str| {
        let mut index = index(name, "user");
        index["sortKey"] = json!({ "name": "day", "type": kind });
        index
    };
    let (current, target) = (with_indexes(&[day("old", "S")]), with_indexes(&[day("new", "N")]));
    assert_eq!(steps(&current, &target), [["removes index old from Orders"], ["adds index new to Orders"]]);
    let loss = only_loss(&with_indexes(&[day("one", "S")]), &with_indexes(&[day("one", "N")]));
    assert!(loss.why.contains("from user (S), day (S) to user (S), day (N)"), "{}", loss.why);
}

#[test]
fn a_table_with_twenty_indexes_loses_one_before_it_gets_another() {
    let indexes = |range: std::ops::Range<usize>| -> Vec<Value> {
        range.map(|number| index(&format!("index-{number}"), &format!("a{number}"))).collect()
    };
    let (current, mut target) = (with_indexes(&indexes(0..20)), indexes(0..19));
    target.push(index("new", "b"));
    let expected = [["removes index index-19 from Orders"], ["adds index new to Orders"]];
    assert_eq!(steps(&current, &with_indexes(&target)), expected);
    // An index that comes back with another key does not have to go first.
    target[0] = index("index-0", "c");
    assert_eq!(steps(&current, &with_indexes(&target))[..2], expected);
}

#[test]
fn other_changes_have_a_wave_of_their_own_before_the_indexes() {
    let current = with_indexes(&[]);
    let target =
        orders(json!({ "globalSecondaryIndexes": [index("by-user", "user")] }), json!({ "tags": { "team": "a" } }));
    let expected = [
        vec!["changes Tags of Orders (AWS::DynamoDB::Table)", "changes Tags of OrdersKey (AWS::KMS::Key)"],
        vec!["adds index by-user to Orders"],
    ];
    assert_eq!(steps(&current, &target), expected);
}

#[test]
fn scaling_of_an_index_comes_and_goes_with_the_index() {
    let table = |indexes: Value| {
        let capacity = json!({ "read": 1, "write": 1 });
        orders(json!({ "billing": "PROVISIONED", "capacity": capacity, "globalSecondaryIndexes": indexes }), json!({}))
    };
    let scaled = |name: &str, key: &str| {
        let mut index = index(name, key);
        index["autoscaling"] = json!({ "min": 1, "max": 9, "targetPercent": 50 });
        index
    };
    let current = table(json!([scaled("old", "user")]));
    let target = table(json!([scaled("new", "user"), index("by-day", "day")]));
    let count = |template: &Template| {
        let is_scaling = |resource: &Value| resource["Type"].as_str().unwrap().contains("ApplicationAutoScaling");
        let ids = template.resources().filter(|(_, resource)| is_scaling(resource)).map(|(id, _)| id.to_owned());
        ids.map(|id| id[.."OrdersOld".len()].to_owned()).collect::<Vec<_>>()
    };
    let waves = Change::between(Some(&current), &target).waves;
    let (old, new) = (["OrdersOld"; 4], ["OrdersNew"; 4]);
    assert_eq!(count(&waves[0].template), [new, old].concat());
    assert_eq!(count(&waves[1].template), [new, old].concat());
    assert_eq!(count(&waves[2].template), new);
    assert_eq!(waves.len(), 3);
}

#[test]
fn what_refers_to_the_scaling_of_a_new_index_waits_for_the_index() {
    let capacity = json!({ "read": 1, "write": 1 });
    let table = |indexes: Value| {
        orders(json!({ "billing": "PROVISIONED", "capacity": capacity, "globalSecondaryIndexes": indexes }), json!({}))
    };
    let mut scaled = index("by-user", "user");
    scaled["autoscaling"] = json!({ "min": 1, "max": 9, "targetPercent": 50 });
    let mut target = table(json!([index("by-day", "day"), scaled])).as_value().clone();
    let reference = |id: &str| json!({ "Ref": id });
    let alarm = reference("OrdersByUserReadScalingPolicy");
    target["Resources"]["Alarm"] =
        json!({ "Type": "AWS::CloudWatch::Alarm", "Properties": { "AlarmActions": [alarm] } });
    target["Resources"]["Later"] = json!({ "Type": "AWS::SQS::Queue", "DependsOn": "Alarm" });
    target["Outputs"]["Alarm"] = json!({ "Value": reference("Alarm") });
    let target = Template::from_json(&target.to_string()).unwrap();
    let waves = Change::between(Some(&table(json!([]))), &target).waves;
    assert_eq!(waves.len(), 2);
    waves[0].template.check_references().unwrap();
    assert!(waves[0].template.resource("Alarm").is_none() && waves[0].template.resource("Later").is_none());
    assert!(waves[0].template.outputs().all(|(name, _)| name != "Alarm"));
    assert!(waves[1].template.resource("Later").is_some());
}

#[test]
fn an_old_index_gets_the_billing_of_its_table() {
    let index = json!([index("by-user", "user")]);
    let on_demand = orders(json!({ "globalSecondaryIndexes": index }), json!({}));
    let capacity = json!({ "read": 7, "write": 7 });
    let provisioned = |indexes: &Value| {
        orders(json!({ "billing": "PROVISIONED", "capacity": capacity, "globalSecondaryIndexes": indexes }), json!({}))
    };
    let first = |current: &Template, target: &Template| {
        let waves = Change::between(Some(current), target).waves;
        waves[0].template.resource("Orders").unwrap()["Properties"]["GlobalSecondaryIndexes"][0].clone()
    };
    let kept = first(&on_demand, &provisioned(&json!([])));
    assert_eq!(kept["ProvisionedThroughput"], json!({ "ReadCapacityUnits": 7, "WriteCapacityUnits": 7 }));
    let kept = first(&provisioned(&index), &orders(json!({}), json!({})));
    assert_eq!(kept["ProvisionedThroughput"], Value::Null);
}

#[test]
fn a_changed_key_replaces_the_table_in_one_wave() {
    let current = orders(json!({ "globalSecondaryIndexes": [index("a-1", "a"), index("b-1", "b")] }), json!({}));
    let target = orders(json!({ "partitionKey": "id", "globalSecondaryIndexes": [index("c-1", "c")] }), json!({}));
    let change = Change::between(Some(&current), &target);
    assert_eq!(change.waves.len(), 1);
    assert_eq!(change.waves[0].steps, ["replaces Orders (AWS::DynamoDB::Table) by a new, empty table"]);
    let loss = only_loss(&current, &target);
    assert_eq!((loss.kind, loss.name.as_str()), (LossKind::TableReplaced, "Orders"));
    assert_eq!(loss.why, "its key changes from pk, sk to id");
    assert!(loss.what.contains("stays outside of the stack"), "{}", loss.what);
    assert_eq!(loss.refused, None);
}

#[test]
fn each_cause_of_a_replacement_is_named() {
    let table = |key: Value, local: Value| orders(json!({ "sortKey": key, "localSecondaryIndexes": local }), json!({}));
    let local = |name: &str, key: &str| json!({ "indexName": name, "name": name, "sortKey": key });
    let (one, two) = (local("one", "a"), local("two", "b"));
    let before = table(json!("sk"), json!([one]));
    for (target, why) in [
        (
            table(json!({ "name": "sk", "type": "N" }), json!([one])),
            "the type of its key attribute sk changes from S to N",
        ),
        (table(json!("sk"), json!([one, two])), "the local index two is new"),
        (table(json!("sk"), json!([])), "the local index one is removed"),
        (table(json!("sk"), json!([local("one", "b")])), "the local index one changes"),
    ] {
        let loss = only_loss(&before, &target);
        assert_eq!((loss.kind, loss.why.as_str()), (LossKind::TableReplaced, why));
    }
    let loss = only_loss(&table(json!("sk"), json!([one, two])), &table(json!("sk"), json!([two, one])));
    assert!(loss.why.starts_with("its local indexes are in another order"), "{}", loss.why);
    let typed = |kind: &str| {
        orders(
            json!({ "partitionKey": { "name": "pk", "type": kind }, "sortKey": "sk", "localSecondaryIndexes": [one] }),
            json!({}),
        )
    };
    assert_eq!(only_loss(&typed("S"), &typed("B")).why, "the type of its key attribute pk changes from S to B");
    let named = |name: &str| orders(json!({}), json!({ "tableName": name }));
    let loss = only_loss(&named("one"), &named("two"));
    assert_eq!(loss.why, "its name changes from `one` to `two`");
    assert_eq!(loss.refused, None, "CloudFormation can replace a table that gets a new name");
}

#[test]
fn the_replacement_of_a_table_with_a_fixed_name_is_refused() {
    let table = |key: &str, name: &str| orders(json!({ "partitionKey": key }), json!({ "tableName": name }));
    let refused = only_loss(&table("pk", "orders"), &table("id", "orders")).refused.unwrap();
    assert!(refused.contains("`orders`") && refused.contains("deploy.tableName"), "{refused}");
    assert_eq!(only_loss(&table("pk", "orders"), &table("id", "orders-2")).refused, None);
}

#[test]
fn a_removed_table_is_a_loss_that_says_what_becomes_of_it() {
    let deploy = |removal: &str, protection: bool| {
        let (kms, name) = ("aws-owned", "orders");
        json!({ "onRemoval": removal, "deletionProtection": protection, "kms": kms, "tableName": name })
    };
    let users = ("Users", json!({}), json!({}));
    for (removal, protection, fate) in [
        ("retain", true, "The old table `orders` stays outside of the stack, with its items"),
        ("delete", true, "Its deletion protection prevents this"),
        ("delete", false, "CloudFormation deletes the old table `orders` with all its items"),
    ] {
        let current = template_of(&[users.clone(), ("Orders", json!({}), deploy(removal, protection))]);
        let losses = losses(&current, &template_of(std::slice::from_ref(&users)));
        let kinds: Vec<_> = losses.iter().map(|loss| (loss.kind, loss.name.as_str())).collect();
        // One consent is enough for the table and for its entry in the runtime configuration.
        assert_eq!(kinds, [(LossKind::TableRemoved, "Orders"), (LossKind::EntryRemoved, "Orders")]);
        assert!(losses[0].what.contains(fate), "{}", losses[0].what);
    }
}

#[test]
fn a_replaced_table_is_deleted_unless_both_templates_retain_it() {
    let table = |key: &str, removal: &str| {
        orders(
            json!({ "partitionKey": key }),
            json!({ "onRemoval": removal, "deletionProtection": false, "kms": "aws-owned" }),
        )
    };
    for (old, new) in [("retain", "delete"), ("delete", "retain"), ("delete", "delete")] {
        let loss = only_loss(&table("pk", old), &table("id", new));
        assert!(loss.what.contains("CloudFormation deletes the old table"), "{old}, {new}: {}", loss.what);
    }
}

#[test]
fn a_resource_cannot_become_one_of_another_type() {
    let current = orders(json!({}), json!({ "onRemoval": "delete" }));
    let text = current
        .to_json()
        .replace("AWS::DynamoDB::Table", "AWS::SQS::Queue")
        .replace("AWS::KMS::Key", "AWS::SQS::Queue");
    let losses = losses(&current, &Template::from_json(&text).unwrap());
    let kinds: Vec<_> = losses.iter().map(|loss| loss.kind).collect();
    assert_eq!(kinds, [LossKind::TableRemoved, LossKind::KeyRemoved]);
    for loss in losses {
        assert!(loss.refused.unwrap().contains("cannot change its type"));
    }
}

#[test]
fn a_table_with_a_new_logical_id_cannot_keep_its_fixed_name() {
    let deploy = json!({ "tableName": "orders" });
    let current = template_of(&[("Orders", json!({}), deploy.clone())]);
    let target = template_of(&[("ShopOrders", json!({}), deploy)]);
    let losses = losses(&current, &target);
    let refused = losses.iter().find(|loss| loss.kind == LossKind::TableRemoved).unwrap().refused.clone().unwrap();
    assert!(refused.contains("ShopOrders") && refused.contains("`orders`"), "{refused}");
}

#[test]
fn only_a_key_that_is_deleted_is_a_loss() {
    let deploy = |kms: &str, removal: &str| orders(json!({}), json!({ "kms": kms, "onRemoval": removal }));
    let loss = only_loss(&deploy("own", "delete"), &deploy("aws-owned", "delete"));
    assert_eq!((loss.kind, loss.name.as_str()), (LossKind::KeyRemoved, "OrdersKey"));
    assert!(loss.what.contains("after 30 days"), "{}", loss.what);
    assert!(losses(&deploy("own", "retain"), &deploy("aws-owned", "retain")).is_empty());
}

#[test]
fn a_key_of_the_runtime_configuration_that_leaves_or_names_another_table_is_a_loss() {
    let application = |extra: &[(&str, &str)]| {
        let extra = extra.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect();
        let config =
            Config::parse(r#"{ "runtimeConfigKey": "Orders", "localDev": { "port": 8000, "tableName": "local" } }"#);
        let tables = vec![("orders".to_owned(), config.unwrap())];
        let application = Application { name: "shop".into(), tables, extra_tables: extra, ..Application::default() };
        cloudformation::render(&Plan::new(&application).unwrap()).unwrap()
    };
    let current = application(&[("${Legacy}", "legacy-table"), ("Users", "users")]);
    let loss = only_loss(&current, &application(&[("Users", "users")]));
    assert_eq!((loss.kind, loss.id.as_str()), (LossKind::EntryRemoved, "RuntimeConfigVersion"));
    assert_eq!(loss.name, "${Legacy}");
    let loss = only_loss(&current, &application(&[("${Legacy}", "legacy-table"), ("Users", "users-2")]));
    assert_eq!((loss.kind, loss.name.as_str()), (LossKind::EntryChanged, "Users"));
    assert!(loss.why.contains("changes from users to users-2"), "{}", loss.why);
}

#[test]
fn a_consent_allows_only_what_it_names() {
    let current = with_indexes(&[index("one", "a"), index("two", "b")]);
    let change = Change::between(Some(&current), &with_indexes(&[]));
    let names =
        |allowed: &[&str]| change.losses_not_in(allowed).iter().map(|loss| loss.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&[]), ["Orders/one", "Orders/two"]);
    assert_eq!(names(&["Orders", "Orders/one", "unknown"]), ["Orders/two"]);
    assert!(names(&["Orders/two", "Orders/one"]).is_empty());
}

#[test]
fn the_text_of_a_difference_shows_paths_and_values() {
    let current =
        orders(json!({ "globalSecondaryIndexes": [index("by-user", "user")] }), json!({ "tags": { "a": "1" } }));
    let changed = orders(
        json!({ "ttlAttribute": "expires" }),
        json!({ "tags": { "b": "2" }, "kms": "aws-owned", "onRemoval": "delete" }),
    );
    let change = Change::between(Some(&current), &changed);
    let text: Vec<_> = change.differences.iter().map(ToString::to_string).collect();
    let expected = r#"
~ resource Orders (AWS::DynamoDB::Table)
    DeletionPolicy: "Retain" → "Delete"
    Properties.AttributeDefinitions[user]: {"AttributeName":"user","AttributeType":"S"} → (none)
    Properties.GlobalSecondaryIndexes[by-user]: {"IndexName":"by-user","KeySchema":[{"AttributeName":"user","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}} → (none)
    Properties.SSESpecification: {"KMSMasterKeyId":{"Fn::GetAtt":["OrdersKey","Arn"]},"SSEEnabled":true,"SSEType":"KMS"} → (none)
    Properties.Tags[a]: {"Key":"a","Value":"1"} → (none)
    Properties.Tags[b]: (none) → {"Key":"b","Value":"2"}
    Properties.TimeToLiveSpecification: (none) → {"AttributeName":"expires","Enabled":true}
    UpdateReplacePolicy: "Retain" → "Delete"
- resource OrdersKey (AWS::KMS::Key)
- output OrdersKeyArn"#;
    assert_eq!(text.join("\n"), expected.trim_start());
    let json = serde_json::to_value(&change.differences[1]).unwrap();
    let expected = json!({ "subject": "resource", "id": "OrdersKey", "type": "AWS::KMS::Key", "change": "removed" });
    assert_eq!(json, expected);
}

#[test]
fn a_new_description_is_a_change_of_the_template() {
    let target = with_indexes(&[]);
    let current = Template::from_json(&target.to_json().replace("Tables of shop", "Old")).unwrap();
    let change = Change::between(Some(&current), &target);
    assert_eq!(change.waves[0].steps, ["changes Description of the template"]);
    assert_eq!(change.differences[0].to_string(), "~ Description\n    Description: \"Old\" → \"Tables of shop\"");
}

#[test]
fn a_wave_as_json_has_its_steps_but_not_its_template() {
    let change = Change::between(Some(&with_indexes(&[])), &with_indexes(&[index("by-user", "user")]));
    let expected = json!({
        "steps": ["adds index by-user to Orders"],
        "indexes": [{ "table": "Orders", "index": "by-user", "action": "add", "rekeyed": false }],
    });
    assert_eq!(serde_json::to_value(&change.waves[0]).unwrap(), expected);
}

#[test]
fn templates_of_other_tools_are_compared_without_waves_for_their_indexes() {
    let template = |indexes: &Value| {
        let table = json!({ "Type": "AWS::DynamoDB::Table", "Properties": { "GlobalSecondaryIndexes": indexes } });
        Template::from_json(&json!({ "Resources": { "Orders": table } }).to_string()).unwrap()
    };
    for odd in [json!({ "Fn::If": ["A", [], []] }), json!([{ "KeySchema": 1 }]), json!("text"), json!([1, null])] {
        for (current, target) in [(&odd, &json!([])), (&json!([]), &odd), (&odd, &json!([{ "IndexName": "x" }]))] {
            let (current, target) = (template(current), template(target));
            let waves = Change::between(Some(&current), &target).waves;
            assert_eq!(waves.last().unwrap().template, target);
        }
    }
}
