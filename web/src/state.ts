// What every page shares: who is logged in, the event with its teams, the feed, the history. Kept fresh by the WebSocket.

import { batch, computed, signal } from '@preact/signals';
import { get, post, whenUnauthorised } from './api/client';
import { onComeback, reconnect, subscribe } from './api/live';
import type { EventInfo, FeedItem, History, Me, Push, TeamScore } from './api/types';

const FEED_KEPT = 200;

export const me = signal<Me | null | undefined>(undefined); // undefined: not asked yet
export const event = signal<EventInfo | null>(null);
export const feed = signal<FeedItem[]>([]); // newest first
export const history = signal<History | null>(null);

let clockAt = { time_s: 0, at_ms: 0 };
const beat = signal(0);

/** Event time now: the server's last word, carried forward while the event runs. */
export const now_s = computed(() => {
  void beat.value;
  if (event.value?.state !== 'running') return clockAt.time_s;
  return clockAt.time_s + (performance.now() - clockAt.at_ms) / 1000;
});

function setClock(time_s: number): void {
  clockAt = { time_s, at_ms: performance.now() };
  beat.value++;
}

export const ranking = computed<TeamScore[]>(() =>
  [...(event.value?.teams ?? [])].sort((a, b) => b.total - a.total || a.id.localeCompare(b.id, 'en', { numeric: true })),
);

export function teamName(id: string | null): EventInfo['teams'][number]['name'] | null {
  return event.value?.teams.find((x) => x.id === id)?.name ?? null;
}

function updateTeam(id: string, change: Partial<TeamScore>): void {
  const e = event.value;
  if (!e) return;
  event.value = { ...e, teams: e.teams.map((x) => (x.id === id ? { ...x, ...change } : x)) };
}

function addFeed(item: FeedItem): void {
  if (feed.value.some((x) => x.id === item.id)) return;
  feed.value = [item, ...feed.value].slice(0, FEED_KEPT);
}

function take(m: Push): void {
  switch (m.t) {
    case 'event':
      if (event.value) {
        event.value = { ...event.value, state: m.state, time_s: m.time_s, round: m.round === undefined ? event.value.round : m.round };
        setClock(m.time_s);
      }
      break;
    case 'score':
      updateTeam(m.team, { total: m.total, by_direction: m.by_direction });
      break;
    case 'plant':
      updateTeam(m.team, { plant: m });
      break;
    case 'feed':
      addFeed(m);
      break;
    default: // of a team's own pages
      break;
  }
}

export async function loadEvent(): Promise<void> {
  const [e, f] = await Promise.all([get<EventInfo>('/api/event'), get<FeedItem[]>('/api/feed?limit=100')]);
  batch(() => {
    event.value = e;
    setClock(e.time_s);
    feed.value = [...f].sort((a, b) => b.id - a.id);
  });
}

export async function loadHistory(): Promise<void> {
  history.value = await get<History>('/api/history');
}

export async function loadMe(): Promise<void> {
  me.value = await get<Me>('/api/me').catch(() => null); // null without a session, or without a server
}

export async function logIn(account: string, password: string): Promise<Me> {
  me.value = await post<Me>('/api/login', { account, password });
  reconnect();
  return me.value;
}

export async function logOut(): Promise<void> {
  await post('/api/logout').catch(() => undefined);
  me.value = null;
  reconnect();
}

whenUnauthorised(() => (me.value = null));

let started = false;

/** Starts what keeps the shared state fresh; called by each page that shows it. */
export function keepFresh(): void {
  if (started) return;
  started = true;
  subscribe(take);
  const reload = (): void => void loadEvent().catch(() => undefined);
  onComeback(reload);
  reload();
  setInterval(() => beat.value++, 250);
}
