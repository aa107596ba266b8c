//! Generates the schema of an entity, as constant data: its fields, its attributes and its key templates.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

use super::managed;
use super::model::{Entity, Index, Origin, Part, Template};
use super::types::{private, segment_name};
use crate::ctxt::slice;
use crate::template::Placeholder;

pub(super) fn schema(entity: &Entity, label: &str) -> TokenStream {
    let (private, table) = (private(entity), &entity.table);
    let Entity { discriminator, aliases, .. } = entity;
    let fields = entity.key_fields.iter().map(|number| {
        let field = &entity.fields[*number];
        let name = match &field.origin {
            Origin::Own => field.ident.unraw().to_string(),
            Origin::Nested(_) => field.attribute.clone(),
            Origin::Call { .. } => format!("{}(..)", field.ident.unraw()),
        };
        let stored =
            |root: &Ident| entity.fields.iter().find(|field| field.ident == *root).map(|field| &field.attribute);
        let attributes = field.roots().into_iter().filter_map(stored);
        let key_only = field.key_only.is_some();
        let optional = match &field.origin {
            // The function may return `None`, which is only known when it is called.
            Origin::Call { .. } => quote!(true),
            _ => {
                // In the primary key it is always `false`, but the schema has to depend on this constant: if the type of the field is
                // not valid in a key, the schema cannot be evaluated, and `Valid` keeps uses of the key from being reported.
                let segment = segment_name(*number);
                quote!(#segment.optional)
            }
        };
        quote! {
            #private::KeyField::__new(#name, &[#(#attributes),*]).__key_only(#key_only).__optional(#optional)
        }
    });
    let fields = slice(&quote!(#private::KeyField), &fields.collect::<Vec<_>>());
    let stored = entity.fields.iter().filter(|field| field.is_attribute() && field.key_only.is_none());
    let required = stored.clone().filter(|field| field.is_required).map(|field| &field.attribute);
    let attributes = stored.map(|field| &field.attribute);
    let managed = managed::schema(entity);
    let table_keys = [table_keys(entity, false), table_keys(entity, true)];
    let primary = key_templates(entity, &entity.pk, entity.sk.as_ref(), &table_keys);
    let indexes = entity.indexes.iter().map(|index| {
        let ident = &index.ident;
        let partition = index.pk.as_ref().unwrap_or(&entity.pk);
        let keys = match &index.pk {
            Some(_) => index_keys(entity, index, "partition_keys"),
            None => table_keys[0].clone(),
        };
        let keys = [keys, index_keys(entity, index, "sort_keys")];
        let keys = key_templates(entity, partition, index.sk.as_ref(), &keys);
        let query = match &index.name {
            Some(name) => {
                let name = name.to_string();
                quote!(::core::option::Option::Some(#name))
            }
            None => quote!(::core::option::Option::None),
        };
        // Only this code calls the table's index function, so an index that does not exist causes a single error, on the user's
        // word.
        let schema = quote_spanned!(ident.span()=> #table::#ident().schema());
        let when = match index.when.map(|when| entity.key_field(when)) {
            Some(when) => quote!(::core::option::Option::Some(#when)),
            None => quote!(::core::option::Option::None),
        };
        quote!(#private::EntityIndex::__new(#schema, #keys).__when(#when).__query(#query))
    });
    let indexes = slice(&quote!(#private::EntityIndex), &indexes.collect::<Vec<_>>());
    quote! {
        #private::EntitySchema::__new(#label, #discriminator, #primary)
            .__discriminator_attribute(<#table as #private::TableModel>::__LAYOUT.discriminator_attribute)
            .__aliases(&[#(#aliases),*])
            .__fields(#fields)
            .__attributes(&[#(#attributes),*])
            .__required(&[#(#required),*])
            .__managed(#managed)
            .__indexes(#indexes)
    }
}

/// Returns code for a slice of the table's partition key, or of its sort key, which may be missing.
pub(super) fn table_keys(entity: &Entity, is_sort: bool) -> TokenStream {
    let table = &entity.table;
    let private = private(entity);
    let layout = quote!(<#table as #private::TableModel>::__LAYOUT);
    match is_sort {
        false => quote!(::core::slice::from_ref(&#layout.partition_key)),
        true => quote!(#layout.sort_key.as_slice()),
    }
}

/// Returns code for the keys of an index. `which` is `partition_keys` or `sort_keys`.
pub(super) fn index_keys(entity: &Entity, index: &Index, which: &str) -> TokenStream {
    let (table, ident) = (&entity.table, index.ident.clone());
    let which = Ident::new(which, Span::call_site());
    quote!(#table::#ident().schema().#which)
}

/// Returns code for the templates of a key. `keys` is code for the key attributes that they are for.
fn key_templates(
    entity: &Entity,
    partition: &Template,
    sort: Option<&Template>,
    keys: &[TokenStream; 2],
) -> TokenStream {
    let private = private(entity);
    let template = |template: &Template, keys: &TokenStream| {
        let text = &template.literal;
        let segments: Vec<_> = match (template.segments.as_slice(), entity.lone_field(template)) {
            // The field may be the key attribute itself. The key is then the whole value, which may contain the delimiter.
            ([Part::Field(number, placeholder)], Some(field)) if !placeholder.path => {
                let (number, attribute) = (entity.key_field(*number), &field.attribute);
                let path = quote!(#private::has_key(#keys, #attribute));
                vec![quote!(#private::Segment::Field(#private::Placeholder::__new(#number).__path(#path)))]
            }
            (parts, _) => parts.iter().map(|part| segment(entity, part)).collect(),
        };
        template_code(&private, text, &segments)
    };
    let partition = template(partition, &keys[0]);
    let sort = match sort.map(|sort| template(sort, &keys[1])) {
        Some(sort) => quote!(::core::option::Option::Some(#sort)),
        None => quote!(::core::option::Option::None),
    };
    quote!(#private::KeyTemplates::__new(#partition, #sort))
}

/// Returns code for a template.
pub(super) fn template_code(private: &TokenStream, text: &LitStr, segments: &[TokenStream]) -> TokenStream {
    let segments = slice(&quote!(#private::Segment), segments);
    quote!(#private::Template::__new(#text, #segments))
}

pub(super) fn segment(entity: &Entity, part: &Part) -> TokenStream {
    let private = private(entity);
    let (field, Placeholder { width, path, transform, .. }) = match part {
        Part::Literal(text) => return quote!(#private::Segment::Literal(#text)),
        Part::Field(field, placeholder) => (entity.key_field(*field), placeholder),
    };
    let width = width.map(|width| quote!(.__width(::core::option::Option::Some(#width))));
    let path = path.then(|| quote!(.__path(true)));
    let transform = transform.map(|transform| {
        let transform = format_ident!("{transform:?}");
        quote!(.__transform(::core::option::Option::Some(#private::Transform::#transform)))
    });
    quote!(#private::Segment::Field(#private::Placeholder::__new(#field) #width #path #transform))
}
