use std::collections::BTreeMap;

use crate::domain::{PromptBody, RenderError};
use crate::interchange::import::{Format, ImportError, ImportPreview, preview};

fn read(yaml: &str) -> ImportPreview {
    preview(yaml.as_bytes(), "promptfooconfig.yaml").unwrap()
}

fn told(preview: &ImportPreview) -> String {
    let warnings = preview.warnings.iter().map(|warning| warning.message.as_str());
    warnings.chain(preview.skipped.iter().map(|problem| problem.reason.as_str())).collect::<Vec<_>>().join("\n")
}

#[test]
fn two_prompts_and_three_combinations_make_six_cases() {
    let preview = read(
        "prompts:\n  - 'Summarise: {{text}}'\n  - 'In one word: {{ text }}'\ntests:\n  - vars: {text: [cats, dogs]}\n  - vars: {text: 1.5}\n",
    );
    assert_eq!(preview.format, Format::PromptfooYaml);
    let sent: Vec<String> = preview.cases.iter().map(|case| case.render().unwrap()[0].content.clone()).collect();
    assert_eq!(
        sent,
        ["Summarise: cats", "In one word: cats", "Summarise: dogs", "In one word: dogs", "Summarise: 1.5", "In one word: 1.5"]
    );
    assert_eq!(preview.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!((preview.skipped.len(), preview.warnings.len()), (0, 0));
}

#[test]
fn lists_cross_and_defaults_are_merged() {
    let preview = read(
        "prompts: 'Say {{a}} {{b}} in {{lang}}'\ndefaultTest:\n  vars: {lang: English, b: none}\n  assert: [{type: latency, threshold: 5000}]\ntests:\n  - description: greetings\n    vars: {a: [x, y], b: [1, 2]}\n    assert: [{type: contains, value: hi}]\n",
    );
    assert_eq!(preview.cases.len(), 4);
    let vars: Vec<BTreeMap<String, String>> = preview.cases.iter().map(|case| case.vars.clone()).collect();
    assert!(vars.iter().all(|vars| vars["lang"] == "English"));
    assert_eq!(vars.iter().map(|vars| format!("{}{}", vars["a"], vars["b"])).collect::<Vec<_>>(), ["x1", "x2", "y1", "y2"]);
    let case = &preview.cases[0];
    assert_eq!(case.description.as_deref(), Some("greetings"));
    assert_eq!(case.checks["assert"].as_array().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_taken_is_named() {
    let preview = read(include_str!("../../../../tests/fixtures/import/promptfoo-hostile.yaml"));
    let told = told(&preview);
    for name in [
        "openai:gpt-4.1-mini",
        "file://provider.py",
        "file://prompt.txt",
        "prompts/other.md",
        "scenarios",
        "extensions",
        "options.transform",
        "file://text.txt",
        "file://more.csv",
        "{{ topic | upper }}",
        "{% if x %}",
        "env",
        "provider",
    ] {
        assert!(told.contains(name), "{name} is not named in:\n{told}");
    }
    // The prompt with its expressions stays literal, and the plain one is taken.
    assert_eq!(preview.cases.len(), 2);
    assert!(matches!(&preview.cases[0].body, PromptBody::Template { prompt, .. } if prompt == "Explain {{ topic | upper }} {% if x %}"));
    assert_eq!(preview.cases[1].render(), Err(RenderError::MissingVariable { case_id: "2".into(), variable: "missing".into() }));
}

#[test]
fn a_variable_may_be_called_anything() {
    let yaml = |second: &str| {
        format!("prompts: ['{{{{company name}}}} {{{{x | upper}}}}']\ntests:\n- vars: {{company name: Acme}}\n- vars: {{{second}: Bolt}}\n")
    };
    let preview = read(&yaml("company name"));
    assert_eq!(preview.cases[1].render().unwrap()[0].content, "Bolt {{x | upper}}");
    assert!(told(&preview).contains("x | upper") && !told(&preview).contains("company"), "{}", told(&preview));
    let preview = read(&yaml("other name"));
    assert_eq!(preview.cases[1].render().unwrap()[0].content, "{{company name}} {{x | upper}}");
    assert!(told(&preview).contains("“{{company name}}” is kept as text"), "{}", told(&preview));
}

#[test]
fn a_chat_prompt_is_a_conversation_with_variables() {
    let preview = read(
        "prompts:\n- '[{\"role\": \"system\", \"content\": \"Be {{tone}}\"}, {\"role\": \"user\", \"content\": \"Hi\"}]'\ntests:\n- vars: {tone: kind}\n",
    );
    assert_eq!(preview.cases[0].render().unwrap()[0].content, "Be kind");
}

#[test]
fn bombs_and_broken_yaml_are_refused() {
    let level = |level: u32| format!("a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 10].join(", "));
    let bomb = format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{}", (1..12).map(level).collect::<Vec<_>>().join("\n"));
    let long_value = "v".repeat(1 << 20);
    let long_bomb = format!("prompts: [hi]\nx: &x {long_value}\ntests:\n{}", "- vars: {a: *x}\n".repeat(1000));
    let deep = format!("prompts: {}x{}", "[".repeat(500), "]".repeat(500));
    for (name, yaml) in [
        ("billion laughs", bomb.as_str()),
        ("long aliases", &long_bomb),
        ("depth", &deep),
        ("duplicate keys", "prompts: [a]\nprompts: [b]\n"),
        ("include", "prompts: !include secret.yaml\n"),
        ("not a number", "prompts: [a]\ntests:\n- vars: {x: .nan}\n"),
        ("broken", "prompts: [a\ntests: {"),
        ("two documents", "prompts: [a]\n---\nprompts: [b]\n"),
    ] {
        let error = preview(yaml.as_bytes(), "x.yaml").unwrap_err();
        assert!(matches!(error, ImportError::Yaml { .. }), "{name}: {error}");
        assert!(error.to_string().len() < 400, "{name}: {error}");
    }
    let vars: Vec<String> = (0..7).map(|n| format!("v{n}: [1, 2, 3, 4, 5, 6, 7, 8]")).collect();
    let many = format!("prompts: [a]\ntests: [{{vars: {{{}}}}}]", vars.join(", "));
    assert_eq!(preview(many.as_bytes(), "x.yaml").unwrap_err(), ImportError::TooManyCases);
}

#[test]
fn bounds_are_told_in_words() {
    let level = |level: u32| format!("a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 10].join(", "));
    let bomb = format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{}", (1..12).map(level).collect::<Vec<_>>().join("\n"));
    let few = format!("prompts: [hi]\nx: &x [1]\ntests:\n{}", "- vars: {a: *x}\n".repeat(200));
    let flow = format!("prompts: {}x{}", "[".repeat(500), "]".repeat(500));
    let block = (0..200).map(|depth| " ".repeat(depth) + "a:").collect::<Vec<_>>().join("\n");
    for (yaml, words) in [
        (&bomb, "aliases grow too large"),
        (&few, "aliases grow too large"),
        (&flow, "nested too deeply"),
        (&block, "nested too deeply"),
        (&"prompts: [a]\n---\nprompts: [b]\n".to_owned(), "several documents"),
    ] {
        let told = preview(yaml.as_bytes(), "x.yaml").unwrap_err().to_string();
        assert!(told.contains(words) && !told.contains(['{', '_']), "{told}");
    }
}

#[test]
fn nothing_taken_is_told_with_its_reasons() {
    for (yaml, name) in [
        ("prompts: [a]\ntests: file://x.csv\n", "file://x.csv"),
        ("prompts: [a]\ntests: {vars: {x: 1}}\n", "“tests” is an object"),
        ("scenarios: [{config: [], tests: []}]\n", "scenarios"),
        ("prompts: [a]\ntests: []\nproviders: [openai:gpt]\n", "openai:gpt"),
    ] {
        let preview = read(yaml);
        assert_eq!((preview.cases.len(), preview.row_count), (0, 0));
        assert!(told(&preview).contains(name), "{name} is not named in:\n{}", told(&preview));
    }
}

#[test]
fn a_number_that_loses_digits_is_told() {
    let preview = read(
        "prompts: ['{{a}} {{b}} {{c}}']\ntests:\n- vars: {a: 12345678901234567890123, b: '99999999999999999999999', c: 0.30000000000000004}\n",
    );
    let told = told(&preview);
    assert!(told.contains("12345678901234567890123") && told.contains("quotes") && !told.contains("9999"), "{told}");
    assert_eq!(preview.warnings.len(), 1, "{told}");
}

#[test]
fn a_configuration_in_json_is_read_the_same() {
    let preview =
        preview(br#"{"prompts": ["Hi {{name}}"], "tests": [{"vars": {"name": ["Ann", "Bob"]}}]}"#, "promptfooconfig.json").unwrap();
    assert_eq!((preview.format, preview.cases.len()), (Format::PromptfooYaml, 2));
}

#[test]
fn prompts_without_tests_stand_once() {
    assert_eq!(read("prompts: [a, b]\n").cases.len(), 2);
    assert_eq!(read("tests: [{vars: {prompt: hello}}]\n").cases[0].render().unwrap()[0].content, "hello");
}
