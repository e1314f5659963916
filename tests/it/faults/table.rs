//! The table at the top of this folder names tests that are there, and its rows are complete.

use std::path::Path;

const TABLE: &str = include_str!("mod.rs");
/// Those of the catalogue that concern what is built.
const NUMBERS: [u32; 34] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 46, 50, 51, 54, 56, 57];

fn read_all(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            read_all(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_fault_has_a_row_and_every_test_that_it_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    for folder in ["src", "tests"] {
        read_all(&root.join(folder), &mut code);
    }
    let mut numbers = Vec::new();
    for row in TABLE.lines().filter_map(|line| line.strip_prefix("//! | ")).skip(2) {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        assert_eq!(cells.len(), 4, "{row}");
        numbers.extend(cells[0].split(", ").map(|number| number.parse::<u32>().unwrap()));
        for name in cells[3].split('`').skip(1).step_by(2).filter(|name| !name.contains('/')) {
            let last = name.rsplit("::").next().unwrap();
            let there = [format!("fn {last}("), format!("mod {last};")].iter().any(|declared| code.contains(declared));
            assert!(there, "{}: no {last}", cells[0]);
        }
    }
    assert_eq!(numbers, NUMBERS);
}
