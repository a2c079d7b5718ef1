//! Where the next page lies.

use reqwest::Url;

use crate::error::Error;

/// The target of the link with `rel="next"` in a header `Link` (RFC 8288, section 3) of the answer to `asked`; `None` where
/// there is no such link.
///
/// # Errors
///
/// [`Error::Other`] for a target on another host or path: the credential does not go there, and what lies there is missing.
pub fn next(header: &str, asked: &Url) -> Result<Option<Url>, Error> {
    let target = header.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        parameters.split([';', ',']).any(is_next).then_some(target)
    });
    let Some(target) = target else { return Ok(None) };
    let next = asked.join(target).ok();
    let next = next.filter(|next| next.origin() == asked.origin() && next.path() == asked.path());
    next.map(Some).ok_or_else(|| Error::Other("the link to the next page leads away from the list".to_owned()))
}

/// The place in the list at which a page begins; `None` for its beginning.
#[must_use]
pub fn cursor(page: &Url) -> Option<String> {
    page.query_pairs().find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned())
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.trim().split_once('=') else { return false };
    name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').split(' ').any(|rel| rel == "next")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_of_the_same_list_is_followed_and_one_elsewhere_is_an_error() {
        let asked: Url = "https://a.example/live/v1/access-tokens?limit=1".parse().unwrap();
        for (header, found) in [
            (r#"<?limit=1&cursor=x>; rel="next""#, Some("https://a.example/live/v1/access-tokens?limit=1&cursor=x")),
            (
                r#"<?cursor=y>; rel="prev", <?cursor=z>; title="a"; rel=next"#,
                Some("https://a.example/live/v1/access-tokens?cursor=z"),
            ),
            (r#"<?cursor=y>; rel="prev""#, None),
            ("", None),
        ] {
            assert_eq!(next(header, &asked).unwrap(), found.map(|url| url.parse().unwrap()), "{header}");
        }
        for header in [
            r#"<https://b.example/live/v1/access-tokens?cursor=x>; rel="next""#,
            r#"<http://a.example/live/v1/access-tokens?cursor=x>; rel="next""#,
            r#"<//b.example/live/v1/access-tokens?cursor=x>; rel="next""#,
            r#"</other?cursor=x>; rel="next""#,
            r#"<https://>; rel="next""#,
        ] {
            assert!(next(header, &asked).is_err(), "{header}");
        }
    }

    #[test]
    fn a_page_is_known_by_its_cursor_alone() {
        let cursor = |url: &str| cursor(&url.parse().unwrap());
        assert_eq!(cursor("https://a.example/x?limit=1&cursor=a%2Bb"), Some("a+b".to_owned()));
        assert_eq!(cursor("https://a.example/x?limit=1"), None);
    }
}
