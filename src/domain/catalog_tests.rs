//! The bundled files say what they must, exactly.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::*;
use crate::domain::{ConnectionId, KeySource, Origin, PriceStanding, WireFormat};

fn at(url: &str, role: Role) -> Connection {
    Connection::new(ConnectionId::draw(), "Test", role, url, KeySource::None)
}

fn url_hosts(presets: &Presets) -> BTreeSet<String> {
    presets.presets.iter().flat_map(|preset| &preset.urls).map(|url| Origin::of(&url.url).unwrap().host).collect()
}

#[test]
fn every_preset_makes_a_valid_connection() {
    let presets = Presets::bundled().unwrap();
    let mut ids = BTreeSet::new();
    for preset in &presets.presets {
        assert!(ids.insert(&preset.id), "{} twice", preset.id);
        assert!(!preset.urls.is_empty(), "{}", preset.id);
        for url in &preset.urls {
            let connection = Connection::new(ConnectionId::draw(), &preset.name, preset.role, &url.url, KeySource::None);
            assert_eq!(connection.validate(), Ok(()), "{}", url.url);
            assert_eq!(connection.base_url, url.url, "a trailing slash");
            assert_eq!(Origin::of(&url.url).unwrap().is_loopback(), preset.role == Role::Local, "{}", url.url);
            let several = preset.urls_of(url.wire).count() > 1;
            assert_eq!(url.region.is_empty(), !several, "{}: regions are named when there are several", preset.id);
        }
        for variable in &preset.key_variables {
            let key_source = KeySource::Environment(variable.clone());
            assert_eq!(Connection { key_source, ..at(&preset.urls[0].url, preset.role) }.validate(), Ok(()), "{variable}");
        }
        assert_eq!(preset.key_page.is_none(), preset.role == Role::Local, "{}", preset.id);
        assert_eq!(preset.key_variables.is_empty(), preset.role == Role::Local, "{}", preset.id);
        assert!(preset.key_page.as_deref().is_none_or(|page| page.starts_with("https://")), "{}", preset.id);
    }
    let listed = [
        "openai",
        "deepseek",
        "alibaba",
        "holysheep",
        "openrouter",
        "gemini",
        "anthropic",
        "mistral",
        "groq",
        "xai",
        "ollama",
        "lm-studio",
        "llama-cpp",
        "vllm",
    ];
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), { BTreeSet::from(listed) }.iter().collect::<Vec<_>>());
    assert_eq!(presets.find("alibaba").unwrap().urls_of(WireFormat::OpenAiChat).count(), 4);
    // Makers of a wire format are asked in it, and in the compatible one by choice.
    for (id, wire) in
        [("openai", WireFormat::OpenAiResponses), ("anthropic", WireFormat::AnthropicMessages), ("gemini", WireFormat::Gemini)]
    {
        assert_eq!(presets.find(id).unwrap().wires(), [wire, WireFormat::OpenAiChat]);
        assert_eq!(presets.wire_at(wire.usual_base_url()), Some(wire));
    }
    assert_eq!(presets.wire_at("https://generativelanguage.googleapis.com/v1beta/openai/"), Some(WireFormat::OpenAiChat));
    assert_eq!(presets.wire_at("https://elsewhere.example/v1"), None);
    let holysheep = presets.find("holysheep").unwrap();
    assert_eq!((holysheep.urls[0].url.as_str(), holysheep.role), ("https://api.holysheep.ai/v1", Role::Relay));
}

#[test]
fn every_entry_is_dated_sourced_and_at_the_host_of_a_preset() {
    let known = url_hosts(&Presets::bundled().unwrap());
    let mut seen = BTreeSet::new();
    for entry in &Catalog::bundled().unwrap().entries {
        assert!(!entry.hosts.is_empty() && !entry.models.is_empty(), "{}", entry.name);
        for host in &entry.hosts {
            assert!(known.contains(host), "{host} is the host of no preset");
            for model in &entry.models {
                assert!(seen.insert((host.clone(), model.clone())), "{host} {model} twice");
            }
        }
        let price = entry.price.as_ref().unwrap();
        assert_eq!(price.dated, Some(jiff::civil::date(2026, 11, 22)), "{}", entry.name);
        assert!(!price.source.is_empty() && price.currency.code() == "USD");
        assert!(!price.tiers.is_empty());
        for tier in &price.tiers {
            assert!(tier.input_per_million > Decimal::ZERO && tier.output_per_million > Decimal::ZERO, "{}", entry.name);
        }
        let bounds: Vec<u64> = price.tiers.iter().map(|tier| tier.up_to_input_tokens.unwrap_or(u64::MAX)).collect();
        assert!(bounds.is_sorted_by(|a, b| a < b), "{}: {bounds:?}", entry.name);
        assert_eq!(entry.claim.is_some(), price.standing == PriceStanding::Claimed, "{}", entry.name);
    }
}

#[test]
fn the_figures_are_the_listed_ones() {
    let catalog = Catalog::bundled().unwrap();
    let listed = [
        ("api.openai.com", "gpt-4.1", 1_000_000, "2.00/8.00"),
        ("api.anthropic.com", "claude-sonnet-4-5", 200_000, "3.00/15.00"),
        ("api.anthropic.com", "claude-sonnet-4-5-20250929", 200_000, "3.00/15.00"),
        ("generativelanguage.googleapis.com", "gemini-2.5-flash", 1_000_000, "0.30/2.50"),
        ("api.deepseek.com", "deepseek-chat", 128_000, "0.28/0.42"),
        ("api.deepseek.com", "deepseek-reasoner", 128_000, "0.28/0.42"),
        ("dashscope-intl.aliyuncs.com", "qwen3-max", 256_000, "32000: 1.20/6.00, 128000: 2.40/12.00, 252000: 3.00/15.00"),
        ("api.holysheep.ai", "qwen-max", 128_000, "0.12/0.42"),
    ];
    for (host, model, window, figures) in listed {
        let entry = catalog.find(host, model).unwrap();
        assert_eq!(entry.context_window_tokens, Some(window), "{model}");
        let tiers: Vec<String> = entry
            .price
            .as_ref()
            .unwrap()
            .tiers
            .iter()
            .map(|tier| {
                let bound = tier.up_to_input_tokens.map(|bound| format!("{bound}: ")).unwrap_or_default();
                format!("{bound}{}/{}", tier.input_per_million, tier.output_per_million)
            })
            .collect();
        assert_eq!(tiers.join(", "), figures, "{model}");
    }
    let relay = catalog.find("api.holysheep.ai", "qwen-max").unwrap();
    assert_eq!(relay.price.as_ref().unwrap().standing, PriceStanding::Claimed);
    assert!(relay.claim.as_ref().unwrap().ends_with("claimed by the relay, identity not verified"));
    let qwen = catalog.find("dashscope-intl.aliyuncs.com", "qwen3-max").unwrap();
    assert_eq!((qwen.strengths.as_str(), qwen.best_use.as_str()), ("Multilingual, coding, reasoning", "Conversation"));
}

#[test]
fn a_catalog_price_holds_for_its_host_and_model_only() {
    let catalog = Catalog::bundled().unwrap();
    let price = |url: &str, role, model: &str| find_price(&at(url, role), model, &[], &catalog);
    let official = Role::Official;
    assert!(price("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", official, "qwen3-max").is_some());
    assert_eq!(price("https://dashscope.aliyuncs.com/compatible-mode/v1", official, "qwen3-max"), None);
    assert_eq!(price("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", official, "qwen-max"), None);
    assert_eq!(price("https://api.holysheep.ai/v1", Role::Relay, "qwen3-max"), None);
    assert_eq!(price("https://api.openai.com/v1", official, "GPT-4.1"), None);
    assert_eq!(price("http://127.0.0.1:8091/v1", Role::Local, "gpt-4.1"), Some(Price::local()));
    assert_eq!(price("http://127.0.0.1:8091/v1", Role::Demo, "gpt-4.1"), None);

    let own = Price::flat(Decimal::ONE, Decimal::TWO, crate::domain::Currency::usd(), PriceStanding::Own, "test");
    let owns = [OwnPrice { host: "api.openai.com".into(), model: "gpt-4.1".into(), price: own.clone() }];
    assert_eq!(find_price(&at("https://api.openai.com/v1", official), "gpt-4.1", &owns, &catalog), Some(own));
}

#[test]
fn a_server_on_this_computer_is_started_by_a_command_with_its_port() {
    let presets = Presets::bundled().unwrap();
    let command =
        |url: &str, preset: Option<&str>| presets.start_command(&Connection { preset: preset.map(str::to_owned), ..at(url, Role::Local) });
    assert_eq!(command("http://127.0.0.1:8091/v1", Some("llama-cpp")).as_deref(), Some("llama-server --model MODEL.gguf --port 8091"));
    assert_eq!(command("http://127.0.0.1:11434/v1", Some("ollama")).as_deref(), Some("ollama serve"));
    assert_eq!(command("http://127.0.0.1:11435/v1", Some("ollama")), None, "the command would start it at another port");
    // Added by hand, at the usual address of one that is known.
    assert_eq!(command("http://127.0.0.1:1234/v1", None).as_deref(), Some("lms server start --port 1234"));
    assert_eq!(command("http://127.0.0.1:5555/v1", None), None);
    assert_eq!(command("https://api.openai.com/v1", Some("openai")), None);
    assert!(presets.presets.iter().filter(|preset| preset.role == Role::Local).all(|preset| preset.start_command.is_some()));
}

#[test]
fn a_prefix_is_a_hint_only_where_it_says_something() {
    let presets = Presets::bundled().unwrap();
    let hint = |key: &str, preset, name| {
        let key = crate::domain::ApiKey::from_pasted(key).unwrap().0;
        presets.foreign_prefix(&key, preset, name).map(|(_, provider)| provider)
    };
    assert_eq!(hint("sk-ant-0123456789", Some("openai"), "OpenAI"), Some("Anthropic"));
    assert_eq!(hint("gsk_0123456789", Some("openai"), "OpenAI"), Some("Groq"));
    assert_eq!(hint("sk-ant-0123456789", None, "My Anthropic account"), None);
    assert_eq!(hint("sk-ant-0123456789", Some("anthropic"), "Work"), None);
    assert_eq!(hint("sk-0123456789", Some("mistral"), "Mistral"), None);
    assert_eq!(hint("unknown-0123456789", None, ""), None);
}
