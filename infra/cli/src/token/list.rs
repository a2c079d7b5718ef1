//! `latchkey token list`: lists active tokens.

use clap::{Args, builder::PossibleValuesParser};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::value::RawValue;

use crate::{
    api_client::{
        ApiClient, ApiOptions,
        list_tokens::{ListedToken, TokenFilter},
    },
    error::Error,
    output::{OutputFormat, format_table, plural, print_json, print_message, print_result},
    token_metadata::{TABLE_HEADER, type_names},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey token list
  latchkey token list --type app --type assume --created-by 'local|1001'
  latchkey token list --expiring 7d --output json";

/// The arguments of `latchkey token list`.
#[derive(Debug, Args)]
pub struct ListCommand {
    /// Token type; repeatable (default: api, journey and portal)
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(type_names()))]
    types: Vec<String>,
    /// Only tokens that this user or token created
    #[arg(long, value_name = "PRINCIPAL")]
    created_by: Option<String>,
    /// Only tokens that expire within this span, such as 12h, 7d or `2 weeks`
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    expiring: Option<SignedDuration>,
    /// Number of tokens per request; the command reads all pages
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1000))]
    page_size: Option<u16>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl ListCommand {
    /// Prints the tokens. An empty list is a header only, or `[]`.
    pub(super) async fn run(self) -> Result<(), Error> {
        let filter = TokenFilter { types: self.types, created_by: self.created_by, page_size: self.page_size };
        let mut tokens = ApiClient::authenticated(&self.api)?.list_tokens(&filter).await?;
        if let Some(span) = self.expiring {
            let latest = Timestamp::now().saturating_add(span).unwrap_or(Timestamp::MAX);
            tokens.retain(|token| token.metadata.expires_at.is_some_and(|expiry| expiry <= latest));
        }
        if self.output == OutputFormat::Json {
            return print_json(&to_json_array(&tokens)?);
        }
        print_result(&format_table(&TABLE_HEADER, tokens.iter().map(|token| token.metadata.row())))?;
        print_message(&plural(tokens.len(), "token"));
        Ok(())
    }
}

/// Joins the items of all pages to one array, each item as the API returned it.
fn to_json_array(tokens: &[ListedToken]) -> Result<String, Error> {
    let items: Vec<&RawValue> = tokens.iter().map(|token| &*token.json).collect();
    serde_json::to_string(&items).map_err(|error| Error::Other(error.to_string()))
}

/// Parses a span with units up to weeks. A day has 24 hours.
///
/// # Errors
///
/// Returns a message if `text` is not such a span or is negative.
pub(super) fn parse_span(text: &str) -> Result<SignedDuration, String> {
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let form = "must be a span such as `12h`, `7d` or `2 weeks`".to_owned();
    span.ok().filter(|span| !span.is_negative()).ok_or(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_with_unit_up_to_weeks_is_parsed() {
        for (text, hours) in [("12h", 12), ("7d", 168), ("2 weeks", 336), ("1d 1h", 25)] {
            assert_eq!(parse_span(text), Ok(SignedDuration::from_hours(hours)), "{text}");
        }
        for text in ["", "7", "soon", "1 month", "-1d", "7 d ago"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
