//! Sealing the text of cursors, so that it can neither be read nor made up.

#[cfg(feature = "sealed-cursors")]
pub(crate) use cipher::Seal;
#[cfg(not(feature = "sealed-cursors"))]
pub(crate) use none::Seal;

#[cfg(feature = "sealed-cursors")]
mod cipher {
    use std::fmt;

    use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
    use aes_gcm_siv::{Aes256GcmSiv, Nonce};

    /// A secret of the server, which seals and opens.
    ///
    /// AES-GCM-SIV (RFC 8452) with a fixed nonce: the same cursor has the same text. Beside that, a text shows no more than the
    /// length of its key.
    pub(crate) struct Seal(Aes256GcmSiv);

    const NONCE: [u8; 12] = *b"monotable/1\0";

    impl Seal {
        pub fn new(key: &[u8; 32]) -> Self {
            Self(Aes256GcmSiv::new(key.into()))
        }

        /// `bound` is not in what is given, but needed to open it.
        pub fn close(&self, plain: &[u8], bound: &[u8]) -> Vec<u8> {
            let sealed = self.0.encrypt(&Nonce::from(NONCE), Payload { msg: plain, aad: bound });
            sealed.unwrap_or_else(|_| unreachable!("a key of DynamoDB has 3 KiB at most, the cipher's limit is 64 GiB"))
        }

        /// `None` if it was not closed with this key, for `bound`.
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
    /// Without the feature no connection has a key.
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
