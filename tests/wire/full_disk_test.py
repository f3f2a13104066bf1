#!/usr/bin/python3
"""A site whose disk fills up, and an event's: it goes on, says so, confirms nothing that it cannot keep, and confirms again once there
is room.

Mounts a small tmpfs, so it needs root; exits 77 otherwise. First argument: the millrace binary."""
import http.client, json, os, signal, socket, struct, subprocess, sys, tempfile, time

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


def log_in(port, account, password):
    """The answer's status, and that of a question asked with the session, if one was given."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    c.request("POST", "/api/login", json.dumps({"account": account, "password": password}), {"X-Millrace": "1"})
    r = c.getresponse()
    r.read()
    cookie = r.getheader("set-cookie")
    if not cookie:
        return r.status, None
    c.request("GET", "/api/me", headers={"Cookie": cookie.split(";")[0]})
    return r.status, c.getresponse().status


def event(folder, millrace):
    """The event's server: who logs in while nothing can be kept is told so, and gets no session that is none."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen([millrace, "serve", "content/events/demo", "--network", "loopback", "--port-offset", "27000", "--hold",
                               "--port", str(port), "--state", folder + "/event"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True)
    try:
        while "sites ready" not in (line := server.stdout.readline()):
            assert line, "the server ended"
        people = [line.split() for line in open(folder + "/event/accounts.txt") if line[0] != "#"]
        assert log_in(port, *people[0][:2]) == (200, 200)
        fill(folder + "/fill")
        full = [log_in(port, *people[0][:2]) for _ in range(20)]
        assert (507, None) in full and set(full) <= {(200, 200), (507, None)}, full
        os.unlink(folder + "/fill")
        assert any(not time.sleep(0.5) and log_in(port, *people[0][:2]) == (200, 200) for _ in range(40))
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
    assert server.returncode == 0


def main():
    folder = tempfile.mkdtemp(prefix="mr-disk-")
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
        print("a small file system cannot be mounted here")
        return 77
    try:
        run(folder, os.path.abspath(sys.argv[1]))
        event(folder, os.path.abspath(sys.argv[1]))
    finally:
        subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)
    print("ok")
    return 0


sys.exit(main())
