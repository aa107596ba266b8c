//! Entities that a user adds to a new table.

use super::Folder;

const ORDER: &str = include_str!("../connect_tools/order.rs");
const SCORE: &str = include_str!("../connect_tools/score.rs");

/// Adds the entities to a table crate, as its README says. `schema.json` does not have them yet.
pub fn add(folder: &Folder, krate: &str) {
    let entities = format!("{krate}/src/entities");
    let change = |file: &str, changes: &[(&str, &str)]| {
        let path = format!("{entities}/{file}");
        let text = changes.iter().fold(folder.read(&path), |text, (old, new)| {
            assert!(text.contains(old), "{file}: {old}");
            text.replace(old, new)
        });
        folder.write(&path, &text);
    };
    folder.write(&format!("{entities}/order.rs"), ORDER);
    folder.write(&format!("{entities}/score.rs"), SCORE);
    change(
        "mod.rs",
        &[
            ("mod example;", "mod example;\nmod order;\nmod score;"),
            (
                "pub use example::Example;",
                "pub use example::Example;\npub use order::{Order, State};\npub use score::Score;",
            ),
        ],
    );
    change(
        "base.rs",
        &[
            ("use super::Example;", "use super::{Example, Order, Score};"),
            ("    Example(Example),", "    Example(Example),\n    Order(Order),\n    Score(Score),"),
        ],
    );
}
