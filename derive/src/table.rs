//! Expands `#[derive(Table)]`, for a whole table or a part of one.

mod attr;
mod config;
mod expand;
mod model;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::ctxt::Ctxt;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let cx = Ctxt::default();
    let attrs = attr::read(&cx, input);
    let table = model::Table::new(&cx, input, &attrs);
    let code = table.as_ref().filter(|table| table.is_complete).and_then(|table| match &attrs.of {
        Some(whole) => Some(expand::part(table, whole)),
        None => config::load(&cx, input, &attrs).map(|config| expand::table(table, &config, cx.is_clean())),
    });
    let stub = || expand::stub(input, &attrs, table.as_ref(), &config::index_names(&attrs));
    match (cx.finish(), code) {
        (None, code) => code.unwrap_or_default(),
        (Some(errors), code) => {
            // The generated code is kept, so that only the errors themselves are reported.
            let code = code.or_else(stub);
            quote!(#errors #code)
        }
    }
}
