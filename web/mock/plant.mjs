// A make-believe water works for the mock server: levels that rise and fall, a few analysers, a story of damage. No physics.

const analog = (name, zh, en, unit, lo, hi, initial, limits, writable = false) => ({
  name, title: { zh, en }, unit, lo, hi, kind: 'analog', writable, initial, limits: limits ?? {},
});
const bool = (name, zh, en, initial, writable = true) => ({
  name, title: { zh, en }, unit: '', lo: 0, hi: 1, kind: 'bool', writable, initial, limits: {},
});
const level = { LL: 250, L: 500, H: 1000, HH: 1200 };

export const tags = [
  analog('LIT101', '原水箱液位', 'Raw water tank level', 'mm', 0, 1600, 700, { LL: 250, L: 450, H: 850, HH: 1100 }),
  analog('FIT101', '原水进水流量', 'Raw water inflow', 'm3/h', 0, 5, 2.4),
  bool('MV101.open', '原水进水阀', 'Raw water inlet valve', true),
  bool('P101.run', '原水泵 1', 'Raw water pump 1', true),
  bool('P102.run', '原水泵 2', 'Raw water pump 2', false),
  analog('FIT201', '加药段流量', 'Flow to dosing', 'm3/h', 0, 5, 2.3),
  analog('AIT201', '电导率', 'Conductivity', '\u00b5S/cm', 0, 1000, 255, { LL: 50, L: 240, H: 265, HH: 950 }),
  analog('AIT202', '酸碱度', 'pH', 'pH', 0, 14, 7.0, { LL: 3, L: 6.5, H: 8.5, HH: 9 }),
  analog('AIT203', '氧化还原电位', 'ORP', 'mV', 0, 800, 460, { LL: 100, L: 400, H: 520, HH: 750 }),
  analog('AIT202.setpoint', '酸碱度设定值', 'pH setpoint', 'pH', 6, 9, 7.0, {}, true),
  bool('MV201.open', '去超滤阀', 'Valve to ultrafiltration', true),
  bool('P201.run', '盐水加药泵 1', 'NaCl dosing pump 1', false),
  bool('P202.run', '盐水加药泵 2', 'NaCl dosing pump 2', false),
  bool('P203.run', '盐酸加药泵 1', 'HCl dosing pump 1', true),
  bool('P204.run', '盐酸加药泵 2', 'HCl dosing pump 2', false),
  bool('P205.run', '次氯酸钠加药泵 1', 'NaOCl dosing pump 1', true),
  bool('P206.run', '次氯酸钠加药泵 2', 'NaOCl dosing pump 2', false),
  analog('LIT301', '超滤进水箱液位', 'UF feed tank level', 'mm', 0, 1600, 890, level),
  analog('FIT301', '超滤流量', 'UF flow', 'm3/h', 0, 5, 2.2),
  analog('DPIT301', '超滤压差', 'UF differential pressure', 'kPa', 0, 120, 21, { H: 40.5, HH: 100 }),
  bool('P301.run', '超滤泵 1', 'UF feed pump 1', true),
  bool('P302.run', '超滤泵 2', 'UF feed pump 2', false),
  bool('MV301.open', '反洗进水阀', 'Backwash inlet valve', false),
  bool('MV302.open', '超滤产水阀', 'UF product valve', true),
  bool('MV303.open', '反洗排水阀', 'Backwash drain valve', false),
  bool('MV304.open', '超滤排水阀', 'UF drain valve', false),
  analog('LIT401', '反渗透进水箱液位', 'RO feed tank level', 'mm', 0, 1600, 900, level),
  analog('FIT401', '反渗透进水流量', 'RO feed flow', 'm3/h', 0, 5, 2.0),
  analog('AIT401', '硬度', 'Hardness', 'ppm', 0, 150, 12, { H: 80, HH: 100 }),
  analog('AIT402', '脱氯后电位', 'ORP after dechlorination', 'mV', 0, 800, 225, { LL: 100, H: 260, HH: 500 }),
  bool('P401.run', '反渗透进水泵 1', 'RO feed pump 1', true),
  bool('P402.run', '反渗透进水泵 2', 'RO feed pump 2', false),
  bool('P403.run', '亚硫酸氢钠加药泵 1', 'NaHSO3 dosing pump 1', true),
  bool('P404.run', '亚硫酸氢钠加药泵 2', 'NaHSO3 dosing pump 2', false),
  bool('UV401.run', '紫外脱氯器', 'UV dechlorinator', true),
  analog('FIT501', '膜进水流量', 'Membrane feed flow', 'm3/h', 0, 5, 2.0),
  analog('FIT502', '产水流量', 'Permeate flow', 'm3/h', 0, 5, 1.25),
  analog('FIT503', '浓水流量', 'Reject flow', 'm3/h', 0, 5, 0.75),
  analog('FIT504', '循环流量', 'Recirculation flow', 'm3/h', 0, 5, 0.3),
  analog('PIT501', '膜进水压力', 'Membrane feed pressure', 'kPa', 0, 500, 262, { LL: 50, L: 150, H: 320, HH: 400 }),
  analog('PIT502', '产水压力', 'Permeate pressure', 'kPa', 0, 100, 3),
  analog('PIT503', '浓水压力', 'Reject pressure', 'kPa', 0, 500, 190),
  analog('AIT501', '膜进水酸碱度', 'RO feed pH', 'pH', 0, 14, 7.1, { LL: 2, L: 6, H: 8, HH: 12 }),
  analog('AIT502', '膜进水电位', 'RO feed ORP', 'mV', 0, 500, 180, { H: 250, HH: 300 }),
  analog('AIT503', '膜进水电导率', 'RO feed conductivity', '\u00b5S/cm', 0, 1000, 254, { H: 260, HH: 500 }),
  analog('AIT504', '产水电导率', 'Permeate conductivity', '\u00b5S/cm', 0, 50, 8, { H: 10, HH: 15 }),
  bool('P501.run', '高压泵 1', 'High-pressure pump 1', true),
  bool('P502.run', '高压泵 2', 'High-pressure pump 2', false),
  analog('P501.speed', '高压泵 1 转速', 'High-pressure pump 1 speed', '%', 0, 100, 64, {}, true),
  bool('MV501.open', '产水阀', 'Permeate valve', true),
  bool('MV502.open', '膜冲洗阀', 'Membrane flush valve', false),
  bool('MV503.open', '浓水阀', 'Reject valve', true),
  bool('MV504.open', '膜排水阀', 'Membrane drain valve', false),
  analog('LIT601', '产水箱液位', 'Product tank level', 'mm', 0, 1600, 720, { LL: 100, L: 200, H: 1100, HH: 1400 }),
  analog('LIT602', '反洗水箱液位', 'Backwash tank level', 'mm', 0, 1600, 640, { LL: 100, L: 200, H: 1100, HH: 1400 }),
  analog('FIT601', '供水流量', 'Supply flow', 'm3/h', 0, 5, 1.9, { LL: 0.5, L: 1.2, H: 3, HH: 4 }),
  bool('P601.run', '供水泵', 'Supply pump', true),
  bool('P602.run', '反洗泵', 'Backwash pump', false),
  bool('P603.run', '清洗泵', 'Cleaning pump', false),
];

const isSetting = (x) => x.name.endsWith('.setpoint') || x.name.endsWith('.speed');
const levels = { T101: 'LIT101', T301: 'LIT301', T401: 'LIT401', T601: 'LIT601', T602: 'LIT602' };

export class Plant {
  constructor(team, index) {
    this.team = team;
    this.index = index;
    this.v = Object.fromEntries(tags.map((x) => [x.name, x.initial]));
    this.damages = [];
    this.trend = new Map(tags.map((x) => [x.name, []]));
    this.attacked = index % 4 === 1;
    this.online = index !== 11;
  }

  step(time_s) {
    const wobble = (name, period, amplitude) => {
      const tag = tags.find((x) => x.name === name);
      this.v[name] = tag.initial + amplitude * Math.sin((2 * Math.PI * time_s) / period + this.index) + (Math.random() - 0.5) * amplitude * 0.15;
    };
    for (const x of tags) if (x.kind === 'analog' && !isSetting(x)) wobble(x.name, 90 + (x.name.charCodeAt(4) % 5) * 40, (x.hi - x.lo) * 0.012);
    wobble('LIT101', 240, 170);
    wobble('LIT301', 300, 120);
    wobble('LIT401', 280, 110);
    wobble('LIT601', 400, 250);
    wobble('LIT602', 350, 160);
    const backwash = (time_s + this.index * 17) % 150 < 20;
    this.v['MV302.open'] = this.v['P301.run'] = !backwash;
    this.v['MV301.open'] = this.v['MV303.open'] = this.v['P602.run'] = backwash;
    if (!this.v['MV101.open']) this.v.FIT101 = 0;
    const ph = this.v['AIT202.setpoint'];
    this.v.AIT202 = ph + (Math.random() - 0.5) * 0.1;
    if (this.attacked && time_s > 200) {
      this.v.AIT202 = Math.min(9.6, 7 + (time_s - 200) / 40);
      this.v.LIT301 = Math.max(180, this.v.LIT301 - (time_s - 200) * 3);
      if (time_s > 260) this.v.FIT601 = 0.9;
      if (time_s > 320) {
        this.v['P301.run'] = false;
        this.damages = ['P301.seized'];
      }
    }
    for (const [name, list] of this.trend) {
      const v = this.v[name];
      list.push([time_s, typeof v === 'boolean' ? Number(v) : Math.round(v * 1000) / 1000]);
      if (list.length > 2000) list.shift();
    }
  }

  values() {
    const stale = this.attacked ? new Set(['AIT504']) : new Set();
    return Object.fromEntries(
      Object.entries(this.v).map(([k, v]) => [k, { v: typeof v === 'number' ? Math.round(v * 1000) / 1000 : v, q: k === 'AIT401' && this.attacked ? 'bad' : stale.has(k) ? 'stale' : 'good' }]),
    );
  }

  alarms(time_s) {
    const list = [];
    for (const x of tags) {
      const v = this.v[x.name];
      for (const name of ['HH', 'LL', 'H', 'L']) {
        const limit = x.limits[name];
        if (limit === undefined) continue;
        if (name.startsWith('H') ? v >= limit : v <= limit) {
          list.push({ tag: x.name, level: name, since_s: Math.max(0, time_s - 45 - list.length * 7), value: Math.round(v * 100) / 100, acknowledged: list.length % 3 === 2 });
          break;
        }
      }
    }
    return list;
  }

  summary(time_s) {
    const run = {};
    for (const x of tags) {
      if (x.name.endsWith('.run')) run[x.name.slice(0, -4)] = this.v[x.name];
      if (x.name.endsWith('.open')) run[x.name.slice(0, -5)] = this.v[x.name];
    }
    return {
      team: this.team,
      time_s,
      tanks: Object.fromEntries(Object.entries(levels).map(([t, lit]) => [t, { level: this.online ? this.v[lit] / 1600 : null }])),
      run,
      supply: { flow: this.v.FIT601, unit: 'm3/h', ok: this.v.FIT601 >= 1.2 && this.v.FIT601 <= 3 },
      damages: this.damages,
      alarms: this.alarms(time_s).length,
      online: this.online,
    };
  }
}
