//! Code for one field of an entity: it encodes the field's value, and writes its text in a key.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, Ident, Type};

use super::model::{Entity, Field, Origin, span_of};
use super::types::{private, segment_name};
use crate::ctxt::respan;

/// Returns code for a function that encodes a field of this type as serde does: a function of `__private`, or a closure without
/// captures. The compiler reports a type that serde cannot serialize on the type of the field.
pub(super) fn encoder(private: &TokenStream, ty: &Type, with: Option<&ExprPath>, function: &str) -> TokenStream {
    let function = Ident::new(function, Span::call_site());
    match with {
        None => respan(quote!(#private::#function), span_of(ty)),
        Some(with) => quote! {
            |value: &#ty| {
                struct Encoded<'a>(&'a #ty);
                impl #private::Serialize for Encoded<'_> {
                    fn serialize<S: #private::Serializer>(
                        &self,
                        serializer: S,
                    ) -> ::core::result::Result<S::Ok, S::Error> {
                        #with(self.0, serializer)
                    }
                }
                #private::#function(&Encoded(value))
            }
        },
    }
}

/// Returns code that appends the key text of a field to `out`.
pub(super) fn write(entity: &Entity, number: usize, this: &TokenStream) -> TokenStream {
    let private = private(entity);
    let Field { ident, ty, origin, .. } = &entity.fields[number];
    let in_primary = entity.in_primary(number);
    let value = match origin {
        Origin::Own => quote!(#ident),
        Origin::Nested(path) => quote!(#(#path).*),
        Origin::Call { call, is_condition } => {
            let write = match (is_condition, in_primary) {
                (true, _) => quote!(write_condition),
                (false, true) => quote!(write_function),
                (false, false) => quote!(write_index_function),
            };
            let function = &call.function;
            let fields = call.fields.iter().map(|field| {
                let path = &field.0;
                // `self` cannot have the user's span, but a local variable for the field can. The compiler reports a wrong type
                // there.
                quote_spanned!(path[0].span()=> { let field = &#this.#(#path).*; field })
            });
            return quote_spanned!(function.span()=> #private::#write(#function(#(#fields),*), out));
        }
    };
    // The compiler reports a wrong type on the type of the field.
    let this = respan(this.clone(), span_of(ty));
    let segment = segment_name(number);
    match in_primary {
        true => quote_spanned!(span_of(ty)=> #segment.write(&#this.#value, out)),
        false => quote_spanned!(span_of(ty)=> (#segment.write)(&#this.#value, out)),
    }
}

/// Returns code that borrows the key text of a primary key field whose value is text.
pub(super) fn text(entity: &Entity, number: usize) -> TokenStream {
    let (ident, segment) = (&entity.fields[number].ident, segment_name(number));
    quote!(#segment.text(&self.#ident))
}

/// Returns code that appends the key text of a field to `out`, from the item's attributes instead of an entity. Each attribute is
/// deserialized as serde does.
pub(super) fn derive(entity: &Entity, number: usize) -> TokenStream {
    let private = private(entity);
    let field = &entity.fields[number];
    let mut roots: Vec<&Ident> = Vec::new();
    for root in field.roots() {
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    let own =
        |root: &Ident| entity.fields.iter().find(|field| field.ident == *root && matches!(field.origin, Origin::Own));
    let fields: Vec<_> = roots.into_iter().filter_map(own).collect();
    let names: Vec<_> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let values = fields.iter().map(|Field { ty, attribute, deserialize_with, .. }| match deserialize_with {
        None => quote!(known.get::<#ty>(#attribute)?),
        Some(with) => quote! {{
            struct Decoded(#ty);
            impl<'de> #private::Deserialize<'de> for Decoded {
                fn deserialize<D: #private::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    #with(deserializer).map(Decoded)
                }
            }
            known.get::<Decoded>(#attribute)?.0
        }},
    });
    let write = write(entity, number, &quote!(this));
    quote! {{
        struct Roots {
            #(#names: #types,)*
        }
        let this = Roots { #(#names: #values,)* };
        #private::KeyTextError::invalid(#write)
    }}
}
