//! A table's schema as the contents of `schema.json`.

use monotable_config::{
    AttributeDescription, EntityDescription, EntityIndexDescription, IndexDescription, IndexKind, IndexProjection,
    KeyAttribute, KeyDescription, Role, SCHEMA_VERSION, SchemaFile,
};

use crate::model::TableModel;
use crate::schema::{self, EntityIndex, EntitySchema, KeyTemplates, Managed};

pub(crate) fn schema_file<T: TableModel>() -> SchemaFile {
    let (schema, layout) = (T::__SCHEMA, T::__SCHEMA.layout);
    SchemaFile {
        version: SCHEMA_VERSION,
        table: schema.name.to_owned(),
        runtime_config_key: T::__CONFIG.runtime_config_key.to_owned(),
        delimiter: layout.delimiter,
        discriminator_attribute: layout.discriminator_attribute.map(str::to_owned),
        partition_key: key(&layout.partition_key),
        sort_key: layout.sort_key.as_ref().map(key),
        ttl_attribute: layout.ttl_attribute.map(str::to_owned),
        indexes: layout.indexes.iter().map(index).collect(),
        entities: schema.entities.iter().enumerate().map(|(number, of)| entity::<T>(number, of)).collect(),
    }
}

fn key(key: &schema::KeyAttribute) -> KeyAttribute {
    KeyAttribute { name: key.name.to_owned(), key_type: key.key_type }
}

fn index(index: &schema::IndexSchema) -> IndexDescription {
    IndexDescription {
        name: index.name.to_owned(),
        index_name: index.index_name.to_owned(),
        kind: match index.kind {
            schema::IndexKind::Global => IndexKind::Global,
            schema::IndexKind::Local => IndexKind::Local,
        },
        partition_keys: index.partition_keys.iter().map(key).collect(),
        sort_keys: index.sort_keys.iter().map(key).collect(),
        projection: match index.projection {
            schema::IndexProjection::All => IndexProjection::All,
            schema::IndexProjection::KeysOnly => IndexProjection::KeysOnly,
            schema::IndexProjection::Include(names) => {
                IndexProjection::Include(names.iter().map(|name| (*name).to_owned()).collect())
            }
        },
    }
}

fn entity<T: TableModel>(number: usize, entity: &EntitySchema) -> EntityDescription {
    let described = T::__describe(number);
    let attribute = |attribute: &schema::AttributeSchema| {
        let (kind, values) = (described.value_kind)(attribute.name);
        AttributeDescription {
            name: attribute.name.to_owned(),
            field: attribute.field.to_owned(),
            doc: attribute.doc.to_owned(),
            rust_type: attribute.rust_type.to_owned(),
            kind,
            values,
            optional: attribute.is_optional,
            roles: roles(entity, attribute),
        }
    };
    EntityDescription {
        name: entity.name.to_owned(),
        doc: described.doc.to_owned(),
        discriminator: entity.discriminator.to_owned(),
        aliases: entity.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        primary_key: keys(entity, &entity.primary),
        indexes: entity.indexes.iter().map(|index| entity_index(entity, index)).collect(),
        attributes: described.attributes.iter().map(attribute).collect(),
    }
}

fn entity_index(entity: &EntitySchema, index: &EntityIndex) -> EntityIndexDescription {
    EntityIndexDescription {
        index: index.index.name.to_owned(),
        key: keys(entity, &index.keys),
        when: index.when.map(|field| entity.fields[field].name.to_owned()),
        query: index.query.map(str::to_owned),
    }
}

fn keys(entity: &EntitySchema, keys: &KeyTemplates) -> KeyDescription {
    let partition = keys.partition.fields();
    let sort = keys.sort.as_ref().map(schema::Template::fields).unwrap_or_default();
    let name = |field: &usize| entity.fields[*field].name.to_owned();
    KeyDescription {
        partition: keys.partition.text.to_owned(),
        sort: keys.sort.as_ref().map(|sort| sort.text.to_owned()),
        partition_arguments: partition.iter().map(name).collect(),
        sort_arguments: sort.iter().filter(|field| !partition.contains(field)).map(name).collect(),
    }
}

fn roles(entity: &EntitySchema, attribute: &schema::AttributeSchema) -> Vec<Role> {
    let name = Some(attribute.name);
    let is_in = |keys: &KeyTemplates| {
        let fields = keys.partition.fields().into_iter().chain(keys.sort.iter().flat_map(schema::Template::fields));
        fields.into_iter().any(|field| entity.fields[field].attributes.contains(&attribute.name))
    };
    let Managed { version, write_id, ttl, created_at, updated_at, .. } = entity.managed;
    let roles = [
        (is_in(&entity.primary), Role::PrimaryKey),
        (entity.indexes.iter().any(|index| is_in(&index.keys)), Role::IndexKey),
        (attribute.is_key_only, Role::KeyOnly),
        (version == name, Role::Version),
        (created_at == name, Role::CreatedAt),
        (updated_at == name, Role::UpdatedAt),
        (write_id == name, Role::WriteId),
        (ttl == name, Role::Ttl),
    ];
    roles.into_iter().filter(|(applies, _)| *applies).map(|(_, role)| role).collect()
}
