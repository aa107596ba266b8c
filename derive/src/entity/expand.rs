//! An entity's code: constant data, and calls into `__private`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;

use super::assert;
use super::attr::Managed;
use super::builder;
use super::field::{derive, encoder, text, write};
use super::managed;
use super::model::{Entity, Field, Index, Origin, Part, Template, span_of};
use super::schema::{index_keys, schema, table_keys};
use crate::ctxt::{constant, target};
use crate::template::{Placeholder, Transform};

pub(crate) fn entity(entity: &Entity) -> TokenStream {
    let inherent = inherent(entity);
    let traits = traits(entity);
    let checks = assert::checks(entity);
    let builder = builder::builder(entity);
    quote! {
        #inherent
        #builder
        #[doc(hidden)]
        #[allow(unused_qualifications)]
        const _: () = {
            #traits
            #checks
        };
    }
}

pub(super) fn private(entity: &Entity) -> TokenStream {
    let krate = &entity.krate;
    quote!(#krate::__private)
}

/// What the user can name on the type itself.
fn inherent(entity: &Entity) -> TokenStream {
    let name = &entity.ident;
    let constants = entity.fields.iter().enumerate().filter(|(_, field)| field.is_attribute());
    let constants = constants.map(|(number, field)| attribute(entity, number, field));
    let keys = key_functions(entity);
    let indexes = entity.indexes.iter().enumerate().map(|(number, index)| index_function(entity, number, index));
    let queries = entity.indexes.iter().enumerate().filter_map(|(number, index)| named_query(entity, number, index));
    quote! {
        #[automatically_derived]
        #[allow(dead_code, private_interfaces, private_bounds, unused_qualifications, clippy::needless_pass_by_value)]
        impl #name {
            #(#constants)*
            #keys
            #(#indexes)*
            #(#queries)*
        }
    }
}

fn attribute(entity: &Entity, number: usize, field: &Field) -> TokenStream {
    let (private, krate, name) = (private(entity), &entity.krate, &entity.ident);
    let Field { vis, ty, attribute, .. } = field;
    let ident = constant(&field.ident);
    let feeds: Vec<String> = entity
        .indexes
        .iter()
        .filter(|index| {
            index.pk.iter().chain(&index.sk).any(|template| names(entity, template, number))
                || index.when.is_some_and(|when| entity.is_made_from(when, number))
        })
        .map(|index| index.ident.unraw().to_string())
        .collect();
    let in_primary = entity.primary().any(|template| names(entity, template, number));
    let role = match (in_primary, field.key_only.is_some(), feeds.is_empty()) {
        (_, true, _) => quote!(KeyOnly),
        (true, false, _) => quote!(PrimaryKey),
        _ if matches!(field.managed, Some((Managed::Version, _))) => quote!(Version),
        _ if matches!(field.managed, Some((Managed::WriteId, _))) => quote!(WriteId),
        _ if field.is_set.is_some() && feeds.is_empty() => quote!(SetField),
        (false, false, false) if entity.is_ever_alone(number) => {
            quote!(IndexRoleOf<{ #private::is_free(<Self as #private::EntityModel>::__SCHEMA, #attribute) }>)
        }
        (false, false, false) => quote!(FeedsIndex),
        (false, false, true) => quote!(Plain),
    };
    let role = match &field.is_set {
        Some(is_set) if role.to_string() == "SetField" => quote!(RoleOf<#is_set>),
        _ => role,
    };
    let encoder = attribute_encoder(entity, field);
    let mut doc = format!("The attribute `{attribute}`: `{}`.", ty.to_token_stream());
    if !feeds.is_empty() {
        doc.push_str(&format!(" Feeds {}.", feeds.join(", ")));
    }
    quote! {
        #[doc = #doc]
        #vis const #ident: #krate::Attribute<#name, #ty, #private::#role> =
            #krate::Attribute::__new(#attribute, #encoder);
    }
}

/// How the attribute's values are encoded, and of which values serde omits it.
fn attribute_encoder(entity: &Entity, field: &Field) -> TokenStream {
    let private = private(entity);
    let ty = &field.ty;
    let encode = encoder(&private, ty, field.serialize_with.as_ref(), "encode_operand");
    let skipping = field.skip_if.as_ref().map(|skips| quote!(.skipping(|value: &#ty| #skips(value))));
    quote!(#private::Encoder::new(#encode)#skipping)
}

/// The values of the stored fields that keys are made from.
fn roots(entity: &Entity) -> TokenStream {
    let private = private(entity);
    let roots: Vec<_> = entity.key_fields.iter().flat_map(|field| entity.fields[*field].roots()).collect();
    let is_root = |field: &&Field| {
        let is_stored = field.is_attribute() && field.key_only.is_none();
        is_stored && roots.contains(&&field.ident)
    };
    let fields: Vec<_> = entity.fields.iter().filter(is_root).collect();
    if fields.is_empty() {
        return TokenStream::new();
    }
    let values = fields.iter().map(|field| {
        let (ident, attribute, constant) = (&field.ident, &field.attribute, constant(&field.ident));
        quote!((#attribute, Self::#constant.__encode(&self.#ident)?))
    });
    quote! {
        fn __roots(
            &self,
        ) -> ::core::result::Result<::std::vec::Vec<(&'static str, #private::Encoded)>, #private::EncodeError> {
            ::core::result::Result::Ok(::std::vec![#(#values),*])
        }
    }
}

/// Whether keys of the template are made from the struct's field with this number.
fn names(entity: &Entity, template: &Template, field: usize) -> bool {
    template.fields().iter().any(|(named, _)| entity.is_made_from(*named, field))
}

/// The type that a call gives for a field of the primary key, or of an index, where an `Option` is what is inside it.
pub(super) fn value_type(entity: &Entity, field: usize) -> TokenStream {
    let ty = &entity.fields[field].ty;
    if entity.in_primary(field) {
        return ty.to_token_stream();
    }
    // As it is spelled: by its trait, a type that is no segment would be an error wherever the entity is used.
    crate::serde::inner_of_option(ty).unwrap_or(ty).to_token_stream()
}

/// The type that a call gives for a field that these templates name.
fn given_type(entity: &Entity, field: usize, templates: &[&Template]) -> TokenStream {
    let (private, ty) = (private(entity), value_type(entity, field));
    let places = templates.iter().flat_map(|template| &template.segments).filter_map(|part| match part {
        Part::Field(named, placeholder) if *named == field => Some(placeholder.transform),
        _ => None,
    });
    // What is left of a date and time is its date: that is enough.
    let is_date = |transform| matches!(transform, Some(Transform::Year | Transform::Month | Transform::Day));
    let transforms: Vec<_> = places.collect();
    match !transforms.is_empty() && transforms.into_iter().all(is_date) {
        true => quote!(#private::DateOf<#ty>),
        false => ty,
    }
}

fn tuple(types: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let types = types.into_iter();
    quote!((#(#types,)*))
}

fn field_tuple(entity: &Entity, template: &Template) -> TokenStream {
    tuple(template.fields().into_iter().map(|(field, _)| given_type(entity, field, &[template])))
}

/// The state of a query's sort key, once `partition` is given. `keys`: code for the sort keys of what is queried.
fn sort_state(entity: &Entity, partition: &Template, sort: Option<&Template>, keys: &TokenStream) -> TokenStream {
    let private = private(entity);
    let Some(sort) = sort else { return quote!(#private::HashOnly) };
    let given = partition.given();
    let open: Vec<_> = sort.fields().into_iter().filter(|(field, _)| !given.contains(field)).collect();
    if open.is_empty() {
        return quote!(#private::Set);
    }
    let places = tuple(open.into_iter().map(|(field, placeholder)| {
        let ty = given_type(entity, field, &[sort]);
        match placeholder {
            Placeholder { width: Some(_), .. } => quote!(#private::Padded<#ty>),
            placeholder if !placeholder.is_whole() => quote!(#private::Lossy<#ty>),
            Placeholder { transform: None, .. } if sort.segments.len() == 1 => {
                quote!(#private::PlaceOf<#ty, { #private::is_number(#keys) }>)
            }
            _ => ty,
        }
    }));
    quote!(#private::Typed<#places>)
}

/// `pk`, `sk`, `gsi1pk`, `gsi1sk`: the text of one key attribute.
fn key_functions(entity: &Entity) -> TokenStream {
    let one = |index: Option<usize>, sort: bool, prefix: &str, span: Span, template: &Template| {
        let (private, krate, vis) = (private(entity), &entity.krate, &entity.vis);
        let name = Ident::new(&format!("{prefix}{}", if sort { "sk" } else { "pk" }), span);
        let fields: Vec<_> = template.fields().into_iter().map(|(field, _)| field).collect();
        let args: Vec<_> = fields.iter().map(|field| entity.fields[*field].ident.clone()).collect();
        let types: Vec<_> = fields.iter().map(|field| given_type(entity, *field, &[template])).collect();
        let index = match index {
            Some(index) => quote!(::core::option::Option::Some(#index)),
            None => quote!(::core::option::Option::None),
        };
        let doc = format!(
            "The text of a key of the template `{}`.\n\n# Errors\nIf a value cannot stand in a key.",
            template.literal.value()
        );
        quote! {
            #[doc = #doc]
            #vis fn #name(#(#args: impl #krate::__private::KeyArg<#types>),*) -> #krate::Result<::std::string::String> {
                let texts = || ::core::result::Result::Ok(::std::vec![#(#private::arg::<#types>(&#args)?),*]);
                #private::key_text::<Self>(#index, #sort, texts())
            }
        }
    };
    let primary = one(None, false, "", entity.pk.literal.span(), &entity.pk);
    let sort = entity.sk.iter().map(|sk| one(None, true, "", sk.literal.span(), sk));
    let indexes = entity.indexes.iter().enumerate().flat_map(|(number, index)| {
        let prefix = index.ident.unraw().to_string();
        let pk = index.pk.as_ref().map(|pk| one(Some(number), false, &prefix, index.ident.span(), pk));
        let sk = index.sk.as_ref().map(|sk| one(Some(number), true, &prefix, index.ident.span(), sk));
        pk.into_iter().chain(sk)
    });
    quote!(#primary #(#sort)* #(#indexes)*)
}

/// The parts of an index's type: kind, partition fields, state of the sort key.
fn index_types(entity: &Entity, index: &Index) -> [TokenStream; 3] {
    let private = private(entity);
    let kind = if index.pk.is_some() { quote!(#private::Global) } else { quote!(#private::Local) };
    let partition = index.pk.as_ref().unwrap_or(&entity.pk);
    let keys = index_keys(entity, index, "sort_keys");
    [kind, field_tuple(entity, partition), sort_state(entity, partition, index.sk.as_ref(), &keys)]
}

fn index_function(entity: &Entity, number: usize, index: &Index) -> TokenStream {
    let (private, vis, ident) = (private(entity), &entity.vis, &index.ident);
    let [kind, partition, sort] = index_types(entity, index);
    let doc = format!("The index `{ident}`, as this entity stands in it: {}.", templates_doc(index));
    quote! {
        #[doc = #doc]
        #vis fn #ident() -> #private::EntityIndexOf<Self, #kind, #partition, #sort> {
            #private::EntityIndexOf::__new(#number)
        }
    }
}

fn templates_doc(index: &Index) -> String {
    let text = |template: &Template| format!("`{}`", template.literal.value());
    let texts: Vec<_> = index.pk.iter().chain(&index.sk).map(text).collect();
    texts.join(", ")
}

fn named_query(entity: &Entity, number: usize, index: &Index) -> Option<TokenStream> {
    let name = index.name.as_ref()?;
    let (private, krate, vis) = (private(entity), &entity.krate, &entity.vis);
    let [kind, partition_types, sort] = index_types(entity, index);
    let partition = index.pk.as_ref().unwrap_or(&entity.pk);
    let fields: Vec<_> = partition.fields().into_iter().map(|(field, _)| field).collect();
    let args: Vec<_> = fields.iter().map(|field| &entity.fields[*field].ident).collect();
    let types = fields.iter().map(|field| given_type(entity, *field, &[partition]));
    let given = match args.as_slice() {
        [one] => quote!(#one),
        many => quote!((#(#many),*)),
    };
    let doc = format!("The entities of one partition of `{}`: {}.", index.ident, templates_doc(index));
    Some(quote! {
        #[doc = #doc]
        #vis fn #name(#(#args: impl #krate::__private::KeyArg<#types>),*) -> #krate::Query<Self, #kind, #sort> {
            #private::EntityIndexOf::<Self, #kind, #partition_types, #sort>::__new(#number).query(#given)
        }
    })
}

/// The name of the constant that a key field is written and read with.
pub(super) fn segment_name(field: usize) -> Ident {
    format_ident!("SEGMENT_{field}")
}

/// What each key field is written and read with. It is asked for in one place, so that a type that cannot stand in a key is one message,
/// on the field's type.
fn segments(entity: &Entity) -> TokenStream {
    let private = private(entity);
    let named = entity.key_fields.iter().filter(|field| !matches!(entity.fields[**field].origin, Origin::Call { .. }));
    let constants = named.map(|field| {
        let (name, ty) = (segment_name(*field), &entity.fields[*field].ty);
        match entity.in_primary(*field) {
            true => quote_spanned!(span_of(ty)=> const #name: #private::KeySegmentOf<#ty> = #private::key_segment::<#ty>();),
            false => quote_spanned!(span_of(ty)=> const #name: #private::IndexSegmentOf<#ty> = #private::index_segment::<#ty>();),
        }
    });
    quote!(#(#constants)*)
}

fn traits(entity: &Entity) -> TokenStream {
    let (private, krate, name, table) = (private(entity), &entity.krate, &entity.ident, &entity.table);
    let segments = segments(entity);
    let label = name.unraw().to_string();
    let schema = schema(entity, &label);
    let target = target(&private, &label, &quote!(&[<#name as #private::EntityModel>::__SCHEMA]), false);
    let writes = entity.key_fields.iter().enumerate().map(|(number, field)| {
        let write = write(entity, *field, &quote!(self));
        quote!(#number => #write)
    });
    // Not of nested fields: a wrong type of theirs is one message, that of `write`.
    let is_text = |field: &usize| entity.in_primary(*field) && matches!(entity.fields[*field].origin, Origin::Own);
    let texts = entity.key_fields.iter().enumerate().filter(|(_, field)| is_text(field)).map(|(number, field)| {
        let text = text(entity, *field);
        quote!(#number => #text)
    });
    let derives = entity.key_fields.iter().enumerate().map(|(number, field)| {
        let derive = derive(entity, *field);
        quote!(#number => #derive)
    });
    let is_restored = |field: usize| entity.in_primary(field) && matches!(entity.fields[field].origin, Origin::Own);
    let restores = entity.key_fields.iter().enumerate().filter(|(_, field)| is_restored(**field));
    let restores = restores.map(|(number, field)| {
        let Field { ty, serialize_with, .. } = &entity.fields[*field];
        let encode = encoder(&private, ty, serialize_with.as_ref(), "encode");
        let segment = segment_name(*field);
        quote!(#number => #segment.restore(text, #encode))
    });
    let serde = serde_functions(entity);
    let (stamps, roots) = (managed::stamps(entity), roots(entity));
    let unversioned = entity
        .managed(Managed::Version)
        .is_none()
        .then(|| quote!(#[automatically_derived] impl #private::Unversioned for #name {}));
    let key_types = entity.key_fields.iter().filter(|field| entity.in_primary(**field));
    let primary: Vec<_> = entity.primary().collect();
    let key_types = tuple(key_types.map(|field| given_type(entity, *field, &primary)));
    let partition_types = field_tuple(entity, &entity.pk);
    let sort = sort_state(entity, &entity.pk, entity.sk.as_ref(), &table_keys(entity, true));
    quote! {
        #segments

        #[automatically_derived]
        impl #private::EntityModel for #name {
            const __SCHEMA: &'static #private::EntitySchema = &#schema;

            #serde

            fn __field(
                &self,
                field: usize,
                out: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #krate::SegmentError> {
                match field {
                    #(#writes,)*
                    _ => ::core::result::Result::Ok(false),
                }
            }

            fn __text(&self, field: usize) -> ::core::option::Option<&str> {
                match field {
                    #(#texts,)*
                    _ => ::core::option::Option::None,
                }
            }

            fn __derive(
                field: usize,
                known: &#private::Known,
                out: &mut ::std::string::String,
            ) -> ::core::result::Result<bool, #private::Unknown> {
                match field {
                    #(#derives,)*
                    _ => ::core::result::Result::Ok(false),
                }
            }

            fn __restore(
                field: usize,
                text: &str,
            ) -> ::core::result::Result<#private::AttributeValue, #krate::SegmentError> {
                match field {
                    #(#restores,)*
                    _ => ::core::unreachable!("only fields of the primary key are restored"),
                }
            }

            #stamps
            #roots
        }

        #[automatically_derived]
        impl #krate::Readable for #name {
            type Table = #table;

            const __TARGET: #private::Target =
                #target;

            fn __decode(_: usize, stored: &#private::Stored<'_>) -> #krate::Result<Self> {
                #private::decode(stored)
            }
        }

        #unversioned

        #[automatically_derived]
        impl #private::InTable<#table> for #name {}

        #[automatically_derived]
        impl #krate::KeyOf<#key_types> for #name {}

        #[automatically_derived]
        impl #krate::PartitionOf<#partition_types, #sort> for #name {}

        #[automatically_derived]
        impl #krate::IntoKey<#name, #key_types> for &#name {
            fn __key(self) -> #krate::Result<#krate::Key<#table>> {
                #private::key_of(self)
            }

            fn __loaded(&self) -> ::core::option::Option<#krate::Result<#private::Loaded>> {
                ::core::option::Option::Some(#private::loaded(*self))
            }
        }
    }
}

/// Where serde's derives are missing, each is one message, on the struct's name.
fn serde_functions(entity: &Entity) -> TokenStream {
    let (private, name) = (private(entity), &entity.ident);
    let serialize = quote_spanned!(name.span()=> <#name as #private::Serialize>::serialize);
    let deserialize = quote_spanned!(name.span()=> <#name as #private::Deserialize>::deserialize);
    quote! {
        #[inline]
        fn __serialize<S: #private::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            #serialize(self, serializer)
        }

        #[inline]
        fn __deserialize<'de, D: #private::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            #deserialize(deserializer)
        }
    }
}
