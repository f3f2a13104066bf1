// Techniques of MITRE ATT&CK for ICS, from the list that scenarios are checked against.

import type { Text } from '../api/types';
import list from '../../../content/attack-ics.json';

export interface Tactic { id: string; name: Text }
export interface Technique { id: string; tactics: string[]; name: Text }

export const tactics: Tactic[] = list.tactics;
export const techniques: Technique[] = list.techniques;

/** Each technique below each of its tactics, in the order of the tactics. */
export const byTactic: { tactic: Tactic; technique: Technique }[] = tactics.flatMap((tactic) =>
  techniques.filter((x) => x.tactics.includes(tactic.id)).map((technique) => ({ tactic, technique })),
);

export function techniqueName(id: string): Text | null {
  return techniques.find((x) => x.id === id)?.name ?? null;
}
