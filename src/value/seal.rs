//! Seals the text of cursors, so that clients can neither read nor forge it.

#[cfg(feature = "sealed-cursors")]
pub(crate) use cipher::Seal;
#[cfg(not(feature = "sealed-cursors"))]
pub(crate) use none::Seal;

#[cfg(feature = "sealed-cursors")]
mod cipher {
    use std::fmt;

    use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
    use aes_gcm_siv::{Aes256GcmSiv, Nonce};

    /// The secret of a server, which seals and opens cursors.
    ///
    /// The cipher is AES-GCM-SIV (RFC 8452) with a fixed nonce, so the same cursor always has the same text. Apart from that, a
    /// text reveals only the length of its key.
    pub(crate) struct Seal(Aes256GcmSiv);

    const NONCE: [u8; 12] = *b"monotable/1\0";

    impl Seal {
        pub fn new(key: &[u8; 32]) -> Self {
            Self(Aes256GcmSiv::new(key.into()))
        }

        /// Seals `plain`. The result does not contain `bound`, but opening it requires the same `bound`.
        pub fn close(&self, plain: &[u8], bound: &[u8]) -> Vec<u8> {
            let sealed = self.0.encrypt(&Nonce::from(NONCE), Payload { msg: plain, aad: bound });
            sealed.unwrap_or_else(|_| unreachable!("a DynamoDB key has at most 3 KiB; the cipher's limit is 64 GiB"))
        }

        /// Opens `sealed`; `None` if it was not sealed with this key for `bound`.
        pub fn open(&self, sealed: &[u8], bound: &[u8]) -> Option<Vec<u8>> {
            self.0.decrypt(&Nonce::from(NONCE), Payload { msg: sealed, aad: bound }).ok()
        }
    }

    impl fmt::Debug for Seal {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Seal")
        }
    }
}

#[cfg(not(feature = "sealed-cursors"))]
mod none {
    /// A type without values, because connections have no key without the feature.
    #[derive(Debug)]
    pub(crate) enum Seal {}

    impl Seal {
        pub fn close(&self, _: &[u8], _: &[u8]) -> Vec<u8> {
            match *self {}
        }

        pub fn open(&self, _: &[u8], _: &[u8]) -> Option<Vec<u8>> {
            match *self {}
        }
    }
}
