//! Prompt files: any bytes are read or refused, and what was taken survives an export and an import of it.

#![no_main]

use std::collections::BTreeSet;

use assay_fuzz::domain::Case;
use assay_fuzz::interchange::export::{write_prompts_csv, write_prompts_jsonl};
use assay_fuzz::interchange::import::preview;

const NAMES: [&str; 6] = ["x.csv", "x.tsv", "x.json", "x.jsonl", "x.yaml", "x"];

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    for name in NAMES {
        let Ok(read) = preview(input, name) else { continue };
        assert_eq!(read.row_count, (read.cases.len() + read.skipped.len()) as u64);
        let ids: BTreeSet<&str> = read.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids.len(), read.cases.len(), "ids are unique");
        if read.cases.is_empty() {
            continue;
        }
        for case in &read.cases {
            case.render().ok();
        }
        let (mut lines, mut table) = (Vec::new(), Vec::new());
        write_prompts_jsonl(&mut lines, &read.cases).unwrap();
        write_prompts_csv(&mut table, &read.cases).unwrap();
        same(&lines, "x.jsonl", &read.cases);
        same(&table, "x.csv", &read.cases);
    }
});

fn same(bytes: &[u8], name: &str, cases: &[Case]) {
    let again = preview(bytes, name).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
    assert_eq!(again.cases, cases, "{}", String::from_utf8_lossy(bytes));
}
