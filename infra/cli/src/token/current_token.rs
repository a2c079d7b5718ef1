//! The token that authenticates the requests: it must be revoked last, since it cannot revoke others afterwards.

use crate::{api_client::ApiClient, error::Error, token_metadata::TokenMetadata};

/// The token that authenticates the requests. Revoking it, or its parent, ends its access.
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
                let metadata = TokenMetadata::parse(&response.body)?;
                Ok(Some(Self { id: metadata.id, parent: metadata.parent }))
            }
            Err(Error::Api { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves the parent and then this token to the end of `ids`, so that all other tokens are revoked first.
    pub fn move_last(&self, ids: &mut [String]) {
        ids.sort_by_key(|id| if self.has_id(id) { 2 } else { u8::from(self.is_child_of(id)) });
    }

    /// Returns whether this is the token `id`.
    #[must_use]
    pub fn has_id(&self, id: &str) -> bool {
        self.id == id
    }

    /// Returns whether the token `id` is the parent of this token.
    #[must_use]
    pub fn is_child_of(&self, id: &str) -> bool {
        self.parent.as_deref() == Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn move_last_puts_parent_then_current_token_at_the_end() {
        let ordered = |token: &CurrentToken, ids: &str| {
            let mut ids: Vec<String> = ids.split(' ').map(ToOwned::to_owned).collect();
            token.move_last(&mut ids);
            ids.join(" ")
        };
        let child = CurrentToken { id: "c".to_owned(), parent: Some("p".to_owned()) };
        assert_eq!(ordered(&child, "c z p a"), "z a p c");
        assert_eq!(ordered(&child, "p z a"), "z a p");
        let without_parent = CurrentToken { id: "c".to_owned(), parent: None };
        assert_eq!(ordered(&without_parent, "z c p a"), "z p a c");
    }
}
