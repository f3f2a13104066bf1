"""pymodbus against one PLC, every table read and every writable one written and read back. Usage: pymodbus_client.py HOST PORT.
Prints what differs; exit status 0 where nothing does, 77 without pymodbus."""
import sys

try:
    from pymodbus.client import ModbusTcpClient
except ImportError:
    print("no pymodbus")
    sys.exit(77)

# %MW1000 and %MX1200.0 on: memory that no program of the site uses. Coils of %M begin at 8192.
WORD, BIT = 1000, 8192 + 1200 * 8


def main():
    c = ModbusTcpClient(sys.argv[1], port=int(sys.argv[2]), timeout=5)
    if not c.connect():
        print("no connection")
        return 1
    wrong = []

    def same(what, answer, values):
        if answer.isError() or list(values(answer)) != expected:
            wrong.append(f"{what}: {answer if answer.isError() else list(values(answer))}, not {expected}")

    level = c.read_input_registers(0, 1, slave=1)  # 0..27648 for 0..1600 mm
    if level.isError() or not 0 < level.registers[0] < 27648:
        wrong.append(f"input register 0: {level}")
    contacts = c.read_discrete_inputs(512, 4, slave=1)  # %IX64.0: a valve is not open and closed at once
    if contacts.isError() or (contacts.bits[0] and contacts.bits[1]):
        wrong.append(f"discrete inputs: {contacts}")
    if c.read_coils(0, 4, slave=1).isError():
        wrong.append("coils cannot be read")
    expected = [4660]
    if c.write_register(WORD, 4660, slave=1).isError():
        wrong.append("function 6")
    same("function 6 read back", c.read_holding_registers(WORD, 1, slave=1), lambda a: a.registers)
    expected = [1, 0xFFFF, 0x8000, 7]
    if c.write_registers(WORD, expected, slave=1).isError():
        wrong.append("function 16")
    same("function 16 read back", c.read_holding_registers(WORD, 4, slave=1), lambda a: a.registers)
    expected = [9, 8]
    same("function 23", c.readwrite_registers(read_address=WORD, read_count=2, write_address=WORD, write_registers=[9, 8],
                                              slave=1), lambda a: a.registers)
    if c.mask_write_register(WORD, and_mask=0x000F, or_mask=0x0020, slave=1).isError():
        wrong.append("function 22")
    expected = [(9 & 0x0F) | (0x20 & ~0x0F)]  # AP 6.16
    same("function 22 read back", c.read_holding_registers(WORD, 1, slave=1), lambda a: a.registers)
    for value in (True, False):
        if c.write_coil(BIT, value, slave=1).isError():
            wrong.append("function 5")
        expected = [value]
        same("function 5 read back", c.read_coils(BIT, 1, slave=1), lambda a: a.bits[:1])
    expected = [True, False, True, True, False, False, True, True, False, True]
    if c.write_coils(BIT, expected, slave=1).isError():
        wrong.append("function 15")
    same("function 15 read back", c.read_coils(BIT, 10, slave=1), lambda a: a.bits[:10])
    from pymodbus.mei_message import ReadDeviceInformationRequest
    identity = c.execute(ReadDeviceInformationRequest(slave=1))
    if identity.isError() or identity.information.get(0) != b"Schneider Electric":
        wrong.append(f"43/14: {identity}")
    c.close()
    print("; ".join(wrong) or "agrees")
    return 1 if wrong else 0


sys.exit(main())
