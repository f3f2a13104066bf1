"""The grids of ../shared/reference/power: its tables, case files written from them, and the 39-bus case as its authors have it solved."""
import csv
import os

from verdicts import skip

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/reference/power")

# Voltage in pu and angle in degrees of buses 1 to 39, as MATPOWER's case39 has them (eight digits).
_SOLVED_39 = """
    1.0393836 -13.536602 1.0484941 -9.7852666 1.0307077 -12.276384 1.00446 -12.626734 1.0060063 -11.192339 1.0082256 -10.40833
    0.99839728 -12.755626 0.99787232 -13.335844 1.038332 -14.178442 1.0178431 -8.170875 1.0133858 -8.9369663 1.000815 -8.9988236
    1.014923 -8.9299272 1.012319 -10.715295 1.0161854 -11.345399 1.0325203 -10.033348 1.0342365 -11.116436 1.0315726 -11.986168
    1.0501068 -5.4100729 0.99101054 -6.8211783 1.0323192 -7.6287461 1.0501427 -3.1831199 1.0451451 -3.3812763 1.038001 -9.9137585
    1.0576827 -8.3692354 1.0525613 -9.4387696 1.0383449 -11.362152 1.0503737 -5.9283592 1.0501149 -3.1698741 1.0499 -7.3704746
    0.982 0 0.9841 -0.1884374 0.9972 -0.19317445 1.0123 -1.631119 1.0494 1.7765069 1.0636 4.4684374 1.0275 -1.5828988 1.0265 3.8928177
    1.03 -14.535256"""
SOLVED_39 = [(float(vm), float(va)) for vm, va in zip(_SOLVED_39.split()[0::2], _SOLVED_39.split()[1::2])]


def needed():
    if not os.path.isdir(REFERENCE):
        skip("no ../shared/reference/power here")


def table(name):
    """Rows of numbers, without the header."""
    with open(os.path.join(REFERENCE, name), encoding="utf-8") as f:
        return [[float(x) for x in row] for row in list(csv.reader(f))[1:]]


def tables(name):
    return table(f"{name}_bus.csv"), table(f"{name}_gen.csv"), table(f"{name}_branch.csv")


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
