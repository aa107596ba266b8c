//! Where the configuration of a table comes from.

/// Where the table's `config.json` is, and what it was when the program was built.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ConfigSource {
    /// `None` for a configuration that is written in the code.
    pub path: Option<&'static str>,
    pub text: &'static str,
    pub local_table_name: &'static str,
    pub runtime_config_key: &'static str,
}
