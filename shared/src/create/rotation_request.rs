//! The request to rotate a token: parses the members of the JSON body and checks each against the contract.

use serde_json::{Map, Value};

use super::request::{lifetime, whole_seconds};
use crate::{
    error::ApiError,
    json::excerpt,
    token::{Fingerprint, Lifetime, Overlap, OverlapError, TypeName, rotation_fingerprint},
};

/// The members of a rotation request.
const MEMBERS: [&str; 2] = ["overlap", "expires_in"];

/// A request to rotate a token whose members comply with the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateTokenRequest {
    /// How long the rotated token remains valid.
    pub overlap: Overlap,
    /// Requested lifetime of the successor; `None` means the length of the rotated token's lifetime.
    pub lifetime: Option<Lifetime>,
}

impl RotateTokenRequest {
    /// Parses the members of a request body that rotates a token of this type.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] with the member and the rule that it violates.
    pub fn parse(members: &Map<String, Value>, type_name: TypeName) -> Result<Self, ApiError> {
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            let unknown = excerpt(unknown);
            return Err(ApiError::Invalid(format!("`{unknown}` is not a member of a request to rotate a token")));
        }
        let overlap = match members.get("overlap") {
            None => Ok(Overlap::DEFAULT),
            Some(Value::String(text)) => Overlap::parse(text),
            Some(Value::Number(number)) if number.as_f64().is_some_and(|seconds| seconds >= 0.0) => {
                whole_seconds(number).ok_or(OverlapError).and_then(Overlap::new)
            }
            Some(_) => Err(OverlapError),
        };
        let overlap = overlap.map_err(|error| ApiError::Invalid(error.to_string()))?;
        Ok(Self { overlap, lifetime: lifetime(members, type_name)? })
    }

    /// Distinguishes this request from others that rotate the same token.
    pub(super) fn fingerprint(self) -> Fingerprint {
        rotation_fingerprint(self.overlap, self.lifetime)
    }
}
