//! Where the next page lies.

use reqwest::Url;

/// The target of the link with `rel="next"` in a header `Link` (RFC 8288, section 3) of the answer to `asked`. A target on
/// another host or path is none: the credential does not go there.
#[must_use]
pub fn next(header: &str, asked: &Url) -> Option<Url> {
    let target = header.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        parameters.split([';', ',']).any(is_next).then_some(target)
    })?;
    let next = asked.join(target).ok()?;
    (next.origin() == asked.origin() && next.path() == asked.path() && next != *asked).then_some(next)
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
    fn only_the_next_page_of_the_same_list_is_followed() {
        let asked: Url = "https://a.example/live/v1/access-tokens?limit=1".parse().unwrap();
        for (header, found) in [
            (r#"<?limit=1&cursor=x>; rel="next""#, Some("https://a.example/live/v1/access-tokens?limit=1&cursor=x")),
            (
                r#"<?cursor=y>; rel="prev", <?cursor=z>; title="a"; rel=next"#,
                Some("https://a.example/live/v1/access-tokens?cursor=z"),
            ),
            (r#"<?cursor=y>; rel="prev""#, None),
            (r#"<https://b.example/live/v1/access-tokens?cursor=x>; rel="next""#, None),
            (r#"<//b.example/live/v1/access-tokens?cursor=x>; rel="next""#, None),
            (r#"</other?cursor=x>; rel="next""#, None),
            (r#"<?limit=1>; rel="next""#, None),
            ("", None),
        ] {
            assert_eq!(next(header, &asked), found.map(|url| url.parse().unwrap()), "{header}");
        }
    }
}
