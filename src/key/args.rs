//! The argument types that a key accepts: a value, a reference, `&str` for a string, or a tuple of these.

use chrono::{DateTime, NaiveDate, Utc};

use crate::key::index_kind::Anything;
use crate::key::segment::{KeySegment, OrderedSegment, SegmentError};
use crate::schema::sealed::sealed;

sealed! {
    SealedFieldForm, SealedFieldArgs<F>, SealedSortKey, SealedSortArg<F, M>,
    SealedUnderArg<F, M>, SealedOrderedArgs<M>,
}

/// An argument for a key field of type `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not accepted for a key field of type `{T}`",
    label = "expected `{T}`",
    note = "pass a `{T}`, a reference to one, or a `&str` if the field is a string"
)]
pub trait KeyArg<T> {
    /// Appends the argument's text to `out`, in the same form as the field's.
    ///
    /// # Errors
    /// Fails if the value cannot be used in a key.
    fn write(&self, out: &mut String) -> Result<(), SegmentError>;
}

impl<T: KeySegment> KeyArg<T> for T {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

impl<T: KeySegment> KeyArg<T> for &T {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

/// For a field whose type is an alias of an `Option`.
impl<T: KeySegment> KeyArg<Option<T>> for T {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

impl<T: KeySegment> KeyArg<Option<T>> for &T {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

impl KeyArg<Option<String>> for &str {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(self);
        Ok(())
    }
}

impl KeyArg<String> for &str {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        out.push_str(self);
        Ok(())
    }
}

/// A field whose placeholder contains only the day, month or year. It also accepts a [`NaiveDate`].
#[derive(Debug)]
pub struct DateOf<T>(std::marker::PhantomData<T>);

impl<T: KeySegment> KeyArg<DateOf<T>> for T {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

impl<T: KeySegment> KeyArg<DateOf<T>> for &T {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

impl KeyArg<DateOf<DateTime<Utc>>> for NaiveDate {
    fn write(&self, out: &mut String) -> Result<(), SegmentError> {
        self.render(out)
    }
}

/// The texts of the arguments of a call, in their order.
pub type Texts = Result<Vec<String>, SegmentError>;

#[doc(hidden)]
pub fn text<T>(arg: &impl KeyArg<T>) -> Result<String, SegmentError> {
    let mut out = String::new();
    arg.write(&mut out)?;
    Ok(out)
}

/// A field of a template, as it appears in the type of a query: the field's own type, or [`Padded`] or [`Lossy`] of it.
pub trait FieldForm: SealedFieldForm {
    /// The type that a condition takes: the field's own type, or [`DateOf`] it.
    type Value;
}

impl<T: KeySegment> FieldForm for T {
    type Value = T;
}
impl<T: KeySegment> SealedFieldForm for T {}

/// For a field whose type is an alias of an `Option`.
impl<T: KeySegment> FieldForm for Option<T> {
    type Value = Self;
}
impl<T: KeySegment> SealedFieldForm for Option<T> {}

/// A field that is padded with zeros, or that is a whole key of type N. Its texts sort like its numbers.
#[derive(Debug)]
pub struct Padded<T>(std::marker::PhantomData<T>);

impl<T: KeySegment> FieldForm for Padded<T> {
    type Value = T;
}
impl<T: KeySegment> SealedFieldForm for Padded<T> {}

impl<T> OrderedSegment for Padded<T> {}

/// A field with a transform. Its texts may sort differently from its values.
#[derive(Debug)]
pub struct Lossy<T>(std::marker::PhantomData<T>);

impl<T> FieldForm for Lossy<T> {
    type Value = T;
}
impl<T> SealedFieldForm for Lossy<T> {}

/// The arguments for the fields `F` of a key: one value, or a tuple of values in the order of the fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not match the fields of this key",
    label = "the fields are {F}",
    note = "pass one value, or a tuple of values in this order"
)]
pub trait FieldArgs<F>: SealedFieldArgs<F> {
    #[doc(hidden)]
    fn __texts(self) -> Texts;
}

impl FieldArgs<()> for () {
    fn __texts(self) -> Texts {
        Ok(Vec::new())
    }
}
impl SealedFieldArgs<()> for () {}

impl<T, A: KeyArg<T>> FieldArgs<(T,)> for A {
    fn __texts(self) -> Texts {
        Ok(vec![text(&self)?])
    }
}
impl<T, A: KeyArg<T>> SealedFieldArgs<(T,)> for A {}

/// A sort key that accepts a condition.
#[doc(alias = "range_key_condition")]
#[diagnostic::on_unimplemented(
    message = "this query does not accept a sort condition",
    label = "no sort key to compare with",
    note = "the index has no sort key, the sort key is already known, or the query already has a sort condition"
)]
pub trait SortKey: SealedSortKey {
    /// The types that a condition takes: [`RawText`], or a tuple of the template's fields that the partition key does not
    /// determine.
    type Fields;
}

/// The type of a sort condition's value if the query does not know the entity: the text of the sort key.
#[derive(Debug)]
pub struct RawText;

/// The values of a sort condition, as text.
#[doc(hidden)]
#[derive(Debug)]
pub enum SortTexts {
    /// The stored text.
    Raw(String),
    /// The texts of the first fields of the template.
    Fields(Vec<String>),
}

/// The value of a sort condition: one value, or a tuple of the first fields of the sort key, from left to right.
#[doc(alias = "range_key_condition")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not match this sort key",
    label = "the fields of this sort key are {F}",
    note = "pass the first field, or a tuple of the first fields, from left to right"
)]
pub trait SortArg<F, M>: SealedSortArg<F, M> {
    #[doc(hidden)]
    fn __sort(self) -> Result<SortTexts, SegmentError>;
}

impl<A: Into<String>> SortArg<RawText, RawText> for A {
    fn __sort(self) -> Result<SortTexts, SegmentError> {
        Ok(SortTexts::Raw(self.into()))
    }
}
impl<A: Into<String>> SealedSortArg<RawText, RawText> for A {}

/// The first fields of a sort key, which `under` fixes: one value, or a tuple of values from left to right. At least one field
/// must remain for a condition.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not match the first fields of this sort key",
    label = "the fields of this sort key are {F}",
    note = "pass the first field, or a tuple of the first fields; at least the last field must remain for a condition"
)]
pub trait UnderArg<F, M>: SealedUnderArg<F, M> {
    /// The remaining fields.
    type Rest;

    #[doc(hidden)]
    fn __under(self) -> Texts;
}

/// The fields of a sort key that accept a range: the texts of the compared fields sort like their values.
#[diagnostic::on_unimplemented(
    message = "a range over the sort key fields {Self} is not possible: their texts do not sort like their values",
    label = "text order is not value order here",
    note = "if the first fields must be equal, fix them with `.under(..)`; pad a non-negative integer with zeros in the template, as in `{{n:010}}`, or give the key the type N in config.json and a template that is only the number, as in `{{n}}`; `eq` and `begins_with` work with any field"
)]
pub trait OrderedArgs<M>: SealedOrderedArgs<M> {}

impl OrderedArgs<RawText> for RawText {}
impl SealedOrderedArgs<RawText> for RawText {}

/// Only entities that do not compile use these implementations.
#[diagnostic::do_not_recommend]
impl<A> FieldArgs<Anything> for A {
    fn __texts(self) -> Texts {
        Ok(Vec::new())
    }
}
impl<A> SealedFieldArgs<Anything> for A {}

#[diagnostic::do_not_recommend]
impl<A> SortArg<Anything, Anything> for A {
    fn __sort(self) -> Result<SortTexts, SegmentError> {
        Ok(SortTexts::Fields(Vec::new()))
    }
}
impl<A> SealedSortArg<Anything, Anything> for A {}

#[diagnostic::do_not_recommend]
impl<A> UnderArg<Anything, Anything> for A {
    type Rest = Anything;

    fn __under(self) -> Texts {
        Ok(Vec::new())
    }
}
impl<A> SealedUnderArg<Anything, Anything> for A {}

impl OrderedArgs<Anything> for Anything {}
impl SealedOrderedArgs<Anything> for Anything {}

/// Marks an argument that is one value. This type parameter only separates the implementations of a trait.
#[derive(Debug)]
pub struct Alone;
/// Marks an argument that is a tuple of `N` values.
#[derive(Debug)]
pub struct Tuple<const N: usize>;

macro_rules! key_tuples {
    ($(($($field:ident $arg:ident $n:tt),+))*) => {$(
        impl<$($field, $arg: KeyArg<$field>),+> FieldArgs<($($field,)+)> for ($($arg,)+) {
            fn __texts(self) -> Texts {
                Ok(vec![$(text(&self.$n)?),+])
            }
        }
        impl<$($field, $arg: KeyArg<$field>),+> SealedFieldArgs<($($field,)+)> for ($($arg,)+) {}
    )*};
}

key_tuples! {
    (T0 A0 0, T1 A1 1)
    (T0 A0 0, T1 A1 1, T2 A2 2)
    (T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3)
    (T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4)
    (T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5)
    (T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6)
    (T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5, T6 A6 6, T7 A7 7)
}

/// For a sort key with the fields `[..]`. A condition takes those before the semicolon.
macro_rules! sort_tuples {
    ($($count:literal: [$($field:ident $arg:ident $n:tt),+; $($rest:ident),*])*) => {$(
        impl<$($field: FieldForm, $arg: KeyArg<$field::Value>,)+ $($rest),*>
            SortArg<($($field,)+ $($rest,)*), Tuple<$count>> for ($($arg,)+)
        {
            fn __sort(self) -> Result<SortTexts, SegmentError> {
                Ok(SortTexts::Fields(vec![$(text::<$field::Value>(&self.$n)?),+]))
            }
        }
        impl<$($field: FieldForm, $arg: KeyArg<$field::Value>,)+ $($rest),*>
            SealedSortArg<($($field,)+ $($rest,)*), Tuple<$count>> for ($($arg,)+)
        {}

        impl<$($field: OrderedSegment,)+ $($rest),*> OrderedArgs<Tuple<$count>> for ($($field,)+ $($rest,)*) {}
        impl<$($field: OrderedSegment,)+ $($rest),*> SealedOrderedArgs<Tuple<$count>> for ($($field,)+ $($rest,)*) {}
    )*};
}

macro_rules! sort_alone {
    ($([$($rest:ident),*])*) => {$(
        impl<T: FieldForm, A: KeyArg<T::Value>, $($rest),*> SortArg<(T, $($rest,)*), Alone> for A {
            fn __sort(self) -> Result<SortTexts, SegmentError> {
                Ok(SortTexts::Fields(vec![text::<T::Value>(&self)?]))
            }
        }
        impl<T: FieldForm, A: KeyArg<T::Value>, $($rest),*> SealedSortArg<(T, $($rest,)*), Alone> for A {}

        impl<T: OrderedSegment, $($rest),*> OrderedArgs<Alone> for (T, $($rest,)*) {}
        impl<T: OrderedSegment, $($rest),*> SealedOrderedArgs<Alone> for (T, $($rest,)*) {}
    )*};
}

macro_rules! under_alone {
    ($([$($rest:ident),+])*) => {$(
        impl<T: FieldForm, A: KeyArg<T::Value>, $($rest),+> UnderArg<(T, $($rest,)+), Alone> for A {
            type Rest = ($($rest,)+);

            fn __under(self) -> Texts {
                Ok(vec![text::<T::Value>(&self)?])
            }
        }
        impl<T: FieldForm, A: KeyArg<T::Value>, $($rest),+> SealedUnderArg<(T, $($rest,)+), Alone> for A {}
    )*};
}

macro_rules! under_tuples {
    ($($count:literal: [$($field:ident $arg:ident $n:tt),+; $($rest:ident),+])*) => {$(
        impl<$($field: FieldForm, $arg: KeyArg<$field::Value>,)+ $($rest),+>
            UnderArg<($($field,)+ $($rest,)+), Tuple<$count>> for ($($arg,)+)
        {
            type Rest = ($($rest,)+);

            fn __under(self) -> Texts {
                Ok(vec![$(text::<$field::Value>(&self.$n)?),+])
            }
        }
        impl<$($field: FieldForm, $arg: KeyArg<$field::Value>,)+ $($rest),+>
            SealedUnderArg<($($field,)+ $($rest,)+), Tuple<$count>> for ($($arg,)+)
        {}
    )*};
}

under_alone! { [T1] [T1, T2] [T1, T2, T3] [T1, T2, T3, T4] [T1, T2, T3, T4, T5] }

under_tuples! {
    1: [T0 A0 0; T1]
    1: [T0 A0 0; T1, T2]
    1: [T0 A0 0; T1, T2, T3]
    1: [T0 A0 0; T1, T2, T3, T4]
    1: [T0 A0 0; T1, T2, T3, T4, T5]
    2: [T0 A0 0, T1 A1 1; T2]
    2: [T0 A0 0, T1 A1 1; T2, T3]
    2: [T0 A0 0, T1 A1 1; T2, T3, T4]
    2: [T0 A0 0, T1 A1 1; T2, T3, T4, T5]
    3: [T0 A0 0, T1 A1 1, T2 A2 2; T3]
    3: [T0 A0 0, T1 A1 1, T2 A2 2; T3, T4]
    3: [T0 A0 0, T1 A1 1, T2 A2 2; T3, T4, T5]
    4: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3; T4]
    4: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3; T4, T5]
    5: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4; T5]
}

sort_alone! { [] [T1] [T1, T2] [T1, T2, T3] [T1, T2, T3, T4] [T1, T2, T3, T4, T5] }

sort_tuples! {
    1: [T0 A0 0;]
    1: [T0 A0 0; T1]
    1: [T0 A0 0; T1, T2]
    1: [T0 A0 0; T1, T2, T3]
    1: [T0 A0 0; T1, T2, T3, T4]
    1: [T0 A0 0; T1, T2, T3, T4, T5]
    2: [T0 A0 0, T1 A1 1;]
    2: [T0 A0 0, T1 A1 1; T2]
    2: [T0 A0 0, T1 A1 1; T2, T3]
    2: [T0 A0 0, T1 A1 1; T2, T3, T4]
    2: [T0 A0 0, T1 A1 1; T2, T3, T4, T5]
    3: [T0 A0 0, T1 A1 1, T2 A2 2;]
    3: [T0 A0 0, T1 A1 1, T2 A2 2; T3]
    3: [T0 A0 0, T1 A1 1, T2 A2 2; T3, T4]
    3: [T0 A0 0, T1 A1 1, T2 A2 2; T3, T4, T5]
    4: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3;]
    4: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3; T4]
    4: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3; T4, T5]
    5: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4;]
    5: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4; T5]
    6: [T0 A0 0, T1 A1 1, T2 A2 2, T3 A3 3, T4 A4 4, T5 A5 5;]
}
