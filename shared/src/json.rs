//! Strict reading of JSON: no duplicate members, no array in place of an object, no `null` in place of an absent member.

mod present;
mod strict_object;
mod unique_keys;

pub(crate) use self::present::present;
pub use self::{
    strict_object::StrictObject,
    unique_keys::{UniqueKeys, excerpt},
};
