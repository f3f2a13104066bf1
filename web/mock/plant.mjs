// A make-believe water works for the mock server: levels that rise and fall, a few analysers, a story of damage. No physics.

const analog = (name, zh, en, unit, lo, hi, initial, limits, writable = false) => ({
  name, title: { zh, en }, unit, lo, hi, kind: 'analog', writable, initial, limits: limits ?? {},
});
const bool = (name, zh, en, initial, writable = true) => ({
  name, title: { zh, en }, unit: '', lo: 0, hi: 1, kind: 'bool', writable, initial, limits: {},
});
const tank = { LL: 250, L: 500, H: 1000, HH: 1200 };
const small = { LL: 100, L: 200, H: 700, HH: 900 };
// tag, Chinese, English, unit, lo, hi, typical, limits: after the process model's list
const sensors = [
  ['LIT101', '原水箱液位', 'Raw water tank level', 'mm', 0, 1600, 650, { LL: 250, L: 450, H: 850, HH: 1100 }],
  ['FIT101', '原水进水流量', 'Raw water inlet flow', 'm3/h', 0, 5, 2.55],
  ['FIT102', '原水泵出口流量', 'Raw water pump flow', 'm3/h', 0, 5, 2.45],
  ['PIT101', '来水压力', 'Raw water main pressure', 'kPa', 0, 600, 270],
  ['PIT102', '原水泵出口压力', 'Raw water pump pressure', 'kPa', 0, 400, 80],
  ['AIT101', '原水电导率', 'Raw water conductivity', 'uS/cm', 0, 1000, 215],
  ['AIT102', '原水酸碱度', 'Raw water pH', 'pH', 0, 14, 8.9],
  ['AIT103', '原水浊度', 'Raw water turbidity', 'NTU', 0, 50, 5],
  ['FIT201', '混合器流量', 'Mixer flow', 'm3/h', 0, 5, 2.45],
  ['AIT201', '加药后电导率', 'Dosed water conductivity', 'uS/cm', 0, 1000, 255, { LL: 50, L: 235, H: 275, HH: 950 }],
  ['AIT202', '加药后酸碱度', 'Dosed water pH', 'pH', 0, 14, 7, { LL: 3, L: 6.5, H: 8.5, HH: 9 }],
  ['AIT203', '加药后电位', 'Dosed water ORP', 'mV', 0, 1000, 460, { LL: 100, L: 400, H: 520, HH: 750 }],
  ['AIT204', '加药后余氯', 'Dosed water free chlorine', 'mg/L', 0, 20, 0.9],
  ['LIT201', '盐水箱液位', 'NaCl day tank level', 'mm', 0, 1000, 800],
  ['LIT202', '盐酸箱液位', 'HCl day tank level', 'mm', 0, 1000, 620],
  ['LIT203', '次氯酸钠箱液位', 'NaOCl day tank level', 'mm', 0, 1000, 710],
  ['LIT301', '超滤进水箱液位', 'UF feed tank level', 'mm', 0, 1600, 900, tank],
  ['FIT301', '超滤进水流量', 'UF feed flow', 'm3/h', 0, 5, 2.6],
  ['DPIT301', '超滤跨膜压差', 'UF transmembrane pressure', 'kPa', 0, 200, 17, { H: 40.5, HH: 100 }],
  ['PIT301', '超滤进水侧压力', 'UF feed side pressure', 'kPa', 0, 400, 24],
  ['PIT302', '超滤产水侧压力', 'UF filtrate side pressure', 'kPa', 0, 400, 5],
  ['AIT301', '超滤产水浊度', 'UF filtrate turbidity', 'NTU', 0, 10, 0.02],
  ['AIT302', '超滤进水余氯', 'UF feed free chlorine', 'mg/L', 0, 20, 0.8],
  ['AIT303', '超滤进水电导率', 'UF feed conductivity', 'uS/cm', 0, 1000, 255],
  ['LIT401', '反渗透进水箱液位', 'RO feed tank level', 'mm', 0, 1600, 900, tank],
  ['FIT401', '反渗透进水流量', 'RO feed flow', 'm3/h', 0, 5, 2.3],
  ['AIT401', '进水箱余氯', 'RO feed tank free chlorine', 'mg/L', 0, 20, 0.7],
  ['AIT402', '脱氯后电位', 'Dechlorinated water ORP', 'mV', 0, 1000, 245, { LL: 100, H: 300, HH: 500 }],
  ['AIT403', '脱氯后余氯', 'Dechlorinated water free chlorine', 'mg/L', 0, 5, 0.004],
  ['PIT401', '反渗透进水泵压力', 'RO feed pump pressure', 'kPa', 0, 400, 65],
  ['UIT401', '紫外灯强度', 'UV lamp intensity', '%', 0, 120, 99],
  ['LIT402', '亚硫酸氢钠箱液位', 'NaHSO3 day tank level', 'mm', 0, 1000, 760],
  ['FIT501', '膜进水流量', 'Membrane feed flow', 'm3/h', 0, 5, 2.3],
  ['FIT502', '产水流量', 'Permeate flow', 'm3/h', 0, 5, 1.36],
  ['FIT503', '浓水流量', 'Reject flow', 'm3/h', 0, 5, 0.9],
  ['FIT504', '浓水循环流量', 'Recirculated reject flow', 'm3/h', 0, 5, 0.25],
  ['PIT501', '膜进水压力', 'Membrane feed pressure', 'kPa', 0, 1000, 260, { LL: 50, L: 150, H: 320, HH: 400 }],
  ['PIT502', '产水压力', 'Permeate pressure', 'kPa', 0, 400, 9],
  ['PIT503', '浓水压力', 'Reject pressure', 'kPa', 0, 1000, 250],
  ['AIT501', '膜进水酸碱度', 'RO feed pH', 'pH', 0, 14, 7, { LL: 2, L: 6, H: 8, HH: 12 }],
  ['AIT502', '膜进水电位', 'RO feed ORP', 'mV', 0, 1000, 245],
  ['AIT503', '膜进水电导率', 'RO feed conductivity', 'uS/cm', 0, 1000, 256],
  ['AIT504', '产水电导率', 'Permeate conductivity', 'uS/cm', 0, 200, 7, { H: 10, HH: 15 }],
  ['LIT601', '产水箱液位', 'Product tank level', 'mm', 0, 1000, 450, small],
  ['LIT602', '反洗水箱液位', 'Backwash tank level', 'mm', 0, 1000, 450, small],
  ['FIT601', '供水流量', 'Supply flow', 'm3/h', 0, 5, 1.36, { LL: 0.5, L: 1.2, H: 3, HH: 4 }],
  ['FIT602', '反洗流量', 'Backwash flow', 'm3/h', 0, 10, 0.1],
  ['PIT601', '供水压力', 'Supply pressure', 'kPa', 0, 600, 250],
  ['AIT601', '产水箱电导率', 'Product water conductivity', 'uS/cm', 0, 200, 7],
  ['AIT602', '产水酸碱度', 'Product water pH', 'pH', 0, 14, 6.6],
  ['AIT603', '产水余氯', 'Product water free chlorine', 'mg/L', 0, 5, 0.003],
];
const outputs = [
  ['P501.speed', '高压泵 1 转速', 'High-pressure pump 1 speed', '%', 0, 100, 75],
  ['P502.speed', '高压泵 2 转速', 'High-pressure pump 2 speed', '%', 0, 100, 75],
  ['FCV501.position', '浓水调节阀开度', 'Reject control valve position', '%', 0, 100, 50],
];
const settings = [
  ['AIT201.setpoint', '电导率设定值', 'Conductivity setpoint', 'uS/cm', 100, 400, 255],
  ['AIT202.setpoint', '酸碱度设定值', 'pH setpoint', 'pH', 6, 9, 7],
  ['AIT203.setpoint', '电位设定值', 'ORP setpoint', 'mV', 300, 700, 460],
  ['P101.start_at', '原水泵启动液位', 'Level of T301 at which P101 starts', 'mm', 0, 1600, 800],
  ['AIT402.setpoint', '脱氯电位设定值', 'Dechlorination ORP setpoint', 'mV', 150, 400, 245],
];
const valves = { MV101: true, MV201: true, MV301: false, MV302: true, MV303: false, MV304: false, MV501: true, MV502: false, MV503: false, MV504: true };
const pumps = { P101: true, P102: false, P301: true, P302: false, P401: true, P402: false, P501: true, P502: false, P601: true, P602: false, P603: false, UV401: true };
const dosers = { P201: false, P202: false, P203: true, P204: false, P205: true, P206: false, P403: true, P404: false };

const block = (n) => [bool(`${n}.auto`, `${n} 自动`, `${n} automatic`, true), bool(`${n}.failed`, `${n} 动作失败`, `${n} failed to follow`, false, false)];

export const tags = [
  ...sensors.map((x) => analog(...x)),
  ...outputs.map((x) => analog(...x)),
  ...settings.map((x) => analog(...x, {}, true)),
  ...Object.entries(valves).flatMap(([n, on]) => [
    bool(`${n}.open`, `${n} 开命令`, `${n} command to open`, on),
    bool(`${n}.opened`, `${n} 开到位`, `${n} is open`, on, false),
    bool(`${n}.closed`, `${n} 关到位`, `${n} is closed`, !on, false),
    ...block(n),
  ]),
  ...Object.entries(pumps).flatMap(([n, on]) => [
    bool(`${n}.run`, `${n} 运行命令`, `${n} command to run`, on),
    bool(`${n}.running`, `${n} 运行`, `${n} runs`, on, false),
    bool(`${n}.fault`, `${n} 故障`, `${n} has failed`, false, false),
    ...block(n),
  ]),
  ...Object.entries(dosers).flatMap(([n, on]) => [
    bool(`${n}.run`, `${n} 运行命令`, `${n} command to run`, on),
    bool(`${n}.running`, `${n} 运行`, `${n} runs`, on, false),
    analog(`${n}.rate`, `${n} 冲程`, `${n} stroke`, '%', 0, 100, 15),
    ...block(n),
  ]),
];

const spans = { T101: 1600, T301: 1600, T401: 1600, T601: 1000, T602: 1000 };
const levels = { T101: 'LIT101', T301: 'LIT301', T401: 'LIT401', T601: 'LIT601', T602: 'LIT602' };

export class Plant {
  constructor(team, index) {
    this.team = team;
    this.index = index;
    this.v = Object.fromEntries(tags.map((x) => [x.name, x.initial]));
    this.damages = [];
    this.commanded = new Map();
    this.trend = new Map(tags.map((x) => [x.name, []]));
    this.attacked = index % 4 === 0;
    this.online = index !== 11;
  }

  step(time_s) {
    const wobble = (name, period, amplitude) => {
      const typical = sensors.find((x) => x[0] === name)[6];
      this.v[name] = typical + amplitude * Math.sin((2 * Math.PI * time_s) / period + this.index) + (Math.random() - 0.5) * amplitude * 0.15;
    };
    sensors.forEach((x, i) => wobble(x[0], 90 + (i % 5) * 40, x[6] * 0.02));
    for (const [name, period, amplitude] of [['LIT101', 240, 170], ['LIT301', 300, 90], ['LIT401', 280, 90], ['LIT601', 400, 180], ['LIT602', 350, 160]]) wobble(name, period, amplitude);
    const backwash = (time_s + this.index * 17) % 150 < 20;
    const automatic = { 'MV302.open': !backwash, 'P301.run': !backwash, 'MV301.open': backwash, 'MV303.open': backwash, 'P602.run': backwash };
    for (const [name, on] of Object.entries(automatic)) if (this.v[`${name.split('.')[0]}.auto`]) this.v[name] = on;
    this.v.FIT602 = backwash ? 5.2 : 0;
    if (!this.v['MV101.open']) this.v.FIT101 = 0;
    this.v.AIT202 = this.v['AIT202.setpoint'] + (Math.random() - 0.5) * 0.1;
    if (this.attacked && time_s > 200) this.attack(time_s - 200);
    this.follow(time_s);
    for (const [name, list] of this.trend) {
      const v = this.v[name];
      list.push([time_s, typeof v === 'boolean' ? Number(v) : Math.round(v * 1000) / 1000]);
      if (list.length > 2000) list.shift();
    }
  }

  /** A command to a block takes it out of automatic. */
  operate(name, value) {
    this.v[name] = value;
    const [part, what] = name.split('.');
    if (what === 'run' || what === 'open') this.v[`${part}.auto`] = false;
  }

  attack(since_s) {
    this.v.AIT202 = Math.min(9.6, 7 + since_s / 40);
    this.v.LIT301 = Math.max(180, this.v.LIT301 - since_s * 3);
    if (since_s > 60) this.v.FIT601 = 0.9;
    if (since_s > 120) {
      this.v['P301.run'] = false;
      this.v['P301.fault'] = true;
      this.damages = ['P301.seized', 'supply.out_of_spec'];
    }
  }

  /** Feedback contacts go after their commands; valves take ten seconds. */
  follow(time_s) {
    for (const n of [...Object.keys(pumps), ...Object.keys(dosers)]) this.v[`${n}.running`] = this.v[`${n}.run`] && !this.v[`${n}.fault`];
    for (const n of Object.keys(valves)) {
      const open = this.v[`${n}.open`];
      if (this.commanded.get(n)?.open !== open) this.commanded.set(n, { open, at_s: time_s });
      const arrived = time_s - this.commanded.get(n).at_s > 10;
      this.v[`${n}.opened`] = open && arrived;
      this.v[`${n}.closed`] = !open && arrived;
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
      if (x.name.endsWith('.running')) run[x.name.slice(0, -8)] = this.v[x.name];
      if (x.name.endsWith('.opened')) run[x.name.slice(0, -7)] = this.v[x.name];
    }
    return {
      team: this.team,
      time_s,
      tanks: Object.fromEntries(Object.entries(levels).map(([t, lit]) => [t, { level: this.online ? this.v[lit] / spans[t] : null }])),
      run,
      supply: { flow: this.v.FIT601, unit: 'm3/h', ok: this.v.FIT601 >= 1.2 && this.v.FIT601 <= 3 },
      damages: this.damages,
      alarms: this.alarms(time_s).length,
      online: this.online,
    };
  }
}
