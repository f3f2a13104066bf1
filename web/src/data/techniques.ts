// Techniques of MITRE ATT&CK for ICS: identifiers and names with our own Chinese ones, in the order of the tactics.

import type { Text } from '../api/types';
import table from './attack-ics.json';

export const TACTICS = [
  'initial-access', 'execution', 'persistence', 'privilege-escalation', 'evasion', 'discovery', 'lateral-movement', 'collection',
  'command-control', 'inhibit-response', 'impair-process', 'impact',
] as const;
export type Tactic = (typeof TACTICS)[number];

export interface Technique { id: string; name: Text; tactic: Tactic }

const place = (x: Technique): number => TACTICS.indexOf(x.tactic);

export const techniques: Technique[] = (table as [string, string, string, Tactic][])
  .map(([id, en, zh, tactic]) => ({ id, name: { en, zh }, tactic }))
  .sort((a, b) => place(a) - place(b) || a.id.localeCompare(b.id));

export function techniqueName(id: string): Text | null {
  return techniques.find((x) => x.id === id)?.name ?? null;
}
