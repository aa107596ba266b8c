//! A table with two entities and a table with fifty. Reads of both return items with the same attributes.

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

macro_rules! table {
    ($table:ident, $items:ident: $($name:ident $sk:literal)*) => {
        /// The table enum.
        #[derive(Debug, Table)]
        #[table(config = "config.json")]
        #[allow(clippy::large_enum_variant, missing_docs, reason = "all are alike")]
        pub enum $table { $($name($name),)* }

        $(
            /// One of the entities.
            #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
            #[entity(table = $table, pk = "USER#{user_id}", sk = $sk)]
            pub struct $name {
                user_id: String, id: String, title: String, note: String, count: u64, done: bool,
            }
        )*

        /// Creates `count` items that cycle through the entities with the numbers `types`.
        pub fn $items(count: usize, types: &[usize]) -> Vec<monotable::Item> {
            let of_type = [$(|n: usize| $name {
                user_id: "u-1".to_owned(), id: format!("{n:08}"), title: "a title of some length".to_owned(),
                note: "a note that is a little longer than the title".to_owned(), count: n as u64, done: true,
            }.to_item()),*];
            (0..count).filter_map(|n| of_type[types[n % types.len()]](n).ok()).collect()
        }
    };
}

table! { Two, of_two: A00 "A00#{id}" A01 "A01#{id}" }
table! { Fifty, of_fifty:
    B00 "B00#{id}" B01 "B01#{id}" B02 "B02#{id}" B03 "B03#{id}" B04 "B04#{id}"
    B05 "B05#{id}" B06 "B06#{id}" B07 "B07#{id}" B08 "B08#{id}" B09 "B09#{id}"
    B10 "B10#{id}" B11 "B11#{id}" B12 "B12#{id}" B13 "B13#{id}" B14 "B14#{id}"
    B15 "B15#{id}" B16 "B16#{id}" B17 "B17#{id}" B18 "B18#{id}" B19 "B19#{id}"
    B20 "B20#{id}" B21 "B21#{id}" B22 "B22#{id}" B23 "B23#{id}" B24 "B24#{id}"
    B25 "B25#{id}" B26 "B26#{id}" B27 "B27#{id}" B28 "B28#{id}" B29 "B29#{id}"
    B30 "B30#{id}" B31 "B31#{id}" B32 "B32#{id}" B33 "B33#{id}" B34 "B34#{id}"
    B35 "B35#{id}" B36 "B36#{id}" B37 "B37#{id}" B38 "B38#{id}" B39 "B39#{id}"
    B40 "B40#{id}" B41 "B41#{id}" B42 "B42#{id}" B43 "B43#{id}" B44 "B44#{id}"
    B45 "B45#{id}" B46 "B46#{id}" B47 "B47#{id}" B48 "B48#{id}" B49 "B49#{id}"
}
