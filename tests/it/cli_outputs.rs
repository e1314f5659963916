//! Output files that would cost something else its place are refused before anything is sent.

use std::path::Path;

use crate::program::Program;
use crate::server::Server;

/// Runs with these outputs; gives the error, and proves that nothing was sent and no file changed.
fn refused(program: &Program, server: &Server, prompts: &Path, outputs: &[&str]) -> String {
    let said = program.run_json(&[&["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/good"], outputs].concat());
    let (kind, message) = said.error();
    assert_eq!((said.code, kind.as_str()), (1, "output"), "{outputs:?}: {message}");
    assert_eq!(server.requests(), 0, "{outputs:?}");
    message
}

#[test]
fn no_output_replaces_the_archive_the_prompts_or_another_output() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", "prompt\nHello\n");
    let archive = program.data_folder().join("assay.db");
    std::fs::create_dir(program.path("below")).unwrap();
    let path = |name: &str| program.path(name).to_str().unwrap().to_owned();
    let (csv, detour) = (path("x.csv"), path("below/../x.csv"));

    for own in [archive.to_str().unwrap(), &path("data/new.csv"), &path("below/../data/settings.toml")] {
        let message = refused(&program, &server, &prompts, &["--csv", own]);
        assert!(message.contains("--csv") && message.contains("its own files"), "{message}");
    }
    for own in [path("p.csv"), path("below/../p.csv")] {
        let message = refused(&program, &server, &prompts, &["--json", &own]);
        assert!(message.contains("--json") && message.contains("file of the prompts"), "{message}");
    }
    let message = refused(&program, &server, &prompts, &["--csv", &csv, "--json", &detour]);
    assert!(message.contains("--csv and --json name the same file"), "{message}");

    #[cfg(unix)]
    {
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, program.path(name)).unwrap();
        link(&archive, "archive.csv");
        link(&program.data_folder(), "folder");
        link(&prompts, "prompts.csv");
        link(&program.path("x.csv"), "same.csv");
        for (outputs, words) in [
            (&["--csv", &path("archive.csv")][..], "its own files"),
            (&["--csv", &path("folder/new.csv")], "its own files"),
            (&["--csv", &path("prompts.csv")], "file of the prompts"),
            (&["--csv", &csv, "--wide-csv", &path("same.csv")], "name the same file"),
        ] {
            let message = refused(&program, &server, &prompts, outputs);
            assert!(message.contains(words), "{message}");
        }
        let behind = program.path("prompts.csv");
        assert!(refused(&program, &server, &behind, &["--csv", prompts.to_str().unwrap()]).contains("file of the prompts"));
    }

    assert_eq!(std::fs::read(&prompts).unwrap(), b"prompt\nHello\n");
    assert_eq!(program.run_json(&["connection", "list"]).json()[0]["name"], "S", "the archive is whole");
    assert!(!program.path("x.csv").exists());
    let demo = program.run_json(&["demo", "--csv", archive.to_str().unwrap()]);
    assert_eq!((demo.code, demo.error().0.as_str()), (1, "output"));
    assert_eq!(program.run_json(&["runs"]).json(), serde_json::json!([]));
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_found_before_anything_is_sent() {
    let program = Program::new();
    let server = Server::start(None);
    program.connect("S", &server, None);
    let prompts = program.write("p.csv", "prompt\nHello\n");
    let folder = program.path("");
    for (output, words) in [
        ("/dev/null", "not an ordinary file"),
        ("/dev/stdout", "not an ordinary file"),
        (folder.to_str().unwrap(), "folder"),
        // Nobody can make a file here, not even the superuser.
        ("/proc/self/x.csv", "cannot write this file"),
    ] {
        let message = refused(&program, &server, &prompts, &["--summary-csv", output]);
        assert!(message.contains("--summary-csv") && message.contains(words), "{output}: {message}");
    }
    assert_eq!(std::fs::read_dir(program.path("")).unwrap().count(), 2, "the trial files are gone");
}
