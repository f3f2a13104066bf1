// Routes live in the hash, so that any server of files will do; a plain path such as /board is turned into one.

import { signal } from '@preact/signals';

const read = (): string => location.hash.replace(/^#/, '') || '/';

if (location.pathname !== '/' && location.hash === '') history.replaceState(null, '', `/#${location.pathname}`);

export const route = signal(read());
addEventListener('hashchange', () => (route.value = read()));

/** The page that a person of this role works in. */
export function homeOf(role: string): string {
  return role === 'organiser' ? '/control' : role === 'team' ? '/team' : '/board';
}

export function go(path: string): void {
  location.hash = path;
}
