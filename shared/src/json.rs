//! Strict JSON deserialization: rejects duplicate members, arrays in place of objects, and `null` in place of an absent
//! member.

mod present;
mod strict_object;
mod unique_keys;

pub(crate) use self::present::present;
pub use self::{
    strict_object::StrictObject,
    unique_keys::{UniqueKeys, excerpt, truncate},
};
