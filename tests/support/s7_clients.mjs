// Three S7 clients that nobody here wrote, each doing its whole routine against one station.
// Usage: node s7_clients.mjs nodes7|st-one|snap7 HOST PORT [BYTE]: DB1 and M from BYTE on (64 bytes, no program's) are written.
// Exit status 0 where all agrees, 77 where web/node_modules lacks the client.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [name, host, port, byte = '900'] = process.argv.slice(2);
const at = Number(byte);
const require = createRequire(path.join(fileURLToPath(new URL('../../web/', import.meta.url)), 'package.json'));
const packages = { nodes7: 'nodes7', 'st-one': '@st-one-io/nodes7', snap7: 'node-snap7' };

function load(which) {
  try {
    return require(packages[which]);
  } catch {
    console.log(`no ${packages[which]} in web/node_modules (npm install there; npm install --no-save node-snap7 builds that one)`);
    process.exit(77);
  }
}

// A method that ends with callback(error, value), as a promise.
const ask = (object, method, ...args) =>
  new Promise((resolve, reject) => {
    object[method](...args, (error, value) => (error ? reject(new Error(`${method}: ${object.ErrorText?.(error) ?? error}`)) : resolve(value)));
  });

const WRITTEN = {
  word: 4660,
  real: 1.5,
  dint: -70000,
  bytes: [1, 2, 254, 255],
  bit: true, // last: st-one does not fill up an odd value before the next one, as the protocol wants
};
const NAMES = {
  word: `DB1,INT${at}`,
  real: `DB1,REAL${at + 4}`,
  dint: `DB1,DINT${at + 8}`,
  bit: `DB1,X${at + 12}.3`,
  bytes: `DB1,BYTE${at + 16}.4`,
};

async function nodes7() {
  const NodeS7 = load('nodes7');
  const plc = new NodeS7({ silent: true });
  await new Promise((resolve, reject) =>
    plc.initiateConnection({ host, port: Number(port), rack: 0, slot: 2, timeout: 5000 }, (e) => (e ? reject(e) : resolve())));
  plc.setTranslationCB((tag) => NAMES[tag] ?? tag);
  plc.addItems([...Object.keys(NAMES), 'IB0', 'QB0', `MB${at + 20}`]);
  await new Promise((resolve, reject) =>
    plc.writeItems(Object.keys(WRITTEN), Object.values(WRITTEN), (bad) => (bad ? reject(new Error('write')) : resolve())));
  const values = await new Promise((resolve, reject) => plc.readAllItems((bad, v) => (bad ? reject(new Error(JSON.stringify(v))) : resolve(v))));
  for (const key of Object.keys(WRITTEN)) {
    assert.deepEqual(values[key], WRITTEN[key], key);
  }
  // more than one PDU: its optimiser reads it in parts
  plc.removeItems();
  plc.addItems([`DB1,BYTE0.600`]);
  const many = await new Promise((resolve, reject) => plc.readAllItems((bad, v) => (bad ? reject(new Error('read')) : resolve(v))));
  assert.equal(Object.values(many)[0].length, 600);
  plc.dropConnection(() => {});
}

async function stOne() {
  const { S7Endpoint, S7ItemGroup } = load('st-one');
  const plc = new S7Endpoint({ host, port: Number(port), rack: 0, slot: 2, autoReconnect: 0 });
  await new Promise((resolve, reject) => {
    plc.once('connect', resolve);
    plc.once('error', reject);
    plc.connect?.().catch(reject);
  });
  const group = new S7ItemGroup(plc);
  group.setTranslationCB((tag) => NAMES[tag]);
  group.addItems(Object.keys(NAMES));
  await group.writeItems(Object.keys(WRITTEN), Object.values(WRITTEN));
  const values = await group.readAllItems();
  for (const key of Object.keys(WRITTEN)) {
    assert.deepEqual(key === 'bytes' ? [...values[key]] : values[key], WRITTEN[key], key);
  }
  const time = await plc.getTime();
  assert.ok(time instanceof Date && !Number.isNaN(time.getTime()), String(time));
  const blocks = await plc.blockCount();
  assert.ok(blocks.DB >= 1, JSON.stringify(blocks));
  for (const type of Object.keys(blocks).filter((t) => blocks[t] > 0)) {
    assert.equal((await plc.listBlocks(type)).length, blocks[type], type);
  }
  const list = await plc.getSSL(0x0011, 0);
  assert.ok(list.length >= 3, JSON.stringify(list));
  assert.ok((await plc.getAvailableSSL()).length >= 10, 'lists');
  assert.match(JSON.stringify(await plc.getModuleIdentification()), /\w/);
  assert.match(JSON.stringify(await plc.getComponentIdentification()), /\w/);
  assert.match(JSON.stringify(await plc.getBlockInfo('DB', 1)), /\w/);
  const db1 = await plc.uploadBlock('DB', 1);
  assert.ok(Buffer.isBuffer(db1) && db1.readUInt16BE(0) === 0x7070, 'DB1 as a block');
  await plc.disconnect();
}

async function snap7Data(plc) {
  const value = Buffer.from([0x12, 0x34, 0xab, 0xcd]);
  for (const area of ['DB', 'MB']) {
    const where = area === 'DB' ? [1, at] : [at];
    await ask(plc, `${area}Write`, ...where, 4, value);
    assert.deepEqual(await ask(plc, `${area}Read`, ...where, 4), value, area);
  }
  await ask(plc, 'EBRead', 0, 2);
  await ask(plc, 'ABRead', 0, 2);
  const several = [
    { Area: plc.S7AreaDB, WordLen: plc.S7WLByte, DBNumber: 1, Start: at, Amount: 4 },
    { Area: plc.S7AreaMK, WordLen: plc.S7WLByte, Start: at, Amount: 4 },
  ];
  for (const item of await ask(plc, 'ReadMultiVars', several)) {
    assert.deepEqual([item.Result, item.Data], [0, value]);
  }
  assert.equal((await ask(plc, 'DBGet', 1)).length >= 400, true, 'DBGet');
  // as many items as go into a PDU: twenty at most; 12 bytes each, and to be written 6 more
  const most = Math.min(20, Math.floor((plc.PDULength() - 12) / 18));
  const many = Array.from({ length: most }, (_, i) => (
    { Area: plc.S7AreaDB, WordLen: plc.S7WLByte, DBNumber: 1, Start: at + i, Amount: 1, Data: Buffer.from([i + 1]) }));
  assert.ok((await ask(plc, 'WriteMultiVars', many)).every((item) => item.Result === 0), `${most} items written`);
  const back = await ask(plc, 'ReadMultiVars', many.map(({ Data, ...item }) => item));
  assert.deepEqual(back.map((item) => item.Data[0]), many.map((item) => item.Data[0]), `${most} items read`);
  for (const [area, db] of [[plc.S7AreaPE, 0], [plc.S7AreaPA, 0], [plc.S7AreaMK, 0], [plc.S7AreaDB, 1]]) {
    for (const length of [plc.S7WLBit, plc.S7WLByte, plc.S7WLWord, plc.S7WLDWord, plc.S7WLReal]) {
      await ask(plc, 'ReadArea', area, db, 8, 1, length);
    }
  }
  await ask(plc, 'TMRead', 0, 2);
  await ask(plc, 'CTRead', 0, 2);
}

async function snap7Blocks(plc) {
  const count = await ask(plc, 'ListBlocks');
  assert.ok(count.OBCount >= 1 && count.DBCount >= 1, JSON.stringify(count));
  assert.equal((await ask(plc, 'ListBlocksOfType', plc.Block_DB)).length, count.DBCount);
  const functions = count.FCCount > 0 ? await ask(plc, 'ListBlocksOfType', plc.Block_FC) : [];
  assert.equal(functions.length, count.FCCount);
  const info = await ask(plc, 'GetAgBlockInfo', plc.Block_OB, 1);
  assert.equal(info.BlkNumber, 1);
  const whole = await ask(plc, 'FullUpload', plc.Block_OB, 1, 65536);
  assert.equal(whole.length, info.LoadSize, 'length of OB1');
  assert.equal(plc.GetPgBlockInfo(whole).BlkNumber, 1);
  assert.ok((await ask(plc, 'Upload', plc.Block_OB, 1, 65536)).length <= whole.length);
  await ask(plc, 'Download', 1, whole);
  assert.deepEqual((await ask(plc, 'FullUpload', plc.Block_OB, 1, 65536)).subarray(36, -36), whole.subarray(36, -36), 'OB1 again');
  const db = await ask(plc, 'FullUpload', plc.Block_DB, 1, 65536);
  await ask(plc, 'Download', 1, db);
  if (functions.length > 0) {
    await ask(plc, 'Delete', plc.Block_FC, functions[0]);
    assert.equal((await ask(plc, 'ListBlocks')).FCCount, count.FCCount - 1, 'one is deleted');
  }
}

async function snap7System(plc) {
  assert.match((await ask(plc, 'GetCpuInfo')).ModuleTypeName, /\S/);
  assert.match((await ask(plc, 'GetOrderCode')).Code, /\S/);
  assert.ok((await ask(plc, 'GetCpInfo')).MaxPduLength >= 240);
  assert.ok((await ask(plc, 'ReadSZLList')).length >= 10);
  const set = new Date(2024, 1, 29, 23, 59, 0);
  await ask(plc, 'SetPlcDateTime', set);
  assert.ok(Math.abs((await ask(plc, 'GetPlcDateTime')) - set) < 60000, 'clock');
  await ask(plc, 'SetPlcSystemDateTime');
  assert.equal((await ask(plc, 'GetProtection')).sch_rel, 1);
  try {
    await ask(plc, 'SetSessionPassword', 'toor');
    await ask(plc, 'ClearSessionPassword');
    await assert.rejects(ask(plc, 'SetSessionPassword', 'wrong'));
  } catch (e) {
    assert.match(e.message, /No password to set/); // a CPU without one
  }
  await ask(plc, 'CopyRamToRom', 300);
  await ask(plc, 'Compress', 300);
  await ask(plc, 'PlcStop');
  assert.equal(await ask(plc, 'PlcStatus'), plc.S7CpuStatusStop);
  const diagnosis = await ask(plc, 'ReadSZL', 0x00a0, 0);
  assert.ok(diagnosis.includes(Buffer.from([0x43, 0x04])), 'the stop is in the diagnostics buffer');
  await ask(plc, 'PlcColdStart');
  await ask(plc, 'PlcStop');
  await ask(plc, 'PlcHotStart');
  assert.equal(await ask(plc, 'PlcStatus'), plc.S7CpuStatusRun);
}

async function snap7() {
  const { S7Client } = load('snap7');
  const plc = new S7Client();
  plc.SetParam(plc.RemotePort, Number(port));
  for (const size of [240, 480, 960]) {
    plc.SetParam(plc.PDURequest, size);
    await ask(plc, 'ConnectTo', host, 0, 2);
    assert.ok(plc.PDULength() >= 240 && plc.PDULength() <= size, `a PDU of ${size}: ${plc.PDULength()}`);
    plc.Disconnect();
  }
  await ask(plc, 'ConnectTo', host, 0, 2);
  await snap7Data(plc);
  await snap7System(plc);
  await snap7Blocks(plc);
  plc.Disconnect();
}

const guard = setTimeout(() => {
  console.log('no end within a minute');
  process.exit(1);
}, 60000);
try {
  await { nodes7, 'st-one': stOne, snap7 }[name]();
  clearTimeout(guard);
  console.log('agrees');
  process.exit(0);
} catch (e) {
  console.log(e?.stack ?? String(e));
  process.exit(1);
}
