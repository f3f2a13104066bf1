#!/usr/bin/env python3
"""The adversary over every protocol on the protocol bench: each device identified, read, written and, where the protocol can, stopped,
started and restarted, its program altered and deleted; once open, and once more under each security setting that must stop it. tshark
decodes what it sent, and what is saved in between goes on. Then: what the loader says of steps that cannot be. The binary is the first
argument."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from verdicts import expect, verdict

MILLRACE = sys.argv[1]
TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
SITE = os.path.join(TOP, "content/sites/protocol-bench")

# Per protocol: what is done, in this order. A write's `effect` is looked for in the controller, so a write that is only acknowledged
# does not pass. `closed`: a setting, and what it must stop and must not stop. `wire`: what tshark must see of the attacker.
PROTOCOLS = {
    "modbus": {
        "device": "modbus1",
        "open": {
            "identify": "identify: {devices: modbus1}",
            "read": "read: {devices: modbus1, lasts: 3s}",
            "write": ("write: {tag: modbus1.setpoint, to: 1234}", "{tag: modbus1.setpoint, above: 1000, within: 5s}"),
            "force": ("force: {tags: {modbus1.breaker: on, modbus1.real: 7}, every: 1s, lasts: 4s}", "{tag: modbus1.real, above: 6}"),
        },
        "closed": [
            ("modbus", "off", ["identify", "read", "write"], []),
            ("modbus-access-list", "master", ["identify", "read", "write"], []),
            ("modbus-write-list", "master", ["write", "force"], ["identify", "read"]),
            ("write-protect", "on", ["write"], ["read"]),
        ],
        "wire": {"device identification": "modbus.func_code == 43", "registers read": "modbus.func_code == 3",
                 "coil written": "modbus.func_code == 5"},
    },
    "s7": {
        "device": "s71",
        "open": {
            "identify": "identify: {devices: s71, over: s7}",
            "read": "read: {devices: s71, over: s7, lasts: 3s}",
            "write": ("write: {tag: s71.setpoint, to: 1234, over: s7}", "{tag: s71.setpoint, above: 1000, within: 5s}"),
            "force": ("force: {tags: {s71.breaker: on, s71.real: 7}, over: s7, every: 1s, lasts: 4s}", "{tag: s71.real, above: 6}"),
            "stop": "stop-plc: {device: s71, over: s7}",
            "start": "start-plc: {device: s71, over: s7}",
            "download": ("download: {device: s71, program: altered.st}", "{tag: s71.real, above: 500, within: 5s}"),
        },
        "last": {"delete": "delete-block: {device: s71, block: Bench}"},
        "setup": [("s7-password", "Geheim7")],
        "closed": [
            ("s7", "off", ["identify", "read", "write", "stop", "download", "delete"], []),
            ("s7-access-list", "master", ["identify", "read", "write", "stop", "download", "delete"], []),
            ("s7-write-list", "master", ["write", "force", "stop", "start", "download", "delete"], ["identify", "read"]),
            ("s7-put-get", "off", ["read", "write"], ["identify"]),
            ("s7-protection", "2", ["stop", "start", "download", "delete"], ["identify", "read", "write"]),
            ("s7-protection", "3", ["stop", "download"], ["identify", "read", "write"]),
            ("write-protect", "on", ["write"], ["read"]),
        ],
        "wire": {"module identification": "s7comm.data.userdata.szl_id", "variables read": "s7comm.param.func == 0x04",
                 "variables written": "s7comm.param.func == 0x05", "stop": "s7comm.param.func == 0x29",
                 "download": "s7comm.param.func == 0x1a", "a block's pieces": "s7comm.param.func == 0x1b",
                 "PI service": "s7comm.param.func == 0x28"},
    },
    "iec104": {
        "device": "iec1",
        "open": {
            "identify": "identify: {devices: iec1, over: iec104}",
            "read": "read: {devices: iec1, over: iec104, lasts: 3s}",
            "write": ("write: {tag: iec1.real, to: 7, over: iec104}", "{tag: iec1.real, above: 6, within: 5s}"),
            "select": ("write: {tag: iec1.isolator, to: on, over: iec104}", "{tag: iec1.isolator, is: on, within: 5s}"),
            "direct": ("write: {tag: iec1.breaker, to: on, over: iec104, direct: on}", "{tag: iec1.breaker, is: on, within: 5s}"),
            "force": ("force: {tags: {iec1.breaker: on, iec1.real: 8}, over: iec104, every: 1s, lasts: 4s}",
                      "{tag: iec1.real, above: 7}"),
            "restart": "restart-plc: {device: iec1, over: iec104}",
        },
        "refused": {"undirect": "write: {tag: iec1.isolator, to: off, over: iec104, direct: on}"},
        "closed": [
            ("iec104", "off", ["identify", "read", "write", "restart"], []),
            ("iec104-access-list", "master", ["identify", "read", "write", "restart"], []),
            ("iec104-control-list", "master", ["write", "select", "direct", "force", "restart"], ["identify", "read"]),
            ("iec104-controls", "off", ["write", "select", "direct"], ["read"]),
            ("iec104-select", "on", ["direct"], ["write"]),
        ],
        "wire": {"general interrogation": "iec60870_asdu.typeid == 100", "single command": "iec60870_asdu.typeid == 45",
                 "set point": "iec60870_asdu.typeid == 50", "reset process": "iec60870_asdu.typeid == 105"},
    },
    "dnp3": {
        "device": "dnp1",
        "open": {
            "identify": "identify: {devices: dnp1, over: dnp3}",
            "read": "read: {devices: dnp1, over: dnp3, lasts: 3s}",
            "write": ("write: {tag: dnp1.setpoint, to: 1234, over: dnp3}", "{tag: dnp1.setpoint, above: 1000, within: 5s}"),
            "select": ("write: {tag: dnp1.isolator, to: on, over: dnp3}", "{tag: dnp1.isolator, is: on, within: 5s}"),
            "direct": ("write: {tag: dnp1.breaker, to: on, over: dnp3, direct: on}", "{tag: dnp1.breaker, is: on, within: 5s}"),
            "force": ("force: {tags: {dnp1.breaker: on, dnp1.real: 8}, over: dnp3, every: 1s, lasts: 4s}",
                      "{tag: dnp1.real, above: 7}"),
            "restart": "restart-plc: {device: dnp1, over: dnp3}",
        },
        "refused": {"undirect": "write: {tag: dnp1.isolator, to: off, over: dnp3, direct: on}"},
        "closed": [
            ("dnp3", "off", ["identify", "read", "write", "restart"], []),
            ("dnp3-access-list", "master", ["identify", "read", "write", "restart"], []),
            ("dnp3-control-list", "master", ["write", "select", "direct", "force", "restart"], ["identify", "read"]),
            ("dnp3-controls", "off", ["write", "select", "direct"], ["read"]),
            ("dnp3-restart", "off", ["restart"], ["write"]),
            ("dnp3-authentication", "on", ["write", "direct", "restart"], ["read"]),
        ],
        "wire": {"attributes": "dnp3.al.obj == 0x00fe", "select": "dnp3.al.func == 3", "operate": "dnp3.al.func == 4",
                 "direct operate": "dnp3.al.func == 5", "cold restart": "dnp3.al.func == 13"},
    },
    "enip": {
        "device": "enip1",
        "open": {
            "identify": "identify: {devices: enip1, over: enip}",
            "read": "read: {devices: enip1, over: enip, lasts: 3s}",
            "write": ("write: {tag: enip1.setpoint, to: 1234, over: enip}", "{tag: enip1.setpoint, above: 1000, within: 5s}"),
            "force": ("force: {tags: {enip1.breaker: on, enip1.real: 7}, over: enip, every: 1s, lasts: 4s}",
                      "{tag: enip1.real, above: 6}"),
            "stop": "stop-plc: {device: enip1, over: enip}",
            "start": "start-plc: {device: enip1, over: enip}",
            "restart": "restart-plc: {device: enip1, over: enip}",
        },
        "closed": [
            ("enip", "off", ["identify", "read", "write", "stop", "restart"], []),
            ("enip-access-list", "master", ["identify", "read", "write", "stop", "restart"], []),
            ("enip-write-list", "master", ["write", "force", "stop", "start", "restart"], ["identify", "read"]),
            ("enip-mode-change", "off", ["stop", "start"], ["write"]),
            ("enip-reset", "off", ["restart"], ["stop", "start"]),
            ("write-protect", "on", ["write"], ["read"]),
        ],
        "wire": {"List Identity": "enip.command == 0x63", "tags read": "cip.service == 0x4c || cip.service == 0x0a",
                 "tag written": "cip.service == 0x4d", "reset": "cip.service == 0x05"},
    },
}
# Steps that cannot be: what is done, the word that is wrong, and what the loader says of it.
MISTAKES = [
    ("identify: {devices: [s71, iec1], over: s7}", "iec1", "device 'iec1' does not serve s7"),
    ("read: {devices: s72, over: s7}", "s72", "'s72' has no tag that can be read over s7"),
    ("write: {tag: iec1.setpoint, to: 1, over: iec104}", "iec1.setpoint", "tag 'iec1.setpoint' cannot be written over iec104"),
    ("write: {tag: s71.setpoint, to: 1, over: dnp3}", "s71.setpoint", "tag 's71.setpoint' is a value of 's71', which does not serve dnp3"),
    ("write: {tag: s71.setpoint, to: 1, over: s7, direct: on}", "on", "nothing is selected over s7; only over iec104 and dnp3"),
    ("force: {tags: {dnp1.level: 1}, lasts: 1s, over: dnp3}", "dnp1.level", "tag 'dnp1.level' cannot be written over dnp3"),
    ("stop-plc: {device: dnp1, over: s7}", "dnp1", "device 'dnp1' does not serve s7"),
    ("restart-plc: {device: s71, over: dnp3}", "s71", "device 's71' does not serve dnp3"),
    ("download: {device: iec1, program: altered.st}", "iec1", "device 'iec1' does not serve s7"),
    ("download: {device: s71, program: same.st}", "same.st", "this program does what that of 's71' does already"),
    ("download: {device: s71, program: other.st}", "other.st", "this program declares other variables or units than that of 's71'"),
    ("delete-block: {device: s71, block: Bensh}", "Bensh", "no block is called 'Bensh'; did you mean 'Bench'?"),
]
TEXTS = "title: {zh: 试验, en: Test}\nstory: {zh: story.md, en: story.md}\n"
GAP = 12  # s between steps: none lasts so long
OPEN_VALUE = {"write-protect": "off", "s7-protection": "1", "s7-put-get": "on", "iec104-controls": "on", "iec104-select": "off",
              "dnp3-controls": "on", "dnp3-restart": "on", "dnp3-authentication": "off", "enip-mode-change": "on", "enip-reset": "on"}


def open_value(setting):
    return OPEN_VALUE.get(setting, "any" if setting.endswith("-list") else "on")


class Timeline:
    """A scenario in the making: steps one after the other, and a player that changes settings in between."""

    def __init__(self, device):
        self.device, self.at, self.steps, self.plays, self.wanted, self.under = device, 5, [], [], {}, "nothing"

    def step(self, name, do, outcome, by="inside"):
        do, effect = do if isinstance(do, tuple) else (do, None)
        ident = f"s{len(self.steps)}-{name}"
        effect = effect.replace(", within: 5s", "") if effect and outcome == "blocked" else effect
        self.steps.append(f"  - id: {ident}\n    technique: T0855\n    by: {by}\n    at: {self.at}s\n    do: {{{do}}}\n" +
                          (f"    effect: {effect}\n" if effect else ""))
        self.wanted[ident] = (outcome, self.under)
        self.at += GAP

    def set(self, name, value):
        self.under = f"{name}={value}"
        self.plays.append(f"  - {{at: {self.at - 2}s, post: hardening, do: {{setting: {{device: {self.device}, name: {name}, value: "
                          f"{value}}}}}}}\n")

    def write(self, where):
        name = os.path.basename(where)
        with open(os.path.join(where, "scenario.yaml"), "w", encoding="utf-8") as f:
            f.write(f"scenario: {name}\nsite: protocol-bench\n{TEXTS}lasts: {self.at + 60}s\nactors:\n"
                    "  inside: {joins: field, address: 10.62.0.77}\n  outside: {joins: office, address: 10.60.0.77}\n"
                    f"campaign:\n{''.join(self.steps)}score: {{}}\n" + ("players: {hardened: hardened.yaml}\n" if self.plays else ""))
        with open(os.path.join(where, "story.md"), "w", encoding="utf-8") as f:
            f.write("A test.\n")
        if self.plays:
            with open(os.path.join(where, "hardened.yaml"), "w", encoding="utf-8") as f:
                f.write("player: hardened\nplays:\n" + "".join(self.plays))
        with open(os.path.join(SITE, "plc/bench.st"), encoding="utf-8") as f:
            source = f.read()
        for name, was, becomes in (("altered.st", "SCANS := SCANS + 1;", "SCANS := SCANS + 1;\nB_REAL := 777.0;"),
                                   ("same.st", "(* Inputs", "(* What comes in"), ("other.st", "PROGRAM Bench\n", "PROGRAM Bench\nVAR more : INT; END_VAR\n")):
            assert was in source, was
            with open(os.path.join(where, name), "w", encoding="utf-8") as f:
                f.write(source.replace(was, becomes))


def folder(tmp, name):
    where = os.path.join(tmp, name)
    os.mkdir(where)
    return where


def run(*words):
    return subprocess.run([MILLRACE, *words], cwd=TOP, capture_output=True, text=True, check=False)


def outcomes(text):
    """Step -> worked, blocked or failed, of the lines that say how steps ended: "29.200s step-end ID DEVICE WHY OUTCOME 0"."""
    words = ("worked", "blocked", "failed")
    return {m[1]: words[int(m[2])] for m in re.finditer(r"\bstep-end\s+(\S+) .* ([012]) 0$", text, re.M)}


def judge(title, text, wanted):
    found = outcomes(text)
    for step, (outcome, under) in wanted.items():
        expect(f"{title}: {step} under {under}", found.get(step) == outcome,
               f"is {found.get(step)}, not {outcome}: {[x for x in text.splitlines() if step in x]}")


def open_steps(protocol, plan, tmp):
    """All that is done, from within its zone, and from a zone that the router lets nothing through from; and tshark on the frames."""
    t = Timeline(plan["device"])
    for name, do in plan["open"].items():
        t.step(name, do, "worked")
    for name, do in plan.get("refused", {}).items():
        t.step(name, do, "blocked")
    for name, do in {**plan["open"], **plan.get("last", {})}.items():
        t.step("outside-" + name, do, "blocked", by="outside")
    for name, do in plan.get("last", {}).items():
        t.step(name, do, "worked")
    where = folder(tmp, protocol + "-open")
    t.write(where)
    out = run("simulate", SITE, "--scenario", where, "--for", f"{t.at + 30}s", "--events", "--pcap", where)
    judge(protocol, out.stdout + out.stderr, t.wanted)
    return os.path.join(where, "field.pcapng")


def saved_in_between(protocol, plan, tmp):
    """What is saved in the midst of a step and goes on from there ends as what was never interrupted."""
    where = os.path.join(tmp, protocol + "-open")
    last = 5 + GAP * len(plan["open"])
    state = os.path.join(tmp, "state")
    whole = run("simulate", SITE, "--scenario", where, "--for", f"{last}s", "--digest").stdout.split()
    for step, into in enumerate((0.001, 1.3, 0.101, 2.4, 0.001, 0.101, 0.002)[:len(plan["open"])]):  # s7: the last is a download
        at = 5 + step * GAP + into
        run("simulate", SITE, "--scenario", where, "--for", f"{at:.3f}s", "--save", state)
        rest = run("simulate", SITE, "--scenario", where, "--for", f"{last - at:.3f}s", "--from", state, "--digest")
        expect(f"{protocol}: saved at {at:.3f} s", whole and rest.stdout.split()[-1:] == whole[-1:], rest.stderr)


def closed_steps(protocol, plan, tmp):
    """Under each setting what it must stop is blocked, and what it must not stop still works; and with the setting back, all of it
    works again."""
    t = Timeline(plan["device"])
    todo = {**plan["open"], **plan.get("last", {})}
    for name, value in plan.get("setup", []):
        t.set(name, value)
    for name, value, blocked, still in plan["closed"]:
        t.set(name, value)
        for step in blocked:
            t.step(f"closed-{step}", todo[step], "blocked")
        for step in still:
            t.step(f"still-{step}", todo[step], "worked")
        t.set(name, open_value(name))
    t.step("again", todo["identify"], "worked")
    where = folder(tmp, protocol + "-closed")
    t.write(where)
    out = run("rehearse", where, "--player", "hardened", "--events")
    judge(protocol + " hardened", out.stdout + out.stderr, t.wanted)


def tshark(pcap, *options):
    out = subprocess.run(["tshark", "-n", "-r", pcap, *options], capture_output=True, text=True, check=False)
    return out.stdout.splitlines()


def on_the_wire(protocol, plan, pcap):
    bad = tshark(pcap, "-Y", "_ws.malformed || _ws.expert.severity == Error")
    expect(f"{protocol}: nothing malformed", not bad, bad[:3])
    for what, condition in plan["wire"].items():
        expect(f"{protocol}: {what} on the wire", tshark(pcap, "-Y", f"ip.src == 10.62.0.77 && ({condition})"))


def mistakes(tmp):
    """What cannot be is told with file, line and column of the word that is wrong."""
    where = folder(tmp, "mistakes")
    for do, word, told in MISTAKES:
        t = Timeline("s71")
        t.step("wrong", do, "blocked")
        t.write(where)
        path = os.path.join(where, "scenario.yaml")
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
        line = next(i for i, text in enumerate(lines) if text.startswith("    do:"))
        at = f"{path}:{line + 1}:{lines[line].rindex(word) + 1}: error: {told}"
        out = run("check", where)
        expect(f"mistake {do}", out.returncode == 1 and at in out.stderr, f"'{at}' is not in '{out.stderr}'")


def main():
    with tempfile.TemporaryDirectory() as tmp:
        for protocol, plan in PROTOCOLS.items():
            pcap = open_steps(protocol, plan, tmp)
            saved_in_between(protocol, plan, tmp)
            closed_steps(protocol, plan, tmp)
            if shutil.which("tshark"):
                on_the_wire(protocol, plan, pcap)
        mistakes(tmp)
    verdict()


if __name__ == "__main__":
    main()
