//! Seals traits: a sealed trait has a supertrait that other crates cannot name, so they cannot implement the trait.

/// Declares the supertraits of sealed traits. The module must not be public, and must not export them.
macro_rules! sealed {
    ($($name:ident $(<$($parameter:ident),+>)?),+ $(,)?) => {$(
        #[diagnostic::on_unimplemented(
            message = "this trait is sealed, so only monotable can implement it",
            label = "`{Self}` cannot implement this trait",
            note = "the trait limits what an operation accepts: convert your value to a type that implements it already"
        )]
        pub trait $name $(<$($parameter),+>)? {}
    )+};
}

pub(crate) use sealed;
