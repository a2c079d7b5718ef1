//! The names of query parameters: which spelling denotes which parameter.

use crate::error::ApiError;

/// How a request spells the name of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// The name itself.
    Exact,
    /// The name as a list element: `name[]` or `name[0]`, with any index.
    Element,
    /// The name in another case, with other punctuation or with another suffix: `Token_Type`, `tokenType`, `name[x]`.
    Variant,
}

/// Rejects a query that contains a spelling of one of the parameters `single` or `lists` that is not read. Ignoring it would
/// return more than the caller asked for. Unknown parameters are ignored.
///
/// # Errors
///
/// Returns [`ApiError::Invalid`] with the name of the parameter. The text of the caller is not repeated.
pub(super) fn check_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
    single: &[&str],
    lists: &[&str],
) -> Result<(), ApiError> {
    for name in names {
        if let Some(parameter) =
            single.iter().find(|known| spelling(name, known).is_some_and(|it| it != Spelling::Exact))
        {
            return Err(ApiError::Invalid(format!("the query parameter `{parameter}` must be written `{parameter}`")));
        }
        if let Some(parameter) = lists.iter().find(|known| spelling(name, known) == Some(Spelling::Variant)) {
            return Err(ApiError::Invalid(format!(
                "the query parameter `{parameter}` must be written `{parameter}`, `{parameter}[]` or `{parameter}[0]`"
            )));
        }
    }
    Ok(())
}

/// Whether `name` denotes the list parameter `parameter`.
pub(super) fn is_list_parameter(name: &str, parameter: &str) -> bool {
    matches!(spelling(name, parameter), Some(Spelling::Exact | Spelling::Element))
}

/// How `name` spells `parameter`; `None` if it is another parameter.
fn spelling(name: &str, parameter: &str) -> Option<Spelling> {
    if name == parameter {
        return Some(Spelling::Exact);
    }
    let index = name.strip_prefix(parameter).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
    if index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(Spelling::Element);
    }
    // What clients append to a name: `name[x]`, `name.0`, `name:in`, `name_0`, and a bracket that is encoded twice; and what
    // an address that was escaped for HTML has in front of it.
    let name = name.strip_prefix("amp;").unwrap_or(name);
    let end = name.find(['[', ']', '{', '.', ':', '(', '%', '/']).unwrap_or(name.len());
    let written = letters(&name[..end]);
    (written.trim_end_matches(|digit: char| digit.is_ascii_digit()) == letters(parameter)).then_some(Spelling::Variant)
}

/// The letters and digits of `text`, in lower case.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_of_a_parameter_is_read_or_rejected() {
        for name in ["token_type", "token_type[]", "token_type[0]", "token_type[12]"] {
            assert!(is_list_parameter(name, "token_type"), "{name}");
            assert_eq!(check_names([name], &["limit"], &["token_type"]), Ok(()), "{name}");
        }
        for name in [
            "token_type[x]",
            "Token_Type",
            "TOKEN_TYPE[]",
            "tokenType",
            "token-type",
            "token_type[",
            "token_type]",
            "token_type[][]",
            "token_type[0][x]",
            "token_type.0",
            "token_type:in",
            " token_type",
            "token_type ",
            "token type",
            "token_type[-1]",
            "token_type\u{200b}",
            "token_type%5B0%5D",
            "token_type_0",
            "token_type0",
            "token_type{0}",
            "token_type/0",
            "amp;token_type",
        ] {
            let error = check_names([name], &["limit"], &["token_type"]).unwrap_err();
            assert!(error.public_message().contains("`token_type`"), "{name}");
            assert!(!is_list_parameter(name, "token_type"), "{name}");
        }
        for name in ["limit[]", "limit[0]", "Limit", "LIMIT", "limit.x", "_limit"] {
            let error = check_names([name], &["limit"], &["token_type"]).unwrap_err();
            assert!(error.public_message().contains("`limit`"), "{name}");
        }
    }

    #[test]
    fn other_parameter_is_ignored() {
        let names = ["limits", "token_types", "token_type_x", "type", "", "[]", "[limit]", "created", "x[limit]"];
        assert_eq!(check_names(names, &["limit"], &["token_type"]), Ok(()));
    }
}
