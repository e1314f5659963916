use proptest::collection::vec;
use proptest::prelude::*;

use super::preview;

const NAMES: [&str; 6] = ["x.csv", "x.tsv", "x.json", "x.jsonl", "x.yaml", "x"];

fn check(bytes: &[u8]) {
    for name in NAMES {
        match preview(bytes, name) {
            Ok(preview) => {
                assert_eq!(preview.row_count, (preview.cases.len() + preview.skipped.len()) as u64);
                let ids: std::collections::BTreeSet<&str> = preview.cases.iter().map(|case| case.id.as_str()).collect();
                assert_eq!(ids.len(), preview.cases.len(), "ids are unique");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }

    #[test]
    fn any_text_near_the_formats_is_read_or_refused(
        text in "(prompt|id|messages|vars|tests|prompts|\\{|\\}|\\[|\\]|\"|:|,|;|- |&a |\\*a|'|\t|\n|\r| |\\\\|\\{\\{|%|é|1|!x ){0,60}"
    ) {
        check(text.as_bytes());
    }

    #[test]
    fn any_damage_to_a_good_file_is_read_or_refused(at in 0usize..300, byte in any::<u8>(), cut in any::<bool>()) {
        for good in [
            &b"id,prompt,messages,__checks\n1,\"a \"\"b\"\"\",,\n2,,\"[{\"\"role\"\":\"\"user\"\",\"\"content\"\":\"\"x\"\"}]\",\"{\"\"a\"\":1}\"\n"[..],
            b"{\"id\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}]}\n{\"prompt\":\"y\",\"vars\":{\"a\":[1]}}\n",
            b"prompts: ['{{a}}', {raw: x, label: y}]\ndefaultTest: {vars: {b: 1}}\ntests:\n- vars: {a: [1, 2]}\n  assert: [{type: contains}]\n",
        ] {
            let mut bytes = good.to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            check(&bytes);
        }
    }
}
