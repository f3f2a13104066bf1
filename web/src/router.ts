// Routes live in the hash, so that any server of files will do; a plain path such as /board is turned into one.

import { signal } from '@preact/signals';

const read = (): string => location.hash.replace(/^#/, '') || '/';

if (location.pathname !== '/' && location.hash === '') history.replaceState(null, '', `/#${location.pathname}`);

export const route = signal(read());
addEventListener('hashchange', () => (route.value = read()));

export function go(path: string): void {
  location.hash = path;
}
