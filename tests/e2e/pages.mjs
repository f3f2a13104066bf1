// The pages in a real browser, against a running server or, without one, against the mock server of web/mock:
//
//   node tests/e2e/pages.mjs
//   MILLRACE_URL=http://127.0.0.1:8080 MILLRACE_TEAM=captain1:secret MILLRACE_ORGANISER=judge:secret node tests/e2e/pages.mjs
//
// Needs the built pages (web/dist), web/node_modules, and Chromium (CHROMIUM names it, /usr/bin/chromium when unset).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const { chromium } = createRequire(path.join(web, 'package.json'))('playwright-core');

const person = (text) => ({ account: text.split(':')[0], password: text.slice(text.indexOf(':') + 1) });
const member = person(process.env.MILLRACE_TEAM ?? 'member1:any');
const organiser = person(process.env.MILLRACE_ORGANISER ?? 'judge:any');

let url = process.env.MILLRACE_URL;
let mock = null;
let browser = null;
const profile = mkdtempSync(path.join(os.tmpdir(), 'millrace-e2e-'));

function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer().once('error', reject);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

before(async () => {
  if (!url) {
    const port = await freePort();
    mock = spawn(process.execPath, [path.join(web, 'mock', 'server.mjs'), '--port', String(port), '--teams', '3'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      mock.stdout.once('data', resolve);
      mock.once('exit', () => reject(new Error('the mock server ended')));
    });
    url = `http://127.0.0.1:${port}`;
  }
  url = url.replace(/\/$/, '');
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    viewport: { width: 1366, height: 768 },
    locale: 'en-GB',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await browser?.close();
  mock?.kill();
  rmSync(profile, { recursive: true, force: true });
});

/** A page without a session; fails the test on any error that the browser reports, save refused requests. */
async function open(route, who = null) {
  await browser.clearCookies();
  const page = await browser.newPage();
  page.troubles = [];
  page.on('pageerror', (e) => page.troubles.push(e.message));
  page.on('console', (m) => m.type() === 'error' && !/status of 40\d/.test(m.text()) && page.troubles.push(m.text()));
  page.on('request', (r) => {
    if (!r.url().startsWith(url) && !/^(ws|data|blob)/.test(r.url())) page.troubles.push(`asks ${r.url()}`);
  });
  if (who) {
    const answer = await page.request.post(`${url}/api/login`, { data: who, headers: { 'X-Millrace': '1' } });
    assert.equal(answer.status(), 200, `login of ${who.account}`);
  }
  await page.goto(`${url}/#${route}`);
  return page;
}

async function close(page) {
  assert.deepEqual(page.troubles, []);
  await page.close();
}

/** Until `holds` answers true; the browser's own waiting for a function needs eval, which the pages' policy forbids. */
async function eventually(what, holds) {
  for (let i = 0; i < 100; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`waited 10 s for: ${what}`);
}

const event = async (page) => (await page.request.get(`${url}/api/event`)).json();

test('the board shows every team on one screen, in both languages', async () => {
  for (const [width, height] of [[1920, 1080], [1366, 768]]) {
    const page = await open('/board');
    await page.setViewportSize({ width, height });
    const e = await event(page);
    await page.waitForSelector('.card');
    assert.equal(await page.locator('.card').count(), e.teams.length);
    assert.equal(await page.locator('.ranking ol li').count(), e.teams.length);
    for (const [name, language] of [['中', 'zh'], ['EN', 'en']]) {
      await page.click(`.language button:has-text("${name}")`);
      assert.equal((await page.textContent('.board-title h1')).trim(), e.title[language]);
      const names = await page.locator('.card h3').allTextContents();
      assert.deepEqual(names, e.teams.map((x) => x.name[language]));
    }
    const box = await page.evaluate(() => [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]);
    assert.deepEqual(box, [0, 0], 'nothing to scroll');
    const cut = await page.locator('.ranking .name').evaluateAll((names) => names.filter((x) => x.scrollWidth > x.clientWidth || x.scrollHeight > x.clientHeight + 1).map((x) => x.innerText));
    assert.deepEqual(cut, [], 'names are whole');
    for (const card of await page.locator('.card').all()) {
      const b = await card.boundingBox();
      assert.ok(b.y + b.height <= height && b.x + b.width <= width, 'each card is on the screen');
    }
    await close(page);
  }
});

test('the clock runs while the event does', async () => {
  const page = await open('/board');
  await page.waitForSelector('.board-clock b');
  if ((await event(page)).state === 'running') {
    const first = await page.textContent('.board-clock b');
    await eventually('another second on the clock', async () => (await page.textContent('.board-clock b')) !== first);
  }
  await close(page);
});

test('a plain path is a page too', async () => {
  const page = await open('/');
  await page.goto(`${url}/board`);
  await page.waitForSelector('.card');
  await close(page);
});

test('a wrong password is refused in words, a right one leads to the console, logging out ends it', async () => {
  const page = await open('/');
  await page.fill('[name=account]', member.account);
  await page.fill('[name=password]', 'wrong');
  await page.click('button[type=submit]');
  await page.waitForSelector('.notice');
  await page.fill('[name=password]', member.password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.topbar');
  assert.equal(new URL(page.url()).hash, '#/team');
  await page.click('.topbar .button-icon');
  await page.waitForSelector('.login-card');
  assert.equal((await page.request.get(`${url}/api/team`)).status(), 401);
  await close(page);
});

test('a request without the header of our pages is refused', async () => {
  const page = await open('/', member);
  const answer = await page.request.post(`${url}/api/team/operate`, { data: { tag: 'MV101.open', value: true } });
  assert.equal((await answer.json()).error.code, 'E_DENIED');
  await close(page);
});

test('the plant page fills with values, and a value can be put into the trends', async () => {
  const page = await open('/team/plant', member);
  await page.waitForSelector('.hmi svg');
  const team = await (await page.request.get(`${url}/api/team`)).json();
  for (const p of team.site.hmi.pages) {
    await page.click(`.hmi-panel .segments button:has-text("${p.title.en}")`);
    const table = await (await page.request.get(`${url}${p.svg.replace(/\.svg$/, '.json')}`)).json();
    const known = new Set(team.site.hmi.tags.map((x) => x.name));
    for (const tag of Object.keys(table)) {
      assert.ok(known.has(tag), `page ${p.id} binds ${tag}, which the station has`);
      await page.waitForSelector(`.hmi [id="${tag}"], .hmi [data-tag="${tag}"]`, { state: 'attached' });
    }
  }
  await page.click('.hmi-panel .segments button >> nth=0');
  await eventually('a level in mm', async () => /^\d+ mm$/.test(await page.textContent('.hmi [id="LIT101"] .value')));
  const chips = await page.locator('.chip').count();
  await page.click('.hmi [id="FIT101"]');
  assert.equal(await page.locator('.chip').count(), chips + 1);
  await page.waitForSelector('.trends canvas');
  await close(page);
});

test('a command asks first', async () => {
  const page = await open('/team/plant', member);
  await page.waitForSelector('.hmi [id="MV101.open"].is-bad, .hmi [id="MV101.open"]');
  let sent = 0;
  page.on('request', (r) => (sent += r.url().endsWith('/api/team/operate') ? 1 : 0));
  await page.click('.hmi [id="MV101.open"] .symbol');
  await page.waitForSelector('dialog[open]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog', { state: 'detached' });
  assert.equal(sent, 0, 'nothing is sent by the question');
  await close(page);
});

test('a finding is confirmed and stays', async () => {
  const page = await open('/team/findings', member);
  const evidence = `frame ${Date.now()}`;
  await page.waitForSelector('.finding-form');
  assert.ok(await page.isDisabled('.finding-form [type=submit]'));
  await page.fill('.finding-form .combo input >> nth=0', 'Modify Parameter');
  await page.keyboard.press('Enter');
  await page.fill('.finding-form .combo input >> nth=1', 'plc2');
  await page.keyboard.press('Enter');
  await page.fill('.finding-form input.mono >> nth=0', '10.20.0.66');
  await page.fill('.finding-form textarea', evidence);
  await page.click('.finding-form [type=submit]');
  await page.waitForSelector('.notice-good');
  await page.reload();
  await page.waitForSelector(`.detail:has-text("${evidence}")`);
  assert.match(await page.textContent('tr.with-detail'), /T0836/);
  await close(page);
});

test('the firewall table is edited as a whole; of two who edit, the second is told', async () => {
  const page = await open('/team/firewall', member);
  await page.waitForSelector('.rule-table .rule-default');
  const table = async () => (await page.request.get(`${url}/api/team/firewall`)).json();
  const was = await table();
  const apply = async () => {
    await page.click('.rules .panel-tools .button-primary');
    await page.click('dialog .button-primary');
    await page.waitForSelector('dialog', { state: 'detached' });
  };
  await page.click('.below .button');
  const row = `.rule-table tbody tr:nth-child(${was.rules.length + 1})`;
  await page.fill(`${row} .combo input >> nth=0`, '10.20.0.999');
  await page.keyboard.press('Tab');
  assert.ok(await page.isDisabled('.rules .panel-tools .button-primary'), 'a wrong address cannot be applied');
  await page.fill(`${row} .combo input >> nth=0`, '10.20.0.66');
  await page.keyboard.press('Tab');
  await apply();
  const now = await table();
  assert.equal(now.version, was.version + 1);
  assert.equal(now.rules.length, was.rules.length + 1);
  assert.equal(now.rules.at(-1).from, '10.20.0.66');

  const other = await page.request.put(`${url}/api/team/firewall`, { data: { ...was, version: now.version }, headers: { 'X-Millrace': '1' } });
  assert.equal(other.status(), 200);
  await page.click(`${row} .tools button:last-child`);
  await apply();
  await page.waitForSelector('.rules .notice');
  await page.click('.rules .panel-tools .button-plain');
  await eventually('the table as it was', async () => (await page.locator('.rule-table tbody tr').count()) === was.rules.length + 1);
  await close(page);
});

test('captures can be downloaded', async () => {
  const page = await open('/team/captures', member);
  const list = await (await page.request.get(`${url}/api/team/captures`)).json();
  if (list.length > 0) {
    await page.waitForSelector('.table tbody tr');
    assert.equal(await page.locator('.table tbody tr').count(), list.length);
    const file = await page.request.get(new URL(await page.getAttribute('.table a', 'href'), url).href);
    assert.equal(file.status(), 200);
    assert.match(file.headers()['content-disposition'], /attachment/);
  }
  await close(page);
});

test('a security setting is changed, refused where it makes no sense, and shown to who comes after', async () => {
  const page = await open('/team/devices', member);
  const setting = async () => (await (await page.request.get(`${url}/api/team/settings`)).json()).find((s) => s.device === 'plc2' && s.name === 'modbus-write-list');
  await page.locator('tr', { hasText: 'plc2' }).first().getByRole('button').click();
  const row = page.locator('.setting', { hasText: 'modbus-write-list' });
  await row.locator('input').fill('no-such-device');
  await row.getByRole('button').click();
  await page.waitForSelector('.setting .notice');
  assert.equal((await setting()).changed_s, null);
  await row.locator('input').fill('hmi1');
  await row.getByRole('button').click();
  await eventually('the change is shown', async () => (await setting()).value === 'hmi1' && (await row.innerText()).includes(':'));
  assert.ok((await setting()).changed_s > 0);
  await close(page);
});

test('devices and score show what the server says', async () => {
  const page = await open('/team/devices', member);
  const team = await (await page.request.get(`${url}/api/team`)).json();
  await page.waitForSelector('.table');
  assert.equal(await page.locator('.table tbody tr').count(), team.site.devices.length);
  await page.goto(`${url}/#/team/score`);
  await page.waitForSelector('.sum');
  assert.equal(await page.locator('.sum').count(), 1 + (await event(page)).directions.length);
  await close(page);
});

test('on a telephone nothing lies over anything else, and a ledger shows its points', async () => {
  const page = await open('/team/devices', member);
  await page.setViewportSize({ width: 390, height: 844 });
  const spilt = () => page.locator('.table td').evaluateAll((cells) => cells.filter((c) => c.scrollWidth > c.clientWidth + 1).map((c) => c.innerText));
  await page.waitForSelector('.table td');
  assert.deepEqual(await spilt(), []);
  await page.goto(`${url}/#/team/plant`);
  await page.waitForSelector('.trends .chart');
  assert.ok((await page.locator('.trends .chart').boundingBox()).height < 400, 'a trend stays on a screen');
  await page.goto(`${url}/#/team/firewall`);
  await page.waitForSelector('.rule input');
  for (const input of await page.locator('.rule .combo input').all()) assert.ok((await input.boundingBox()).width > 80, 'what a rule says can be read');
  await page.goto(`${url}/#/team/score`);
  await page.waitForSelector('.ledger tbody tr', { timeout: 60000 });
  const last = await page.locator('.ledger tbody tr:first-child td:last-child').boundingBox();
  assert.ok(last.x + last.width <= 390, 'the points are on the screen');
  await close(page);
});

test('the organiser’s console is the organiser’s', async () => {
  const page = await open('/control', member);
  await page.waitForSelector('.login-card');
  assert.equal((await page.request.get(`${url}/api/control/status`)).status(), 403);
  await close(page);
});

test('the organiser sees every plant, pauses, goes on and corrects', async () => {
  const page = await open('/control', organiser);
  const e = await event(page);
  await page.waitForSelector('.control-table tbody tr');
  assert.equal(await page.locator('.control-table tbody tr').count(), e.teams.length);
  if (e.state === 'running') {
    for (const state of ['paused', 'running']) {
      await page.click('.topbar-side .button-primary');
      await page.click('dialog .button-primary');
      await page.waitForSelector(`.event-clock.state-${state}`);
      assert.equal((await event(page)).state, state);
    }
  }
  await page.click('.topbar nav a >> nth=1');
  const team = e.teams[0].id;
  for (const points of [1.5, -1.5]) {
    await page.selectOption('.correction select >> nth=0', team);
    await page.selectOption('.correction select >> nth=1', e.directions[0].id);
    await page.fill('.correction input[type=number]', String(points));
    await page.fill('.correction [name=reason]', 'end-to-end test of the console');
    await page.click('.correction [type=submit]');
    await page.click('dialog .button-primary');
    await page.waitForSelector('.notice-good');
  }
  await close(page);
});
