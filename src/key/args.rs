//! What a call may give for the fields of a template: a value, a reference, `&str` for a string, a tuple of these.

use chrono::{DateTime, NaiveDate, Utc};

use crate::key::index_kind::Anything;
use crate::key::segment::{KeySegment, OrderedSegment, SegmentError};

/// Something that can be given for a key field of type `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given for a key field of type `{T}`",
    label = "expected `{T}`",
    note = "give a `{T}`, a reference to one, or a `&str` where the field is a string"
)]
pub trait KeyArg<T> {
    /// Appends the text to `out`, as the field itself would.
    ///
    /// # Errors
    /// If the value cannot stand in a key.
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

/// Of a field whose type is another name for an `Option`.
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

/// A field of a template that its day, month or year stands for: a [`NaiveDate`] can be given as well.
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

/// The texts of the arguments of a call, in the order given.
pub type Texts = Result<Vec<String>, SegmentError>;

#[doc(hidden)]
pub fn text<T>(arg: &impl KeyArg<T>) -> Result<String, SegmentError> {
    let mut out = String::new();
    arg.write(&mut out)?;
    Ok(out)
}

/// A field of a template, as its type appears in the type of a query: `T`, or [`Padded`] or [`Lossy`] of it.
pub trait FieldForm {
    /// What a condition gives for it: the field's own type, or [`DateOf`] it.
    type Value;
}

impl<T: KeySegment> FieldForm for T {
    type Value = T;
}

/// Of a field whose type is another name for an `Option`.
impl<T: KeySegment> FieldForm for Option<T> {
    type Value = Self;
}

/// A field under zero padding: its texts sort as its numbers do.
#[derive(Debug)]
pub struct Padded<T>(std::marker::PhantomData<T>);

impl<T: KeySegment> FieldForm for Padded<T> {
    type Value = T;
}

impl<T> OrderedSegment for Padded<T> {}

/// A field under a transform: its texts need not sort as its values do.
#[derive(Debug)]
pub struct Lossy<T>(std::marker::PhantomData<T>);

impl<T> FieldForm for Lossy<T> {
    type Value = T;
}

/// One value for one field, or a tuple of them in order.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not give the fields of this key",
    label = "the fields are {F}",
    note = "give one value, or a tuple of them in this order"
)]
pub trait FieldArgs<F> {
    #[doc(hidden)]
    fn __texts(self) -> Texts;
}

impl FieldArgs<()> for () {
    fn __texts(self) -> Texts {
        Ok(Vec::new())
    }
}

impl<T, A: KeyArg<T>> FieldArgs<(T,)> for A {
    fn __texts(self) -> Texts {
        Ok(vec![text(&self)?])
    }
}

/// What the sort key of a query is spoken to in, once the partition is chosen: raw text, or the fields of a template.
#[diagnostic::on_unimplemented(
    message = "no sort condition can be given here",
    label = "no sort key to compare with",
    note = "this index has no sort key, its sort key is known already, or the query has its sort condition"
)]
pub trait SortKey {
    /// [`RawText`], or a tuple of the template's fields that the partition key does not give.
    type Fields;
}

/// Raw text.
#[derive(Debug)]
pub struct RawText;

/// The values of a sort condition, as text.
#[doc(hidden)]
#[derive(Debug)]
pub enum SortTexts {
    /// As it is stored.
    Raw(String),
    /// Of the first fields of the template.
    Fields(Vec<String>),
}

/// What a sort condition can be given: one value, or a tuple of the first fields of the sort key, left to right.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit this sort key",
    label = "the fields of this sort key are {F}",
    note = "give the first of them, or a tuple of the first ones, left to right"
)]
pub trait SortArg<F, M> {
    #[doc(hidden)]
    fn __sort(self) -> Result<SortTexts, SegmentError>;
}

impl<A: Into<String>> SortArg<RawText, RawText> for A {
    fn __sort(self) -> Result<SortTexts, SegmentError> {
        Ok(SortTexts::Raw(self.into()))
    }
}

/// The first fields of a sort key, which a query fixes: one value, or a tuple of them, left to right. At least one field is left.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fix the first fields of this sort key",
    label = "the fields of this sort key are {F}",
    note = "give the first of them, or a tuple of the first ones, and leave at least the last one for a condition"
)]
pub trait UnderArg<F, M> {
    /// The fields that are left.
    type Rest;

    #[doc(hidden)]
    fn __under(self) -> Texts;
}

/// Fields over which a range means what it says: the text of each of the first ones sorts as its value does.
#[diagnostic::on_unimplemented(
    message = "no range over the sort key's fields {Self}: their texts do not sort as their values do",
    label = "text order is not value order here",
    note = "if the first fields are to be equal, fix them with `.under(..)`; zero-pad a non-negative integer in the template, as in `{{n:010}}`, or give the key the type N in config.json and make it the number alone, as in `{{n}}`; `eq` and `begins_with` work with any field"
)]
pub trait OrderedArgs<M> {}

impl OrderedArgs<RawText> for RawText {}

/// No program in which these are used compiles.
#[diagnostic::do_not_recommend]
impl<A> FieldArgs<Anything> for A {
    fn __texts(self) -> Texts {
        Ok(Vec::new())
    }
}

#[diagnostic::do_not_recommend]
impl<A> SortArg<Anything, Anything> for A {
    fn __sort(self) -> Result<SortTexts, SegmentError> {
        Ok(SortTexts::Fields(Vec::new()))
    }
}

#[diagnostic::do_not_recommend]
impl<A> UnderArg<Anything, Anything> for A {
    type Rest = Anything;

    fn __under(self) -> Texts {
        Ok(Vec::new())
    }
}

impl OrderedArgs<Anything> for Anything {}

/// One value, given as it is. A parameter of this module's traits that only keeps their implementations apart.
#[derive(Debug)]
pub struct Alone;
/// A tuple of this many values.
#[derive(Debug)]
pub struct Tuple<const N: usize>;

macro_rules! key_tuples {
    ($(($($field:ident $arg:ident $n:tt),+))*) => {$(
        impl<$($field, $arg: KeyArg<$field>),+> FieldArgs<($($field,)+)> for ($($arg,)+) {
            fn __texts(self) -> Texts {
                Ok(vec![$(text(&self.$n)?),+])
            }
        }
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

/// For a sort key of the fields `[..]`, of which a condition gives the ones in front of the semicolon.
macro_rules! sort_tuples {
    ($($count:literal: [$($field:ident $arg:ident $n:tt),+; $($rest:ident),*])*) => {$(
        impl<$($field: FieldForm, $arg: KeyArg<$field::Value>,)+ $($rest),*>
            SortArg<($($field,)+ $($rest,)*), Tuple<$count>> for ($($arg,)+)
        {
            fn __sort(self) -> Result<SortTexts, SegmentError> {
                Ok(SortTexts::Fields(vec![$(text::<$field::Value>(&self.$n)?),+]))
            }
        }

        impl<$($field: OrderedSegment,)+ $($rest),*> OrderedArgs<Tuple<$count>> for ($($field,)+ $($rest,)*) {}
    )*};
}

macro_rules! sort_alone {
    ($([$($rest:ident),*])*) => {$(
        impl<T: FieldForm, A: KeyArg<T::Value>, $($rest),*> SortArg<(T, $($rest,)*), Alone> for A {
            fn __sort(self) -> Result<SortTexts, SegmentError> {
                Ok(SortTexts::Fields(vec![text::<T::Value>(&self)?]))
            }
        }

        impl<T: OrderedSegment, $($rest),*> OrderedArgs<Alone> for (T, $($rest,)*) {}
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
