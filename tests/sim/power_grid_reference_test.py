#!/usr/bin/env python3
"""The power grid against ../shared/reference/power, whose README gives the tolerances: case files are written from its tables, all goes
through `millrace process`, whose path is the argument. Exit status 77: no reference data here."""
import csv
import os
import subprocess
import sys
import tempfile

MILLRACE = sys.argv[1]
REFERENCE = os.path.join(os.path.dirname(__file__), "../../../shared/reference/power")
failed = 0


def expect(what, good, detail):
    global failed
    if not good:
        failed += 1
        print(f"FAILED: {what}: {detail}")


def table(name):
    """Rows of numbers, without the header."""
    with open(os.path.join(REFERENCE, name), encoding="utf-8") as f:
        return [[float(x) for x in row] for row in list(csv.reader(f))[1:]]


def columns(path):
    with open(path, encoding="utf-8") as f:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(f)]


def matpower(name, bus, gen, branch):
    """The text of a case file, with its usual ornaments."""

    def rows(m):
        return "".join("\t" + "\t".join(f"{x:.17g}" for x in row) + ";\n" for row in m)

    bus = [[n, kind, pd, qd, gs, bs, 1, 1, 0, kv, 1, 1.06, 0.94] for n, kind, pd, qd, gs, bs, kv in bus]
    gen = [[n, pg, 0, hi, lo, vg, base, status, pmax, pmin] for n, pg, hi, lo, vg, base, status, pmax, pmin in gen]
    branch = [[f, t, r, x, b, rate, 0, 0, tap, shift, status, -360, 360] for f, t, r, x, b, rate, tap, shift, status in branch]
    return (
        f"function mpc = {name}\n%{name.upper()}  it's a test\nmpc.version = '2';\n\n%% base\nmpc.baseMVA = 100;\n"
        f"mpc.bus = [ % bus_i type Pd ...\n{rows(bus)}];\nmpc.gen = [\n{rows(gen)}];\nmpc.branch = [\n{rows(branch)}];\n"
        "mpc.gencost = [\n\t2\t0\t0\t3\t0.04\t20\t0;\n];\nmpc.bus_name = {\n\t'Bus 1 }';\n\t'it''s';\n};\n"
    )


def tables(name):
    return table(f"{name}_bus.csv"), table(f"{name}_gen.csv"), table(f"{name}_branch.csv")


def run(text, *args):
    with tempfile.TemporaryDirectory() as where:
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
    """Its solution is not at hand; balance is: what the buses inject, less the loads, is what branches lose."""
    bus, gen, branch = tables("case39")
    rows = run(matpower("case39", bus, gen, branch), "--flow-only")
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


if not os.path.isdir(REFERENCE):
    print("skipped: no ../shared/reference/power here")
    sys.exit(77)
check_flows()
print(f"power grid against its reference: {failed} failures")
sys.exit(1 if failed else 0)
