use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::json;

use crate::domain::image_samples::png;
use crate::domain::{Case, KeptChecks, Message, PromptBody, Speaker};
use crate::interchange::import;

use super::{write_prompts_csv, write_prompts_jsonl};

/// Texts with everything that spreadsheets, CSV, JSON and templates treat as special.
const TEXT: &str = "([a-c0-9]|[=+@\\-＝']|[,;|\t\"\\[\\]{}]|\r\n|\n|\r| |\\{\\{x\\}\\}|é|😀|\u{feff}|\u{202e}){0,10}";
/// Names of variables: also those that mean something else as a header.
const NAME: &str = "(id|Prompt|messages|system|tags|__checks|__expected|var\\.x|vars|=x| x |'|x,y|x\ny||[a-z]{1,3})";

fn prompt() -> impl Strategy<Value = String> {
    TEXT.prop_filter("a blank prompt cannot be sent", |text| !text.trim().is_empty())
}

fn body() -> impl Strategy<Value = PromptBody> {
    let role = prop_oneof![Just(Speaker::System), Just(Speaker::User), Just(Speaker::Assistant)];
    let turns = vec((role, TEXT), 0..4);
    prop_oneof![
        (TEXT, prompt()).prop_map(|(system, prompt)| PromptBody::Template { system, prompt }),
        (turns, TEXT).prop_map(|(turns, last)| {
            let turns = turns.into_iter().chain([(Speaker::User, last)]);
            PromptBody::Messages(turns.map(|(role, content)| Message::new(role, content)).collect())
        }),
    ]
}

fn check() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        TEXT.prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        (0u8..100).prop_map(|n| json!(f64::from(n) / 4.0)),
        vec(TEXT, 0..3).prop_map(|values| json!([{ "type": "contains", "value": values }])),
        Just(serde_json::Value::Null),
    ]
}

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let checks = btree_map("(__expected|__metadata:k|__checks|assert|__ |__a,b)", check(), 0..3);
    let case = (body(), btree_map(NAME, TEXT, 0..4), option::of(TEXT), option::of(TEXT), vec(TEXT, 0..3), checks);
    (vec(case, 1..6), vec(TEXT, 6)).prop_map(|(cases, ids)| {
        let mut used = BTreeSet::new();
        let finish = |(number, (body, vars, expected, description, tags, checks)): (
            usize,
            (_, BTreeMap<String, String>, _, _, _, BTreeMap<_, _>),
        )| {
            let id = if ids[number].trim().is_empty() || !used.insert(ids[number].clone()) {
                format!("case {number}")
            } else {
                ids[number].clone()
            };
            Case { id, body, vars, images: Vec::new(), expected, description, tags, checks: KeptChecks::from_iter(checks) }
        };
        cases.into_iter().enumerate().map(finish).collect()
    })
}

fn imported(bytes: &[u8], name: &str) -> Vec<Case> {
    let preview = import::preview(bytes, name).unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(bytes)));
    assert_eq!(preview.skipped, []);
    assert_eq!(preview.warnings, []);
    preview.cases
}

proptest! {
    #[test]
    fn json_lines_bring_the_identical_set_back(cases in cases()) {
        let mut out = Vec::new();
        write_prompts_jsonl(&mut out, &cases).unwrap();
        prop_assert_eq!(imported(&out, "set.jsonl"), cases);
    }

    #[test]
    fn a_table_brings_the_identical_set_back(cases in cases()) {
        let mut out = Vec::new();
        write_prompts_csv(&mut out, &cases).unwrap();
        prop_assert_eq!(imported(&out, "set.csv"), cases, "{}", String::from_utf8_lossy(&out));
    }
}

#[test]
fn pictures_come_back() {
    let mut template = Case::single("1", "", "what is it?");
    template.images = vec![png("a.png"), png("b.png")];
    let turn = Message { images: vec![png("c.png")], ..Message::new(Speaker::User, "and this?") };
    let talk = Case {
        body: PromptBody::Messages(vec![turn, Message::new(Speaker::Assistant, "that"), Message::new(Speaker::User, "sure?")]),
        ..Case::single("2", "", "")
    };
    let cases = vec![template, talk, Case { images: vec![png("d.png")], ..Case::single("3", "", "") }];
    let mut out = Vec::new();
    write_prompts_jsonl(&mut out, &cases).unwrap();
    assert_eq!(imported(&out, "set.jsonl"), cases);
    let mut out = Vec::new();
    write_prompts_csv(&mut out, &cases).unwrap();
    let table = imported(&out, "set.csv");
    let pictures = |cases: &[Case]| cases.iter().flat_map(Case::all_images).map(|image| image.data_url()).collect::<Vec<_>>();
    assert_eq!(pictures(&table), pictures(&cases));
}

#[test]
fn a_plain_set_is_a_plain_table() {
    let mut case = Case::single("1", "", "Hi {{name}}");
    case.vars.insert("name".into(), "Ann".into());
    case.tags = vec!["a".into(), "b".into()];
    let mut out = Vec::new();
    write_prompts_csv(&mut out, &[case]).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "id,prompt,tags,name\n\"1\",\"Hi {{name}}\",\"a, b\",\"Ann\"\n");
}

#[test]
fn no_cell_of_a_table_is_a_live_formula() {
    let mut case = Case::single("=1", "+x", "@y");
    case.vars.insert("=evil".into(), "-1".into());
    let mut out = Vec::new();
    write_prompts_csv(&mut out, &[case]).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "id,system,prompt,'=evil\n\"'=1\",\"'+x\",\"'@y\",\"'-1\"\n");
}
