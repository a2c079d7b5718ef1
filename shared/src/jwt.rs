//! Reads, verifies and writes JWTs: JWS compact serialization (RFC 7515), JWK (RFC 7517) and JWK thumbprints (RFC
//! 7638).
//!
//! *(pure core)* This module does no I/O, reads no clock, generates no random numbers and does not depend on HTTP.

mod alg;
mod der;
mod key;
mod key_set;
mod provider_key_set;
mod public_key;
#[cfg(test)]
pub(crate) mod samples;
mod signing;
mod unverified;
#[cfg(test)]
mod wycheproof;

pub use self::der::{DerError, p256_signature_from_der};
pub use alg::Alg;
pub use key::VerifyingKey;
pub use key_set::KeySet;
pub use provider_key_set::{DroppedKey, ProviderKeySet, ProviderVerifyError};
pub use public_key::KeyError;
pub(crate) use signing::{Jwt, ReleaseProof, SigningInput};
pub use unverified::{Unverified, VerifyError};
