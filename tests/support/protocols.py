"""Clients of a few lines for S7comm, IEC 104, DNP3 and EtherNet/IP, over any connected stream: enough to ask, to command and to be told.
Written from the specifications, apart from the engine's own code. Each class says what it takes in ask(); all raise OSError where the
other side closes."""
import socket
import struct


class Stream:
    def __init__(self, where=None, sock=None, timeout=5):
        self.s = sock or socket.socket()
        self.s.settimeout(timeout)
        self.s.connect(where)

    def take(self, n):
        out = b""
        while len(out) < n:
            part = self.s.recv(n - len(out))
            if not part:
                raise ConnectionError("closed")
            out += part
        return out

    def close(self):
        self.s.close()


class Mbap(Stream):
    """Modbus/TCP (Messaging on TCP/IP, 3.1.3)."""

    def ask(self, unit, pdu):
        """The answering PDU to one in hexadecimal digits."""
        pdu = bytes.fromhex(pdu)
        self.s.sendall(struct.pack(">HHHB", 7, 0, len(pdu) + 1, unit) + pdu)
        return self.take(struct.unpack(">HHHB", self.take(7))[2] - 1)


class Rtu(Stream):
    """Modbus RTU frames (Modbus over Serial Line, 2.5.1) over TCP."""

    def ask(self, unit, pdu):
        """The answering PDU with its CRC."""
        frame = bytes([unit]) + pdu
        crc = 0xFFFF
        for b in frame:
            crc ^= b
            for _ in range(8):
                crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        self.s.sendall(frame + struct.pack("<H", crc))
        return self.take(2)[1:] + self.s.recv(300)


class S7(Stream):
    """TPKT (RFC 1006), COTP class 0, S7comm."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.n = 0
        self.packet(bytes.fromhex("11e00000000100c1020100c2020102c0010a"))
        self.receive()
        self.job(bytes.fromhex("f0000001000101e0"))

    def packet(self, tpdu):
        self.s.sendall(struct.pack(">BBH", 3, 0, len(tpdu) + 4) + tpdu)

    def receive(self):
        return self.take(struct.unpack(">xxH", self.take(4))[0] - 4)

    def job(self, parameters, data=b""):
        """Error class and code, parameters, data."""
        self.n += 1
        self.packet(b"\x02\xf0\x80" + struct.pack(">BBHHHH", 0x32, 1, 0, self.n, len(parameters), len(data)) + parameters + data)
        a = self.receive()[3:]
        np, nd, error = struct.unpack(">HHH", a[6:12])
        return error, a[12:12 + np], a[12 + np:12 + np + nd]

    def userdata(self, group, function, data):
        """Data of the answer to a request of user data, less return code, size and length."""
        parameters = bytes([0, 1, 0x12, 4, 0x11, 0x40 | group, function, 0])
        data = struct.pack(">BBH", 0xFF, 9, len(data)) + data
        self.packet(b"\x02\xf0\x80" + struct.pack(">BBHHHH", 0x32, 7, 0, 9, len(parameters), len(data)) + parameters + data)
        return self.receive()[3 + 10 + 12 + 4:]

    def read(self, db, byte, n):
        """Bytes of a data block, or a return code."""
        _, _, data = self.job(struct.pack(">BBBBBBHHB", 4, 1, 0x12, 10, 0x10, 2, n, db, 0x84) + struct.pack(">I", byte * 8)[1:])
        return data[4:4 + n] if data[0] == 0xFF else data[0]

    def write(self, db, byte, value):
        """The return code: 0xFF where it was written."""
        item = struct.pack(">BBBBBBHHB", 5, 1, 0x12, 10, 0x10, 2, len(value), db, 0x84) + struct.pack(">I", byte * 8)[1:]
        return self.job(item, struct.pack(">BBH", 0, 4, len(value) * 8) + value)[2][0]

    def put(self, code, size, address, value):
        """Writes what is no data block, by its area's code and the size of an item, and reads it again."""
        item = struct.pack(">BBBBHHB", 0x12, 10, 0x10, size, 1, 0, code) + struct.pack(">I", address)[1:]
        self.job(b"\x05\x01" + item, struct.pack(">BBH", 0, 9 if size == code else 4, len(value) * (1 if size == code else 8)) + value)
        return self.job(b"\x04\x01" + item)[2][4:]


class Iec104(Stream):
    """IEC 60870-5-104 with data transfer started; every ASDU received is acknowledged at once."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.vs = self.vr = 0
        self.s.sendall(bytes.fromhex("680407000000"))
        if self.take(6) != bytes.fromhex("68040b000000"):
            raise ValueError("STARTDT is not confirmed")

    def next(self):
        """Type, count, cause (with its bits), common address, objects."""
        while True:
            head = self.take(2)
            body = self.take(head[1])
            if body[0] == 0x43:
                self.s.sendall(bytes.fromhex("680483000000"))
            if body[0] & 1:
                continue
            self.vr = (self.vr + 1) % 32768
            self.s.sendall(struct.pack("<BBHH", 0x68, 4, 1, self.vr << 1))
            kind, count, cause, ca = struct.unpack("<BBHH", body[4:10])
            return kind, count, cause & 0xFF, ca, body[10:]

    def send(self, kind, cause, ca, objects):
        asdu = struct.pack("<BBHH", kind, 1, cause, ca) + objects
        self.s.sendall(struct.pack("<BBHH", 0x68, len(asdu) + 4, self.vs << 1, self.vr << 1) + asdu)
        self.vs = (self.vs + 1) % 32768

    def interrogate(self, ca=1, qoi=20):
        """All ASDUs up to the end of the interrogation, or its refusal."""
        self.send(100, 6, ca, struct.pack("<I", qoi << 24))
        got = []
        while not got or got[-1][0] != 100 or got[-1][2] not in (10, 0x47, 46):
            got.append(self.next())
        return got

    def command(self, kind, ioa, value, ca=1, cause=6):
        """Cause of the answer: 7 confirmed, 0x47 refused, 47 with 0x40 unknown."""
        self.send(kind, cause, ca, struct.pack("<I", ioa)[:3] + value)
        while True:
            k, _, c, _, objects = self.next()
            if k == kind and objects[:3] == struct.pack("<I", ioa)[:3] and c & 0x3F != 10:  # the end of one before may come now
                return c


def dnp3_crc(data):
    crc = 0
    for b in data:
        crc ^= b
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA6BC if crc & 1 else crc >> 1
    return struct.pack("<H", crc ^ 0xFFFF)


class Dnp3(Stream):
    """A master with address 1 (IEEE 1815)."""

    def __init__(self, *args, outstation=10, **named):
        super().__init__(*args, **named)
        self.outstation, self.seq, self.transport = outstation, 0, 0

    def send(self, fragment):
        data = bytes([0xC0 | self.transport]) + fragment
        self.transport = (self.transport + 1) & 63
        head = struct.pack("<BBBBHH", 5, 0x64, len(data) + 5, 0xC4, self.outstation, 1)
        frame = head + dnp3_crc(head)
        for i in range(0, len(data), 16):
            frame += data[i:i + 16] + dnp3_crc(data[i:i + 16])
        self.s.sendall(frame)

    def fragment(self):
        out = b""
        while True:
            head = self.take(10)
            left, data = head[2] - 5, b""
            while left > 0:
                n = min(left, 16)
                block = self.take(n + 2)
                if dnp3_crc(block[:n]) != block[n:]:
                    raise ValueError("CRC")
                data += block[:n]
                left -= n
            if not data:
                continue
            out = data[1:] if data[0] & 0x40 else out + data[1:]
            if data[0] & 0x80:
                return out

    def next(self):
        """Function, internal indications, objects; what wants to be confirmed is."""
        f = self.fragment()
        if f[0] & 0x20:
            self.send(bytes([0xC0 | (f[0] & 0x1F), 0]))
        return f[1], struct.unpack("<H", f[2:4])[0], f[4:]

    def ask(self, function, objects=b""):
        """The answer's indications and objects; unsolicited responses before it are confirmed and passed over."""
        self.send(bytes([0xC0 | self.seq, function]) + objects)
        self.seq = (self.seq + 1) & 15
        while True:
            kind, iin, got = self.next()
            if kind == 129:
                return iin, got


class Enip(Stream):
    """EtherNet/IP with a registered session; services unconnected."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.session = 0
        self.session = self.command(0x65, struct.pack("<HH", 1, 0))[1]

    def command(self, command, data=b""):
        """Status, session, data."""
        self.s.sendall(struct.pack("<HHIIQI", command, len(data), self.session, 0, 0, 0) + data)
        _, n, session, status = struct.unpack("<HHII", self.take(24)[:12])
        return status, session, self.take(n)

    def service(self, service, path, data=b""):
        """General status and data of a CIP service."""
        request = bytes([service, len(path) // 2]) + path + data
        status, _, answer = self.command(0x6F, struct.pack("<IHHHHHH", 0, 5, 2, 0, 0, 0xB2, len(request)) + request)
        if status:
            raise ValueError(f"encapsulation status {status}")
        cip = answer[16:]
        return cip[2], cip[4 + 2 * cip[3]:]

    @staticmethod
    def tag(*parts):
        """Names and indices: ("Program:Main", "cell", "AXES", 1)."""
        path = b""
        for part in parts:
            n = part.encode() if isinstance(part, str) else b""
            path += bytes([0x91, len(n)]) + n + b"\0" * (len(n) % 2) if n else bytes([0x28, part])
        return path

    def symbols(self, program=""):
        """Get Instance Attribute List as pycomm3 asks it: name: (type, dimensions), page after page."""
        found, start, status = {}, 0, 6
        while status == 6:
            path = (self.tag(program) if program else b"") + struct.pack("<HHH", 0x6B20, 0x25, start)
            status, data = self.service(0x55, path, struct.pack("<8H", 7, 1, 2, 3, 5, 6, 8, 10))
            while data:
                start, n = struct.unpack_from("<IH", data)
                kind, _, _, _, *dims, _ = struct.unpack_from("<HIII3IB", data, 6 + n)
                found[data[6:6 + n].decode()] = (kind, [d for d in dims if d])
                data, start = data[6 + n + 27:], start + 1
        return found

    def template(self, number):
        """A structure's name and handle, its bytes, and name: (type, array or bit, offset) of its members."""
        path = struct.pack("<HHH", 0x6C20, 0x25, number)
        _, data = self.service(0x03, path, struct.pack("<5H", 4, 4, 5, 2, 1))
        _, _, _, words, _, _, size, _, _, n, _, _, handle = struct.unpack("<HHHIHHIHHHHHH", data)
        _, data = self.service(0x4C, path, struct.pack("<IH", 0, words * 4 - 23))
        names = [name.decode() for name in data[8 * n:].split(b"\0")]
        members = {}
        for k in range(n):
            more, kind, offset = struct.unpack_from("<HHI", data, 8 * k)
            members[names[1 + k]] = (kind, more, offset)
        return names[0].split(";")[0], handle, size, members

    def get(self, *parts, count=1):
        """Status, and type and value."""
        return self.service(0x4C, self.tag(*parts), struct.pack("<H", count))

    def put(self, kind, value, *parts):
        return self.service(0x4D, self.tag(*parts), kind + struct.pack("<H", 1) + value)[0]

    def status(self):
        """The status word of its identity: bits 4 to 7 the mode (6 run, 7 program), 12 and 13 the key (1 run, 2 program, 3 remote)."""
        return struct.unpack("<H", self.service(0x0E, bytes.fromhex("200124013005"))[1])[0]

    def read(self, name, count=1):
        return self.service(0x4C, self.tag(name), struct.pack("<H", count))

    def write(self, name, kind, value):
        return self.service(0x4D, self.tag(name), struct.pack("<HH", kind, 1) + value)[0]


LIST_IDENTITY = struct.pack("<HHIIQI", 0x63, 0, 0, 0, 0, 0)
