//! What is told of a link or a picture: where it would lead. Nothing is fetched.

use super::super::visible;

/// The longest address that is kept for copying, bytes.
const ADDRESS_CAP_BYTES: usize = 2048;

/// The address, made visible and cut to a sane length.
pub(super) fn address(url: &str) -> String {
    let mut end = url.len().min(ADDRESS_CAP_BYTES);
    while !url.is_char_boundary(end) {
        end -= 1;
    }
    visible(&url[..end]).text.into_owned()
}

/// Where `url` leads, for people: the host, or why there is none.
pub(super) fn destination(url: &str) -> String {
    let address = address(url.trim());
    let Some((scheme, rest)) = address.split_once(':') else { return "no host".to_owned() };
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        let name: String = scheme.chars().take(16).collect();
        return if scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
            format!("{name}:")
        } else {
            "no host".to_owned()
        };
    }
    // Browsers take back slashes for slashes.
    let authority = rest.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.is_empty() {
        return "no host".to_owned();
    }
    let shown: String = host.chars().take(80).collect();
    if shown.is_ascii() { shown } else { format!("{shown}, not plain ASCII") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_the_one_a_browser_would_go_to() {
        for (url, expected) in [
            ("https://example.com/a?b", "example.com"),
            ("HTTP://user:pw@evil.test:8080/x", "evil.test:8080"),
            ("https://good.com@evil.test", "evil.test"),
            ("https:\\\\evil.test\\good.com", "evil.test"),
            ("https://exаmple.com", "exаmple.com, not plain ASCII"),
            ("javascript:alert(1)", "javascript:"),
            ("data:text/html,x", "data:"),
            ("file:///etc/passwd", "file:"),
            ("/relative", "no host"),
            ("", "no host"),
            ("https://", "no host"),
        ] {
            assert_eq!(destination(url), expected, "{url}");
        }
    }

    #[test]
    fn an_address_hides_nothing() {
        assert_eq!(address("https://a.test/\u{202e}gpj.exe"), "https://a.test/<U+202E>gpj.exe");
        assert!(address(&"é".repeat(4000)).len() <= ADDRESS_CAP_BYTES);
    }
}
