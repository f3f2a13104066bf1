// The state of one team's own console, kept fresh by the WebSocket while the console is open.

import { batch, signal } from '@preact/signals';
import { get } from '../../api/client';
import { onComeback, subscribe, watch } from '../../api/live';
import type { Alarm, Denial, LedgerLine, Push, TeamInfo, Values } from '../../api/types';

const DENIALS_KEPT = 200;

export const team = signal<TeamInfo | null>(null);
export const values = signal<Values>({});
export const values_s = signal(0);
export const alarms = signal<Alarm[]>([]);
export const denials = signal<Denial[]>([]); // newest first
export const ledger = signal<LedgerLine[]>([]); // oldest first

function take(m: Push): void {
  switch (m.t) {
    case 'values':
      batch(() => {
        values.value = { ...values.value, ...m.values };
        values_s.value = m.time_s;
      });
      break;
    case 'alarms':
      alarms.value = m.alarms;
      break;
    case 'denial':
      denials.value = [m, ...denials.value].slice(0, DENIALS_KEPT);
      break;
    case 'ledger':
      if (!ledger.value.some((x) => x.id === m.id)) ledger.value = [...ledger.value, m];
      break;
    default: // of the whole event: state.ts
      break;
  }
}

export async function loadTeam(): Promise<void> {
  const [info, now, a, d, l] = await Promise.all([
    get<TeamInfo>('/api/team'),
    get<{ time_s: number; values: Values }>('/api/team/values'),
    get<Alarm[]>('/api/team/alarms'),
    get<Denial[]>('/api/team/denials'),
    get<LedgerLine[]>('/api/team/ledger'),
  ]);
  batch(() => {
    team.value = info;
    values.value = now.values;
    values_s.value = now.time_s;
    alarms.value = a;
    denials.value = d;
    ledger.value = l;
  });
}

/** Keeps all of it fresh until the returned function is called. */
export function follow(): () => void {
  const ends = [subscribe(take), onComeback(() => void loadTeam().catch(() => undefined)), watch('values')];
  return () => ends.forEach((f) => f());
}

export const tagOf = (name: string): TeamInfo['site']['hmi']['tags'][number] | undefined => team.value?.site.hmi.tags.find((x) => x.name === name);

export const zoneTitle = (id: string): TeamInfo['site']['zones'][number]['title'] => team.value?.site.zones.find((z) => z.id === id)?.title ?? { zh: id, en: id };
