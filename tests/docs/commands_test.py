#!/usr/bin/env python3
"""Runs the commands that the documents show: every line of a ```sh block that begins with `millrace`, perhaps with variables of the environment
before it, in the order in which they stand, in a folder of its own. A line with the comment `runs until Ctrl-C` is started and interrupted at the document's end or before the next such
line; lines with `while it runs` go on beside it."""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

binary = os.path.abspath(sys.argv[1])
top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
failed = 0
ran = 0


def lines_of(path):
    inside = False
    for line in open(path, encoding="utf-8"):
        if line.startswith("```"):
            inside = line.strip() == "```sh"
        elif inside and re.match(r"([A-Z_]+=\S* )*millrace ", line):
            yield line.strip()


def split(line):
    words = shlex.split(line, comments=True)
    at = words.index("millrace")
    return words[at:], dict(os.environ, **dict(word.split("=", 1) for word in words[:at]))


def say(verdict, path, line, more=""):
    print(f"{verdict}: {os.path.relpath(path, top)}: {line}\n{more}", flush=True)


def stop(running):
    process, line, path = running
    global failed
    process.send_signal(signal.SIGINT)
    try:
        status = process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        status = "does not end"
    if status != 0:
        failed += 1
        say("FAIL", path, line, f"after Ctrl-C: {status}\n{open(process.log).read()}")


def start(line, path, cwd):
    log = os.path.join(cwd, "log")
    words, env = split(line)
    process = subprocess.Popen(words, env=env, cwd=cwd, stdout=open(log, "w"), stderr=subprocess.STDOUT, executable=binary)
    process.log = log
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        if re.search(r"^ready$|has begun", open(log).read(), re.M):
            time.sleep(3)
            return (process, line, path)
        time.sleep(0.1)
    return None


def namespaces():
    return subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode == 0


def run(path):
    global failed, ran
    with tempfile.TemporaryDirectory() as cwd:
        os.chmod(cwd, 0o755)
        os.symlink(os.path.join(top, "content"), os.path.join(cwd, "content"))
        os.symlink(os.path.join(top, "web"), os.path.join(cwd, "web"))
        running = None
        for line in lines_of(path):
            ran += 1
            if "while it runs" not in line and running:
                stop(running)
                running = None
            if "runs until Ctrl-C" in line:
                running = start(line, path, cwd)
                if not running:
                    failed += 1
                    say("FAIL", path, line, open(os.path.join(cwd, "log")).read())
                continue
            try:
                words, env = split(line)
                out = subprocess.run(words, env=env, cwd=cwd, executable=binary, capture_output=True, text=True, timeout=120)
                status, text = out.returncode, out.stdout[-500:] + out.stderr[-1500:]
            except subprocess.TimeoutExpired:
                status, text = "timeout", ""
            if status != 0:
                failed += 1
                say("FAIL", path, line, f"status {status}\n{text}")
        if running:
            stop(running)


if not namespaces():
    print("SKIP: user namespaces are not available")
    sys.exit(77)
for folder, _, names in sorted(os.walk(os.path.join(top, "docs"))):
    for name in sorted(names):
        if name.endswith(".md"):
            run(os.path.join(folder, name))
for name in ("README.md", "README.zh.md", "HACKING.md", "ARCHITECTURE.md"):
    run(os.path.join(top, name))
print(f"{ran} commands of the documents run, {failed} failed")
sys.exit(1 if failed or ran < 10 else 0)
