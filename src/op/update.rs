mod actions;
mod check;
mod keys;
mod request;
mod returned;

use std::collections::HashSet;
use std::marker::PhantomData;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::client::Connection;
use crate::codec::EncodeError;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::attribute::{Attribute, StoredField};
use crate::expr::condition::{Condition, IntoCondition, Node, Operand};
use crate::expr::entity_filter;
use crate::expr::operand::{self, IntoValue};
use crate::expr::placeholders::Placeholders;
use crate::expr::update::{self, Action, Kind, UpdateClause};
use crate::expr::update_values::{self, Bounds};
use crate::key::key_text;
use crate::model::key::{self, Key};
use crate::model::managed::{ManagedValue, Moment};
use crate::model::partial_item::{Loaded, PartialItem};
use crate::model::{self, EntityModel, TableModel, index_key};
use crate::op::guard::{Guard, Rule};
use crate::op::once::ExactlyOnce;
use crate::op::update::keys::{Basis, KeyChange, KeyUpdate};
pub use crate::op::update::returned::{ReturnNew, ReturnNone, ReturnOld, ReturnUpdated, Returned};
use crate::op::{Expressions, version};
use crate::value::document_path::shown;
use crate::value::encoded::Encoded;

/// An update of some attributes of an item, and of the index keys that depend on them.
///
/// The item must exist, unless you call [`Update::upsert`]. If it does not exist, the update returns an error with
/// [`is_not_found`](crate::Error::is_not_found).
///
/// An index key can depend on several fields. Fields that you do not set are taken from the primary key, from the loaded entity
/// if you update one, or from [`Update::assuming`]. If a field is still unknown, the update is refused before it is sent, and the
/// error names the field. If you update a loaded entity, each index key that the update writes must still be stored as it was
/// loaded.
///
/// If the entity has a version, the update increments it. The version of a loaded entity must equal the stored version.
///
/// If the stored item does not fit the entity after the update, for example because another attribute is stored in an older
/// format, the update was applied nevertheless. The error then has the kind [`Decode`](ErrorKind::Decode), and
/// [`Error::is_write_applied`] returns `true`.
///
/// `R` selects the return value: by default the entity after the update. An update consumes write capacity for the larger of the
/// item before and the item after it.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html>
#[doc(alias = "update_item")]
#[doc(alias = "UpdateExpression")]
#[must_use = "operations do nothing until awaited"]
pub struct Update<E: EntityModel, R = ReturnNew> {
    key: Result<Key<E::Table>>,
    loaded: Option<Result<Loaded>>,
    actions: Vec<Action>,
    assumed: Vec<(&'static str, Result<Encoded, EncodeError>)>,
    is_upsert: bool,
    has_range_checks: bool,
    condition: Option<Condition<E>>,
    connection: Option<Connection>,
    returned: PhantomData<fn() -> R>,
}

/// Everything that an update writes, and the conditions that the stored item must meet.
struct Plan {
    changes: Vec<UpdateClause>,
    guards: Vec<Guard>,
}

impl<E: EntityModel> Update<E> {
    pub(crate) fn new(key: Result<Key<E::Table>>, loaded: Option<Result<Loaded>>) -> Self {
        Self {
            key,
            loaded,
            actions: Vec::new(),
            assumed: Vec::new(),
            is_upsert: false,
            has_range_checks: true,
            condition: None,
            connection: None,
            returned: PhantomData,
        }
    }

    /// Returns the entity before the update, or `None` if the update created the item.
    pub fn returning_old(self) -> Update<E, ReturnOld> {
        self.cast()
    }

    /// Returns the changed attributes after the update.
    pub fn returning_updated(self) -> Update<E, ReturnUpdated> {
        self.cast()
    }

    /// Returns nothing. This is the smallest response.
    pub fn returning_nothing(self) -> Update<E, ReturnNone> {
        self.cast()
    }

    /// Applies the update exactly once, even if the request has to be sent several times.
    ///
    /// The update is sent as a transaction with one part and an idempotency token, which DynamoDB recognizes for ten minutes. It
    /// consumes twice the capacity, and returns nothing. If another transaction on the item is in progress, nothing is written,
    /// and the update returns an error with [`is_conflict`](Error::is_conflict).
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
    pub fn exactly_once(self) -> ExactlyOnce<E> {
        ExactlyOnce::new(self.cast())
    }
}

impl<E: EntityModel, R> Update<E, R> {
    fn cast<S>(self) -> Update<E, S> {
        let Self { key, loaded, actions, assumed, is_upsert, has_range_checks, condition, connection, .. } = self;
        Update {
            key,
            loaded,
            actions,
            assumed,
            is_upsert,
            has_range_checks,
            condition,
            connection,
            returned: PhantomData,
        }
    }

    fn act(mut self, path: Operand, kind: Kind, value: Operand) -> Self {
        self.actions.push(Action { path, kind, value, skipped: None, range: None, is_untyped: false });
        self
    }

    /// Adds an action on a path whose target type is unknown.
    fn act_untyped(mut self, path: Operand, kind: Kind, value: Operand) -> Self {
        self.actions.push(Action { path, kind, value, skipped: None, range: None, is_untyped: true });
        self
    }

    /// Adds an action with a value that serde may omit.
    fn act_encoded(mut self, path: Operand, kind: Kind, encoded: Result<Encoded, EncodeError>) -> Self {
        let skipped = encoded.as_ref().ok().filter(|encoded| encoded.is_skipped);
        let skipped = skipped.and_then(|encoded| encoded.value.clone());
        let value = operand::value(encoded.map(Encoded::stored));
        self.actions.push(Action { path, kind, value, skipped, range: None, is_untyped: false });
        self
    }

    /// Adds an action that adds to a number whose type has these bounds.
    fn count(mut self, attribute: &'static str, kind: Kind, bounds: Bounds, value: Operand) -> Self {
        let (range, value) = match value {
            Operand::Value(Ok(delta)) => {
                let range = update_values::range_guard(attribute, bounds, delta.as_ref());
                let checked = update_values::check_delta(attribute, bounds, delta.as_ref());
                (range, Operand::Value(checked.map(|()| delta)))
            }
            other => (None, other),
        };
        let path = Node::attribute(attribute);
        self.actions.push(Action { path, kind, value, skipped: None, range, is_untyped: false });
        self
    }

    /// States the stored value of an attribute that an index key depends on and that this update does not set.
    ///
    /// The update is applied only if the stored attribute has this value. Otherwise it returns an error with
    /// [`is_condition_failed`](Error::is_condition_failed), which names the attribute.
    pub fn assuming<T, F: StoredField>(mut self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self {
        self.assumed.push((attribute.name(), value.__encode(attribute.encoder())));
        self
    }

    /// Does not check that the results of [`Update::add`] and [`Update::increment`] fit the types of their fields.
    ///
    /// The request is slightly smaller without these conditions. Use this only for counters that cannot reach the limits of their
    /// type, because an item cannot be read any more if a number does not fit its field.
    pub fn without_range_checks(mut self) -> Self {
        self.has_range_checks = false;
        self
    }

    /// Creates the item if it does not exist.
    ///
    /// The update then has to provide a complete item: every field without a default must be set, added to, or part of the key.
    /// Otherwise the update is refused before it is sent.
    pub fn upsert(mut self) -> Self {
        self.is_upsert = true;
        self
    }

    /// Requires the stored item to meet this condition. If it does not, nothing is changed, and
    /// [`is_condition_failed`](crate::Error::is_condition_failed) of the error is `true`.
    ///
    /// If you call this method several times, all of the conditions must be met.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html>
    pub fn condition(mut self, condition: impl IntoCondition<E>) -> Self {
        self.condition = Some(Condition::both(self.condition.take(), condition));
        self
    }

    /// Collects what is known about the item after the update.
    fn known(&self, changes: &[UpdateClause]) -> Result<PartialItem> {
        let mut known = PartialItem::default();
        for (attribute, encoded) in self.loaded()?.map(|loaded| &loaded.roots).into_iter().flatten() {
            known.insert_loaded(attribute, encoded.clone());
        }
        for (attribute, value) in key::attributes_of::<E>(self.key()?) {
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
    fn plan(&self, at: &Moment) -> Result<Plan> {
        let schema = E::__SCHEMA;
        let mut changes = update::changes(&self.actions)?;
        for change in &changes {
            check::part::<E>(change)?;
            if let (Some(value), Some(_)) = (&change.value, schema.managed.ttl.filter(|ttl| change.root() == *ttl)) {
                model::check_ttl(value).map_err(|error| error.attribute(change.root()))?;
            }
        }
        let at_first = self.stamp(&mut changes, at)?;
        let known = self.known(&changes)?;
        let mut guards = vec![Guard::entity::<E>()];
        if self.is_upsert {
            self.complete(&mut changes, &known, &mut guards);
        }
        // `check::part` refuses partial changes of attributes that keys depend on, so whole attributes are enough here.
        let changed: HashSet<&str> = changes.iter().filter_map(UpdateClause::attribute).collect();
        let keys = Basis { known: &known, changed, is_upsert: self.is_upsert, at_first }.keys::<E>()?;
        self.guard_keys(&keys, &known, &mut guards)?;
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
            check::whole::<E>(self.key()?.to_attributes()?, &changes)?;
        }
        Ok(Plan { changes, guards })
    }

    /// Adds the changes of the managed fields. Returns the `created_at` attribute if only the creation of the item sets it.
    fn stamp(&self, changes: &mut Vec<UpdateClause>, at: &Moment) -> Result<Option<&'static str>> {
        let managed = E::__SCHEMA.managed;
        let is_changed = |changes: &[UpdateClause], name: &str| changes.iter().any(|change| change.root() == name);
        let managed_value = |name: &str, stamp| {
            E::__stamped(stamp)
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
        let primary = key_text::key_fields(E::__SCHEMA);
        let is_key = |name: &&str| primary.iter().any(|field| E::__SCHEMA.fields[*field].attributes.contains(name));
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
    fn complete(&self, changes: &mut Vec<UpdateClause>, known: &PartialItem, guards: &mut Vec<Guard>) {
        for name in E::__SCHEMA.fields.iter().flat_map(|field| field.attributes) {
            let is_key = index_key::is_primary(<E::Table as TableModel>::__SCHEMA.layout, name);
            let is_written = is_key || changes.iter().any(|change| change.root() == *name);
            if !E::__SCHEMA.attributes.contains(name) || is_written {
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
    fn guard_keys(&self, keys: &[KeyUpdate], known: &PartialItem, guards: &mut Vec<Guard>) -> Result<()> {
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
            let fields = keys.iter().flat_map(|update| update.untold::<E>(loaded.item.get(update.key.attribute.name)));
            let mut guarded = HashSet::new();
            for name in fields.flat_map(|field| E::__SCHEMA.fields[field].attributes) {
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
    fn guards(&self) -> Result<Vec<Guard>> {
        let loaded = self.loaded()?.map(|loaded| &loaded.item);
        let mut guards: Vec<Guard> = loaded.and_then(version::guard::<E>).into_iter().collect();
        guards.extend(version::range::<E>(loaded)?);
        for action in self.actions.iter().filter(|_| self.has_range_checks) {
            if let (Some(node), Operand::Path(Ok(steps))) = (&action.range, &action.path) {
                guards.push(Guard { node: node.clone(), rule: Rule::Range(shown(steps)) });
            }
        }
        Ok(guards)
    }

    /// Builds the key and the expressions of the request.
    pub(super) fn expressions(&self, at: &Moment) -> Result<Expressions> {
        let key = self.key()?;
        let named = |error: Error| error.entity(E::__SCHEMA.name).key(key.to_string());
        let attributes = key.to_attributes()?;
        let Plan { changes, guards } = self.plan(at).map_err(named)?;
        let mut placeholders = Placeholders::default();
        let update = update::expression(&changes, &mut placeholders).map_err(named)?;
        let nodes = guards.into_iter().map(|guard| guard.node).collect();
        // An upsert is also applied if the item does not exist.
        let mut nodes = match self.is_upsert {
            false => nodes,
            true => vec![Node::Or(vec![Node::NotExists(entity_filter::primary::<E>()), Node::And(nodes)])],
        };
        nodes.extend(self.guards().map_err(named)?.into_iter().map(|guard| guard.node));
        let nodes = nodes.iter().chain(self.condition.as_ref().map(Condition::node));
        let condition = crate::expr::condition::all(nodes, &mut placeholders).map_err(named)?;
        let (names, values) = placeholders.into_maps();
        Ok(Expressions { key: attributes, update: Some(update), condition, names, values })
    }

    /// Returns all guards of the update.
    pub(super) fn all_guards(&self, at: &Moment) -> Vec<Guard> {
        let mut guards = self.plan(at).map(|plan| plan.guards).unwrap_or_default();
        guards.extend(self.guards().unwrap_or_default());
        guards
    }

    pub(super) fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    pub(super) fn key(&self) -> Result<&Key<E::Table>> {
        self.key.as_ref().map_err(Error::clone)
    }

    /// Returns whether the item must exist.
    pub(super) fn must_exist(&self) -> bool {
        !self.is_upsert
    }
}

fn assumed(encoded: &Result<Encoded, EncodeError>) -> Result<&Encoded> {
    encoded
        .as_ref()
        .map_err(|error| Error::new(ErrorKind::Encode, format!("cannot serialize a value of an expression: {error}")))
}
