#!/usr/bin/python3
"""A site whose disk fills up: it goes on, says so, confirms nothing that it cannot keep, and confirms again once there is room.

Mounts a small tmpfs, so it needs root; exits 77 otherwise. First argument: the millrace binary."""
import os, signal, socket, struct, subprocess, sys, tempfile, time

SUBMIT, EVENTS, ACK = 16, 20, 21  # site/channel.h
OK, NO_SPACE = 0, 11              # base/err.h


class Server:
    def __init__(self, path):
        self.s, self.buf = socket.socket(socket.AF_UNIX), b""
        self.s.settimeout(10)
        self.s.connect(path)
        self.send(EVENTS, struct.pack("<QI", 0, 0))

    def send(self, kind, payload):
        self.s.sendall(struct.pack("<IB", 1 + len(payload), kind) + payload)

    def wait(self, want):
        while True:
            while len(self.buf) >= 4 and len(self.buf) >= 4 + struct.unpack_from("<I", self.buf)[0]:
                n, kind = struct.unpack_from("<IB", self.buf)
                payload, self.buf = self.buf[5:4 + n], self.buf[4 + n:]
                if kind == want:
                    return payload
            self.buf += self.s.recv(65536)

    def submit(self, request):
        self.send(SUBMIT, struct.pack("<Q", request) + os.urandom(3000))
        got, _, err = struct.unpack("<QQI", self.wait(ACK))
        assert got == request, (got, request)
        return err


def fill(path):
    with open(path, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"z" * 512)
        except OSError:
            pass


def run(folder, millrace):
    wire = subprocess.Popen([millrace, "live", "content/sites/water-treatment", "--network", "loopback", "--port-offset", "27000",
                             "--captures", "off", "--state", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert wire.stdout.readline() == "ready\n"
        server = Server(folder + "/wire.sock")
        assert server.submit(1) == OK
        fill(folder + "/fill")
        assert any(server.submit(n) == NO_SPACE for n in range(2, 8))
        time.sleep(1.5)
        assert wire.poll() is None
        os.unlink(folder + "/fill")
        assert any(not time.sleep(0.5) and server.submit(n) == OK for n in range(10, 30))
    finally:
        wire.send_signal(signal.SIGINT)
        _, said = wire.communicate(timeout=20)
    assert wire.returncode == 0, said
    assert "the disk is full" in said and "the disk has room again" in said, said


def main():
    folder = tempfile.mkdtemp(prefix="mr-disk-")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        print("a small file system cannot be mounted here")
        return 77
    try:
        run(folder, os.path.abspath(sys.argv[1]))
    finally:
        subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)
    print("ok")
    return 0


sys.exit(main())
