// Two EtherNet/IP clients that nobody here wrote, against a controller of content/sites/protocol-bench.
// Usage: node enip_clients.mjs st-ethernet-ip|ethernet-ip HOST PORT. Exit status 0 where all agrees, 77 where web/node_modules lacks the
// client or the port is not 44818, which both take for granted.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [name, host, port] = process.argv.slice(2);
const require = createRequire(path.join(fileURLToPath(new URL('../../web/', import.meta.url)), 'package.json'));
let lib;
try {
  lib = require(name);
} catch {
  console.log(`no ${name} in web/node_modules (npm install there)`);
  process.exit(77);
}
if (port !== '44818') {
  console.log(`${name} knows no other port than 44818`);
  process.exit(77);
}
const { Controller, Tag } = lib;

async function routine() {
  const plc = new Controller();
  await plc.connect(host, 0);
  if (plc.properties.name !== undefined && plc.properties.name !== null) {
    assert.equal(plc.properties.name, '1756-L61/B LOGIX5561');
  }
  const written = { B_DINT: -70000, B_INT: 4660, B_REAL: 1.5 };
  for (const [tag, value] of Object.entries(written)) {
    const t = new Tag(tag);
    await plc.readTag(t); // learns the type
    await plc.writeTag(t, value);
    await plc.readTag(t);
    assert.equal(t.value, value, tag);
  }
  const scans = new Tag('SCANS');
  await plc.readTag(scans);
  const before = scans.value;
  await new Promise((done) => setTimeout(done, 300));
  await plc.readTag(scans);
  assert.notEqual(scans.value, before);
  await assert.rejects(async () => plc.readTag(new Tag('NOWHERE')));
  plc.destroy?.();
}

const guard = setTimeout(() => {
  console.log('no end within a minute');
  process.exit(1);
}, 60000);
try {
  await routine();
  clearTimeout(guard);
  console.log('agrees');
  process.exit(0);
} catch (e) {
  console.log(e?.stack ?? String(e));
  process.exit(1);
}
