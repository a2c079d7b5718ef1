//! How a token is written down and read: JWS compact serialization (RFC 7515), JWK (RFC 7517), thumbprints (RFC 7638).
//!
//! *(pure core)* Nothing here does I/O, reads a clock, draws random numbers or knows HTTP.

mod alg;
mod der;
mod key;
mod key_set;
#[cfg(test)]
pub(crate) mod samples;
mod signing;
mod unverified;
#[cfg(test)]
mod wycheproof;

pub use self::der::{DerError, p256_signature_from_der};
pub use alg::Alg;
pub use key::{KeyError, VerifyingKey};
pub use key_set::KeySet;
pub(crate) use signing::{Jwt, ReleaseProof, SigningInput};
pub use unverified::{Unverified, VerifyError};
