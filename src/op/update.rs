mod actions;
mod check;
mod keys;
mod returned;

use std::collections::HashSet;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemInputBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::client::{self, Connection, Operation, OperationFuture, OperationInfo};
use crate::codec::EncodeError;
use crate::error::{Error, ErrorKind, Result, unbuilt};
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
use crate::op::guard::{self, Guard, Rule};
use crate::op::once::ExactlyOnce;
use crate::op::update::keys::{Basis, KeyChange, KeyUpdate};
pub use crate::op::update::returned::{ReturnNew, ReturnNone, ReturnOld, ReturnUpdated, Returned};
use crate::op::{Expressions, awaitable, conditional, outcome, version};
use crate::value::document_path::shown;
use crate::value::encoded::Encoded;

/// Changes some attributes of an item, and with them the index keys that are made from these. Gives the entity as it is then.
/// The item has to be there, otherwise it is an error with [`is_not_found`](crate::Error::is_not_found); see
/// [`Update::upsert`].
///
/// An index key can be made from several fields. Those that are not set are taken from the key, from the entity if the
/// update was given one (and are guarded: the stored key has to be the one that this entity has), or from
/// [`Update::assuming`]; if one is not known, the update is refused before it is sent, and names it.
///
/// A version grows with each update. That of a loaded entity has to be the stored one.
///
/// Where what is stored then does not fit the entity, such as another attribute in an older form, the update was applied all the
/// same: the error is of the kind [`Decode`](ErrorKind::Decode), and [`Error::is_write_applied`] says so.
///
/// `R` is what it gives back.
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

/// All that an update writes, and what the stored item has to be like.
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

    /// Gives the entity as it was; `None` if the update made it.
    pub fn returning_old(self) -> Update<E, ReturnOld> {
        self.cast()
    }

    /// Gives the attributes that were changed, as they are then.
    pub fn returning_updated(self) -> Update<E, ReturnUpdated> {
        self.cast()
    }

    /// Gives nothing back.
    pub fn returning_nothing(self) -> Update<E, ReturnNone> {
        self.cast()
    }

    /// Made once, however often it has to be sent: as a transaction of its own, at twice the capacity, whose token DynamoDB
    /// knows again for ten minutes. Gives nothing back. Where another transaction is at work on the item, it is an error with
    /// [`is_conflict`](Error::is_conflict), and nothing was done.
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

    /// On a path that was given without the type of what it leads to.
    fn act_untyped(mut self, path: Operand, kind: Kind, value: Operand) -> Self {
        self.actions.push(Action { path, kind, value, skipped: None, range: None, is_untyped: true });
        self
    }

    /// With a value that serde may omit.
    fn act_encoded(mut self, path: Operand, kind: Kind, encoded: Result<Encoded, EncodeError>) -> Self {
        let skipped = encoded.as_ref().ok().filter(|encoded| encoded.is_skipped);
        let skipped = skipped.and_then(|encoded| encoded.value.clone());
        let value = operand::value(encoded.map(Encoded::stored));
        self.actions.push(Action { path, kind, value, skipped, range: None, is_untyped: false });
        self
    }

    /// Adds to a number, whose type has these bounds.
    fn count(mut self, attribute: &'static str, kind: Kind, bounds: Bounds, value: Operand) -> Self {
        let range = match &value {
            Operand::Value(Ok(delta)) => update_values::range_guard(attribute, bounds, delta.as_ref()),
            _ => None,
        };
        let path = Node::attribute(attribute);
        self.actions.push(Action { path, kind, value, skipped: None, range, is_untyped: false });
        self
    }

    /// Says what an attribute is that an index key is made from and that is not set. The update is made only if it is so.
    pub fn assuming<T, F: StoredField>(mut self, attribute: Attribute<E, T, F>, value: impl IntoValue<T>) -> Self {
        self.assumed.push((attribute.name(), value.__encode(attribute.encoder())));
        self
    }

    /// Sends no condition that the sums of [`Update::add`] and [`Update::increment`] fit their fields. An item whose number
    /// does not fit cannot be read any more: it is for counters that cannot get there, whose request is then a little smaller.
    pub fn without_range_checks(mut self) -> Self {
        self.has_range_checks = false;
        self
    }

    /// Makes the item if it is not there. So the update has to say what a whole item needs: every field that has no default
    /// is set, added to, or in the key.
    pub fn upsert(mut self) -> Self {
        self.is_upsert = true;
        self
    }

    conditional!();

    /// All that is known of the item as it will be.
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

    /// What the caller changes, what each write changes, the index keys that follow, and what the stored item has to be like.
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
        // No key is made from a part of an attribute that is changed: `check::part` refuses that.
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

    /// The version and the times. Gives the time of creation if only an item that is made gets it.
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
        // One that is in the key, or was said, is known: it is written as that.
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

    /// For an item that is made: the attributes that its keys are made from. They are written also where the item is there, and
    /// must then be what they were when they were read.
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

    /// What the keys that are written were made from has to be so.
    fn guard_keys(&self, keys: &[KeyUpdate], known: &PartialItem, guards: &mut Vec<Guard>) -> Result<()> {
        // A key that is made from the time of creation is that of the item, or the item is new: one that was never written
        // would be given the time of this update.
        for update in keys.iter().filter(|update| matches!(update.change, KeyChange::IsAtFirst(_))) {
            let name = update.key.attribute.name;
            guards.push(Guard { node: Node::Exists(Node::attribute(name)), rule: Rule::IndexKey(name) });
        }
        if let Some(loaded) = self.loaded()? {
            for update in keys {
                // The stored keys have to be those that the entity was loaded with.
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

    /// What the stored item has to be like, also where the update may make it.
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

    /// Key, expressions and placeholders.
    pub(super) fn expressions(&self, at: &Moment) -> Result<Expressions> {
        let key = self.key()?;
        let named = |error: Error| error.entity(E::__SCHEMA.name).key(key.to_string());
        let attributes = key.to_attributes()?;
        let Plan { changes, guards } = self.plan(at).map_err(named)?;
        let mut placeholders = Placeholders::default();
        let update = update::expression(&changes, &mut placeholders).map_err(named)?;
        let nodes = guards.into_iter().map(|guard| guard.node).collect();
        // Of an item that is not there, nothing has changed since it was read.
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

    /// All of the library's own conditions.
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

    pub(super) fn take_connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    /// Whether the item has to be there.
    pub(super) fn must_exist(&self) -> bool {
        !self.is_upsert
    }
}

impl<E: EntityModel, R: Returned<E>> Update<E, R> {
    /// A path into what is not there is refused by DynamoDB, which does not say which one.
    fn with_parents(&self, error: Error) -> Error {
        let nested = update::changes(&self.actions).unwrap_or_default();
        let nested = nested.iter().filter(|change| change.attribute().is_none());
        let nested: Vec<_> = nested.map(|change| format!("`{}`", shown(&change.steps))).collect();
        if error.kind() != ErrorKind::InvalidRequest || nested.is_empty() {
            return error;
        }
        let message = format!(
            "{}. If a path is the reason: DynamoDB changes {} only where what it is in exists; set the whole attribute first",
            error.message().trim_end_matches('.'),
            nested.join(", ")
        );
        error.with_message(message, None)
    }

    /// The request, less the table's name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<UpdateItemInput> {
        self.request(&client::moment::<E::Table>(self.connection.as_ref()))?.build().map_err(unbuilt)
    }
}

fn assumed(encoded: &Result<Encoded, EncodeError>) -> Result<&Encoded> {
    encoded.as_ref().map_err(|error| Error::new(ErrorKind::Encode, format!("a value of an expression: {error}")))
}

impl<E: EntityModel, R: Returned<E>> Operation for Update<E, R> {
    type Table = E::Table;
    type Request = UpdateItemInputBuilder;
    type Output = R::Output;

    const NAME: &'static str = "update";

    fn connection(&mut self) -> Option<Connection> {
        self.take_connection()
    }

    fn name(&self) -> OperationInfo {
        let is_once = self.actions.iter().any(Action::is_once);
        OperationInfo { operation: Self::NAME, entity: E::__SCHEMA.name, is_once, ..OperationInfo::default() }
    }

    fn request(&self, at: &Moment) -> Result<UpdateItemInputBuilder> {
        let Expressions { key, update, condition, names, values } = self.expressions(at)?;
        Ok(UpdateItemInputBuilder::default()
            .set_key(Some(key))
            .set_update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(R::__VALUE)
            // Whether the item is there at all.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    fn read(self, response: Result<UpdateItemOutput>, at: &Moment) -> Result<R::Output> {
        let key = self.key()?.to_string();
        let named = |error: Error| error.entity(E::__SCHEMA.name).key(key.clone());
        let error = match response {
            Ok(response) => return R::__read(response.attributes).map_err(|error| named(error.applied(Self::NAME))),
            Err(error) => error,
        };
        if let Some(item) = error.found_item().filter(|_| outcome::is_ours::<E>(&error, at)) {
            let output = R::__after(item.clone(), &self.plan(at)?.changes).unwrap_or_else(|| {
                Err(Error::new(ErrorKind::Decode, "the response with what was there before was lost"))
            });
            return output.map_err(|error| named(error.applied(Self::NAME)));
        }
        let before = self.loaded.as_ref().and_then(|loaded| version::of::<E>(&loaded.as_ref().ok()?.item));
        let error = outcome::settled::<E>(error, before).explain_conflict::<E>(!self.is_upsert);
        let error = self.with_parents(error);
        Err(named(guard::explain(error, &self.all_guards(at), self.has_condition())))
    }
}

awaitable!(Update[R: Returned<E>] -> R::Output);
