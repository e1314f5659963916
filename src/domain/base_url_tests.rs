use proptest::prelude::*;

use super::*;

fn reach(host: &str) -> Reach {
    Origin::of(&format!("http://{host}/v1")).unwrap().reach()
}

#[test]
fn an_address_is_private_by_its_block_and_a_name_by_its_end() {
    for host in ["127.0.0.1:1", "localhost", "[::1]:8000", "127.8.8.8"] {
        assert_eq!(reach(host), Reach::ThisComputer, "{host}");
    }
    for host in [
        "192.168.0.1",
        "10.255.0.1:1234",
        "172.16.0.1",
        "172.31.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "169.254.1.1",
        "0.0.0.0",
        "[fd00::1]",
        "[fc12::1]:1",
        "[fe80::1]",
        "[febf::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:127.0.0.1]",
        "gpu",
        "GPU-1:8000",
        "my_box",
        "a.local",
        "a.b.LAN",
        "llm.internal",
        "nas.home.arpa",
        "a.local.",
        "x.localhost",
    ] {
        assert_eq!(reach(host), Reach::Private, "{host}");
    }
    for host in [
        "172.15.0.1",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "192.169.0.1",
        "8.8.8.8",
        "[2001:db8::1]",
        "[fe00::1]",
        "[::ffff:8.8.8.8]",
        "example.com",
        "local",
        "lan.example.com",
        "a.local.example.com",
        "127.0.0.1.evil.com",
        "192.168.1.2.evil.com",
        "notlocal.com",
        "box.ts.net",
        // What a browser reads as 8.8.8.8 and as evil.com.
        "134744072",
        "0x08080808",
        "8.8.2056",
        "evil。com",
        "evil%2ecom",
        "8.8.8.8.",
    ] {
        let expected = if host == "local" { Reach::Private } else { Reach::Public };
        assert_eq!(reach(host), expected, "{host}");
    }
}

#[test]
fn a_key_goes_unencrypted_only_where_that_was_allowed_and_never_over_the_internet() {
    let at = |url: &str, with_key| Origin::of(url).unwrap().plain_http(with_key);
    for with_key in [false, true] {
        assert_eq!(at("https://192.168.1.2/v1", with_key), None);
        assert_eq!(at("http://127.0.0.1/v1", with_key), None);
    }
    assert_eq!(
        (at("http://192.168.1.2/v1", false), at("http://192.168.1.2/v1", true)),
        (Some(PlainHttp::Told), Some(PlainHttp::Allowance))
    );
    assert_eq!((at("http://8.8.8.8/v1", false), at("http://8.8.8.8/v1", true)), (Some(PlainHttp::Allowance), Some(PlainHttp::Never)));
}

#[test]
fn what_is_no_part_of_a_base_url_is_left_out() {
    for (pasted, url, cut) in [
        (" https://h/v1/ ", "https://h/v1", None),
        ("“https://h/v1”", "https://h/v1", None),
        ("<https://h/v1//>\n", "https://h/v1", None),
        ("https://h/v1/chat/completions/", "https://h/v1", Some("/chat/completions")),
        ("https://h/api/completions", "https://h/api", Some("/completions")),
        ("https://h/v1/messages", "https://h/v1", Some("/messages")),
        ("https://h/v1beta/models", "https://h/v1beta", Some("/models")),
        ("https://h/v1beta/models/g-2.5:streamGenerateContent", "https://h/v1beta", Some("/models/g-2.5:streamGenerateContent")),
        // A base URL as well as not.
        ("https://h/models", "https://h/models", None),
        ("https://h/responses", "https://h/responses", None),
        ("https://h/v1/my-models", "https://h/v1/my-models", None),
        ("https://models", "https://models", None),
        ("https://h/v1/chat/completions?key=1", "https://h/v1/chat/completions?key=1", None),
    ] {
        let made = BaseUrl::from_pasted(pasted);
        assert_eq!((made.url.as_str(), made.cut.as_deref()), (url, cut), "{pasted}");
    }
}

#[test]
fn azure_is_told_from_its_likes() {
    let told = |url: &str| match check(url) {
        Err(ConnectionError::Azure { base_url, deployment }) => Some((base_url, deployment.unwrap_or_default())),
        _ => None,
    };
    let v1 = |host: &str, deployment: &str| Some((format!("https://{host}/openai/v1"), deployment.to_owned()));
    assert_eq!(told("https://N.openai.azure.com/openai/deployments/D?api-version=1"), v1("n.openai.azure.com", "D"));
    assert_eq!(told("https://n.openai.azure.com?api-version=1"), v1("n.openai.azure.com", ""));
    assert_eq!(told("https://n.openai.azure.com:443/openai"), v1("n.openai.azure.com", ""));
    assert_eq!(told("https://n.services.ai.azure.com/openai/deployments/d"), v1("n.services.ai.azure.com", "d"));
    for url in [
        "https://n.openai.azure.com/openai/v1",
        "https://n.services.ai.azure.com/models",
        "https://n.services.ai.azure.com/api/projects/p/openai/v1",
        "https://n.openai.azure.com.evil.com/openai/deployments/d",
        "https://openai.azure.com.example/openai",
    ] {
        assert!(check(url).is_ok(), "{url}");
    }
    // A key is spoken of first.
    assert_eq!(check("https://n.openai.azure.com/openai/v1?api-key=1"), Err(ConnectionError::UrlExtras));
    assert_eq!(check("https://h/openai/deployments/d?api-version=1"), Err(ConnectionError::UrlQuery));
}

proptest! {
    #[test]
    fn tidying_is_done_once_and_moves_no_origin(scheme in "https?://", host in "[a-z0-9.-]{1,12}(:[0-9]{1,4})?", path in "(/[/a-z0-9:. “\"'<>]{0,30})?") {
        for path in [path.clone(), format!("{path}/chat/completions"), format!("/v1{path}/v2/models/x:generateContent")] {
            let pasted = format!("{scheme}{host}{path}");
            let made = BaseUrl::from_pasted(&pasted);
            let again = BaseUrl::from_pasted(&made.url);
            if made.cut.is_none() {
                prop_assert_eq!(&again, &made);
            }
            if let (Ok(before), Ok(after)) = (Origin::of(&pasted), Origin::of(&made.url)) {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", host in "[a-z0-9.\\[\\]:%。-]{0,20}", rest in "[/?#&=a-z@:]{0,20}") {
        for text in [text.clone(), format!("http://{host}{rest}"), format!("https://n.openai.azure.com{rest}{text}")] {
            let made = BaseUrl::from_pasted(&text);
            let _maybe = check(&made.url);
            if let Ok(origin) = Origin::of(&text) {
                let _reach = origin.reach();
            }
        }
    }

    /// Whatever a private block holds, a key waits for the allowance.
    #[test]
    fn every_private_address_is_private(a in any::<u8>(), b in any::<u8>(), c in any::<u8>()) {
        let hosts = [format!("10.{a}.{b}.{c}"), format!("192.168.{a}.{b}"), format!("172.{}.{b}.{c}", 16 + a % 16), format!("100.{}.{b}.{c}", 64 + a % 64),
            format!("[fd{a:02x}::{b:x}]"), format!("[fe80::{b:x}:{c:x}]")];
        for host in hosts {
            prop_assert_eq!(Origin::of(&format!("http://{host}/v1")).unwrap().plain_http(true), Some(PlainHttp::Allowance), "{}", host);
        }
    }
}
