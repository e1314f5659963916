use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::image_samples::{PNG, png};
use crate::domain::{Case, Message, PromptBody, RenderError, Speaker};

use super::{
    ColumnMapping, ColumnRole, Format, ImportError, ImportPreview, MAX_CASES, MAX_COLUMNS, MAX_FILE_BYTES, parse_with, parse_with_images,
    preview,
};

fn csv(text: &str) -> ImportPreview {
    preview(text.as_bytes(), "a.csv").unwrap()
}

fn jsonl(text: &str) -> ImportPreview {
    preview(text.as_bytes(), "a.jsonl").unwrap()
}

fn skipped(preview: &ImportPreview) -> Vec<(u64, &str)> {
    preview.skipped.iter().map(|problem| (problem.row, problem.reason.as_str())).collect()
}

fn turn(role: Speaker, content: &str) -> Message {
    Message::new(role, content)
}

#[test]
fn a_table_of_excel_is_read_whole() {
    let text = "ID;Prompt;System;Expected;Tags;Topic;__expected\r\n7;Explain {{Topic}};Be short;42;\"a, b\";\"quarks; leptons\";contains:quark\r\n";
    let preview = csv(text);
    assert_eq!((preview.format, preview.delimiter, preview.encoding), (Format::Csv, Some(';'), "UTF-8"));
    let mut case = Case::single("7", "Be short", "Explain {{Topic}}");
    case.vars.insert("Topic".into(), "quarks; leptons".into());
    case.expected = Some("42".into());
    case.tags = vec!["a".into(), "b".into()];
    case.checks.insert("__expected".into(), "contains:quark".into());
    assert_eq!(preview.cases, [case]);
    assert_eq!(preview.columns[5].role, ColumnRole::Variable("Topic".into()));
    assert_eq!(preview.columns[5].samples, ["quarks; leptons"]);
}

#[test]
fn problems_name_the_row_of_the_spreadsheet() {
    let preview =
        csv("id,prompt,name\n1,\"two\nlines\",x\n\n2,one, two,three\n3,,x\n4,Hi {{name}}\n5,Hi\n6,fine,y\n7,\"open,z\n8,lost,z\n");
    assert_eq!(preview.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["1", "5", "6"]);
    assert_eq!(preview.skipped.iter().map(|problem| problem.row).collect::<Vec<_>>(), [4, 5, 6, 9]);
    assert!(preview.skipped[3].reason.contains("never closed"));
    assert_eq!(preview.warnings.iter().map(|warning| warning.row).collect::<Vec<_>>(), [Some(7)]);
    assert_eq!(preview.row_count, 7);
}

#[test]
fn headers_that_repeat_or_are_empty_are_told() {
    let preview = csv("prompt,PROMPT,,x,x\nhi,other,stray,1,2\n");
    assert_eq!(preview.cases[0].vars["x"], "1");
    let told: Vec<&str> = preview.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(preview.warnings.iter().all(|warning| warning.row == Some(1)));
}

#[test]
fn an_empty_cell_is_no_value_and_a_quoted_one_an_empty_text() {
    let preview = csv("id,prompt,name\na,Hi {{name}},\nb,Hi {{name}},\"\"\n");
    assert_eq!(preview.cases[0].render(), Err(RenderError::MissingVariable { case_id: "a".into(), variable: "name".into() }));
    assert_eq!(preview.cases[1].render().unwrap()[0].content, "Hi ");
}

#[test]
fn a_table_without_a_prompt_names_its_headers_and_can_be_mapped() {
    let text = b"question,answer,note\nWhy?,Because,x\n";
    let error = preview(text, "a.csv").unwrap_err();
    assert!(error.to_string().contains("“question”, “answer”, “note”"), "{error}");
    let ImportError::NoPromptColumn { columns } = error else { panic!("{error}") };
    assert_eq!(columns[0].samples, ["Why?"]);
    let mapping = |roles: &[ColumnRole]| ColumnMapping { roles: roles.to_vec() };
    let good = mapping(&[ColumnRole::Prompt, ColumnRole::Expected, ColumnRole::Ignore]);
    let mapped = parse_with(text, "a.csv", Some(&good)).unwrap();
    assert_eq!((mapped.cases[0].expected.as_deref(), mapped.cases[0].vars.len()), (Some("Because"), 0));
    for bad in [mapping(&[ColumnRole::Prompt]), mapping(&[ColumnRole::Prompt, ColumnRole::Prompt, ColumnRole::Ignore])] {
        assert!(matches!(parse_with(text, "a.csv", Some(&bad)), Err(ImportError::Mapping(_))));
    }
}

#[test]
fn a_variable_may_be_called_anything() {
    let preview = csv("id,prompt,company name,2nd\na,Hi {{company name}} and {{ 2nd }},Acme,Bolt\nb,Hi {{company name}} {{3rd}},,Bolt\n");
    let sent: Vec<String> = preview.cases.iter().map(|case| case.render().unwrap()[0].content.clone()).collect();
    assert_eq!(sent, ["Hi Acme and Bolt", "Hi {{company name}} {{3rd}}"]);
    let told: Vec<_> = preview.warnings.iter().map(|warning| (warning.row, warning.message.as_str())).collect();
    assert_eq!(told, [(Some(3), "“{{company name}}” has no value here and is sent as it stands")]);
    let turns = r#""[{""role"":""user"",""content"":""{{company name}} {{2nd}}""}]""#;
    let preview = csv(&format!("messages,company name,2nd\n{turns},Acme,Bolt\n{turns},,Bolt\n{turns},,\n"));
    let sent: Vec<String> = preview.cases.iter().map(|case| case.render().unwrap()[0].content.clone()).collect();
    assert_eq!(sent, ["Acme Bolt", "{{company name}} Bolt", "{{company name}} {{2nd}}"]);
    assert_eq!(
        preview.warnings.iter().map(|warning| warning.row).collect::<Vec<_>>(),
        [Some(3)],
        "without variables a conversation is literal"
    );
}

#[test]
fn excels_first_line_names_the_delimiter() {
    let preview = csv("sep=;\r\nid;prompt\r\n1;Hello, world\r\n2;Bye, world; all\r\n");
    assert_eq!((preview.delimiter, preview.columns.len()), (Some(';'), 2));
    assert_eq!(preview.cases[0].render().unwrap()[0].content, "Hello, world");
    assert_eq!(skipped(&preview).iter().map(|(row, _)| *row).collect::<Vec<_>>(), [3], "Excel hides the line, the header is row 1");
}

#[test]
fn one_column_takes_whole_lines() {
    let preview = csv("prompt\nHello, world\n\"Say \"\"hi\"\", please\"\none; two | three\tfour\n");
    let sent: Vec<String> = preview.cases.iter().map(|case| case.render().unwrap()[0].content.clone()).collect();
    assert_eq!(sent, ["Hello, world", "Say \"hi\", please", "one; two | three\tfour"]);
    assert_eq!(skipped(&preview), []);
}

#[test]
fn messages_stay_literal_without_variables() {
    let preview = csv("id,prompt,messages,x\n1,,\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"{{x}}\"\"}]\",\n2,,[oops,\n");
    assert_eq!(preview.cases[0].render().unwrap(), [turn(Speaker::User, "{{x}}")]);
    assert_eq!((preview.skipped.len(), preview.skipped[0].row), (1, 3));
}

#[test]
fn the_json_shapes_of_other_tools_are_read() {
    let preview = jsonl(concat!(
        "{\"prompt\":\"Hi {{a}}\",\"vars\":{\"a\":1,\"b\":null},\"system\":\"S\",\"id\":9,\"tags\":\"x, y\",\"expected\":4,\"model\":\"m\"}\n",
        "{\"messages\":[{\"role\":\"developer\",\"content\":\"D\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]}\n",
        "{\"input\":[{\"role\":\"user\",\"content\":\"2+2?\"}],\"ideal\":[\"4\",\"four\"]}\n",
        "{\"conversations\":[{\"from\":\"human\",\"value\":\"Q\"},{\"from\":\"gpt\",\"value\":\"A\"}],\"system\":\"S\"}\n",
        "{\"custom_id\":\"b-1\",\"method\":\"POST\",\"url\":\"/v1\",\"body\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"batch\"}]}}\n",
        "\"only a text\"\n",
    ));
    assert_eq!((preview.format, preview.skipped.len()), (Format::JsonL, 0));
    let [first, second, third, fourth, fifth, sixth] = preview.cases.as_slice() else { panic!("{:?}", preview.cases) };
    assert_eq!(first.render().unwrap(), [turn(Speaker::System, "S"), turn(Speaker::User, "Hi 1")]);
    assert_eq!(
        (first.id.as_str(), first.expected.as_deref(), first.tags.as_slice()),
        ("9", Some("4"), &["x".to_owned(), "y".to_owned()][..])
    );
    assert_eq!(second.body, PromptBody::Messages(vec![turn(Speaker::System, "D"), turn(Speaker::User, "a\nb")]));
    assert_eq!((third.expected.as_deref(), third.checks["ideal"].as_array().unwrap().len()), (Some("4"), 2));
    assert_eq!(fourth.body, PromptBody::Messages(vec![turn(Speaker::System, "S"), turn(Speaker::User, "Q")]));
    assert_eq!(fourth.expected.as_deref(), Some("A"));
    assert_eq!((fifth.id.as_str(), fifth.render().unwrap()), ("b-1", vec![turn(Speaker::User, "batch")]));
    assert_eq!(sixth.render().unwrap(), [turn(Speaker::User, "only a text")]);
    let told: Vec<&str> = preview.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!((told.len(), told[0]), (2, "“model” is not taken (2×)"));
}

#[test]
fn what_cannot_be_sent_is_told_by_line() {
    let preview = jsonl(concat!(
        "{\"prompt\":\"fine\"}\n\n{\"prompt\": oops}\n{\"question\":\"x\"}\n",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{}}]}]}\n",
        "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}\n{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}\n{\"prompt\":[]}\n[1]\n",
    ));
    let skipped = skipped(&preview);
    assert_eq!(skipped.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 9]);
    for (at, words) in [(1, "“question”"), (2, "input_audio"), (3, "“tool”"), (4, "user's turn")] {
        assert!(skipped[at].1.contains(words), "{:?}", skipped[at]);
    }
}

#[test]
fn broken_json_says_where() {
    let error = preview(b"[\n {\"prompt\": \"a\"},\n {\"prompt\": }\n]", "a.json").unwrap_err();
    assert!(matches!(error, ImportError::Json { line: 3, column: 13, .. }), "{error:?}");
    assert!(error.to_string().starts_with("line 3, column 13: not valid JSON"), "{error}");
    let deep = format!("[{}{}]", "[".repeat(10_000), "]".repeat(10_000));
    let error = preview(deep.as_bytes(), "a.json").unwrap_err();
    assert!(matches!(error, ImportError::Json { .. }) && error.to_string().ends_with(": nested too deeply"), "{error}");
    assert!(matches!(preview(b"12", "a.json"), Err(ImportError::Shape(_))));
    assert!(matches!(preview(b"[]", "a.json"), Err(ImportError::NoCases)));
}

#[test]
fn numbers_keep_all_their_digits() {
    let preview = jsonl(concat!(
        "{\"id\":12345678901234567890123,\"prompt\":\"{{a}} {{b}} {{c}}\",\"vars\":{\"a\":0.12345678901234567890123,\"b\":-1e400,\"c\":1.5}}\n",
        "{\"id\":12345678901234567890124,\"prompt\":\"x\",\"expected\":18446744073709551615}\n",
    ));
    assert_eq!(
        preview.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(),
        ["12345678901234567890123", "12345678901234567890124"]
    );
    assert_eq!(preview.cases[0].render().unwrap()[0].content, "0.12345678901234567890123 -1e400 1.5");
    assert_eq!(preview.cases[1].expected.as_deref(), Some("18446744073709551615"));
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(preview(&vec![b'a'; MAX_FILE_BYTES + 1], "a.csv"), Err(ImportError::TooLarge));
    let wide = format!("prompt{}\n", ",x".repeat(MAX_COLUMNS));
    assert_eq!(preview(wide.as_bytes(), "a.csv"), Err(ImportError::TooManyColumns));
    let long = format!("prompt\n{}", "x\n".repeat(MAX_CASES + 1));
    assert_eq!(preview(long.as_bytes(), "a.csv"), Err(ImportError::TooManyCases));
    let values = format!("[{}1]", "1,".repeat(4_000_001));
    assert!(matches!(preview(values.as_bytes(), "a.json"), Err(ImportError::Json { .. })));
    assert_eq!(preview(b"", "a.csv"), Err(ImportError::Empty));
    assert_eq!(preview(b"prompt\n", "a.csv"), Err(ImportError::NoCases));
}

#[test]
fn yaml_lists_of_prompts_are_read_like_json() {
    let preview = preview(b"- prompt: Hi\n  id: x\n- messages:\n  - {role: user, content: Ho}\n", "a.yml").unwrap();
    assert_eq!(preview.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["x", "1"]);
}

#[test]
fn pictures_come_from_data_urls_and_from_files_beside_a_table() {
    let dot = png("dot.png");
    let url = dot.data_url();
    let line = format!(
        r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"what?"}},{{"type":"image_url","image_url":{{"url":"{url}"}},"name":"dot.png"}}]}}]}}"#
    );
    let line = jsonl(&line);
    let PromptBody::Messages(turns) = &line.cases[0].body else { panic!("no conversation") };
    assert_eq!((turns[0].content.as_str(), turns[0].images.as_slice()), ("what?", std::slice::from_ref(&dot)));
    let others = [
        format!(r#"{{"messages":[{{"role":"user","content":[{{"type":"input_image","image_url":"{url}"}}]}}]}}"#),
        format!(
            r#"{{"messages":[{{"role":"user","content":[{{"type":"image","source":{{"type":"base64","media_type":"image/jpeg","data":"{PNG}"}}}}]}}]}}"#
        ),
        format!(r#"{{"prompt":"what?","images":["{url}"]}}"#),
    ];
    for other in others {
        assert_eq!(jsonl(&other).cases[0].all_images().count(), 1, "{other}");
    }
    let files = |path: &str| if path == "a/dot.png" { Ok(STANDARD.decode(PNG).unwrap()) } else { Err("no such file".to_owned()) };
    let table = "prompt,image\nwhat?,a/dot.png\nand?,b.png\nplain,\n";
    let read = parse_with_images(table.as_bytes(), "a.csv", None, &files).unwrap();
    assert_eq!((read.cases.len(), read.cases[0].images.as_slice(), read.cases[1].images.len()), (2, std::slice::from_ref(&dot), 0));
    assert_eq!((read.skipped[0].row, read.skipped[0].reason.as_str()), (3, "the picture “b.png” cannot be taken: no such file"));
}

/// A row whose picture would have to be fetched is told and not taken: without it, the prompt would be another one.
#[test]
fn no_picture_is_fetched() {
    let read = jsonl(concat!(
        r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}"#,
        "\n",
        r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,R0lGODlh"}}]}]}"#,
        "\n",
        r#"{"messages":[{"role":"assistant","content":[{"type":"image_url","image_url":"x"}]},{"role":"user","content":"hi"}]}"#,
    ));
    assert!(read.cases.is_empty());
    let reasons: Vec<&str> = read.skipped.iter().map(|problem| problem.reason.as_str()).collect();
    assert!(reasons[0].contains("nothing is fetched") && reasons[1].contains("no PNG, JPEG or WebP"), "{reasons:?}");
    let table = csv("prompt,image\nx,https://example.com/a.png\n");
    assert!(table.skipped[0].reason.contains("nothing is fetched"), "{:?}", table.skipped);
}
