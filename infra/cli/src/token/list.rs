//! `latchkey token list`.

use clap::{Args, builder::PossibleValuesParser};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::value::RawValue;
use shared::token::TypeName;

use crate::{
    access::Access,
    api::{Api, Filter, Listed},
    error::Error,
    item::HEADING,
    output::{Output, columns, print, say},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = "Examples:
  latchkey token list
  latchkey token list --type app --type assume --created-by 'local|1001'
  latchkey token list --expiring 7d --output json";

/// `latchkey token list`.
#[derive(Debug, Args)]
pub struct List {
    /// A type to be listed; may be repeated; without it api, journey and portal
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(TypeName::ALL.map(TypeName::as_str)))]
    types: Vec<String>,
    /// Only tokens made by this person or token
    #[arg(long, value_name = "PRINCIPAL")]
    created_by: Option<String>,
    /// Only tokens that end within this span, like 12h, 7d or 2 weeks
    #[arg(long, value_name = "SPAN", value_parser = span)]
    expiring: Option<SignedDuration>,
    /// How many tokens are asked for at a time; all are listed
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1000))]
    page_size: Option<u16>,
    /// How the list is written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    access: Access,
}

impl List {
    /// Prints the list; an empty one is a heading alone, or `[]`.
    pub(super) async fn run(self) -> Result<(), Error> {
        let filter = Filter { types: self.types, created_by: self.created_by, page_size: self.page_size };
        let mut listed = Api::open(&self.access)?.list(&filter).await?;
        if let Some(within) = self.expiring {
            let last = Timestamp::now().saturating_add(within).unwrap_or(Timestamp::MAX);
            listed.retain(|listed| listed.item.expires_at.is_some_and(|end| end <= last));
        }
        if self.output == Output::Json {
            return print(&array(&listed)?);
        }
        print(&columns(&HEADING, listed.iter().map(|listed| listed.item.row())))?;
        say(&format!("{} tokens", listed.len()));
        Ok(())
    }
}

/// The items of all pages as one array, each as the API wrote it.
fn array(listed: &[Listed]) -> Result<String, Error> {
    let items: Vec<&RawValue> = listed.iter().map(|listed| &*listed.json).collect();
    serde_json::to_string(&items).map_err(|error| Error::Other(error.to_string()))
}

/// A span of time in which a day has 24 hours.
fn span(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let form = "a span is written like 12h, 7d or 2 weeks".to_owned();
    span.ok().filter(|span| !span.is_negative()).ok_or(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit_up_to_weeks() {
        for (text, hours) in [("12h", 12), ("7d", 168), ("2 weeks", 336), ("1d 1h", 25)] {
            assert_eq!(span(text), Ok(SignedDuration::from_hours(hours)), "{text}");
        }
        for text in ["", "7", "soon", "1 month", "-1d", "7 d ago"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
