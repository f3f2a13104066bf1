// jsmodbus against one PLC: every table read, every writable one written and read back. Usage: node jsmodbus_client.mjs HOST PORT.
// Exit status 0 where all agrees, 77 where web/node_modules lacks it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
let jsmodbus;
try {
  jsmodbus = createRequire(path.join(web, 'package.json'))('jsmodbus');
} catch {
  console.log('no jsmodbus in web/node_modules (npm ci there)');
  process.exit(77);
}

// Memory that no program of the site uses: %MW1010 and %MX1210.0; coils of %M begin at 8192.
const WORD = 1010;
const BIT = 8192 + 1210 * 8;
const socket = net.connect({ host: process.argv[2], port: Number(process.argv[3]) });
const client = new jsmodbus.client.TCP(socket, 1, 5000);
const values = async (request) => (await request).response.body.valuesAsArray;

socket.on('connect', async () => {
  try {
    const [level] = await values(client.readInputRegisters(0, 1));
    assert.ok(level > 0 && level < 27648, `input register 0 is ${level}`);
    const [opened, closed] = await values(client.readDiscreteInputs(512, 2));
    assert.ok(!(opened && closed), 'a valve is open and closed at once');
    assert.equal((await values(client.readCoils(0, 4))).length >= 4, true);
    await client.writeSingleRegister(WORD, 4660);
    assert.deepEqual([...(await values(client.readHoldingRegisters(WORD, 1)))], [4660]);
    await client.writeMultipleRegisters(WORD, [1, 65535, 32768]);
    assert.deepEqual([...(await values(client.readHoldingRegisters(WORD, 3)))], [1, 65535, 32768]);
    await client.writeSingleCoil(BIT, true);
    assert.deepEqual([...(await values(client.readCoils(BIT, 1)))].slice(0, 1), [1]);
    await client.writeMultipleCoils(BIT, [false, true, true, false, true]);
    assert.deepEqual([...(await values(client.readCoils(BIT, 5)))].slice(0, 5), [0, 1, 1, 0, 1]);
    console.log('agrees');
    process.exit(0);
  } catch (e) {
    console.log(e?.err ? `${e.err}: ${e.message}` : (e?.message ?? String(e)));
    process.exit(1);
  }
});
socket.on('error', (e) => {
  console.log(e.message);
  process.exit(1);
});
