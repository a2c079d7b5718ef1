//! Deserializes an optional member that must not be `null`.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "present")]`: deserializes a member that is present as `T`. By default,
/// serde reads `null` as an absent member.
///
/// # Errors
///
/// Returns the error of deserializing `T`, also for `null`.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
