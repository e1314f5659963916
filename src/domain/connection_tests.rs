use super::*;

fn at(url: &str) -> Connection {
    Connection::new(ConnectionId::draw(), "Test", Role::Official, url, KeySource::None)
}

#[test]
fn plain_http_elsewhere_wants_an_allowance_and_with_a_key_a_private_address() {
    let judged =
        |url: &str, key_source: KeySource, allowed| Connection { key_source, plain_http_allowed: allowed, ..at(url) }.validate().err();
    for url in ["http://127.0.0.1:8091/v1", "http://localhost:11434/v1", "http://[::1]:1234/v1", "https://api.openai.com/v1/"] {
        assert_eq!(judged(url, KeySource::Keychain, false), None, "{url}");
    }
    assert_eq!(judged("http://192.168.1.2/v1", KeySource::None, false), None);
    for source in [KeySource::Keychain, KeySource::Session, KeySource::Environment("K".into())] {
        assert_eq!(judged("http://192.168.1.2/v1", source.clone(), false), Some(ConnectionError::PlainHttp { with_key: true }));
        assert_eq!(judged("http://192.168.1.2/v1", source, true), None);
    }
    for url in ["http://127.0.0.1.evil.com/v1", "http://8.8.8.8/v1", "http://localhost.evil.com"] {
        assert_eq!(judged(url, KeySource::None, false), Some(ConnectionError::PlainHttp { with_key: false }), "{url}");
        assert_eq!(judged(url, KeySource::None, true), None, "{url}");
        assert_eq!(judged(url, KeySource::Keychain, true), Some(ConnectionError::PlainHttpKey), "{url}");
    }
}

#[test]
fn a_connection_stored_before_there_was_an_allowance_has_none() {
    let mut stored = serde_json::to_value(at("http://192.168.1.2/v1")).unwrap();
    stored.as_object_mut().unwrap().remove("plain_http_allowed");
    assert!(!serde_json::from_value::<Connection>(stored).unwrap().plain_http_allowed);
}

#[test]
fn only_deepseek_itself_has_its_own_switch_for_thinking() {
    for (url, own) in [
        ("https://api.deepseek.com", true),
        ("https://API.deepseek.com/v1", true),
        ("https://api.deepseek.com.relay.example/v1", false),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", false),
        ("not a URL", false),
    ] {
        let mut connection = at(url);
        connection.dialect.no_stream_options = true;
        let spelling = connection.spelling_of("m");
        assert_eq!((spelling.thinking_by_type, spelling.no_stream_options), (own, true), "{url}");
    }
}

#[test]
fn a_base_url_carries_no_secrets() {
    for url in
        ["https://key@host/v1", "https://host/v1?key=1", "https://a:b@host", "https://host?api_key=1", "https://host#access_token=1?key=2"]
    {
        assert_eq!(at(url).validate(), Err(ConnectionError::UrlExtras), "{url}");
    }
    for (url, error) in [
        ("https://host/v1#x", ConnectionError::UrlFragment),
        ("https://host/v1?region=eu", ConnectionError::UrlQuery),
        ("host/v1", ConnectionError::UrlScheme),
    ] {
        assert_eq!(at(url).validate(), Err(error), "{url}");
    }
    assert_eq!(at("https://host/@team/v1").validate(), Ok(()));
    for url in ["", "ftp://host/v1", "https://", "https:///v1", "https://host:port/v1"] {
        assert_eq!(at(url).validate(), Err(ConnectionError::Url), "{url}");
    }
}

#[test]
fn only_the_simulated_provider_is_marked_so() {
    let named = |name: &str, role| Connection::new(ConnectionId::draw(), name, role, "https://host/v1", KeySource::None);
    for name in ["x (simulated)", "X (Simulated) ", "(simulated)"] {
        assert_eq!(named(name, Role::Relay).validate(), Err(ConnectionError::Name), "{name}");
        assert_eq!(named(name, Role::Demo).validate(), Ok(()), "{name}");
    }
    assert_eq!(named("(simulated) no more", Role::Relay).validate(), Ok(()));
    assert_eq!(named("x", Role::Demo).marked("Real GPT"), "Real GPT (simulated)");
    assert_eq!(named("x", Role::Demo).marked("GPT (simulated)"), "GPT (simulated)");
    assert_eq!(named("x", Role::Relay).marked("GPT"), "GPT");
}

#[test]
fn think_tags_are_read_until_they_are_switched_off() {
    let mut connection = at("https://host/v1");
    let mut stored = serde_json::to_value(&connection).unwrap();
    stored.as_object_mut().unwrap().remove("think_tags");
    let older: Connection = serde_json::from_value(stored).unwrap();
    assert!(connection.think_tags && older.think_tags);
    connection.think_tags = false;
    let text = serde_json::to_string(&connection).unwrap();
    assert_eq!(serde_json::from_str::<Connection>(&text).unwrap(), connection);
}

#[test]
fn an_extra_header_cannot_carry_the_key() {
    let mut connection = at("https://host/v1");
    for name in ["X-Api-Key", "authorization", "X-Auth-Token", "Ocp-Apim-Subscription-Key", "Helicone-Auth", "Set-Cookie", "Host", "a b"] {
        connection.extra_headers = vec![(name.into(), "secret".into())];
        assert_eq!(connection.validate(), Err(ConnectionError::Header(name.into())));
    }
    connection.extra_headers = vec![("X-Title".into(), "Assay".into())];
    assert_eq!(connection.validate(), Ok(()));
}
