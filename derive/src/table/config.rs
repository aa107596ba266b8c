//! Finding and reading the table's `config.json`.

use std::path::{Path, PathBuf};

use monotable_config::{Config, ConfigError, FILE_NAME};
use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::attr::Attrs;
use crate::ctxt::Ctxt;

pub(crate) struct Loaded {
    pub config: Config,
    /// Code for the file's path at run time, if there is a file.
    pub path: Option<TokenStream>,
    /// Code for its text. Including the file makes the compiler track it.
    pub text: TokenStream,
}

pub(crate) fn load(cx: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> Option<Loaded> {
    if let Some(json) = &attrs.config_json {
        return match Config::parse(&json.value()) {
            Ok(config) => Some(Loaded { config, path: None, text: quote!(#json) }),
            Err(error) => {
                cx.error(json, error.in_file("config_json"));
                None
            }
        };
    }
    // Set by cargo for the crate that is being compiled.
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let fail = |error: ConfigError| match &attrs.config {
        Some(config) => cx.error(config, error),
        None => cx.error(&input.ident, error),
    };
    let relative = match &attrs.config {
        Some(config) => config.value(),
        None => match Config::find(&manifest) {
            Ok(found) => from(&manifest, &found),
            Err(error) => {
                fail(error.in_file("the folder of Cargo.toml"));
                return None;
            }
        },
    };
    // Messages name the file as the user does: a full path would differ from machine to machine.
    let config = match Config::read(&manifest.join(&relative)) {
        Ok(config) => config,
        Err(error) => {
            fail(error.in_file(&relative));
            return None;
        }
    };
    let joined = format!("/{relative}");
    let path = quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #joined));
    Some(Loaded { config, text: quote!(::core::include_str!(#path)), path: Some(path) })
}

/// The path of the found file from the manifest's folder: `config.json`, `../config.json` and so on.
fn from(manifest: &Path, found: &Path) -> String {
    let folder = found.parent().unwrap_or(found);
    let up = manifest.ancestors().take_while(|ancestor| *ancestor != folder).count();
    "../".repeat(up) + FILE_NAME
}
