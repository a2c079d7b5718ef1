//! The pagination cursor: a position in the list of tokens, with a checksum over the request.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::TokenFilter;
use crate::{
    permissions::OrgId,
    token::{Token, TokenId},
};

/// Bytes of the SHA-256 digest that a cursor contains.
const CHECKSUM_BYTES: usize = 12;

/// The last token id in the order of the index.
const LAST_TOKEN_ID: &str = "portal_zzzzzzzzzzzzzzzzzzzzz";

/// A position in the list of an organization: creation time and id of a token, as in the sort key of the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageKey(String);

/// The text is not a cursor of this request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`cursor` was altered or belongs to another request: take the URL from the `Link` header of the previous page")]
pub struct CursorError;

impl PageKey {
    /// The position of `token`.
    #[must_use]
    pub fn of(token: &Token) -> Self {
        Self(format!("{:012}#{}", token.created_at.seconds(), token.id))
    }

    /// The position before all tokens of the same second. Unlike this position, it names no token.
    #[must_use]
    pub fn start_of_second(&self) -> Self {
        let (time, _) = self.0.split_once('#').unwrap_or_default();
        Self(format!("{time}#{LAST_TOKEN_ID}"))
    }

    /// The position with this sort key of the index.
    #[must_use]
    pub fn new(key: String) -> Self {
        Self(key)
    }

    /// The sort key of the index.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The cursor for this position in the list of `org` with `filter`. The checksum is not secret: it detects
    /// mistakes, and the caller's own organization and permissions apply to every request.
    pub(crate) fn to_cursor(&self, org: &OrgId, filter: &TokenFilter) -> String {
        let mut bytes = self.checksum(org, filter).to_vec();
        bytes.extend(self.0.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor of the list of `org` with `filter`.
    ///
    /// # Errors
    ///
    /// Returns [`CursorError`] if the text was altered or was issued for another organization or filter.
    pub(crate) fn from_cursor(cursor: &str, org: &OrgId, filter: &TokenFilter) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError)?;
        let (checksum, key) = bytes.split_at_checked(CHECKSUM_BYTES).ok_or(CursorError)?;
        let key = Self(String::from_utf8(key.to_vec()).map_err(|_| CursorError)?);
        if key.is_valid() && key.checksum(org, filter) == checksum { Ok(key) } else { Err(CursorError) }
    }

    /// Whether the text has the format of a position. Any client can compute a matching checksum for any text, and
    /// `DynamoDB` rejects an empty key.
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
