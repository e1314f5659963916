//! The house rules, proved from the source text: who imports whom, which crate lives where, how long a file may be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("analysis", &["domain"]),
    ("interchange", &["domain", "analysis"]),
    ("secrets", &["domain"]),
    ("store", &["domain"]),
    ("provider", &["domain"]),
    ("runner", &["domain", "provider"]),
    ("platform", &["domain"]),
    ("demo", &["domain"]),
    ("bench", &["domain", "analysis", "provider"]),
    ("app", &["domain", "analysis", "interchange", "secrets", "store", "provider", "runner", "platform", "demo"]),
    ("ui", &["app", "domain", "analysis"]),
    ("cli", &["app", "bench", "domain", "analysis", "interchange"]),
    ("main", &["app", "ui", "cli", "platform"]),
];

/// Crates with a home, and the paths (as prefixes under `src/`) that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("egui", &["ui/"]),
    ("eframe", &["ui/"]),
    ("egui_extras", &["ui/"]),
    ("egui_plot", &["ui/"]),
    ("rusqlite", &["store/"]),
    ("reqwest", &["provider/"]),
    ("rustls", &["provider/"]),
    ("webpki", &["provider/"]),
    ("h2", &["provider/"]),
    ("tower_layer", &["provider/"]),
    ("tower_service", &["provider/"]),
    ("hyper_util", &["provider/"]),
    ("tokio_rustls", &["provider/"]),
    ("rustls_platform_verifier", &["provider/"]),
    ("rustix", &["app/backend/", "runner/"]),
    ("keyring_core", &["secrets/"]),
    ("zbus_secret_service_keyring_store", &["secrets/"]),
    ("apple_native_keyring_store", &["secrets/"]),
    ("windows_native_keyring_store", &["secrets/"]),
    ("clap", &["cli/"]),
    ("tokio", &["provider/", "runner/", "demo/", "app/backend/", "bench/"]),
    ("anyhow", &["main.rs"]),
];

/// The longest file, in lines.
const MOST_LINES: usize = 500;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            // The fuzzers are a package of their own, and so is what cargo builds of it.
            if path.file_name().is_some_and(|name| name != "target") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file as (path under `src/`, text without comments).
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    assert!(paths.len() > 30, "the sources were not found");
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            (name, code.join("\n"))
        })
        .collect()
}

fn room_of(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap_or_default()
}

/// What stands before a path goes on with it: it is no path of its own. The `::` in front of a crate (`::tokio`) does not.
fn goes_on(before: &str) -> bool {
    let before = before.strip_suffix("::").unwrap_or(before);
    before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '>'))
}

/// The first identifiers of paths that follow `prefix` in `code`: those of `crate::{a, b::c}` are `a` and `b`.
fn heads_after<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    paths_after(code, prefix).into_iter().map(|(_, head)| head).collect()
}

/// The same with the places where their paths begin.
fn paths_after<'a>(code: &'a str, prefix: &str) -> Vec<(usize, &'a str)> {
    let identifier = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let mut heads = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if goes_on(&code[..at]) {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut start = true;
            for (offset, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => start = true,
                    c if start && depth == 1 && (c.is_alphabetic() || c == '_') => {
                        heads.push((at, identifier(&group[offset..])));
                        start = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            heads.push((at, identifier(rest)));
        }
    }
    heads
}

/// How deep below the crate's root the module of a file is: 1 for a room.
fn depth_of(name: &str) -> usize {
    name.trim_end_matches("/mod.rs").split('/').count()
}

/// How many inline modules are open at a place; the lines are those of rustfmt.
fn inline_depth(code: &str, at: usize) -> usize {
    let mut open: Vec<usize> = Vec::new();
    for line in code[..at].lines() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if text.starts_with('}') && open.last() == Some(&indent) {
            open.pop();
        }
        let item = text.strip_prefix("pub ").or_else(|| text.strip_prefix("pub(super) ")).unwrap_or(text);
        if item.starts_with("mod ") && item.ends_with('{') {
            open.push(indent);
        }
    }
    open.len()
}

/// What a file reaches by climbing out of its room with `super::super::…`: first identifiers at the crate's root.
fn climbed_to<'a>(name: &str, code: &'a str) -> Vec<&'a str> {
    let longest = depth_of(name) + 4;
    let mut heads = Vec::new();
    for climb in 1..=longest {
        for (at, head) in paths_after(code, &"super::".repeat(climb)) {
            if climb >= depth_of(name) + inline_depth(code, at) {
                heads.push(head);
            }
        }
    }
    heads
}

#[test]
fn each_room_imports_only_what_its_row_allows() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, code) in files() {
        let room = room_of(&name);
        if room == "lib" {
            continue;
        }
        let row = allowed.get(room).unwrap_or_else(|| panic!("{name} is in no room of the table"));
        let prefix = if room == "main" { "assay::" } else { "crate::" };
        for head in heads_after(&code, prefix).into_iter().chain(climbed_to(&name, &code)) {
            if allowed.contains_key(head) && head != room && !row.contains(&head) {
                wrong.push(format!("{name} imports {head}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_stay_at_home() {
    let mut wrong = Vec::new();
    for (name, code) in files() {
        for (krate, homes) in HOMES {
            let whole = |start: &str| [";", " as "].iter().any(|end| code.contains(&format!("{start}{krate}{end}")));
            let used = !heads_after(&code, &format!("{krate}::")).is_empty() || ["use ", "use ::", "extern crate "].into_iter().any(whole);
            if used && !homes.iter().any(|home| name.starts_with(home)) {
                wrong.push(format!("{name} names {krate}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    sources(&root.join("src"), &mut paths);
    sources(&root.join("tests"), &mut paths);
    let long: Vec<String> = paths
        .into_iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            (lines > MOST_LINES).then(|| format!("{} has {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn mod_files_only_declare_and_re_export() {
    let mut wrong = Vec::new();
    for (name, code) in files() {
        if name.ends_with("mod.rs")
            && ["fn ", "struct ", "enum ", "impl ", "trait "]
                .iter()
                .any(|word| code.lines().any(|line| line.trim_start().trim_start_matches("pub ").starts_with(word)))
        {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "these hold code: {}", wrong.join(", "));
}

#[test]
fn the_reader_of_imports_reads() {
    assert_eq!(heads_after("use crate::{domain::{A, B}, store, ui::x};", "crate::"), ["domain", "store", "ui"]);
    assert_eq!(heads_after("crate::app::State; xcrate::no; a::crate::no", "crate::"), ["app"]);
    let spawns = "a::tokio::no; x(::tokio::spawn); <::tokio::time::Instant>::now(); Vec::<u8>::tokio::no";
    assert_eq!(heads_after(spawns, "tokio::"), ["spawn", "time"]);
}

#[test]
fn the_climber_stops_at_the_rooms_door() {
    let code = "use super::state;\nuse super::super::store::A;\nmod tests {\n    use super::super::store;\n    use super::super::super::ui;\n}\nfn x() { super::super::{provider::y, z} }\n";
    assert_eq!(climbed_to("app/exchange.rs", code), ["store", "provider", "z", "ui"]);
    assert_eq!(climbed_to("app/backend/exports.rs", code), [""; 0]);
    assert_eq!(climbed_to("app/mod.rs", "use super::ui;"), ["ui"]);
    assert_eq!(climbed_to("app/backend/mod.rs", "use super::super::ui; use super::state;"), ["ui"]);
}

/// Sheets are `Middle`, menus and popovers over them `Foreground`: whoever opens a layer of another kind opens it over, or under, all of those.
#[test]
fn layers_over_the_screen_are_opened_in_few_places() {
    let allowed = ["ui/widgets/sheet.rs", "ui/widgets/toast.rs", "ui/screens/sets/cell_editor.rs"];
    let opens = ["Modal::new(", "Area::new(", "Window::new(", "Order::"];
    for (name, code) in files().iter().filter(|(name, _)| name.starts_with("ui/") && !allowed.contains(&name.as_str())) {
        let said = opens.iter().find(|call| code.match_indices(**call).any(|(at, _)| !goes_on(&code[..at])));
        assert_eq!(said, None, "{name}: open a sheet, a popover or a menu of ui/widgets instead");
    }
}
