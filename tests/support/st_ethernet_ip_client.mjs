// st-ethernet-ip against one controller with the tags of tests/golden/enip_station.h. Usage: node st_ethernet_ip_client.mjs HOST MODE, where
// MODE is connected, unconnected, browser or io. Exit status 0 where all agrees, 77 where web/node_modules lacks it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const [host, mode] = process.argv.slice(2);
let lib;
try {
  lib = createRequire(path.join(web, 'package.json'))('st-ethernet-ip');
} catch {
  console.log('no st-ethernet-ip in web/node_modules (npm ci there)');
  process.exit(77);
}
const { Controller, Tag, TagGroup, Browser, IO, EthernetIP, Structure } = lib;

async function tags(connected) {
  const plc = new Controller(connected);
  await plc.connect(host, 0); // reads the identity and browses
  assert.equal(plc.properties.name, '1756-L61/B LOGIX5561');
  assert.equal(plc.properties.version, '20.11');
  assert.equal(plc.properties.run, true);
  assert.equal(plc.properties.faulted, false);
  const list = plc.state.tagList;
  assert.ok(list.tags.length >= 14, `${list.tags.length} tags`);
  assert.deepEqual(list.programs, ['Main']);
  assert.equal(list.getTag('Level').type.typeName, 'DINT');
  assert.equal(list.getTag('Speed', 'Main').type.typeName, 'DINT');
  assert.equal(list.getTag('Big').type.arrayDims, 1);
  assert.equal(list.getTag('Pump1').type.typeName, 'Pump');

  const level = new Tag('Level');
  await plc.readTag(level);
  level.value = 4660;
  await plc.writeTag(level);
  await plc.readTag(level);
  assert.equal(level.value, 4660);
  const flow = new Tag('Flow', null, 0xca);
  flow.value = 12.5;
  await plc.writeTag(flow);
  await plc.readTag(flow);
  assert.equal(flow.value, 12.5);
  const running = new Tag('Running', null, 0xc1);
  for (const value of [true, false]) {
    running.value = value;
    await plc.writeTag(running);
    await plc.readTag(running);
    assert.equal(running.value, value);
  }
  const bit = new Tag('Level.3', null, 0xc4);
  await plc.readTag(bit);
  bit.value = true;
  await plc.writeTag(bit);
  await plc.readTag(bit);
  assert.equal(bit.value, true);
  const speed = new Tag('Speed', 'Main');
  await plc.readTag(speed);
  speed.value = -1500;
  await plc.writeTag(speed);
  await plc.readTag(speed);
  assert.equal(speed.value, -1500);
  const grid = new Tag('Grid[1,2]', null, 0xc3, 0, 2);
  grid.value = 77;
  await plc.writeTag(grid);
  await plc.readTag(grid);
  assert.equal(grid.value, 77);

  const big = new Tag('Big', null, 0xc4, 1, 400);
  await plc.readTag(big, 400); // in fragments
  assert.equal(big.value.length, 400);
  big.value = Array.from({ length: 400 }, (_, i) => i * 3);
  await plc.writeTag(big, null, 400);
  await plc.readTag(big, 400);
  assert.deepEqual([...big.value], Array.from({ length: 400 }, (_, i) => i * 3));

  const pump = plc.newTag('Pump1');
  assert.ok(pump instanceof Structure);
  await plc.readTag(pump);
  pump.value = { ...pump.value, Run: true, Starts: 7, Speed: 1.5, Hours: [1, 2, 3] };
  await plc.writeTag(pump);
  await plc.readTag(pump);
  assert.equal(pump.value.Starts, 7);
  assert.equal(pump.value.Speed, 1.5);
  assert.deepEqual([...pump.value.Hours], [1, 2, 3]);

  const group = new TagGroup();
  const members = ['Level', 'Flow', 'RawInput', 'Word', 'Scaled'].map((name) => new Tag(name));
  members.forEach((tag) => group.add(tag));
  await plc.readTagGroup(group);
  assert.equal(members[0].value, 4660 + 8); // bit 3 is set
  assert.equal(members[1].value, 12.5);
  members[0].value = 99;
  members[1].value = 0.25;
  await plc.writeTagGroup(group);
  await plc.readTagGroup(group);
  assert.equal(members[0].value, 99);
  assert.equal(members[1].value, 0.25);

  await assert.rejects(plc.readTag(new Tag('NoSuchTag')));
  assert.equal((await plc.getAttributeSingle(0xf6, 1, 3)).length, 6);
  await plc.disconnect();
}

async function browser() {
  const found = new Promise((resolve) => {
    const b = new Browser(51687, '0.0.0.0', false);
    b.on('New Device', resolve);
    const ask = EthernetIP.encapsulation.header.build(EthernetIP.encapsulation.commands.ListIdentity);
    b.socket.on('listening', () => b.socket.send(ask, 44818, host));
  });
  const device = await found;
  assert.equal(device.productName, '1756-L61/B LOGIX5561');
  assert.equal(device.vendorID, 1);
  assert.equal(device.socketAddress.sin_addr, host);
}

async function io() {
  const scanner = new IO.Scanner(2222, host.replace(/\d+$/, '9'));
  const connection = scanner.addConnection(
    { configInstance: { assembly: 151, size: 0 }, outputInstance: { assembly: 150, size: 6 }, inputInstance: { assembly: 100, size: 8 } },
    50,
    host,
  );
  await new Promise((resolve) => connection.on('connected', resolve));
  connection.outputData[0] = 0x5a;
  for (let i = 0; i < 50 && connection.inputData[0] !== 0x5a; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(connection.inputData[0], 0x5a);
}

const jobs = { connected: () => tags(true), unconnected: () => tags(false), browser, io };
setTimeout(() => {
  console.log('no answer within 120 s');
  process.exit(1);
}, 120000);
jobs[mode]().then(
  () => {
    console.log('agrees');
    process.exit(0);
  },
  (e) => {
    console.log(e?.stack ?? JSON.stringify(e));
    process.exit(1);
  },
);
