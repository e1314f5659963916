//! Base URLs as people paste them, and plain `http://`.

use serde_json::json;

use crate::program::{Program, Said};

fn add(program: &Program, name: &str, url: &str, more: &[&str]) -> Said {
    program.run_json(&[&["connection", "add", name, "--url", url], more].concat())
}

fn refused(program: &Program, url: &str, more: &[&str]) -> String {
    let said = add(program, "Refused", url, more);
    assert_eq!(said.code, 1, "{url}: {}", said.stdout);
    said.error().1
}

#[test]
fn azures_urls_are_answered_with_the_form_that_works_here() {
    let program = Program::new();
    for (url, base, model) in [
        (
            "https://corp.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
            "https://corp.openai.azure.com/openai/v1",
            "my-gpt",
        ),
        ("https://corp.openai.azure.com/openai/v1/?api-version=preview", "https://corp.openai.azure.com/openai/v1", "deployment"),
        ("https://corp.openai.azure.com/openai/deployments/my-gpt", "https://corp.openai.azure.com/openai/v1", "my-gpt"),
        ("https://corp.openai.azure.com/", "https://corp.openai.azure.com/openai/v1", "deployment"),
        (
            "https://corp.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
            "https://corp.services.ai.azure.com/openai/v1",
            "deployment",
        ),
        (
            "https://corp.cognitiveservices.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01-preview",
            "https://corp.cognitiveservices.azure.com/openai/v1",
            "“d”",
        ),
    ] {
        let told = refused(&program, url, &["--no-key"]);
        assert!(told.contains(base) && told.contains(model), "{url}: {told}");
    }
    for url in ["https://corp.openai.azure.com/openai/v1/", "https://corp.services.ai.azure.com/anthropic/v1"] {
        assert_eq!(add(&program, &url.replace('/', "_"), url, &["--no-key"]).code, 0, "{url}");
    }
}

#[test]
fn what_a_query_holds_decides_what_is_said() {
    let program = Program::new();
    for query in ["key=AIzaSy", "api_key=x", "access_token=x", "sv=1&sig=x", "subscription-key=x", "x=1&API-KEY=y"] {
        let told = refused(&program, &format!("https://host.example/v1?{query}"), &["--no-key"]);
        assert!(told.contains("key in its own field") && !told.contains("AIzaSy"), "{query}: {told}");
    }
    let told = refused(&program, "https://host.example/v1?version=2", &["--no-key"]);
    assert!(told.contains('?') && !told.contains("key"), "{told}");
    let told = refused(&program, "https://host.example/v1#top", &["--no-key"]);
    assert!(told.contains('#') && !told.contains("key"), "{told}");
    let told = refused(&program, "https://me:sk-1@host.example/v1", &["--no-key"]);
    assert!(told.contains("key in its own field") && !told.contains("sk-1"), "{told}");
    let told = refused(&program, "host.example/v1", &["--no-key"]);
    assert!(told.contains("https://"), "{told}");
}

#[test]
fn a_url_that_goes_too_far_is_cut_and_that_is_told() {
    let program = Program::new();
    for (number, (url, kept)) in [
        ("https://host.example/v1/chat/completions", "https://host.example/v1"),
        (" \"https://host.example/v1/chat/completions/\" ", "https://host.example/v1"),
        ("https://host.example/v1/responses", "https://host.example/v1"),
        ("https://host.example/v1/messages", "https://host.example/v1"),
        ("https://host.example/v1beta/models/gemini-2.5-flash:generateContent", "https://host.example/v1beta"),
        ("https://host.example/v1//", "https://host.example/v1"),
        ("https://host.example/@team/v1", "https://host.example/@team/v1"),
        ("https://host.example/models", "https://host.example/models"),
    ]
    .into_iter()
    .enumerate()
    {
        let said = add(&program, &format!("C{number}"), url, &["--no-key"]);
        assert_eq!((said.code, said.json()["url"].as_str()), (0, Some(kept)), "{url}: {}", said.stderr);
    }
    let said = program.run(&["connection", "add", "Told", "--url", "https://host.example/v1/chat/completions", "--no-key"]);
    assert!(said.stderr.contains("/chat/completions"), "{}", said.stderr);
}

#[test]
fn plain_http_without_a_key_is_taken_at_a_private_address_with_a_notice() {
    let program = Program::new();
    let hosts =
        ["192.168.1.2:1234", "10.0.0.8", "172.31.255.1", "100.64.0.1", "[fd00::1]:8000", "[fe80::1]", "studio.local", "gpu.lan", "llm"];
    for host in hosts {
        let said = program.run(&["connection", "add", host, "--url", &format!("http://{host}/v1"), "--no-key"]);
        assert_eq!(said.code, 0, "{host}: {}", said.stderr);
        assert!(said.stderr.contains("readable by anyone on the way"), "{host}: {}", said.stderr);
    }
    let listed = program.run_json(&["connection", "list"]).json();
    assert!(listed.as_array().unwrap().iter().all(|one| one["unencrypted"] == json!(true)), "{listed}");
    for host in ["172.32.0.1", "100.128.0.1", "8.8.8.8", "example.com", "evil.local.example.com", "[2001:db8::1]"] {
        let url = format!("http://{host}/v1");
        assert!(refused(&program, &url, &["--no-key"]).contains("--allow-http"), "{host}");
        assert_eq!(add(&program, &format!("Open {host}"), &url, &["--no-key", "--allow-http"]).code, 0, "{host}");
    }
}

/// A key goes unencrypted only where that was allowed, and never over the internet.
#[test]
fn plain_http_with_a_key_wants_the_allowance_and_a_private_address() {
    let mut program = Program::new();
    program.set("K", "sk-canary");
    let key = ["--key-env", "K"];
    let told = refused(&program, "http://192.168.1.2/v1", &key);
    assert!(told.contains("--allow-http") && told.contains("key"), "{told}");
    assert_eq!(program.run_json(&["connection", "list"]).json(), json!([]));
    let said = add(&program, "Office", "http://192.168.1.2/v1", &[&key[..], &["--allow-http"]].concat());
    assert_eq!((said.code, &said.json()["unencrypted"]), (0, &json!(true)), "{}", said.stderr);
    let told = refused(&program, "http://llm.example.com/v1", &[&key[..], &["--allow-http"]].concat());
    assert!(told.contains("https://") && !told.contains("--allow-http"), "{told}");
    let said = add(&program, "Here", "http://127.0.0.1:8080/v1", &key);
    assert_eq!((said.code, &said.json()["unencrypted"]), (0, &json!(false)), "{}", said.stderr);
}
