#!/usr/bin/env python3
"""The power grid against ../shared/reference/power, whose README gives the tolerances: case files are written from its tables, all goes
through `millrace process`, whose path is the argument. Exit status 77: no reference data here."""
import csv
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from power_cases import REFERENCE, SOLVED_39, matpower, needed, tables
from verdicts import expect, verdict

MILLRACE = sys.argv[1]


def columns(path):
    with open(path, encoding="utf-8") as f:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(f)]


def run(text, *args, machines=None):
    with tempfile.TemporaryDirectory() as where:
        if machines:
            table_path = os.path.join(where, "machines.csv")
            with open(table_path, "w", encoding="utf-8") as f:
                f.write(machines)
            args = (*args, "--machines", table_path)
        path = os.path.join(where, "case.m")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        out = os.path.join(where, "out.csv")
        subprocess.run([MILLRACE, "process", "run", "power-grid", "--case", path, *args, "--csv", out], check=True)
        return columns(out)


def check_flow(what, text, solved):
    rows = run(text, "--flow-only")
    wanted = columns(os.path.join(REFERENCE, solved))
    expect(what, [r["bus"] for r in rows] == [w["bus"] for w in wanted], "other buses")
    for r, w in zip(rows, wanted):
        for column, tolerance in (("Vm_pu", 1e-6), ("Va_deg", 1e-4), ("Pinj_MW", 1e-3), ("Qinj_MVAr", 1e-3)):
            expect(what, abs(r[column] - w[column]) <= tolerance, f"bus {w['bus']:g}: {column} {r[column]}, not {w[column]}")


def check_39():
    """The New England case: the solution that is known, and the balance of each bus."""
    bus, gen, branch = tables("case39")
    rows = run(matpower("case39", bus, gen, branch), "--flow-only")
    expect("case39", len(rows) == len(SOLVED_39), f"{len(rows)} buses")
    for r, (vm, va) in zip(rows, SOLVED_39):
        expect("case39", abs(r["Vm_pu"] - vm) < 1e-6 and abs(r["Va_deg"] - va) < 1e-4, f"{r}, not {vm} {va}")
    for r, (number, kind, pd, qd, _gs, _bs, _kv) in zip(rows, bus):
        if kind == 1:
            expect("case39", abs(r["Pinj_MW"] + pd) < 1e-6 and abs(r["Qinj_MVAr"] + qd) < 1e-6, f"bus {number:g}: {r}")
    for number, pg, _hi, _lo, vg, *_ in gen:
        r = next(r for r in rows if r["bus"] == number)
        expect("case39", abs(r["Vm_pu"] - vg) < 1e-12, f"bus {number:g}: {r}")
        load = next(b[2] for b in bus if b[0] == number)
        expect("case39", pg == 0 or abs(r["Pinj_MW"] - pg + load) < 1e-6, f"bus {number:g}: {r}")


def check_flows():
    for name in ("case9", "case14"):
        check_flow(name, matpower(name, *tables(name)), f"{name}_solved_buses.csv")
    bus, gen, branch = tables("case14")
    out = [row[:8] + [0 if row[:2] == [2, 4] else row[8]] for row in branch]
    check_flow("line 2-4 out", matpower("c", bus, gen, out), "case14_out_2_4_buses.csv")
    more = [row[:2] + [row[2] * 1.1, row[3] * 1.1] + row[4:] for row in bus]
    check_flow("load x 1.1", matpower("c", more, gen, branch), "case14_load_x1.1_buses.csv")
    less = [[row[0], 0 if row[0] == 2 else row[1]] + row[2:] for row in gen]
    check_flow("generator 2 at 0", matpower("c", bus, less, branch), "case14_gen2_P0_buses.csv")
    check_39()


def nine():
    """The nine-bus case and its machines."""
    with open(os.path.join(REFERENCE, "case9_classical.json"), encoding="utf-8") as f:
        known = json.load(f)
    rows = "".join(f"{i},{h},0,{x}\n" for i, (h, x) in enumerate(zip(known["H_s"], known["Xd1_pu"]), 1))
    return matpower("case9", *tables("case9")), "bus,H_s_on_100MVA,Ra_pu,xd_t_pu\n" + rows, known


def swing(clear_s, seconds, step="10ms"):
    text, machines, _ = nine()
    events = ("--at", "0s", "fault=8", "--at", f"{clear_s * 1000:g}ms", "clear=8-9")
    return run(text, *events, "--for", f"{seconds}s", "--step", step, machines=machines)


def check_swing(name, clear_s):
    """0.05 degrees before the first peak, 0.5 after; the unstable case is compared until a machine has slipped a pole."""
    wanted = columns(os.path.join(REFERENCE, name))
    rows = swing(clear_s, wanted[-1]["t_s"])
    expect(name, len(rows) == len(wanted), f"{len(rows)} rows, not {len(wanted)}")
    peak = max(range(len(wanted)), key=lambda i: wanted[i]["delta2_deg"] - wanted[i]["delta1_deg"])
    for i, (r, w) in enumerate(zip(rows, wanted)):
        if w["delta2_deg"] - w["delta1_deg"] > 360:
            break
        tolerance = 0.05 if i <= peak else 0.5
        good = abs(r["time_s"] - w["t_s"]) < 1e-9
        for m in (1, 2, 3):
            good = good and abs(r[f"delta{m}_deg"] - w[f"delta{m}_deg"]) <= tolerance
            good = good and abs(r[f"dw{m}_pu"] - w[f"dw{m}_pu"]) <= 1e-5 and abs(r[f"Pe{m}_pu"] - w[f"Pe{m}_pu"]) <= 1e-2
        expect(name, good, f"{r}, not {w}")


def is_stable(clear_s):
    return all(abs(r["delta2_deg"] - r["delta1_deg"]) <= 180 and abs(r["delta3_deg"] - r["delta1_deg"]) <= 180
               and abs(r["delta3_deg"] - r["delta2_deg"]) <= 180 for r in swing(clear_s, 3))


def check_swings():
    check_swing("case9_swing_fault8_trip8-9_83ms.csv", 0.083)
    check_swing("case9_swing_fault8_trip8-9_200ms_unstable.csv", 0.2)
    critical = nine()[2]["critical_clearing_time_s"]
    expect("critical clearing time", is_stable(critical["stable"] - 0.002), "lost earlier")
    expect("critical clearing time", not is_stable(critical["unstable"] + 0.002), "kept longer")


def check_rest_39():
    """Left alone, the machines of the 39-bus case stay where they are."""
    with open(os.path.join(REFERENCE, "case39_machines.csv"), encoding="utf-8") as f:
        machines = f.read()
    text = matpower("case39", *tables("case39"))
    rows = run(text, "--for", "1s", machines=machines)
    for i in range(1, 11):
        expect("39 buses at rest", abs(rows[-1][f"delta{i}_deg"] - rows[0][f"delta{i}_deg"]) < 1e-6, f"machine {i} moves")
    rows = run(text, "--at", "0s", "fault=16", "--at", "0.1s", "clear=16-17", "--for", "1s", machines=machines)
    expect("fault at 16", rows[10]["delta4_deg"] > rows[0]["delta4_deg"] + 1, "machine 4 does not move")


needed()
check_flows()
check_swings()
check_rest_39()
verdict()
