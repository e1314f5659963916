//! Prompt files from the command line.

use crate::program::Program;

#[test]
fn what_was_taken_and_what_was_not() {
    let program = Program::new();
    let file = program.write("mixed.jsonl", "{\"prompt\":\"One\"}\nnot json\n{\"prompt\":\"Two\"}\n{\"other\":1}\n");
    let said = program.run_json(&["import", file.to_str().unwrap(), "--name", "Mine"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    let value = said.json();
    assert_eq!((&value["imported"], &value["set"]), (&2.into(), &"Mine".into()));
    let rows: Vec<u64> = value["skipped"].as_array().unwrap().iter().map(|row| row["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [2, 4]);
    assert!(value["skipped"][0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));

    let text = program.run(&["import", file.to_str().unwrap(), "--name", "Mine"]);
    assert_eq!(text.code, 0);
    assert!(text.stdout.contains("Imported 2 cases as “Mine 2”") && text.stdout.contains("row 4 was not taken"), "{}", text.stdout);
}

#[test]
fn a_file_without_prompts_exits_with_1() {
    let program = Program::new();
    let files = [
        program.write("none.jsonl", "{\"other\":1}\n"),
        program.write("empty.csv", ""),
        program.write("binary.csv", [0u8, 159, 146, 150, 0, 0, 1]),
        program.write("nothing.csv", "id,text\n1,a\n"),
        program.write("broken.json", "[{\"prompt\": "),
        program.path("absent.csv"),
        program.path(""),
    ];
    for file in files {
        let said = program.run_json(&["import", file.to_str().unwrap()]);
        assert_eq!(said.code, 1, "{}", file.display());
        if said.stdout.is_empty() {
            let (kind, message) = said.error();
            assert!(kind == "input" && message.len() > 10, "{message}");
        } else {
            assert_eq!(said.json()["imported"], 0);
        }
    }
    let gone = program.run_json(&["run", "--prompts", "absent", "--target", "A/m"]);
    assert_eq!((gone.code, gone.error().0.as_str()), (1, "not_found"));
}
