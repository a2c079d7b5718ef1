//! How a token is written down and read: JWS compact serialization (RFC 7515), JWK (RFC 7517), thumbprints (RFC 7638).
//!
//! *(pure core)* Nothing here does I/O, reads a clock, draws random numbers or knows HTTP.

mod alg;
mod der;
mod distinct;
mod key;
mod object;
mod present;
mod ring;
#[cfg(test)]
pub(crate) mod samples;
mod sealed;
mod unverified;
#[cfg(test)]
mod wycheproof;

pub use alg::Alg;
pub use der::{DerError, p256_signature_from_der};
pub use distinct::{Distinct, excerpt};
pub use key::{KeyError, VerifyingKey};
pub use object::Object;
pub(crate) use present::present;
pub use ring::Ring;
pub(crate) use sealed::{Jwt, ReleaseProof, SigningInput};
pub use unverified::{Unverified, VerifyError};
