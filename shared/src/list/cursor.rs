//! A place in a list, as it is handed out.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::TokenFilter;
use crate::{
    permissions::OrgId,
    token::{Token, TokenId},
};

/// How many bytes of the checksum a cursor has.
const CHECKSUM_BYTES: usize = 12;

/// A place in an organization's list: behind the token that lies there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageKey(String);

/// A text that is no cursor of this request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`cursor` is altered, or belongs to another request: take it from the `Link` of the page before, with its filter"
)]
pub struct CursorError;

impl PageKey {
    /// The place of `token`.
    #[must_use]
    pub fn of(token: &Token) -> Self {
        Self(format!("{:012}#{}", token.created_at.seconds(), token.id))
    }

    /// The place that the index calls `key`.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// The place as the index calls it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The cursor to this place in the list of `org` under `filter`. It gives no rights: whoever brings it is asked who they
    /// are all the same.
    pub(super) fn to_cursor(&self, org: &OrgId, filter: &TokenFilter) -> String {
        let mut bytes = self.checksum(org, filter).to_vec();
        bytes.extend(self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a cursor names.
    ///
    /// # Errors
    ///
    /// [`CursorError`] for a text that is altered, or was handed out for another organization or filter.
    pub(super) fn from_cursor(cursor: &str, org: &OrgId, filter: &TokenFilter) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError)?;
        let (checksum, place) = bytes.split_at_checked(CHECKSUM_BYTES).ok_or(CursorError)?;
        let place = Self(String::from_utf8(place.to_vec()).map_err(|_| CursorError)?);
        if place.is_valid() && place.checksum(org, filter) == checksum { Ok(place) } else { Err(CursorError) }
    }

    /// Whether the text has the form of a place. Anybody can compute a checksum, so what it covers may be anything, and the
    /// index takes no empty text.
    fn is_valid(&self) -> bool {
        let parts = self.0.split_once('#');
        parts.is_some_and(|(time, id)| {
            time.len() == 12 && time.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<TokenId>().is_ok()
        })
    }

    fn checksum(&self, org: &OrgId, filter: &TokenFilter) -> [u8; CHECKSUM_BYTES] {
        let text = format!("cursor\n{org}\n{}\n{}", filter.canonical(), self.0);
        let mut checksum = [0; CHECKSUM_BYTES];
        checksum.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..CHECKSUM_BYTES]);
        checksum
    }
}
