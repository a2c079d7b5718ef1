//! Listing tokens, all pages of them.

use std::collections::HashSet;

use reqwest::{Method, Url};
use serde_json::value::RawValue;

use super::{Answer, Api, TOKENS, link};
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
    /// [`Error::Refused`], [`Error::Unreachable`]; [`Error::Other`] where the pages are no list or lead away or in a circle.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Listed>, Error> {
        let mut url = self.url(TOKENS)?;
        let query: Vec<(&str, String)> = filter.query().collect();
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let (mut all, mut seen, mut page) = (Vec::new(), HashSet::from([link::cursor(&url)]), Some(url));
        while let Some(url) = page {
            let answer = self.ask(self.request(Method::GET, url.clone())).await?;
            for json in serde_json::from_str::<Vec<Box<RawValue>>>(&answer.text).map_err(|_| no_list())? {
                all.push(Listed { item: Item::read(json.get())?, json });
            }
            page = answer.next(&url)?;
            if page.as_ref().is_some_and(|next| !seen.insert(link::cursor(next))) {
                return Err(Error::Other("the link to the next page leads back to a page that was read".to_owned()));
            }
        }
        // A service that knows no such filter answers with all tokens.
        all.retain(|listed| filter.created_by.is_none() || listed.item.created_by == filter.created_by);
        Ok(all)
    }
}

impl Answer {
    /// Where the next page lies, after the one at `asked`.
    fn next(&self, asked: &Url) -> Result<Option<Url>, Error> {
        self.link.as_ref().map_or(Ok(None), |header| link::next(header, asked))
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
