//! A wall clock that jumps while a run goes on.
//!
//! The clock of a computer cannot be set by a test, but that of one program can: a shim between it and the C library moves what `clock_gettime` says
//! of the wall clock once a file appears.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use super::rig::{good, send};
use crate::chaos::{Act, GOOD_END, Gate, LAST_CHUNK, chunk, chunked_head, text_event};
use crate::chaos_thread::Chaos;
use crate::program::{Program, Rows, prompts_csv};

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && access(getenv("JUMPED"), F_OK) == 0) {
        const char *to = getenv("JUMP_TO_S"), *by = getenv("JUMP_BY_S");
        now->tv_sec = to ? atol(to) : now->tv_sec + atol(by);
    }
    return result;
}
"#;

fn shim(program: &Program) -> PathBuf {
    let (source, library) = (program.write("shim.c", SHIM), program.path("shim.so"));
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status().unwrap();
    assert!(compiled.success());
    library
}

#[test]
fn a_clock_that_jumps_moves_no_measured_time() {
    const DAY_S: &str = "86400";
    for (name, value) in [("JUMP_BY_S", DAY_S), ("JUMP_BY_S", "-86400"), ("JUMP_BY_S", "3600"), ("JUMP_BY_S", "-3600"), ("JUMP_TO_S", "0")]
    {
        let mut program = Program::new();
        let gate = Gate::shut();
        let held = gate.clone();
        // The first answer is whole before the jump, the second holds it, the third comes after.
        let chaos = Chaos::route(move |_request, number| match number {
            1 => {
                let half = [send(chunked_head("text/event-stream")), send(chunk(text_event("a"))), Act::Hold(held.clone())];
                half.into_iter().chain([send(chunk(text_event("b"))), send(chunk(GOOD_END)), send(LAST_CHUNK)]).collect()
            }
            _ => good(),
        });
        program.connect_to("S", &chaos.url(), None);
        let jumped = program.path("jumped");
        program.set("LD_PRELOAD", shim(&program).to_str().unwrap());
        program.set("JUMPED", jumped.to_str().unwrap());
        program.set(name, value);
        let (prompts, csv) = (program.write("p.csv", prompts_csv(3)), program.path("c.csv"));
        let mut run = vec!["run", "--prompts", prompts.to_str().unwrap(), "--target", "S/m", "--concurrency", "1", "--retries", "0"];
        run.extend(["--csv", csv.to_str().unwrap()]);
        let child = program.command(&run).spawn().unwrap();
        chaos.until(|seen| seen.requests.len() == 2);
        std::fs::write(&jumped, "").unwrap();
        gate.open();
        let output = child.wait_with_output().unwrap();
        let place = format!("{name}={value}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{place}");
        let rows = Rows::read(&csv);
        assert_eq!(rows.len(), 3, "{place}");
        for column in ["ttft_ms", "total_ms", "waited_ms", "queue_ms"] {
            for cell in rows.column(column) {
                let ms: f64 = cell.parse().unwrap();
                assert!((0.0..60_000.0).contains(&ms), "{place}: {column} is {ms}");
            }
        }
        let hours: BTreeSet<Option<&str>> = rows.column("started_at").into_iter().map(|date| date.get(..13)).collect();
        assert!(hours.len() >= 2, "{place}: the label follows the clock, so it did jump: {hours:?}");

        // A later run is the newest, whatever the clock says.
        assert_eq!(program.run(&run).code, 0, "{place}");
        std::fs::remove_file(&jumped).unwrap();
        assert_eq!(program.run(&run).code, 0, "{place}");
        let ids: Vec<String> = program.run_json(&["runs"]).json().as_array().unwrap().iter().map(|run| run["id"].to_string()).collect();
        let stored = rusqlite::Connection::open(program.data_folder().join("assay.db")).unwrap();
        let mut query = stored.prepare("SELECT id FROM runs ORDER BY seq DESC").unwrap();
        let in_order: Vec<String> =
            query.query_map([], |row| Ok(format!("\"{}\"", uuid::Uuid::from_bytes(row.get(0)?)))).unwrap().map(Result::unwrap).collect();
        assert_eq!(ids, in_order, "{place}");
    }
}
