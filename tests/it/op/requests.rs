//! The requests that operations build, without a network, and their `Debug` output, which must not contain values.

use std::future::IntoFuture;

use libtest_mimic::Trial;
use monotable::aws::operation::put_item::PutItemInput;
use monotable::aws::types::{ReturnValue, Select};
use monotable::{Entity, Query, Table};

use crate::guide::{ArticleTagModel, BaseModel, OrderModel};
use crate::op::crud::order;
use crate::support::case::s;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, run: fn()| {
        Trial::test(format!("it::op::requests::{name}"), move || {
            run();
            Ok(())
        })
    };
    vec![
        trial("a_create_is_a_conditional_put", a_create_is_a_conditional_put),
        trial("a_query_builds_the_expected_request_every_time", a_query_builds_the_expected_request_every_time),
        trial(
            "sort_conditions_stay_within_the_prefix_of_the_template",
            sort_conditions_stay_within_the_prefix_of_the_template,
        ),
        trial(
            "only_entities_with_shared_keys_have_a_discriminator_condition",
            only_entities_with_shared_keys_have_a_discriminator_condition,
        ),
        trial("limit_and_page_size_set_the_limit_of_the_request", limit_and_page_size_set_the_limit_of_the_request),
        trial("entities_with_equal_struct_names_are_distinguished", entities_with_equal_struct_names_are_distinguished),
        trial("debug_output_does_not_contain_values", debug_output_does_not_contain_values),
        trial("operations_are_send_and_static", operations_are_send_and_static),
        trial(
            "create_table_has_the_keys_and_indexes_of_config_json",
            create_table_has_the_keys_and_indexes_of_config_json,
        ),
    ]
}

/// Two structs with the same name in different modules, whose items share a partition.
mod namesakes {
    #![allow(dead_code, reason = "the test only builds requests")]

    use monotable::{Entity, Table};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Table)]
    #[table(config = "config.json")]
    pub enum Base {
        Old(old::Note),
        New(new::Note),
    }

    pub mod old {
        use super::*;

        #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
        #[entity(table = Base, discriminator = "OldNote", pk = "USER#{user}", sk = "NOTE#{id}")]
        pub struct Note {
            user: String,
            id: String,
        }
    }

    pub mod new {
        use super::*;

        #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
        #[entity(table = Base, discriminator = "NewNote", pk = "USER#{user}", sk = "NOTE#{id}#{part}")]
        pub struct Note {
            user: String,
            id: String,
            part: String,
        }
    }
}

fn entities_with_equal_struct_names_are_distinguished() {
    let request = namesakes::old::Note::query("u-1").into_request().unwrap();
    assert_eq!(request.filter_expression(), Some("attribute_not_exists(#n2) OR #n2 IN (:v2)"));
}

fn a_create_is_a_conditional_put() {
    let request = Entity::create(&order("o-1")).into_request().unwrap();
    assert_eq!(request.condition_expression(), Some("attribute_not_exists(#n0)"));
    assert_eq!(request.expression_attribute_names().unwrap()["#n0"], "pk");
    assert_eq!(request.return_values(), None::<&ReturnValue>);
    // A create sets `created_at`; a put stores the value of the entity.
    let put = order("o-1").put().into_request().unwrap();
    assert_eq!(put.condition_expression(), None);
    let without_times = |request: &PutItemInput| {
        let mut item = request.item().unwrap().clone();
        item.retain(|name, _| !["created_at", "gsi2sk"].contains(&name.as_str()));
        item
    };
    assert_eq!(without_times(&put), without_times(&request));
    assert_eq!(put.item().unwrap()["created_at"], s("2026-11-20T16:03:33.877713+00:00"));
}

fn a_query_builds_the_expected_request_every_time() {
    let query = || OrderModel::list_by_user("u-1").between("a", "b").descending().limit(20).into_request().unwrap();
    assert_eq!(query(), query());
    let request = query();
    assert_eq!(request.index_name(), Some("gsi1pk-gsi1sk-index"));
    assert_eq!(request.key_condition_expression(), Some("#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2"));
    let names = request.expression_attribute_names().unwrap();
    assert_eq!((names["#n0"].as_str(), names["#n1"].as_str()), ("gsi1pk", "gsi1sk"));
    let values = request.expression_attribute_values().unwrap();
    assert_eq!((&values[":v0"], &values[":v1"], &values[":v2"]), (&s("USER#u-1"), &s("ORDER#a"), &s("ORDER#b")));
    assert_eq!(request.scan_index_forward(), Some(false));
    assert_eq!(request.select(), None::<&Select>);
    assert_eq!(request.table_name(), None, "only the connection knows the table name");

    // The prefix of the template is the sort condition. If no other entity has this prefix, no filter is needed.
    let request = OrderModel::list_by_user("u-1").into_request().unwrap();
    assert_eq!(request.key_condition_expression(), Some("#n0 = :v0 AND begins_with(#n1, :v1)"));
    assert_eq!(request.filter_expression(), None);
    // A partition that contains one entity needs neither.
    let request = OrderModel::by_date().into_request().unwrap();
    assert_eq!(request.key_condition_expression(), Some("#n0 = :v0"));
    assert_eq!(request.filter_expression(), None);
    // A query of the table enum reads all entities.
    let request = BaseModel::gsi1().query("USER#u-1").into_request().unwrap();
    assert_eq!((request.key_condition_expression(), request.filter_expression()), (Some("#n0 = :v0"), None));
    let request = ArticleTagModel::scan().into_request().unwrap();
    assert_eq!(request.filter_expression(), Some("attribute_not_exists(#n0) OR #n0 IN (:v0)"));
}

mod visits {
    #![allow(dead_code, reason = "only requests are made")]

    use monotable::{Entity, Table};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Table)]
    #[table(config = "config.json")]
    pub enum Base {
        Visit(Visit),
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "USER#{user}", sk = "VISIT#{day}#{place}")]
    pub struct Visit {
        user: String,
        day: String,
        place: String,
    }
}

fn sort_conditions_stay_within_the_prefix_of_the_template() {
    let range = |query: Query<visits::Visit>| {
        let request = query.into_request().unwrap();
        assert_eq!(request.key_condition_expression(), Some("#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2"));
        let values = request.expression_attribute_values().unwrap();
        [":v1", ":v2"].map(|name| values[name].as_s().unwrap().clone())
    };
    let visits = || visits::Visit::query("u");
    assert_eq!(range(visits().le("d").erase()), ["VISIT#", "VISIT#d#\u{10FFFF}"]);
    assert_eq!(range(visits().gt("d").erase()), ["VISIT#d#\u{10FFFF}", "VISIT#\u{10FFFF}"]);
    assert_eq!(range(visits().le(("d", "p")).erase()), ["VISIT#", "VISIT#d#p"]);
    assert_eq!(range(visits().gt(("d", "p")).erase()), ["VISIT#d#p\0", "VISIT#\u{10FFFF}"]);
}

mod shared {
    #![allow(dead_code, reason = "only requests are made")]

    use monotable::{Entity, Table};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Table)]
    #[table(config = "config.json", overlap(User, Team))]
    pub enum Base {
        User(User),
        Team(Team),
        Note(Note),
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "OWNER#{id}", sk = "OWNER")]
    pub struct User {
        pub id: String,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "OWNER#{id}", sk = "OWNER")]
    pub struct Team {
        pub id: String,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "NOTE#{id}", sk = "NOTE")]
    pub struct Note {
        pub id: String,
    }
}

fn only_entities_with_shared_keys_have_a_discriminator_condition() {
    let user = shared::User { id: "a".into() }.put().into_request().unwrap();
    assert!(user.condition_expression().is_some());
    let note = shared::Note { id: "a".into() }.put().into_request().unwrap();
    assert_eq!(note.condition_expression(), None);
}

fn limit_and_page_size_set_the_limit_of_the_request() {
    let limit = |query: Query<OrderModel>| query.into_request().unwrap().limit();
    assert_eq!(limit(OrderModel::by_date().erase()), None);
    assert_eq!(limit(OrderModel::by_date().limit(3).erase()), Some(3));
    assert_eq!(limit(OrderModel::by_date().limit(25).page_size(10).erase()), Some(10));
    assert_eq!(limit(OrderModel::by_date().limit(3).page_size(10).erase()), Some(3));
    // `BETWEEN` includes the item at the upper bound, which `lt` drops, so the limit is one higher.
    assert_eq!(limit(OrderModel::list_by_user("u").lt("x").limit(3).erase()), Some(4));
    let scan = |limit| OrderModel::scan().limit(limit).into_request().unwrap().limit();
    assert_eq!((scan(3), scan(300)), (Some(100), Some(300)));
}

fn debug_output_does_not_contain_values() {
    let secret = OrderModel { total: "SECRET".into(), ..order("SECRET") };
    let shown = [
        format!("{:?}", secret.put()),
        format!("{:?}", Entity::create(&secret)),
        format!("{:?}", OrderModel::get("SECRET")),
        format!("{:?}", OrderModel::list_by_user("SECRET").ge("SECRET")),
        format!("{:?}", BaseModel::query("SECRET").begins_with("SECRET")),
        format!("{:?}", BaseModel::scan()),
        format!("{:?}", secret.to_item().unwrap()),
        format!("{:?}", OrderModel::key("SECRET").unwrap()),
    ];
    for shown in shown {
        assert!(!shown.contains("SECRET"), "{shown}");
    }
    let query = format!("{:?}", OrderModel::list_by_user("u").ge("o"));
    assert!(query.contains("#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2") && query.contains("gsi1"), "{query}");
}

fn operations_are_send_and_static() {
    fn check<T: IntoFuture<IntoFuture: Send + 'static>>(_: T) {}
    fn named(limit: usize) -> Query<OrderModel> {
        OrderModel::by_date().descending().limit(limit).erase()
    }
    check(order("o").put());
    check(Entity::create(&order("o")));
    check(OrderModel::get("o"));
    check(OrderModel::delete("o"));
    check(OrderModel::exists("o"));
    check(named(3).all());
    check(named(3).page());
    check(BaseModel::ensure_table());
    fn stream<T: Unpin + Send + 'static>(_: T) {}
    stream(named(3).stream());
}

fn create_table_has_the_keys_and_indexes_of_config_json() {
    let request = BaseModel::ensure_table().into_request().unwrap();
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let definitions: Vec<_> =
        request.attribute_definitions().iter().map(|key| key.attribute_name().to_owned()).collect();
    assert_eq!(definitions, names(vec!["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"]));
    assert_eq!(request.global_secondary_indexes().len(), 2);
    assert_eq!(BaseModel::SCHEMA.entities.len(), 7);
    assert_eq!(BaseModel::SCHEMA.layout.indexes[1].index_name, "gsi2pk-gsi2sk-index");
}
