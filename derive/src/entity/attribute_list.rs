//! Generates the list of an entity's attributes, with their types and doc comments, for `schema.json`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use super::model::Entity;
use super::types::private;

pub(super) fn attribute_list(entity: &Entity) -> TokenStream {
    let (private, doc) = (private(entity), &entity.doc);
    let attributes = entity.fields.iter().filter(|field| field.is_attribute()).map(|field| {
        let (name, ident, doc) = (&field.attribute, field.ident.unraw().to_string(), &field.doc);
        let rust_type = type_text(&field.ty);
        let (is_optional, is_key_only) = (!field.is_required, field.key_only.is_some());
        quote! {
            #private::AttributeSchema::__new(#name, #ident, #rust_type)
                .__doc(#doc)
                .__is_optional(#is_optional)
                .__is_key_only(#is_key_only)
        }
    });
    quote! {
        const __DOC: &'static str = #doc;
        const __ATTRIBUTES: &'static [#private::AttributeSchema] = &[#(#attributes),*];
    }
}

/// Returns a type as rustfmt would write it. `to_string` puts spaces between all tokens.
fn type_text(ty: &syn::Type) -> String {
    let text = ty.to_token_stream().to_string();
    [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        (" , ", ", "),
        (" ,", ","),
        ("& ", "&"),
        ("[ ", "["),
        (" ]", "]"),
        ("( ", "("),
        (" )", ")"),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}
