//! The code that the derives generate is compiled in users' crates. It must compile there without warnings, whatever lints are
//! enabled and whatever names are defined next to it.

#![deny(missing_docs, unused, unreachable_pub, missing_debug_implementations, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]
#![allow(unused_crate_dependencies, reason = "a test has all dependencies of the package")]

/// Types that shadow names of the standard library. Generated code must not use them.
#[allow(dead_code)]
mod shadows {
    #[derive(Debug)]
    pub(crate) struct String;
    #[derive(Debug)]
    pub(crate) struct Vec;
    #[derive(Debug)]
    pub(crate) enum Result {}
    #[derive(Debug)]
    pub(crate) enum Option {
        None,
        Some,
    }
    pub(crate) use self::Option::{None, Some};
}

/// A public entity that has private fields and an inherent function, in a module with shadowed names.
pub mod model {
    #[allow(unused_imports)]
    use super::shadows::{None, Option, Result, Some, String, Vec};
    use monotable::{Entity, KeySegment, Table};
    use serde::{Deserialize, Serialize};

    /// The table.
    #[derive(Debug, Table)]
    #[table(config = "config.json")]
    pub enum Base {
        /// The first entity.
        Entry(Entry),
        /// The second entity.
        Loop(r#Loop),
    }

    /// A key.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, KeySegment)]
    pub struct Id(std::string::String);

    /// An entry.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "ENTRY#{id}", sk = "{r#type}", gsi1(pk = "{kind}", sk = "{id}", name = "by_kind"))]
    pub struct Entry {
        #[entity(key_only)]
        id: Id,
        r#type: std::string::String,
        kind: std::option::Option<u8>,
    }

    /// An entity whose name and field are raw identifiers.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "LOOP#{r#fn}", sk = "LOOP")]
    pub struct r#Loop {
        r#fn: u32,
    }

    impl Entry {
        /// Has the same name as a method of the trait. `Entry::create` resolves to this function.
        #[must_use]
        pub fn create(id: &str) -> Self {
            Self { id: Id(id.to_owned()), r#type: "t".to_owned(), kind: std::option::Option::Some(1) }
        }
    }
}

use model::{Base, Entry, Loop};
use monotable::{Entity, Table};

#[test]
fn generated_code_compiles_next_to_shadowed_and_equal_names() {
    let entry = Entry::create("e");
    assert_eq!(Entry::key(&entry).unwrap().to_string(), "ENTRY#e / t");
    assert_eq!(Entry::from_item(entry.to_item().unwrap()).unwrap(), entry);
    assert!(Base::from(entry).as_entry().is_some());
    assert_eq!(Loop::pk(3).unwrap(), "LOOP#3");
    assert_eq!(Base::SCHEMA.entities.len(), 2);
}
