//! Reading a member that may be absent and may not be `null`.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "present")]`: reads a member that is there as what it must be. Without this,
/// `null` would count as absent.
///
/// # Errors
///
/// Those of reading `T`, so one for `null`.
pub(crate) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
