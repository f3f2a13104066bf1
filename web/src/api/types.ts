// The shapes of API.md.

export interface Text { zh: string; en: string }

export type Role = 'organiser' | 'team' | 'spectator';
export interface Me { account: string; name: Text; role: Role; team: string | null; post: string | null }

export type EventState = 'ready' | 'running' | 'paused' | 'over';
export interface Round { id: string; title: Text; from_s: number; to_s: number }
export interface Direction { id: string; title: Text; weight: number }

export interface Plant {
  team: string;
  time_s: number;
  tanks: Record<string, { level: number | null }>;
  run: Record<string, boolean>;
  supply: { flow: number | null; unit: string; ok: boolean };
  damages: string[];
  alarms: number;
  online: boolean;
}

export interface TeamScore { id: string; name: Text; total: number; by_direction: Record<string, number>; plant: Plant }

export interface EventInfo {
  id: string;
  title: Text;
  state: EventState;
  time_s: number;
  round: Round | null;
  directions: Direction[];
  teams: TeamScore[];
  disk?: 'ok' | 'full';
}

export type Severity = 'info' | 'notice' | 'warning' | 'alarm';
export interface FeedItem { id: number; time_s: number; team: string | null; kind: string; severity: Severity; text: Text }
export interface History { step_s: number; teams: Record<string, number[]> }

export interface Zone { id: string; title: Text; subnet: string }
export interface Setting { device: string; name: string; type: string; value: string | null; changed_s: number | null; choices?: string[] }
export interface Device { id: string; title: Text; kind: string; zone: string; address: string; services: string[] }
export interface Limits { LL?: number; L?: number; H?: number; HH?: number }
export interface Tag {
  name: string;
  title: Text;
  unit: string;
  lo: number;
  hi: number;
  kind: 'analog' | 'bool' | 'text';
  writable: boolean;
  limits?: Limits;
}
export interface HmiPage { id: string; title: Text; svg: string; hmi?: string }
export interface TeamInfo {
  id: string;
  name: Text;
  site: { id: string; title: Text; zones: Zone[]; devices: Device[]; hmi: { pages: HmiPage[]; tags: Tag[] } };
}

export type Quality = 'good' | 'stale' | 'bad';
export interface Value { v: number | boolean | string | null; q: Quality }
export type Values = Record<string, Value>;
export interface Trend { tags: Record<string, [number, number][]> }
export interface Alarm { tag: string; level: string; since_s: number; value: number | boolean | null; acknowledged: boolean }

export interface NewFinding { technique: string; asset: string; actor: string; from_s: number; to_s?: number; evidence: string }
export interface Finding {
  id: number;
  time_s: number;
  member: string;
  technique: string;
  asset: string;
  actor?: string;
  from_s?: number;
  to_s?: number | null;
  evidence?: string;
  state: string;
}

export interface Rule {
  id: string;
  from: string;
  to: string;
  service?: string;
  proto?: string;
  port_lo?: number;
  port_hi?: number;
  action: 'allow' | 'deny';
  log: boolean;
  rate: number;
}
export interface Firewall { version: number; default: 'allow' | 'deny'; rules: Rule[] }
export interface Denial { time_s: number; from: string; to: string; proto: string; port: number; rule: string | null; count: number }
export interface Capture { name: string; zone: string; from_s: number; to_s: number; bytes: number }
export interface LedgerLine {
  id: number;
  time_s: number;
  direction: string;
  source: string;
  points_milli: number;
  text: Text;
  member: string | null;
  post: string | null;
}

export interface ProcessHealth { pid: number; state: string; rss_bytes: number; restarts: number }
export interface ScanHealth { period_ms: number; p50_us: number; p999_us: number; late: number; total: number }
export interface ControlTeam { id: string; name: Text; plant: Plant; wire: ProcessHealth; core: ProcessHealth; scan: ScanHealth }
export interface ControlStatus { state: EventState; time_s: number; teams: ControlTeam[]; log: FeedItem[]; disk?: 'ok' | 'full' }
export interface Account { account: string; name: Text; role: Role; team: string | null; post: string | null; online: boolean }

export type Push =
  | { t: 'event'; state: EventState; time_s: number; round?: Round | null }
  | { t: 'score'; team: string; total: number; by_direction: Record<string, number> }
  | ({ t: 'plant' } & Plant)
  | ({ t: 'feed' } & FeedItem)
  | { t: 'values'; time_s: number; values: Values }
  | { t: 'alarms'; alarms: Alarm[] }
  | ({ t: 'denial' } & Denial)
  | ({ t: 'ledger' } & LedgerLine);
