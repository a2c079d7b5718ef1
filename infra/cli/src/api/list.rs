//! Listing tokens, all pages of them.

use reqwest::Method;
use serde_json::value::RawValue;

use super::{Api, TOKENS, link};
use crate::{error::Error, item::Item};

/// Which tokens are asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their types; none means those that people manage.
    pub types: Vec<String>,
    /// Who made them.
    pub created_by: Option<String>,
    /// How many are asked for at a time.
    pub page_size: Option<u16>,
}

/// A token of a list.
pub struct Listed {
    /// As the API wrote it.
    pub json: Box<RawValue>,
    /// As it is read here.
    pub item: Item,
}

impl Api {
    /// The live tokens that `filter` asks for, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Listed>, Error> {
        let mut url = self.url(TOKENS)?;
        let query: Vec<(&str, String)> = filter.query().collect();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let (mut all, mut page) = (Vec::new(), Some(url));
        while let Some(url) = page {
            let answer = self.ask(self.request(Method::GET, url.clone())).await?;
            for json in serde_json::from_str::<Vec<Box<RawValue>>>(&answer.text).map_err(|_| no_list())? {
                all.push(Listed { item: Item::read(json.get())?, json });
            }
            page = answer.link.and_then(|header| link::next(&header, &url));
        }
        // A service that knows no such filter answers with all tokens.
        all.retain(|listed| filter.created_by.is_none() || listed.item.created_by == filter.created_by);
        Ok(all)
    }
}

impl Filter {
    fn query(&self) -> impl Iterator<Item = (&'static str, String)> {
        let types = self.types.iter().map(|name| ("token_type", name.clone()));
        let by = self.created_by.iter().map(|by| ("created_by", by.clone()));
        types.chain(by).chain(self.page_size.iter().map(|size| ("limit", size.to_string())))
    }
}

fn no_list() -> Error {
    Error::Other("the answer is no list of tokens".to_owned())
}
