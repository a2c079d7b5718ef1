//! Listing tokens: reads all pages of the list.

use serde_json::value::RawValue;

use super::ApiClient;
use crate::{
    error::Error,
    token_family::ACCESS_TOKENS_PATH,
    token_metadata::{TokenMetadata, type_names},
};

/// The expected response, in an error.
const LIST: &str = "a list of tokens";

/// The query of a list request.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// The token types. The API's default for an empty list is api, journey and portal.
    pub types: Vec<String>,
    /// The principal that created the tokens.
    pub created_by: Option<String>,
    /// The number of tokens per request.
    pub page_size: Option<u16>,
}

/// A token of a list.
pub struct ListedToken {
    /// The item as the API returned it.
    pub json: Box<RawValue>,
    /// The same item, parsed.
    pub metadata: TokenMetadata,
}

impl ApiClient {
    /// Returns the active tokens that match `filter`, newest first.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`], [`Error::NotLatchkey`] for a response that is not a list, and
    /// [`Error::Other`] for a link to the next page that leaves the list or repeats a page.
    pub async fn list_tokens(&self, filter: &TokenFilter) -> Result<Vec<ListedToken>, Error> {
        let mut url = self.url(ACCESS_TOKENS_PATH)?;
        let query: Vec<(&str, String)> = filter.query().collect();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut tokens = Vec::new();
        for page in self.get_pages(url).await? {
            for json in page.parse::<Vec<Box<RawValue>>>(LIST)? {
                let metadata = serde_json::from_str(json.get()).map_err(|_| page.unexpected(LIST))?;
                tokens.push(ListedToken { json, metadata });
            }
        }
        // A service without the filter `created_by` ignores it and returns all tokens.
        tokens.retain(|token| filter.created_by.is_none() || token.metadata.created_by == filter.created_by);
        Ok(tokens)
    }
}

impl TokenFilter {
    /// Creates a filter for all tokens of every type.
    #[must_use]
    pub fn every_type() -> Self {
        Self { types: type_names().map(ToOwned::to_owned).to_vec(), ..Self::default() }
    }

    fn query(&self) -> impl Iterator<Item = (&'static str, String)> {
        let types = self.types.iter().map(|name| ("token_type", name.clone()));
        let created_by = self.created_by.iter().map(|principal| ("created_by", principal.clone()));
        let limit = self.page_size.iter().map(|size| ("limit", size.to_string()));
        types.chain(created_by).chain(limit)
    }
}
