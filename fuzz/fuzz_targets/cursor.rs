//! The text of cursors and keys: every text is either valid or an error, and a request that starts at a cursor is either built or
//! rejected.
#![no_main]

use libfuzzer_sys::fuzz_target;
use monotable::{Cursor, Entity, Key, Table};

#[allow(dead_code)]
mod model;

use model::{Base, Order, Tag};

fuzz_target!(|text: &str| {
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse::<Cursor>().ok().as_ref(), Some(&cursor));
        let _ = Base::query("TAG#x").start_at(cursor.clone()).into_request();
        let _ = Order::gsi1().query("x").start_at(cursor.clone()).into_request();
        let _ = Tag::scan().start_at(cursor).into_request();
    }
    if let Ok(key) = text.parse::<Key<Base>>() {
        let again: Key<Base> = key.to_string().parse().expect("a key's text is read back");
        assert_eq!(again, key);
        let _ = key.to_attributes();
    }
});
