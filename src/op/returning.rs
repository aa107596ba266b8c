//! The entities that a transaction returns: those of its puts and creates that were passed to `returning`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::model::managed::Moment;
use crate::model::{EntityModel, TableModel};
use crate::op::entity_write::EntityWrite;
use crate::op::write_part::WritePart;
use crate::op::{Create, Put};
use crate::schema::sealed::sealed;

sealed!(SealedWrites<T>, SealedReturning<T>);

/// A put or a create: a write whose entity a transaction can return.
pub trait Writes<T>: SealedWrites<T> + fmt::Debug + Send + Sync + 'static {
    /// The entity that is written.
    type Entity: Send;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn __written(&self, at: &Moment) -> Result<Self::Entity>;

    #[doc(hidden)]
    #[allow(private_interfaces)]
    fn __part(self: Arc<Self>) -> Box<dyn WritePart<T>>;
}

impl<E: EntityModel> Writes<E::Table> for Put<E> {
    type Entity = E;

    #[allow(private_interfaces)]
    fn __written(&self, at: &Moment) -> Result<E> {
        self.written(at).map(Cow::into_owned)
    }

    #[allow(private_interfaces)]
    fn __part(self: Arc<Self>) -> Box<dyn WritePart<E::Table>> {
        Box::new(self)
    }
}

impl<E: EntityModel> Writes<E::Table> for Create<E> {
    type Entity = E;

    #[allow(private_interfaces)]
    fn __written(&self, at: &Moment) -> Result<E> {
        self.written(at).map(Cow::into_owned)
    }

    #[allow(private_interfaces)]
    fn __part(self: Arc<Self>) -> Box<dyn WritePart<E::Table>> {
        Box::new(self)
    }
}

impl<E: EntityModel> SealedWrites<E::Table> for Put<E> {}

impl<E: EntityModel> SealedWrites<E::Table> for Create<E> {}

/// The writes whose entities a transaction returns: a tuple of puts and creates, or a `Vec` of one of them.
#[diagnostic::on_unimplemented(
    message = "a transaction cannot return the entities of `{Self}`",
    note = "pass a tuple of up to 10 puts and creates, such as `(user.put(), order.create())`, or a `Vec` of one of them"
)]
pub trait Returning<T: TableModel>: SealedReturning<T> + Sized + Send + 'static {
    /// The entities as stored, with versions and times.
    type Output: Send;
    /// The parts, which the transaction shares.
    #[doc(hidden)]
    type Parts: ReturningParts<T, Output = Self::Output>;

    #[doc(hidden)]
    fn __parts(self) -> Self::Parts;
}

/// The parts whose entities a transaction returns.
#[doc(hidden)]
pub trait ReturningParts<T>: Send + 'static {
    type Output: Send;

    #[allow(private_interfaces)]
    fn __add(&self, parts: &mut Vec<Box<dyn WritePart<T>>>);

    #[allow(private_interfaces)]
    fn __written(&self, at: &Moment) -> Result<Self::Output>;
}

/// A transaction that returns nothing.
impl<T> ReturningParts<T> for () {
    type Output = ();

    #[allow(private_interfaces)]
    fn __add(&self, _: &mut Vec<Box<dyn WritePart<T>>>) {}

    #[allow(private_interfaces)]
    fn __written(&self, _: &Moment) -> Result<()> {
        Ok(())
    }
}

impl<T: TableModel, W: Writes<T>> Returning<T> for Vec<W> {
    type Output = Vec<W::Entity>;
    type Parts = Vec<Arc<W>>;

    fn __parts(self) -> Self::Parts {
        self.into_iter().map(Arc::new).collect()
    }
}
impl<T: TableModel, W: Writes<T>> SealedReturning<T> for Vec<W> {}

impl<T, W: Writes<T>> ReturningParts<T> for Vec<Arc<W>> {
    type Output = Vec<W::Entity>;

    #[allow(private_interfaces)]
    fn __add(&self, parts: &mut Vec<Box<dyn WritePart<T>>>) {
        parts.extend(self.iter().map(|part| Arc::clone(part).__part()));
    }

    #[allow(private_interfaces)]
    fn __written(&self, at: &Moment) -> Result<Self::Output> {
        self.iter().map(|part| part.__written(at)).collect()
    }
}

macro_rules! returning_tuples {
    ($($($part:ident $name:ident),+;)*) => {$(
        impl<T: TableModel, $($part: Writes<T>),+> Returning<T> for ($($part,)+) {
            type Output = ($($part::Entity,)+);
            type Parts = ($(Arc<$part>,)+);

            fn __parts(self) -> Self::Parts {
                let ($($name,)+) = self;
                ($(Arc::new($name),)+)
            }
        }
        impl<T: TableModel, $($part: Writes<T>),+> SealedReturning<T> for ($($part,)+) {}

        impl<T, $($part: Writes<T>),+> ReturningParts<T> for ($(Arc<$part>,)+) {
            type Output = ($($part::Entity,)+);

            #[allow(private_interfaces)]
            fn __add(&self, parts: &mut Vec<Box<dyn WritePart<T>>>) {
                let ($($name,)+) = self;
                $(parts.push(Arc::clone($name).__part());)+
            }

            #[allow(private_interfaces)]
            fn __written(&self, at: &Moment) -> Result<Self::Output> {
                let ($($name,)+) = self;
                Ok(($($name.__written(at)?,)+))
            }
        }
    )*};
}

returning_tuples! {
    A a;
    A a, B b;
    A a, B b, C c;
    A a, B b, C c, D d;
    A a, B b, C c, D d, E e;
    A a, B b, C c, D d, E e, F f;
    A a, B b, C c, D d, E e, F f, G g;
    A a, B b, C c, D d, E e, F f, G g, H h;
    A a, B b, C c, D d, E e, F f, G g, H h, I i;
    A a, B b, C c, D d, E e, F f, G g, H h, I i, J j;
}
