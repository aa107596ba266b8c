//! Generates a table's code: its layout and schema as constant data, its index functions, and the conversions between the enum
//! and its entities.

use monotable_config::{Index, IndexProjection, KeyAttribute, KeyType};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{DeriveInput, Ident, Path, Visibility};

use super::attr::Attrs;
use super::config::Loaded;
use super::model::{Table, Variant};
use crate::ctxt::{respan, runtime, slice, snake, target, with_bound};

/// Generates the code of a whole table. `is_clean` is `true` if the derive has no errors so far. Only then the entities are
/// compared with each other.
pub(crate) fn table(table: &Table, loaded: &Loaded, is_clean: bool) -> TokenStream {
    let Table { ident, vis, krate, delimiter, discriminator, .. } = table;
    let private = quote!(#krate::__private);
    let config = &loaded.config.table;
    let partition_key = key(&private, &config.partition_key);
    let sort_key = option(config.sort_key.as_ref().map(|sort| key(&private, sort)));
    let local_partition = std::slice::from_ref(&config.partition_key);
    let schemas =
        config.global_secondary_indexes.iter().map(|index| (index, "Global", index.partition_keys.as_slice()));
    let schemas = schemas.chain(config.local_secondary_indexes.iter().map(|index| (index, "Local", local_partition)));
    let schemas: Vec<_> = schemas.collect();
    let functions = schemas.iter().enumerate().map(|(number, (index, kind, _))| {
        let (name, kind) = (Ident::new(&index.code_name, Span::call_site()), format_ident!("{kind}"));
        let sort = if index.sort_keys.is_empty() { quote!(NoSortKey) } else { quote!(Raw) };
        let doc = format!("Returns the index `{}`.", index.index_name);
        quote! {
            #[doc = #doc]
            #vis const fn #name() -> #private::Index<Self, #private::#kind, #private::#sort> {
                #private::Index::__new(&<Self as #private::TableModel>::__LAYOUT.indexes[#number])
            }
        }
    });
    let ttl_attribute = option(config.ttl_attribute.as_ref().map(|name| quote!(#name)));
    let indexes = schemas.iter().map(|(index, kind, partition)| index_schema(&private, index, kind, partition));
    let indexes = slice(&quote!(#private::IndexSchema), &indexes.collect::<Vec<_>>());
    // Indexes may use the discriminator and the keys of the table, so the list can contain a name already.
    let primary = [&config.partition_key].into_iter().chain(&config.sort_key).map(|key| key.name.as_str());
    let of_indexes = schemas.iter().flat_map(|(index, ..)| index.partition_keys.iter().chain(&index.sort_keys));
    let mut reserved = Vec::new();
    for name in primary.chain(discriminator.as_deref()).chain(of_indexes.map(|key| key.name.as_str())) {
        if !reserved.contains(&name) {
            reserved.push(name);
        }
    }
    let discriminator_attribute = option(discriminator.as_ref().map(|name| quote!(#name)));
    let name = ident.to_string();
    let target = entities(table);
    let checked = checked(table, &quote!(#ident));
    let unknown = table.unknown.as_ref().map(|Variant { ident, .. }| {
        quote! {
            fn __unknown(item: #krate::Item) -> ::core::result::Result<Self, ::std::boxed::Box<#krate::Item>> {
                ::core::result::Result::Ok(Self::#ident(item))
            }
        }
    });
    let readable = readable(table, &quote!(Self), true, &unknown);
    let conversions = conversions(table);
    let rivals = is_clean.then(|| rivals(table));
    let overlaps = table.overlaps.iter().map(|(one, other)| quote!((#one, #other)));
    let holds = table
        .entities
        .iter()
        .map(|Variant { ty, .. }| quote!(impl #krate::Holds<#ty> for #ident { const __DERIVED: () = (); }));
    let describes = table.entities.iter().enumerate().map(|(number, _)| {
        let entity = variant_constant(number);
        quote!(#number => (#entity.describe)())
    });
    let (path, text) = (option(loaded.path.clone()), &loaded.text);
    let local_table_name = &loaded.config.local_dev.table_name;
    let runtime_config_key = &loaded.config.runtime_config_key;
    quote! {
        #[automatically_derived]
        #[allow(dead_code)]
        impl #ident {
            #(#functions)*
        }

        #conversions

        #[doc(hidden)]
        const _: () = {
            #[automatically_derived]
            impl #private::TableModel for #ident {
                const __SCHEMA: &'static #private::TableSchema = &#private::TableSchema::__new(
                    #name,
                    <Self as #private::TableModel>::__LAYOUT,
                )
                .__entities(#target)
                .__overlaps(&[#(#overlaps),*]);
                const __CONFIG: #private::ConfigSource = #private::ConfigSource {
                    path: #path,
                    text: #text,
                    local_table_name: #local_table_name,
                    runtime_config_key: #runtime_config_key,
                };
                const __LAYOUT: &'static #private::TableLayout = &#private::TableLayout::__new(#partition_key, #delimiter)
                    .__sort_key(#sort_key)
                    .__indexes(#indexes)
                    .__ttl_attribute(#ttl_attribute)
                    .__reserved(&[#(#reserved),*])
                    .__discriminator_attribute(#discriminator_attribute);

                fn __describe(entity: usize) -> #private::Described {
                    match entity {
                        #(#describes,)*
                        _ => ::core::default::Default::default(),
                    }
                }
            }
            #readable
            #(#[automatically_derived] #holds)*
            #rivals
            #checked
        };
    }
}

/// Generates the code of an enum that is a part of the table `whole`.
pub(crate) fn part(table: &Table, whole: &Path) -> TokenStream {
    let Table { ident, vis, krate, .. } = table;
    let readable = readable(table, &quote!(#whole), false, &None);
    let conversions = conversions(table);
    let functions = part_functions(vis, krate, whole);
    let whole = quote!(#whole);
    let checked = checked(table, &whole);
    quote! {
        #[automatically_derived]
        #[allow(dead_code)]
        impl #ident {
            #functions
        }

        #conversions

        #[doc(hidden)]
        const _: () = {
            #readable
            #checked
        };
    }
}

/// Generates the functions that read a part.
fn part_functions(vis: &Visibility, krate: &Path, whole: &Path) -> TokenStream {
    let private = quote!(#krate::__private);
    quote! {
        /// Queries the items of this part in one partition of the table. `partition` is the text of the partition key, such
        /// as `USER#u-1`.
        #vis fn query(
            partition: impl ::core::convert::Into<::std::string::String>,
        ) -> #krate::Query<Self, #private::Primary, #private::Raw> {
            <#whole as #krate::Table>::query(partition).only()
        }

        /// Scans the whole table for the items of this part.
        #vis fn scan() -> #krate::Scan<Self> {
            <#whole as #krate::Table>::scan().only()
        }
    }
}

/// Generates stubs for a table that does not compile. Its entities compile with them, so that only the mistake itself is
/// reported.
///
/// `table` is its model, if the enum itself is valid, and `indexes` are the names of its index functions, as far as they are known.
pub(crate) fn stub(
    input: &DeriveInput,
    attrs: &Attrs,
    table: Option<&Table>,
    indexes: &[String],
) -> Option<TokenStream> {
    if let Some(whole) = &attrs.of {
        return Some(part_stub(input, attrs, table, whole));
    }
    if !input.generics.params.is_empty() {
        return None;
    }
    let (ident, krate) = (&input.ident, runtime(attrs.krate.as_ref()));
    let private = quote!(#krate::__private);
    let name = ident.to_string();
    let vis = &input.vis;
    let functions = indexes.iter().map(|index| Ident::new(index, Span::call_site())).map(|index| {
        quote! {
            #vis const fn #index() -> #private::Index<Self, #private::Global, #private::Raw> {
                const SCHEMA: &#private::IndexSchema = &#private::IndexSchema::__new(
                    "",
                    "",
                    #private::IndexKind::Global,
                    #private::IndexProjection::All,
                );
                #private::Index::__new(SCHEMA)
            }
        }
    });
    let conversions = table.map(conversions);
    Some(quote! {
        #conversions

        #[allow(dead_code)]
        impl #ident { #(#functions)* }

        impl #krate::ReadTarget for #ident {
            type Table = Self;
            const __TARGET: #private::EntitySet = #private::EntitySet { name: #name, entities: &[], labels: &[], whole: true };
            fn __decode(_: usize, _: &#private::Stored<'_>) -> #krate::Result<Self> {
                ::core::unreachable!("this code does not compile")
            }
        }
        impl #private::TableModel for #ident {
            const __SCHEMA: &'static #private::TableSchema = &#private::TableSchema::__new(
                #name,
                <Self as #private::TableModel>::__LAYOUT,
            );
            const __LAYOUT: &'static #private::TableLayout = &#private::TableLayout::__new(
                #private::KeyAttribute::__new("pk", #private::KeyType::S),
                '#',
            )
            .__sort_key(::core::option::Option::Some(
                #private::KeyAttribute::__new("sk", #private::KeyType::S),
            ));
            const __CONFIG: #private::ConfigSource = #private::ConfigSource {
                path: ::core::option::Option::None, text: "", local_table_name: "", runtime_config_key: "",
            };
        }
        impl<E> #krate::Holds<E> for #ident {
            const __DERIVED: () = ();
        }
    })
}

/// Generates the stub of a part that does not compile, so that reads of it compile.
fn part_stub(input: &DeriveInput, attrs: &Attrs, table: Option<&Table>, whole: &Path) -> TokenStream {
    let (ident, vis, krate) = (&input.ident, &input.vis, runtime(attrs.krate.as_ref()));
    let private = quote!(#krate::__private);
    let name = ident.to_string();
    let generics = with_bound(&input.generics, &quote!(::core::marker::Send + 'static));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let functions = part_functions(vis, &krate, whole);
    let conversions = table.map(conversions);
    quote! {
        #conversions

        #[allow(dead_code)]
        impl #parameters #ident #arguments #bounds { #functions }

        impl #parameters #krate::ReadTarget for #ident #arguments #bounds {
            type Table = #whole;
            const __TARGET: #private::EntitySet = #private::EntitySet { name: #name, entities: &[], labels: &[], whole: false };
            fn __decode(_: usize, _: &#private::Stored<'_>) -> #krate::Result<Self> {
                ::core::unreachable!("this code does not compile")
            }
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn key(private: &TokenStream, key: &KeyAttribute) -> TokenStream {
    let name = &key.name;
    let key_type = match key.key_type {
        KeyType::S => quote!(S),
        KeyType::N => quote!(N),
        KeyType::B => quote!(B),
    };
    quote!(#private::KeyAttribute::__new(#name, #private::KeyType::#key_type))
}

fn index_schema(private: &TokenStream, index: &Index, kind: &str, partition: &[KeyAttribute]) -> TokenStream {
    let Index { index_name, code_name, .. } = index;
    let kind = format_ident!("{kind}");
    let keys = |keys: &[KeyAttribute]| {
        let keys: Vec<_> = keys.iter().map(|attribute| key(private, attribute)).collect();
        slice(&quote!(#private::KeyAttribute), &keys)
    };
    let (partition, sort) = (keys(partition), keys(&index.sort_keys));
    let projection = match &index.projection {
        IndexProjection::All => quote!(All),
        IndexProjection::KeysOnly => quote!(KeysOnly),
        IndexProjection::Include(names) => quote!(Include(&[#(#names),*])),
    };
    quote! {
        #private::IndexSchema::__new(
            #code_name,
            #index_name,
            #private::IndexKind::#kind,
            #private::IndexProjection::#projection,
        )
        .__partition_keys(#partition)
        .__sort_keys(#sort)
    }
}

fn entities(table: &Table) -> TokenStream {
    let all = (0..table.entities.len()).map(variant_constant);
    quote!(&[#(#all.schema),*])
}

/// Generates a constant for each variant, which checks that its type is an entity of the table. All code that
/// needs the type to be an entity uses these constants, so that an unsuitable type causes one compile error.
fn checked(table: &Table, whole: &TokenStream) -> TokenStream {
    let Table { krate, .. } = table;
    let private = quote!(#krate::__private);
    let check = |(number, Variant { ty, .. }): (usize, &Variant)| {
        let name = variant_constant(number);
        let check = respan(quote!(<#ty as #private::InTable<#whole>>::__VARIANT), ty.span());
        quote!(const #name: #private::VariantEntity<#ty> = #check;)
    };
    let all = table.entities.iter().enumerate().map(check);
    quote!(#(#all)*)
}

/// Returns the name of the constant for the variant with this number.
fn variant_constant(number: usize) -> Ident {
    format_ident!("ENTITY_{number}", span = Span::call_site())
}

fn readable(table: &Table, whole: &TokenStream, is_whole: bool, unknown: &Option<TokenStream>) -> TokenStream {
    let Table { ident, krate, .. } = table;
    let private = quote!(#krate::__private);
    let target = target(&private, &ident.to_string(), &entities(table), is_whole);
    let decodes = table.entities.iter().enumerate().map(|(number, Variant { ident, is_boxed, .. })| {
        let boxed = is_boxed.then(|| quote!(.map(::std::boxed::Box::new)));
        let entity = variant_constant(number);
        quote!(#number => (#entity.decode)(stored)#boxed.map(Self::#ident))
    });
    quote! {
        #[automatically_derived]
        impl #krate::ReadTarget for #ident {
            type Table = #whole;
            const __TARGET: #private::EntitySet =
                #target;

            fn __decode(entity: usize, stored: &#private::Stored<'_>) -> #krate::Result<Self> {
                match entity {
                    #(#decodes,)*
                    _ => ::core::unreachable!("the caller passes only numbers of the target's entities"),
                }
            }

            #unknown
        }
    }
}

/// Generates `From` for each entity, `TryFrom` for the enum, and accessors such as `as_order`.
fn conversions(table: &Table) -> TokenStream {
    let Table { ident, vis, krate, entities, .. } = table;
    let private = quote!(#krate::__private);
    // An enum with one variant needs no second match arm, which would be unreachable.
    let is_single = entities.len() == 1 && table.unknown.is_none() && !table.has_other_variants;
    let one = |Variant { ident: variant, ty, is_boxed }: &Variant| {
        let (made, taken) = match is_boxed {
            true => (quote!(::std::boxed::Box::new(value)), quote!(*value)),
            false => (quote!(value), quote!(value)),
        };
        let accessor = format_ident!("as_{}", snake(&variant.to_string()), span = variant.span());
        let doc = format!("Returns the `{variant}`, or `None` if the value is another variant.");
        let expected = variant.to_string();
        let none = (!is_single).then(|| quote!(_ => ::core::option::Option::None,));
        let other = (!is_single)
            .then(|| quote!(value => ::core::result::Result::Err(#private::WrongVariant::__new(value, #expected)),));
        quote! {
            #[automatically_derived]
            impl #ident {
                #[doc = #doc]
                #[allow(dead_code)]
                #vis fn #accessor(&self) -> ::core::option::Option<&#ty> {
                    match self {
                        Self::#variant(value) => ::core::option::Option::Some(value),
                        #none
                    }
                }
            }

            #[automatically_derived]
            impl ::core::convert::From<#ty> for #ident {
                fn from(value: #ty) -> Self {
                    Self::#variant(#made)
                }
            }

            #[automatically_derived]
            impl ::core::convert::TryFrom<#ident> for #ty {
                type Error = #private::WrongVariant<#ident>;

                fn try_from(value: #ident) -> ::core::result::Result<Self, Self::Error> {
                    match value {
                        #ident::#variant(value) => ::core::result::Result::Ok(#taken),
                        #other
                    }
                }
            }
        }
    };
    let all = entities.iter().map(one);
    quote!(#(#all)*)
}

/// Generates constants that check each variant against the ones before it: two entities cannot have the same discriminator, or be
/// able to write the same primary key.
fn rivals(table: &Table) -> TokenStream {
    let Table { ident, krate, .. } = table;
    let private = quote!(#krate::__private);
    let variants: Vec<_> = table.entities.iter().map(|variant| variant.ident.to_string()).collect();
    let overlaps: Vec<_> = table.overlaps.iter().map(|(a, b)| quote!((#a, #b))).collect();
    let check = |(number, variant): (usize, &Variant)| {
        let check = quote! {
            const _: () = #private::check_labels(<#ident as #private::TableModel>::__SCHEMA.entities, #number);
            #[allow(long_running_const_eval)]
            const _: () = #private::check_keys(<#ident as #private::TableModel>::__SCHEMA, &[#(#variants),*], #number, &[#(#overlaps),*]);
        };
        respan(check, variant.ty.span())
    };
    let checks = table.entities.iter().enumerate().skip(1).map(check);
    quote!(#(#checks)*)
}
