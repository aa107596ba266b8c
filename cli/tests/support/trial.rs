//! Tests that need something that not every machine has.

use libtest_mimic::Trial;

/// Returns a test. If something that it needs is absent, the test is ignored, and the reason is printed.
pub fn trial(name: &'static str, absence: Option<&str>, test: fn()) -> Trial {
    if let Some(why) = absence {
        println!("{name} is ignored: {why}");
    }
    let run = move || {
        test();
        Ok(())
    };
    match absence {
        None => Trial::test(name, run),
        Some(_) => Trial::test(name, run).with_ignored_flag(true).with_kind("not installed"),
    }
}
