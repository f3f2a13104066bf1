// ethernet-ip (the older library) against one controller with the tags of tests/golden/enip_station.h. Usage: node ethernet_ip_client.mjs
// HOST. Exit status 0 where all agrees, 77 where web/node_modules lacks it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const host = process.argv[2];
let lib;
try {
  lib = createRequire(path.join(web, 'package.json'))('ethernet-ip');
} catch {
  console.log('no ethernet-ip in web/node_modules (npm ci there)');
  process.exit(77);
}
const { Controller, Tag, TagGroup } = lib;

async function routine() {
  const plc = new Controller();
  await plc.connect(host, 0, false);
  await plc.readControllerProps();
  assert.equal(plc.properties.name, '1756-L61/B LOGIX5561');
  assert.equal(plc.properties.faulted, false);
  const level = new Tag('Level');
  await plc.readTag(level);
  await plc.writeTag(level, 4321);
  await plc.readTag(level);
  assert.equal(level.value, 4321);
  const running = new Tag('Running');
  await plc.readTag(running);
  await plc.writeTag(running, true);
  await plc.readTag(running);
  assert.equal(running.value, true);
  const bit = new Tag('Level.4');
  await plc.readTag(bit);
  assert.equal(bit.value, (4321 & 16) !== 0);
  const speed = new Tag('Speed', 'Main');
  await plc.readTag(speed);
  await plc.writeTag(speed, 7);
  await plc.readTag(speed);
  assert.equal(speed.value, 7);
  const group = new TagGroup();
  for (const name of ['Level', 'Flow', 'RawInput', 'Running']) {
    group.add(new Tag(name));
  }
  await plc.readTagGroup(group);
  group.forEach((tag) => assert.notEqual(tag.value, null));
  await plc.writeTagGroup(group);
  await assert.rejects(plc.readTag(new Tag('NoSuchTag')));
}

setTimeout(() => {
  console.log('no answer within 120 s');
  process.exit(1);
}, 120000);
routine().then(
  () => {
    console.log('agrees');
    process.exit(0);
  },
  (e) => {
    console.log(e?.stack ?? JSON.stringify(e));
    process.exit(1);
  },
);
