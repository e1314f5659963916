"""Drives the window by accessible name and checks the exported CSV. Started by `run`."""

import csv
import os
import subprocess
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

binary, work, shots = sys.argv[1], sys.argv[2], sys.argv[3]
data = os.path.join(work, "data")
target = os.path.join(work, "comparison.csv")
COLUMNS = (
    "run_id,case_id,case_index,repeat,target,connection,model,response_model,status,error_kind,error,attempts,fallback,fallback_error_kind,ttft_ms,"
    "total_ms,waited_ms,queue_ms,output_tokens_per_s,gap_p50_ms,gap_p95_ms,longest_gap_ms,connection_use,dns_ms,connect_ms,slept_ms,load_delay_ms,input_tokens,cached_input_tokens,output_tokens,reasoning_tokens,"
    "usage_source,cost,currency,price_source,finish_reason,started_at,vantage,thumb,score,note,prompt,output"
).split(",")


def nodes(node, depth=0):
    """Every accessible object below `node`."""
    if node is None or depth > 60:
        return
    yield node
    for index in range(node.get_child_count()):
        try:
            yield from nodes(node.get_child_at_index(index), depth + 1)
        except Exception:
            continue


def application():
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(index)
        if app is not None and "assay" in (app.get_name() or "").lower():
            return app
    return None


def names():
    app = application()
    found = []
    for node in nodes(app) if app else []:
        try:
            found.append((node.get_name() or "", node))
        except Exception:
            continue
    return found


def wait_for(what, matches, seconds=60):
    """Waits until a node's name satisfies `matches` and returns the node."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if program.poll() is not None:
            fail(f"the program ended with {program.returncode} while waiting for {what}")
        for name, node in names():
            if matches(name):
                return node
        time.sleep(0.2)
    fail(f"no {what} within {seconds} s; there is: {sorted({name for name, _ in names() if name})[:200]}")


def fail(message):
    screenshot("failure")
    print(f"FAILED: {message}")
    program.kill()
    sys.exit(1)


def click(name, seconds=60):
    node = wait_for(f"“{name}”", lambda found: found == name, seconds)
    node.get_action_iface().do_action(0)
    return node


def screenshot(name):
    if shots:
        os.makedirs(shots, exist_ok=True)
        subprocess.run(["import", "-window", "root", os.path.join(shots, f"{name}.png")], check=False)


def step(words):
    print(f"- {words}", flush=True)


program = subprocess.Popen([binary, "--data-dir", data])
try:
    step("first run: three doors")
    wait_for("“Add a connection…”", lambda name: name == "Add a connection…")
    screenshot("first-run")
    click("Run the demo")
    step("the demo runs")
    wait_for("the end of the run", lambda name: name.startswith("30 of 30 trials"), 120)
    screenshot("answers")
    for view in ("Table", "Summary", "Answers"):
        click(view)
        time.sleep(0.5)
        screenshot(view.lower())
    click("History")
    wait_for("the run in the history", lambda name: "Sample prompts" in name)
    time.sleep(0.5)
    screenshot("history")
    click("Bench")
    wait_for("the bench", lambda name: name == "Run again")
    click("Export…")
    field = wait_for("the path field", lambda name: name == "Export path")
    step("the comparison is exported")
    box = field.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
    subprocess.run(["xdotool", "mousemove", str(box.x + box.width // 2), str(box.y + box.height // 2), "click", "1"], check=True)
    subprocess.run(["xdotool", "key", "ctrl+a"], check=True)
    subprocess.run(["xdotool", "type", "--delay", "5", target], check=True)
    click("Write file")
    wait_for("the word that it is written", lambda name: name.startswith("Written to"))
    screenshot("exported")
    with open(target, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS, list(rows[0])
    assert len(rows) == 30, len(rows)
    assert {row["status"] for row in rows} == {"finished"}, rows
    assert all(row["connection"].endswith("(simulated)") for row in rows)
    assert all(float(row["ttft_ms"]) > 0 and float(row["total_ms"]) >= float(row["ttft_ms"]) for row in rows)
    assert len({row["target"] for row in rows}) == 3
    step("the window closes")
    subprocess.run(["xdotool", "key", "--clearmodifiers", "alt+F4"], check=True)
    program.wait(20)
    if program.returncode not in (0, None):
        fail(f"the program ended with {program.returncode}")
finally:
    if program.poll() is None:
        program.kill()
print("window: 1 passed, 0 failed")
