//! Filter and cursor of a list of tokens.

pub(crate) mod cursor;
mod filter;

pub use self::{
    cursor::{CursorError, PageKey},
    filter::{MAX_PAGE_SIZE, TokenFilter},
};
