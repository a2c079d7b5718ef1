//! The token that authenticates the requests. Revoking it ends its access.

use crate::{api_client::ApiClient, error::Error, token_metadata::TokenMetadata};

/// The token that authenticates the requests.
pub struct CurrentToken {
    id: String,
    parent: Option<String>,
}

impl CurrentToken {
    /// Fetches the caller's own token, `None` if the caller is a user.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn fetch(client: &ApiClient) -> Result<Option<Self>, Error> {
        match client.get_token("self").await {
            Ok(response) => {
                let metadata: TokenMetadata = response.parse("a token")?;
                Ok(Some(Self { id: metadata.id, parent: metadata.parent }))
            }
            // A token may always read itself, a user only with a permission to read tokens.
            Err(Error::Api { status: 403 | 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Why this token is inactive after `revoked` was revoked; `None` if it is not.
    #[must_use]
    pub fn end_after(&self, revoked: &[String]) -> Option<String> {
        if revoked.contains(&self.id) {
            return Some(format!("the credential {} is revoked", self.id));
        }
        let parent = self.parent.as_ref().filter(|parent| revoked.contains(parent))?;
        Some(format!("the credential {} is inactive: its parent {parent} is revoked", self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_ends_with_itself_or_its_parent() {
        let end = |parent: Option<&str>, revoked: &[&str]| {
            let token = CurrentToken { id: "c".to_owned(), parent: parent.map(ToOwned::to_owned) };
            token.end_after(&revoked.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>())
        };
        let revoked = Some("the credential c is revoked".to_owned());
        assert_eq!(end(Some("p"), &["a", "p", "c"]), revoked);
        assert_eq!(end(None, &["c"]), revoked);
        let inactive = Some("the credential c is inactive: its parent p is revoked".to_owned());
        assert_eq!(end(Some("p"), &["a", "p"]), inactive);
        assert_eq!((end(Some("p"), &["a"]), end(None, &["p"])), (None, None));
    }
}
