//! The header `Link` of a list response: the URL and the cursor of the next page.

use reqwest::Url;

use crate::error::Error;

/// Returns the target of the link with `rel="next"` (RFC 8288, section 3) in the header of the response from `current`, or
/// `None` without such a link.
///
/// # Errors
///
/// Returns [`Error::Other`] for a target on another host or path: it must not receive the credential, and the list would be
/// incomplete without it.
pub fn next_page(header: &str, current: &Url) -> Result<Option<Url>, Error> {
    let target = header.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        parameters.split([';', ',']).any(is_rel_next).then_some(target)
    });
    let Some(target) = target else { return Ok(None) };
    let next = current.join(target).ok();
    let next = next.filter(|next| next.origin() == current.origin() && next.path() == current.path());
    next.map(Some).ok_or_else(|| Error::Other("the link to the next page leaves the list".to_owned()))
}

/// Returns the position at which the page at `url` starts, or `None` for the first page.
#[must_use]
pub fn cursor(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned())
}

fn is_rel_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.trim().split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').split(' ').any(|rel| rel == "next")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_page_off_the_list_is_an_error() {
        let current: Url = "https://a.example/live/v1/access-tokens?limit=1".parse().unwrap();
        for (header, expected) in [
            (r#"<?limit=1&cursor=x>; rel="next""#, Some("https://a.example/live/v1/access-tokens?limit=1&cursor=x")),
            (
                r#"<?cursor=y>; rel="prev", <?cursor=z>; title="a"; rel=next"#,
                Some("https://a.example/live/v1/access-tokens?cursor=z"),
            ),
            (r#"<?cursor=y>; rel="prev""#, None),
            ("", None),
        ] {
            assert_eq!(next_page(header, &current).unwrap(), expected.map(|url| url.parse().unwrap()), "{header}");
        }
        for header in [
            r#"<https://b.example/live/v1/access-tokens?cursor=x>; rel="next""#,
            r#"<http://a.example/live/v1/access-tokens?cursor=x>; rel="next""#,
            r#"<//b.example/live/v1/access-tokens?cursor=x>; rel="next""#,
            r#"</other?cursor=x>; rel="next""#,
            r#"<https://>; rel="next""#,
        ] {
            assert!(next_page(header, &current).is_err(), "{header}");
        }
    }

    #[test]
    fn cursor_is_the_decoded_query_parameter() {
        let cursor = |url: &str| cursor(&url.parse().unwrap());
        assert_eq!(cursor("https://a.example/x?limit=1&cursor=a%2Bb"), Some("a+b".to_owned()));
        assert_eq!(cursor("https://a.example/x?limit=1"), None);
    }
}
