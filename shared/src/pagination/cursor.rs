//! The pagination cursor: a position in a list of tokens, with a checksum over the request.

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

    /// The cursor for this position in the list of `org` with `filter`.
    pub(crate) fn to_cursor(&self, org: &OrgId, filter: &TokenFilter) -> String {
        encode(&self.0, org, &filter.canonical())
    }

    /// Parses a cursor of the list of `org` with `filter`.
    ///
    /// # Errors
    ///
    /// Returns [`CursorError`] if the text was altered or was issued for another organization or filter.
    pub(crate) fn from_cursor(cursor: &str, org: &OrgId, filter: &TokenFilter) -> Result<Self, CursorError> {
        Self::parse(decode(cursor, org, &filter.canonical())?)
    }

    /// The position that a cursor contains.
    ///
    /// # Errors
    ///
    /// Returns [`CursorError`] if the text does not have the format of a position. Any client can compute a matching checksum for any
    /// text, and `DynamoDB` rejects an empty key.
    pub(crate) fn parse(text: String) -> Result<Self, CursorError> {
        let parts = text.split_once('#');
        let is_valid = parts.is_some_and(|(time, id)| {
            time.len() == 12 && time.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<TokenId>().is_ok()
        });
        is_valid.then_some(Self(text)).ok_or(CursorError)
    }
}

/// The cursor with the content `text` in responses to `request`, the canonical form of a request of `org`. The checksum is not
/// secret: it detects mistakes, and the caller's own organization and permissions apply to every request.
pub(crate) fn encode(text: &str, org: &OrgId, request: &str) -> String {
    let mut bytes = checksum(text, org, request).to_vec();
    bytes.extend(text.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The content of a cursor.
///
/// # Errors
///
/// Returns [`CursorError`] if the cursor was altered or was issued for another organization or request.
pub(crate) fn decode(cursor: &str, org: &OrgId, request: &str) -> Result<String, CursorError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError)?;
    let (expected, text) = bytes.split_at_checked(CHECKSUM_BYTES).ok_or(CursorError)?;
    let text = String::from_utf8(text.to_vec()).map_err(|_| CursorError)?;
    if checksum(&text, org, request) == expected { Ok(text) } else { Err(CursorError) }
}

fn checksum(text: &str, org: &OrgId, request: &str) -> [u8; CHECKSUM_BYTES] {
    let text = format!("cursor\n{org}\n{request}\n{text}");
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..CHECKSUM_BYTES]);
    checksum
}
