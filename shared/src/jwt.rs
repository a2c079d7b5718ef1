//! Reads, verifies and writes JWTs: JWS compact serialization (RFC 7515), JWK (RFC 7517) and JWK thumbprints (RFC
//! 7638).
//!
//! *(pure core)* This module does no I/O, reads no clock, generates no random numbers and does not depend on HTTP.

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
