//! Filter and cursor of the token list.

mod cursor;
mod filter;

pub use self::{
    cursor::{CursorError, PageKey},
    filter::{MAX_PAGE_SIZE, TokenFilter},
};
