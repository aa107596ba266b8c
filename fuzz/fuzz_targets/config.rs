//! `config.json`: every text is either a valid configuration or an error with a message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use monotable_config::Config;

fuzz_target!(|text: &str| {
    match Config::parse(text) {
        Ok(config) => {
            for index in config.table.global_secondary_indexes.iter().chain(&config.table.local_secondary_indexes) {
                assert!(!index.code_name.is_empty() && !index.index_name.is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
