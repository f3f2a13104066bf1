// The contract of API.md with make-believe plants behind it, for work on the pages without a server:
//   npm run mock -- --port 8800 --teams 3 --at 240
// Any password logs in: `judge` the organiser, any other account a member of the first team.

import { createReadStream, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { parse } from 'yaml';
import { Plant, tags } from './plant.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, '..', 'dist');
const hmi = path.join(here, '..', '..', 'content', 'sites', 'water-treatment', 'hmi');
const option = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : Number(process.argv[i + 1]);
};
const port = option('port', 8800);
const count = option('teams', 3);
let offset_s = option('at', 240);
const began = Date.now();
let state = option('ready', 0) ? 'ready' : 'running';
const now = () => (state === 'running' ? offset_s + (Date.now() - began) / 1000 : offset_s);

const numerals = ['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '十一', '十二', '十三', '十四', '十五', '十六', '十七', '十八', '十九'];
const words = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve', 'Thirteen', 'Fourteen', 'Fifteen', 'Sixteen', 'Seventeen', 'Eighteen', 'Nineteen'];
const directions = [
  { id: 'monitoring', title: { zh: '事件监测', en: 'Monitoring' }, weight: 25 },
  { id: 'hardening', title: { zh: '安全加固', en: 'Hardening' }, weight: 20 },
  { id: 'response', title: { zh: '应急响应', en: 'Response' }, weight: 30 },
  { id: 'safety', title: { zh: '安全生产', en: 'Safety' }, weight: 10 },
];
const round = { id: 'night', title: { zh: '第一夜', en: 'First night' }, from_s: 0, to_s: 900 };
const teams = Array.from({ length: count }, (_, i) => ({
  id: `t${i + 1}`,
  name: { zh: `${numerals[i]}队`, en: `Team ${words[i]}` },
  score: Object.fromEntries(directions.map((d) => [d.id, 0])),
  plant: new Plant(`t${i + 1}`, i),
}));
const total = (team) => Math.round(Object.values(team.score).reduce((a, b) => a + b, 0) * 10) / 10;
const history = { step_s: 10, teams: Object.fromEntries(teams.map((x) => [x.id, [0]])) };
const feed = [];
const findings = [];
const denials = [];
const ledger = [];
let firewall = {
  version: 3,
  default: 'deny',
  rules: [
    { id: 'r1', from: 'hmi1', to: 'control', service: 'modbus', action: 'allow', log: false, rate: 0 },
    { id: 'r2', from: 'hist1', to: 'control', service: 'modbus', action: 'allow', log: false, rate: 0 },
    { id: 'r3', from: 'eng1', to: 'plc1', service: 'any', action: 'allow', log: true, rate: 0 },
    { id: 'r4', from: 'enterprise', to: 'hist1', proto: 'tcp', port_lo: 8080, port_hi: 8090, action: 'allow', log: false, rate: 200 },
    { id: 'r5', from: 'enterprise', to: 'any', service: 'any', action: 'allow', log: true, rate: 0 },
  ],
};

const happenings = [
  ['score', 'info', '首次正确上报：T0846 远程系统发现', 'First correct finding: T0846 Remote System Discovery'],
  ['plant', 'warning', '酸碱度偏离 6.5–8.5', 'pH outside 6.5–8.5'],
  ['score', 'notice', '加固核查通过：PLC2 拒绝越权写入', 'Hardening check passed: PLC2 refuses the unauthorised write'],
  ['plant', 'alarm', '超滤泵 P301 卡死', 'UF pump P301 seized'],
  ['plant', 'info', '供水恢复合格', 'Supply back in specification'],
  ['score', 'notice', '8 分钟内完成遏制', 'Contained within eight minutes'],
  ['score', 'warning', '误报扣分：资产不符', 'Wrong finding: not this asset'],
];
let nextId = 1;
function happen(time_s) {
  const team = teams[Math.floor(Math.random() * teams.length)];
  const [kind, severity, zh, en] = happenings[Math.floor(Math.random() * happenings.length)];
  const direction = directions[Math.floor(Math.random() * directions.length)].id;
  const gain = severity === 'warning' ? -2 : Math.round((2 + Math.random() * 6 * (1 + (teams.length - teams.indexOf(team)) / teams.length)) * 10) / 10;
  if (kind === 'score' || severity === 'info') team.score[direction] = Math.max(0, Math.round((team.score[direction] + gain) * 10) / 10);
  const item = { id: nextId++, time_s, team: team.id, kind, severity, text: { zh, en } };
  feed.push(item);
  if (team === teams[0]) {
    ledger.push({ id: item.id, time_s, direction, source: kind, points_milli: Math.round(gain * 1000), text: item.text, member: gain > 3 ? 'member1' : null, post: gain > 3 ? 'monitoring' : null });
  }
  return { item, team };
}

feed.push({ id: nextId++, time_s: 0, team: null, kind: 'event', severity: 'notice', text: { zh: '比赛开始', en: 'The event has begun' } });
for (let s = 0; s <= offset_s; s++) {
  for (const x of teams) if (s % 2 === 0) x.plant.step(s);
  if (s > 30 && s % Math.max(3, Math.round(40 / count)) === 0) happen(s);
  if (s % 10 === 0 && s > 0) for (const x of teams) history.teams[x.id].push(total(x));
}
for (let i = 0; i < 12; i++) {
  denials.unshift({ time_s: offset_s - 60 + i * 5, from: '10.20.0.66', to: ['plc1', 'plc2', 'plc3'][i % 3], proto: 'tcp', port: [502, 80, 44818, 102][i % 4], rule: i % 2 ? 'r5' : null, count: 1 + ((i * 7) % 40) });
}

const zones = [
  { id: 'enterprise', title: { zh: '办公网', en: 'Enterprise' }, subnet: '10.40.0.0/24' },
  { id: 'supervisory', title: { zh: '监控层', en: 'Supervisory' }, subnet: '10.20.0.0/24' },
  { id: 'control', title: { zh: '控制层', en: 'Control' }, subnet: '10.10.0.0/24' },
];
const stages = [['原水', 'raw water'], ['加药', 'chemical dosing'], ['超滤', 'ultrafiltration'], ['脱氯', 'dechlorination'], ['反渗透', 'reverse osmosis'], ['产水与反洗', 'product water and backwash']];
const devices = [
  ...stages.map(([zh, en], i) => ({ id: `plc${i + 1}`, title: { zh: `${i + 1} 段 ${zh}控制器`, en: `Stage ${i + 1} ${en} controller` }, kind: 'plc', zone: 'control', address: `10.10.0.${11 + i}`, services: ['modbus', 'http'] })),
  { id: 'hmi1', title: { zh: '操作员站', en: 'Operator station' }, kind: 'hmi', zone: 'supervisory', address: '10.20.0.21', services: ['http'] },
  { id: 'hist1', title: { zh: '历史数据库', en: 'Historian' }, kind: 'historian', zone: 'supervisory', address: '10.20.0.31', services: ['http'] },
  { id: 'eng1', title: { zh: '工程师站', en: 'Engineering workstation' }, kind: 'workstation', zone: 'supervisory', address: '10.20.0.41', services: [] },
  { id: 'fw1', title: { zh: '边界防火墙', en: 'Zone firewall' }, kind: 'firewall', zone: 'supervisory', address: '10.20.0.1', services: [] },
  { id: 'office1', title: { zh: '办公电脑', en: 'Office computer' }, kind: 'workstation', zone: 'enterprise', address: '10.40.0.51', services: [] },
];

const errors = {
  E_SESSION: [401, '请先登录', 'Log in first'],
  E_DENIED: [403, '没有权限', 'Not allowed'],
  E_LOGIN: [401, '账号或密码不对', 'Account or password is wrong'],
  E_NOT_FOUND: [404, '没有这一项', 'There is no such thing'],
  E_CONFLICT: [409, '规则表已被同队成员修改', 'A team member has changed the table meanwhile'],
  E_INVALID: [400, '内容不符合要求', 'The content is not right'],
};
class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const summary = (x) => ({ id: x.id, name: x.name, total: total(x), by_direction: x.score, plant: x.plant.summary(now()) });
const sessions = new Map();
function accountOf(name) {
  if (name === 'judge') return { account: name, name: { zh: '裁判长', en: 'Judge' }, role: 'organiser', team: null, post: null };
  return { account: name, name: { zh: '王监测', en: 'Wang' }, role: 'team', team: 't1', post: 'monitoring' };
}

const mine = () => teams[0];
const routes = {
  'GET /api/me': (_, me) => me ?? refuse('E_SESSION'),
  'GET /api/event': () => ({ id: 'demo', title: { zh: '工业信息安全应急处置演示赛', en: 'Industrial Security Response Demonstration' }, state, time_s: now(), round, directions, teams: teams.map(summary) }),
  'GET /api/feed': (q) => feed.filter((x) => x.id > Number(q.get('after') ?? 0)).slice(-Number(q.get('limit') ?? 50)),
  'GET /api/history': () => history,
  'GET /api/team': () => ({
    id: 't1',
    name: mine().name,
    site: {
      id: 'water-treatment',
      title: { zh: '城东水厂', en: 'East Works' },
      zones,
      devices,
      hmi: {
        pages: readdirSync(hmi).filter((f) => f.endsWith('.svg')).map((f) => path.basename(f, '.svg')).sort((a, b) => (a === 'overview' ? -1 : b === 'overview' ? 1 : a.localeCompare(b)))
          .map((id) => ({ id, title: parse(readFileSync(path.join(hmi, `${id}.yaml`), 'utf8')).title, svg: `/api/team/hmi/${id}.svg` })),
        tags: tags.map(({ initial, ...rest }) => rest),
      },
    },
  }),
  'GET /api/team/values': () => ({ time_s: now(), values: mine().plant.values() }),
  'GET /api/team/trend': (q) => ({ tags: Object.fromEntries((q.get('tags') ?? '').split(',').filter((x) => mine().plant.trend.has(x)).map((x) => [x, mine().plant.trend.get(x).filter(([s]) => s >= Number(q.get('from_s') ?? 0) && s <= Number(q.get('to_s') ?? 1e9))])) }),
  'GET /api/team/alarms': () => mine().plant.alarms(now()),
  'POST /api/team/operate': (_q, _me, body) => {
    const tag = tags.find((x) => x.name === body.tag && x.writable) ?? refuse('E_INVALID');
    setTimeout(() => mine().plant.operate(tag.name, body.value), 1500);
    return { ok: true, seq: nextId++ };
  },
  'GET /api/team/findings': () => findings,
  'POST /api/team/findings': (_q, me, body) => {
    if (!body.technique || !body.asset) refuse('E_INVALID');
    const finding = { id: nextId++, time_s: now(), member: me.account, state: 'confirmed', to_s: null, ...body };
    findings.unshift(finding);
    return finding;
  },
  'GET /api/team/firewall': () => firewall,
  'PUT /api/team/firewall': (_q, _me, body) => {
    if (body.version !== firewall.version) refuse('E_CONFLICT');
    firewall = { ...body, version: firewall.version + 1 };
    return firewall;
  },
  'GET /api/team/denials': () => denials.slice(0, 100),
  'GET /api/team/captures': () => zones.flatMap((z, zi) => Array.from({ length: 4 }, (_, i) => ({ name: `${z.id}-${String(i).padStart(3, '0')}.pcapng`, zone: z.id, from_s: i * 60, to_s: (i + 1) * 60, bytes: 180000 * (i + 1) * (zi + 1) }))),
  'GET /api/team/ledger': () => ledger,
  'GET /api/control/status': () => ({
    state,
    time_s: now(),
    teams: teams.map((x, i) => ({
      id: x.id, name: x.name, plant: x.plant.summary(now()),
      wire: { pid: 4100 + i * 2, state: 'ready', rss_bytes: 8.2e6 + i * 5e4, restarts: 0 },
      core: { pid: 4101 + i * 2, state: i === 11 ? 'recovering' : 'ready', rss_bytes: 11.6e6 + i * 7e4, restarts: i === 11 ? 1 : 0 },
      scan: { period_ms: 100, p50_us: 180 + i * 9, p999_us: i === 11 ? 14200 : 2400 + i * 55, late: i === 11 ? 31 : 0, total: Math.round(now() * 60) },
    })),
    log: feed.slice(-60),
  }),
  'POST /api/control/start': () => setState('running'),
  'POST /api/control/pause': () => setState('paused'),
  'POST /api/control/resume': () => setState('running'),
  'POST /api/control/correction': (_q, _me, body) => {
    const team = teams.find((x) => x.id === body.team) ?? refuse('E_INVALID');
    team.score[body.direction] += body.points;
    return { ok: true, id: nextId++ };
  },
  'GET /api/control/accounts': () => [accountOf('judge'), ...teams.slice(0, 6).flatMap((x) => [['captain', { zh: '队长', en: 'Captain' }], ['member', { zh: '队员', en: 'Member' }]].map(([a, n], i) => ({ account: `${x.id}-${a}`, name: n, role: 'team', team: x.id, post: i ? 'response' : 'monitoring', online: x.id === 't1' })))],
};
for (const key of Object.keys(routes)) routes[key].organiser = key.includes('/api/control/');

function refuse(code) {
  throw new Refused(code);
}
function setState(next) {
  if (next === state) return { ok: true, state };
  const was = now();
  state = next;
  offset_s = next === 'running' ? was - (Date.now() - began) / 1000 : was;
  push({ t: 'event', state, time_s: now(), round });
  return { ok: true, state };
}

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.woff': 'font/woff', '.json': 'application/json' };
function sendFile(response, file) {
  response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:" });
  createReadStream(file).pipe(response);
}
function sendJson(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function hmiFile(response, name) {
  const base = path.basename(name);
  const file = path.join(hmi, base.replace(/\.json$/, '.yaml'));
  if (!existsSync(file)) return refuse('E_NOT_FOUND');
  return base.endsWith('.json') ? sendJson(response, 200, parse(readFileSync(file, 'utf8')).shows) : sendFile(response, file);
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://mock');
  if (!url.pathname.startsWith('/api/')) {
    const file = path.join(dist, path.normalize(url.pathname));
    return sendFile(response, existsSync(file) && statSync(file).isFile() ? file : path.join(dist, 'index.html'));
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  const body = text ? JSON.parse(text) : {};
  const me = sessions.get(/mr_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1]);
  if (request.method !== 'GET' && request.headers['x-millrace'] !== '1') refuse('E_DENIED');
  if (url.pathname === '/api/login') {
    if (!body.account || body.password === 'wrong') refuse('E_LOGIN');
    const id = Math.random().toString(36).slice(2);
    sessions.set(id, accountOf(body.account));
    return sendJson(response, 200, accountOf(body.account), { 'Set-Cookie': `mr_session=${id}; Path=/; HttpOnly; SameSite=Strict` });
  }
  if (url.pathname === '/api/logout') return sendJson(response, 200, { ok: true }, { 'Set-Cookie': 'mr_session=; Path=/; Max-Age=0' });
  if (/^\/api\/(team|control)/.test(url.pathname) && !me) refuse('E_SESSION');
  if (url.pathname.startsWith('/api/team/hmi/')) return hmiFile(response, url.pathname);
  if (url.pathname.startsWith('/api/team/captures/')) {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment' });
    return response.end('mock');
  }
  const route = routes[`${request.method} ${url.pathname}`] ?? refuse('E_NOT_FOUND');
  if (route.organiser && me.role !== 'organiser') refuse('E_DENIED');
  return sendJson(response, 200, route(url.searchParams, me, body));
}

const server = http.createServer((request, response) => {
  handle(request, response).catch((e) => {
    const code = e instanceof Refused ? e.code : 'E_INTERNAL';
    if (code === 'E_INTERNAL') console.error(e);
    const [status, zh, en] = errors[code] ?? [500, '内部错误', 'Internal error'];
    sendJson(response, status, { error: { code, text: { zh, en } } });
  });
});
const sockets = new WebSocketServer({ server, path: '/ws' });
const watchers = new WeakSet();
sockets.on('connection', (s) => s.on('message', (data) => (JSON.parse(data).what?.includes('values') ? watchers.add(s) : watchers.delete(s))));
function push(message, only = () => true) {
  const text = JSON.stringify(message);
  for (const s of sockets.clients) if (s.readyState === 1 && only(s)) s.send(text);
}

let beat = 0;
setInterval(() => {
  if (state !== 'running') return;
  const time_s = now();
  beat++;
  for (const x of teams) {
    x.plant.step(time_s);
    if ((beat + x.plant.index) % 2 === 0) push({ t: 'plant', ...x.plant.summary(time_s) });
  }
  push({ t: 'values', time_s, values: mine().plant.values() }, (s) => watchers.has(s));
  if (beat % 5 === 0) push({ t: 'alarms', alarms: mine().plant.alarms(time_s) });
  if (beat % 10 === 0) push({ t: 'event', state, time_s, round });
  if (beat % 10 === 0) for (const x of teams) history.teams[x.id].push(total(x));
  if (beat % 4 === 0) {
    const { item, team } = happen(time_s);
    push({ t: 'feed', ...item });
    push({ t: 'score', team: team.id, total: total(team), by_direction: team.score });
  }
  if (beat % 7 === 0) {
    const denial = { time_s, from: '10.20.0.66', to: 'plc2', proto: 'tcp', port: 502, rule: 'r5', count: 3 };
    denials.unshift(denial);
    push({ t: 'denial', ...denial });
  }
}, 1000);
server.listen(port, '127.0.0.1', () => console.log(`mock server at http://127.0.0.1:${port}/`));
