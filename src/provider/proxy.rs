//! Whether requests go through this computer's proxy, by the same rules as the HTTP client's.

use hyper_util::client::proxy::matcher::Matcher;

use crate::domain::Origin;

/// The proxy that the environment or the system names is used for this origin; never for a loopback one.
pub(super) fn goes_through_proxy(origin: &Origin) -> bool {
    !origin.is_loopback() && is_matched(&Matcher::from_system(), origin)
}

fn is_matched(matcher: &Matcher, origin: &Origin) -> bool {
    let host = if origin.host.contains(':') { format!("[{}]", origin.host) } else { origin.host.clone() };
    let uri = format!("{}://{host}:{}/", origin.scheme, origin.port).parse::<http::Uri>();
    uri.is_ok_and(|uri| matcher.intercept(&uri).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_told_by_scheme_and_by_its_exceptions() {
        let matcher = Matcher::builder().https("http://proxy.example:3128").no("inside.example").build();
        let matched = |url: &str| is_matched(&matcher, &Origin::of(url).unwrap());
        assert!(matched("https://api.example.com/v1") && matched("https://[2001:db8::1]/v1"));
        assert!(!matched("http://api.example.com/v1") && !matched("https://inside.example/v1"));
    }
}
