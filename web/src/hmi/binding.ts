// The binding of an HMI page: from tag values to what its drawing shows. Pure; HmiView.tsx applies the result to the SVG.

import type { Limits, Quality, Tag, Text, Value, Values } from '../api/types';
import { decimalsFor, number, unitText } from '../lib/format';

export interface Binding {
  level?: string;
  from?: number;
  to?: number;
  unit?: string;
  decimals?: number;
  colour?: { on: string; off: string };
  text?: { on: Text; off: Text };
  limits?: Limits;
  command?: 'confirm';
}
export type BindingTable = Record<string, Binding>;

/** What the elements of one tag show. */
export interface Shown {
  classes: string[];
  text: Text | null;
  level: { id: string; fraction: number } | null;
}

/** The classes of an element after those of an earlier value are replaced by `classes`; what a person marked stays. */
export function restyled(old: Iterable<string>, classes: readonly string[]): string {
  return [...[...old].filter((c) => !c.startsWith('is-') || c === 'is-marked'), ...classes].join(' ');
}

export function severityOf(v: number, limits: Limits | undefined): 'alarm' | 'warning' | null {
  if (!limits) return null;
  if ((limits.HH !== undefined && v >= limits.HH) || (limits.LL !== undefined && v <= limits.LL)) return 'alarm';
  if ((limits.H !== undefined && v >= limits.H) || (limits.L !== undefined && v <= limits.L)) return 'warning';
  return null;
}

export function fraction(v: number, from: number, to: number): number {
  if (to === from) return 0;
  return Math.min(1, Math.max(0, (v - from) / (to - from)));
}

const UNKNOWN = '---';
const same = (s: string): Text => ({ zh: s, en: s });

function textOf(v: Value['v'], b: Binding, tag: Tag | undefined): Text {
  if (typeof v === 'boolean') return b.text ? (v ? b.text.on : b.text.off) : same(v ? '1' : '0');
  if (typeof v === 'string') return same(v);
  if (v === null) return same(UNKNOWN);
  const unit = b.unit ?? tag?.unit ?? '';
  const digits = b.decimals ?? (tag ? decimalsFor(tag.lo, tag.hi) : 1);
  return same(unit === '' ? number(v, digits) : `${number(v, digits)} ${unitText(unit)}`);
}

export function show(b: Binding, value: Value | undefined, tag?: Tag): Shown {
  const quality: Quality = value?.q ?? 'bad';
  const v = quality === 'bad' ? null : (value?.v ?? null);
  const classes: string[] = [];
  if (b.colour && typeof v === 'boolean') classes.push(`is-${v ? b.colour.on : b.colour.off}`);
  if (b.colour && typeof v === 'number') classes.push(`is-${v !== 0 ? b.colour.on : b.colour.off}`);
  if (typeof v === 'number') {
    const severity = severityOf(v, b.limits ?? tag?.limits);
    if (severity) classes.push(`is-${severity}`);
  }
  if (quality !== 'good' || v === null) classes.push(quality === 'stale' ? 'is-stale' : 'is-bad');
  const level = b.level && typeof v === 'number' ? { id: b.level, fraction: fraction(v, b.from ?? 0, b.to ?? 100) } : null;
  return { classes, text: textOf(v, b, tag), level };
}

/** For a whole page. A tag that this station does not have is `is-absent`: a page may know more than a site polls. */
export function showAll(table: BindingTable, values: Values, tags: readonly Tag[]): Map<string, Shown> {
  const byName = new Map(tags.map((x) => [x.name, x]));
  const absent: Shown = { classes: ['is-absent'], text: null, level: null };
  return new Map(Object.entries(table).map(([name, b]) => [name, byName.has(name) ? show(b, values[name], byName.get(name)) : absent]));
}

/** Which tag a click means, of those around the point from the inside out: one that can be commanded, else the first. */
export function picked(table: BindingTable, tags: readonly string[]): { tag: string; command: boolean } | null {
  const commanded = tags.find((x) => table[x]?.command !== undefined);
  const tag = commanded ?? tags[0];
  return tag === undefined ? null : { tag, command: commanded !== undefined };
}

/** A bound rectangle's y and height for a filled fraction; it fills from the bottom. */
export function fill(y: number, height: number, f: number): { y: number; height: number } {
  const filled = height * f;
  return { y: y + height - filled, height: filled };
}
