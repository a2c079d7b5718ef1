//! Who may do what: roles, their grants, how a decision comes about, and what a token may carry.
//!
//! *(pure core)* Nothing here does I/O, reads a clock, draws random numbers or knows HTTP.

mod action;
mod carry;
mod grant;
mod holdings;
mod org_id;
mod role;
mod role_id;
mod rows;

pub use action::{Action, ActionError};
pub use carry::{Carried, Carry, MAX_ASKED, MAX_CARRIED, Maker, WiderThanMaker};
pub use grant::{Effect, Grant, Pattern};
pub use holdings::{Holdings, PermissionError};
pub use org_id::{OrgId, OrgIdError};
pub use role::Role;
pub use role_id::{RoleId, RoleIdError};
pub use rows::{AssignmentRow, NamedRole, NewerRow, RoleRow};
