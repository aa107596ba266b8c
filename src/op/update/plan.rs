//! The plan of an update: what it changes, including managed fields and index keys, and what the stored item must look like.
//!
//! Nothing here is generic: every entity would otherwise have its own copy of this code, which takes long to compile.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::client::Attributes;
use crate::codec::EncodeError;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::condition::{self, Node, Operand};
use crate::expr::entity_filter;
use crate::expr::placeholders::Placeholders;
use crate::expr::update::{self, Action, Kind, UpdateClause};
use crate::key::key_text;
use crate::model::managed::{ManagedValue, Moment};
use crate::model::partial_item::{Loaded, PartialItem};
use crate::model::{self, EntityType, index_key, key};
use crate::op::guard::{self, Guard, Rule};
use crate::op::update::check;
use crate::op::update::entity::UpdatedEntity;
use crate::op::update::keys::{Basis, KeyChange, KeyUpdate};
use crate::op::{Expressions, version};
use crate::schema::EntitySchema;
use crate::value::document_path::shown;
use crate::value::encoded::Encoded;

/// What the caller of an update asked for, without the condition.
pub(super) struct Edit {
    pub loaded: Option<Result<Loaded>>,
    pub actions: Vec<Action>,
    pub assumed: Vec<(&'static str, Result<Encoded, EncodeError>)>,
    pub is_upsert: bool,
    pub has_range_checks: bool,
}

/// The primary key of the item.
pub(super) struct UpdateKey<'k> {
    /// The texts of the partition key and of the sort key.
    pub texts: (&'k str, Option<&'k str>),
    pub attributes: Attributes,
}

/// Everything that an update writes, and the conditions that the stored item must meet.
pub(super) struct Plan {
    pub changes: Vec<UpdateClause>,
    pub guards: Vec<Guard>,
}

impl Edit {
    pub fn new(loaded: Option<Result<Loaded>>) -> Self {
        Self { loaded, actions: Vec::new(), assumed: Vec::new(), is_upsert: false, has_range_checks: true }
    }

    /// Builds the key and the expressions of the request. `condition`: the condition of the caller.
    pub fn expressions(
        &self,
        target: &dyn UpdatedEntity,
        key: UpdateKey<'_>,
        condition: Option<&Node>,
        at: &Moment,
    ) -> Result<Expressions> {
        let EntityType { schema, layout } = target.entity();
        let Plan { changes, guards } = self.plan(target, &key, at)?;
        let mut placeholders = Placeholders::default();
        let update = update::expression(&changes, &mut placeholders)?;
        let nodes = guard::into_nodes(guards, None);
        // An upsert is also applied if the item does not exist.
        let mut nodes = match self.is_upsert {
            false => nodes,
            true => vec![Node::Or(vec![Node::NotExists(entity_filter::primary(layout)), Node::And(nodes)])],
        };
        nodes.extend(guard::into_nodes(self.guards(schema)?, None));
        let condition = condition::all(nodes.iter().chain(condition), &mut placeholders)?;
        let (names, values) = placeholders.into_maps();
        Ok(Expressions { key: key.attributes, update: Some(update), condition, names, values })
    }

    /// Returns all guards of the update.
    pub fn all_guards(&self, target: &dyn UpdatedEntity, key: &UpdateKey<'_>, at: &Moment) -> Vec<Guard> {
        let mut guards = self.plan(target, key, at).map(|plan| plan.guards).unwrap_or_default();
        guards.extend(self.guards(target.entity().schema).unwrap_or_default());
        guards
    }

    /// Collects what is known about the item after the update.
    fn known(&self, target: &dyn UpdatedEntity, key: &UpdateKey<'_>, changes: &[UpdateClause]) -> Result<PartialItem> {
        let mut known = PartialItem::default();
        for (attribute, encoded) in self.loaded()?.map(|loaded| &loaded.roots).into_iter().flatten() {
            known.insert_loaded(attribute, encoded.clone());
        }
        for (attribute, value) in
            key::attributes_of(target.entity(), key.texts, &|field, text| target.restore(field, text))
        {
            known.insert(attribute, Some(value).into());
        }
        for (attribute, value) in &self.assumed {
            known.insert(*attribute, assumed(value)?.clone());
        }
        for change in changes {
            if let (Some(attribute), Kind::Set | Kind::IfNotExists) = (change.attribute(), change.kind) {
                known.insert(attribute, change.encoded());
            }
        }
        Ok(known)
    }

    fn loaded(&self) -> Result<Option<&Loaded>> {
        self.loaded.as_ref().map(|loaded| loaded.as_ref().map_err(Error::clone)).transpose()
    }

    /// Collects the changes of the caller, of the managed fields and of the index keys, and the guards of the stored item.
    pub fn plan(&self, target: &dyn UpdatedEntity, key: &UpdateKey<'_>, at: &Moment) -> Result<Plan> {
        let entity = target.entity();
        let schema = entity.schema;
        let mut changes = update::changes(&self.actions)?;
        for change in &changes {
            check::part(target, change)?;
            if let (Some(value), Some(_)) = (&change.value, schema.managed.ttl.filter(|ttl| change.root() == *ttl)) {
                model::check_ttl(value).map_err(|error| error.attribute(change.root()))?;
            }
        }
        let at_first = self.stamp(target, &mut changes, at)?;
        let known = self.known(target, key, &changes)?;
        let mut guards = vec![Guard::entity(entity)];
        if self.is_upsert {
            self.complete(entity, &mut changes, &known, &mut guards);
        }
        // `check::part` refuses partial changes of attributes that keys depend on, so whole attributes are enough here.
        let changed: HashSet<&str> = changes.iter().filter_map(UpdateClause::attribute).collect();
        let keys = Basis { known: &known, changed, is_upsert: self.is_upsert, at_first }.keys(target)?;
        self.guard_keys(schema, &keys, &known, &mut guards)?;
        for KeyUpdate { key, change, .. } in keys {
            let name = key.attribute.name;
            changes.push(match change {
                KeyChange::Is(text) => {
                    UpdateClause::of(name, Kind::Set, Some(key_text::attribute_value(&key.attribute, text)?))
                }
                KeyChange::IsAtFirst(text) => {
                    UpdateClause::of(name, Kind::IfNotExists, Some(key_text::attribute_value(&key.attribute, text)?))
                }
                KeyChange::Gone => UpdateClause::of(name, Kind::Set, None),
            });
        }
        if self.is_upsert {
            if let Some(attribute) = schema.discriminator_attribute {
                let label = AttributeValue::S(schema.discriminator.to_owned());
                changes.push(UpdateClause::of(attribute, Kind::Set, Some(label)));
            }
            check::whole(target, key.attributes.clone(), &changes)?;
        }
        Ok(Plan { changes, guards })
    }

    /// Adds the changes of the managed fields. Returns the `created_at` attribute if only the creation of the item sets it.
    fn stamp(
        &self,
        target: &dyn UpdatedEntity,
        changes: &mut Vec<UpdateClause>,
        at: &Moment,
    ) -> Result<Option<&'static str>> {
        let schema = target.entity().schema;
        let managed = schema.managed;
        let is_changed = |changes: &[UpdateClause], name: &str| changes.iter().any(|change| change.root() == name);
        let managed_value = |name: &str, stamp| {
            target
                .stamped(stamp)
                .map_err(|error| Error::new(ErrorKind::Encode, error.to_string()).attribute(name).caused_by(error))
        };
        if let Some(name) = managed.version {
            let one = AttributeValue::N("1".to_owned());
            changes.push(UpdateClause::of(name, Kind::Increment, Some(one)));
        }
        if let Some(name) = managed.write_id {
            changes.push(UpdateClause::of(name, Kind::Set, Some(AttributeValue::S(at.id().to_owned()))));
        }
        if let Some(name) = managed.updated_at.filter(|name| !is_changed(changes, name)) {
            changes.push(UpdateClause::of(name, Kind::Set, managed_value(name, ManagedValue::UpdatedAt(at.time))?));
        }
        let is_assumed = |name: &str| self.assumed.iter().any(|(assumed, _)| *assumed == name);
        let primary = key_text::key_fields(schema);
        let is_key = |name: &&str| primary.iter().any(|field| schema.fields[*field].attributes.contains(name));
        let at_first = managed.created_at.filter(|name| self.is_upsert && !is_changed(changes, name));
        // A `created_at` in the primary key, or passed to `assuming`, is known: `complete` writes that value.
        let at_first = at_first.filter(|name| !is_key(name) && !is_assumed(name));
        if let Some(name) = at_first {
            changes.push(UpdateClause::of(
                name,
                Kind::IfNotExists,
                managed_value(name, ManagedValue::CreatedAt(at.time))?,
            ));
        }
        Ok(at_first)
    }

    /// Adds the attributes that keys depend on, because a created item needs them. They are also written if the item exists, so
    /// guards require that the attributes of a loaded entity have not changed.
    fn complete(
        &self,
        EntityType { schema, layout }: EntityType,
        changes: &mut Vec<UpdateClause>,
        known: &PartialItem,
        guards: &mut Vec<Guard>,
    ) {
        for name in schema.fields.iter().flat_map(|field| field.attributes) {
            let is_key = index_key::is_primary(layout, name);
            let is_written = is_key || changes.iter().any(|change| change.root() == *name);
            if !schema.attributes.contains(name) || is_written {
                continue;
            }
            if let Some(encoded) = known.loaded(name) {
                guards.push(Guard { node: check::stored(name, encoded), rule: Rule::Field(name) });
            }
            if let Some(value) = known.encoded(name).cloned().and_then(Encoded::stored) {
                changes.push(UpdateClause::of(name, Kind::Set, Some(value)));
            }
        }
    }

    /// Adds guards for the stored values that the written keys were built from.
    fn guard_keys(
        &self,
        schema: &'static EntitySchema,
        keys: &[KeyUpdate],
        known: &PartialItem,
        guards: &mut Vec<Guard>,
    ) -> Result<()> {
        // If the item exists, a key built from `created_at` must be stored already. Otherwise `if_not_exists` would build it from
        // the time of this update.
        for update in keys.iter().filter(|update| matches!(update.change, KeyChange::IsAtFirst(_))) {
            let name = update.key.attribute.name;
            guards.push(Guard { node: Node::Exists(Node::attribute(name)), rule: Rule::IndexKey(name) });
        }
        if let Some(loaded) = self.loaded()? {
            for update in keys {
                // The stored key must equal the key of the loaded entity.
                let name = update.key.attribute.name;
                let stored = loaded.item.get(name);
                let node = match stored {
                    Some(value) => Node::is(name, value.clone()),
                    None => Node::NotExists(Node::attribute(name)),
                };
                guards.push(Guard { node, rule: Rule::IndexKey(name) });
            }
            let fields =
                keys.iter().flat_map(|update| update.untold(schema, loaded.item.get(update.key.attribute.name)));
            let mut guarded = HashSet::new();
            for name in fields.flat_map(|field| schema.fields[field].attributes) {
                if let Some(encoded) = known.loaded(name).filter(|_| guarded.insert(*name)) {
                    guards.push(Guard { node: check::stored(name, encoded), rule: Rule::Field(name) });
                }
            }
        }
        for (name, value) in &self.assumed {
            guards.push(Guard { node: check::stored(name, assumed(value)?), rule: Rule::Assumed(name) });
        }
        Ok(())
    }

    /// Returns the guards that apply even if an upsert creates the item.
    fn guards(&self, schema: &EntitySchema) -> Result<Vec<Guard>> {
        let loaded = self.loaded()?.map(|loaded| &loaded.item);
        let mut guards: Vec<Guard> = loaded.and_then(|item| version::guard(schema, item)).into_iter().collect();
        guards.extend(version::range(schema, loaded)?);
        for action in self.actions.iter().filter(|_| self.has_range_checks) {
            if let (Some(node), Operand::Path(Ok(steps))) = (&action.range, &action.path) {
                guards.push(Guard { node: node.clone(), rule: Rule::Range(shown(steps)) });
            }
        }
        Ok(guards)
    }
}

fn assumed(encoded: &Result<Encoded, EncodeError>) -> Result<&Encoded> {
    encoded
        .as_ref()
        .map_err(|error| Error::new(ErrorKind::Encode, format!("cannot serialize a value of an expression: {error}")))
}
