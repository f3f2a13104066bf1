// The WebSocket: one connection for the page's life, back after 1 to 10 seconds when lost.

import { signal } from '@preact/signals';
import type { Push } from './types';

export const connected = signal(false);

type Listener = (message: Push) => void;
const listeners = new Set<Listener>();
const comebacks = new Set<() => void>();
const watched = new Set<string>();
let socket: WebSocket | null = null;
let delay_ms = 1000;
let attempts = 0;

function sendWatch(): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ t: 'watch', what: [...watched] }));
}

function open(): void {
  const first = attempts++ === 0;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const s = new WebSocket(`${scheme}://${location.host}/ws`);
  socket = s;
  s.onopen = () => {
    connected.value = true;
    delay_ms = 1000;
    if (watched.size > 0) sendWatch();
    if (!first) for (const f of comebacks) f();
  };
  s.onmessage = (e) => {
    let message: Push;
    try {
      message = JSON.parse(String(e.data)) as Push;
    } catch {
      return;
    }
    for (const f of listeners) f(message);
  };
  s.onclose = () => {
    if (socket !== s) return;
    connected.value = false;
    setTimeout(open, delay_ms);
    delay_ms = Math.min(delay_ms * 2, 10000);
  };
}

/** Calls `f` for each message until the returned function is called. */
export function subscribe(f: Listener): () => void {
  listeners.add(f);
  if (!socket) open();
  return () => listeners.delete(f);
}

/** Calls `f` whenever a lost connection is back, so that what was missed can be read again. */
export function onComeback(f: () => void): () => void {
  comebacks.add(f);
  return () => comebacks.delete(f);
}

export function watch(what: string): () => void {
  watched.add(what);
  sendWatch();
  return () => {
    watched.delete(what);
    sendWatch();
  };
}

/** After login or logout the server must see the new cookie. */
export function reconnect(): void {
  const old = socket;
  if (!old) return;
  open();
  old.close();
}
