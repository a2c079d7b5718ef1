//! The request to revoke many tokens: which ones, and the position at which the request continues.

use serde_json::{Map, Value};

use crate::{
    error::ApiError,
    json::excerpt,
    pagination::TokenFilter,
    token::{Principal, Token, TypeName, UnixTime},
};

/// The tokens that a request revokes, of those that the caller may access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevocationFilter {
    /// The tokens that this user or token created.
    CreatedBy(Principal),
    /// The tokens that were created before this time, and those that they obtained by rotating themselves.
    CreatedBefore(UnixTime),
    /// Every token.
    All,
}

/// A request to revoke many tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkRevokeRequest {
    /// The tokens to revoke.
    pub filter: RevocationFilter,
    /// The cursor of the previous response; `None` for the first page.
    pub cursor: Option<String>,
}

impl RevocationFilter {
    /// The filter of the list that contains the tokens.
    pub(super) fn list_filter(&self) -> TokenFilter {
        let created_by = match self {
            Self::CreatedBy(principal) => Some(principal.clone()),
            Self::CreatedBefore(_) | Self::All => None,
        };
        TokenFilter { types: Some(TypeName::ALL.into_iter().collect()), created_by, limit: None }
    }

    /// Whether `token`, which is in that list, is one of the tokens. A token that was obtained by rotating itself is as old as the
    /// first one of its chain: the secret of that one leads to every later one.
    pub(super) fn includes(&self, token: &Token) -> bool {
        match self {
            Self::CreatedBefore(time) => token.chain_created_at() < *time,
            Self::CreatedBy(_) | Self::All => true,
        }
    }

    /// The canonical form of the request, for the checksum of a cursor. It differs from that of every list request.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::CreatedBy(principal) => format!("revoke created_by\n{principal}"),
            Self::CreatedBefore(time) => format!("revoke before\n{}", time.seconds()),
            Self::All => "revoke all\n".to_owned(),
        }
    }
}

impl BulkRevokeRequest {
    /// Parses the members of a request body.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] with the member and the rule that it violates.
    pub fn parse(members: &Map<String, Value>) -> Result<Self, ApiError> {
        let mut filters = Vec::new();
        let mut cursor = None;
        for (name, value) in members {
            match name.as_str() {
                "created_by" => filters.push(created_by(value)?),
                "before" => filters.push(before(value)?),
                "all" => filters.push(all(value)?),
                "cursor" => cursor = Some(parse_cursor(value)?),
                unknown => {
                    return Err(invalid(format!("`{}` is not a member of a bulk revocation", excerpt(unknown))));
                }
            }
        }
        match <[_; 1]>::try_from(filters) {
            Ok([filter]) => Ok(Self { filter, cursor }),
            Err(_) => Err(invalid("exactly one of `created_by`, `before` and `all` is required")),
        }
    }
}

fn created_by(value: &Value) -> Result<RevocationFilter, ApiError> {
    let principal = text("created_by", value)?.parse().map_err(|error| invalid(format!("`created_by`: {error}")))?;
    Ok(RevocationFilter::CreatedBy(principal))
}

fn before(value: &Value) -> Result<RevocationFilter, ApiError> {
    let time = UnixTime::rounded_up_from_rfc_3339(text("before", value)?);
    let rule = "`before` must be an RFC 3339 time between the years 1970 and 9999, such as `2026-01-31T08:00:00Z`";
    time.map(RevocationFilter::CreatedBefore).ok_or_else(|| invalid(rule))
}

fn all(value: &Value) -> Result<RevocationFilter, ApiError> {
    if *value == Value::Bool(true) { Ok(RevocationFilter::All) } else { Err(invalid("`all` must be true")) }
}

fn parse_cursor(value: &Value) -> Result<String, ApiError> {
    match text("cursor", value)? {
        "" => Err(invalid("`cursor` is empty: omit it to request the first page")),
        cursor => Ok(cursor.to_owned()),
    }
}

fn text<'a>(member: &str, value: &'a Value) -> Result<&'a str, ApiError> {
    value.as_str().ok_or_else(|| invalid(format!("`{member}` must be a string")))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::Invalid(message.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(body: &Value) -> Result<BulkRevokeRequest, String> {
        BulkRevokeRequest::parse(body.as_object().unwrap()).map_err(|error| error.public_message())
    }

    #[test]
    fn request_has_exactly_one_filter_and_a_cursor() {
        let created_by = RevocationFilter::CreatedBy("local|1".parse().unwrap());
        let before = RevocationFilter::CreatedBefore(UnixTime::try_from(60).unwrap());
        for (body, filter, cursor) in [
            (json!({"created_by": "local|1"}), created_by, None),
            (json!({"before": "1970-01-01T00:00:59.5Z"}), before, None),
            (json!({"all": true, "cursor": "c"}), RevocationFilter::All, Some("c".to_owned())),
        ] {
            assert_eq!(parse(&body), Ok(BulkRevokeRequest { filter, cursor }));
        }
    }

    #[test]
    fn request_with_an_invalid_member_is_rejected() {
        let one = "exactly one of `created_by`, `before` and `all` is required";
        let time = "`before` must be an RFC 3339 time between the years 1970 and 9999, such as `2026-01-31T08:00:00Z`";
        for (body, message) in [
            (json!({}), one),
            (json!({"cursor": "c"}), one),
            (json!({"created_by": "local|1", "all": true}), one),
            (json!({"created_by": "local|1", "before": "2019-08-24T14:15:22Z"}), one),
            (json!({"all": false}), "`all` must be true"),
            (json!({"all": "true"}), "`all` must be true"),
            (json!({"all": null}), "`all` must be true"),
            (json!({"created_by": null}), "`created_by` must be a string"),
            (json!({"created_by": ["local|1"]}), "`created_by` must be a string"),
            (json!({"created_by": "1"}), "`created_by`: a principal must be `<provider>|<subject>` or a token id"),
            (json!({"before": 7}), "`before` must be a string"),
            (json!({"before": "yesterday"}), time),
            (json!({"before": "1969-01-01T00:00:00Z"}), time),
            (json!({"all": true, "cursor": ""}), "`cursor` is empty: omit it to request the first page"),
            (json!({"all": true, "cursor": null}), "`cursor` must be a string"),
            (json!({"all": true, "types": []}), "`types` is not a member of a bulk revocation"),
        ] {
            assert_eq!(parse(&body), Err(message.to_owned()), "{body}");
        }
    }
}
