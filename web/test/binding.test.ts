import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Tag } from '../src/api/types';
import { fill, fraction, picked, restyled, severityOf, show, showAll, type BindingTable } from '../src/hmi/binding';

const lit: Tag = {
  name: 'LIT101', title: { zh: '液位', en: 'Level' }, unit: 'mm', lo: 0, hi: 1600, kind: 'analog', writable: false,
  limits: { LL: 250, L: 500, H: 800, HH: 1100 },
};

describe('a level', () => {
  const b = { level: 'tank1', unit: 'mm', from: 0, to: 1200 };

  it('fills from the bottom, and not beyond the tank', () => {
    expect(show(b, { v: 600, q: 'good' }).level).toEqual({ id: 'tank1', fraction: 0.5 });
    expect(fraction(1500, 0, 1200)).toBe(1);
    expect(fraction(-3, 0, 1200)).toBe(0);
    expect(fraction(7, 5, 5)).toBe(0);
    expect(fill(100, 80, 0.25)).toEqual({ y: 160, height: 20 }); // 80 * 0.25 = 20; 100 + 80 - 20 = 160
  });

  it('keeps its last picture while the value is bad', () => {
    expect(show(b, { v: 600, q: 'bad' }).level).toBeNull();
    expect(show(b, undefined).level).toBeNull();
  });
});

describe('a number', () => {
  it('has its unit and the digits of its range', () => {
    expect(show({ unit: 'mm' }, { v: 712.4, q: 'good' }, lit).text).toEqual({ zh: '712 mm', en: '712 mm' });
    expect(show({ unit: 'pH', decimals: 2 }, { v: 7, q: 'good' }).text?.en).toBe('7.00 pH');
    expect(show({}, { v: 712.4, q: 'good' }, lit).text?.en).toBe('712 mm');
  });

  it('says when it is stale or bad', () => {
    expect(show({ unit: 'mm' }, { v: 712, q: 'stale' }, lit)).toMatchObject({ classes: ['is-stale'], text: { en: '712 mm' } });
    expect(show({ unit: 'mm' }, { v: 712, q: 'bad' }, lit)).toMatchObject({ classes: ['is-bad'], text: { en: '---' } });
    expect(show({ unit: 'mm' }, { v: null, q: 'good' }, lit)).toMatchObject({ classes: ['is-bad'], text: { en: '---' } });
  });

  it('warns at its limits, those of the page before those of the tag', () => {
    expect(severityOf(800, lit.limits)).toBe('warning');
    expect(severityOf(799, lit.limits)).toBeNull();
    expect(severityOf(1100, lit.limits)).toBe('alarm');
    expect(severityOf(500, lit.limits)).toBe('warning');
    expect(severityOf(250, lit.limits)).toBe('alarm');
    expect(severityOf(5, undefined)).toBeNull();
    expect(severityOf(0, { HH: 3 })).toBeNull();
    expect(show({}, { v: 900, q: 'good' }, lit).classes).toEqual(['is-warning']);
    expect(show({ limits: { H: 950 } }, { v: 900, q: 'good' }, lit).classes).toEqual([]);
  });
});

describe('a contact', () => {
  const b = { colour: { on: 'running', off: 'stopped' } };

  it('gives a class', () => {
    expect(show(b, { v: true, q: 'good' }).classes).toEqual(['is-running']);
    expect(show(b, { v: false, q: 'good' }).classes).toEqual(['is-stopped']);
    expect(show(b, { v: 1, q: 'good' }).classes).toEqual(['is-running']);
    expect(show(b, { v: true, q: 'bad' }).classes).toEqual(['is-bad']);
    expect(show(b, { v: true, q: 'stale' }).classes).toEqual(['is-running', 'is-stale']);
  });

  it('gives words where the page has them', () => {
    const words = { text: { on: { zh: '运行', en: 'runs' }, off: { zh: '停止', en: 'stands' } } };
    expect(show(words, { v: false, q: 'good' }).text).toEqual({ zh: '停止', en: 'stands' });
    expect(show({}, { v: true, q: 'good' }).text?.en).toBe('1');
  });
});

describe('a page', () => {
  const table: BindingTable = { 'P101.run': { command: 'confirm' }, 'P101.running': { colour: { on: 'running', off: 'stopped' } }, LIT101: { unit: 'mm' } };

  it('marks tags that the station does not have', () => {
    const shown = showAll(table, { LIT101: { v: 600, q: 'good' } }, [lit]);
    expect(shown.get('LIT101')?.text?.en).toBe('600 mm');
    expect(shown.get('P101.run')?.classes).toEqual(['is-absent']);
  });

  it('takes a click for the command around a symbol, else for the value', () => {
    expect(picked(table, ['P101.running', 'P101.run'])).toEqual({ tag: 'P101.run', command: true });
    expect(picked(table, ['LIT101'])).toEqual({ tag: 'LIT101', command: false });
    expect(picked(table, [])).toBeNull();
  });

  it('replaces the classes of an earlier value only', () => {
    expect(restyled(['frame', 'is-alarm', 'is-marked'], ['is-warning'])).toBe('frame is-marked is-warning');
  });
});

describe('the pages of the water works', () => {
  const folder = path.join(__dirname, '..', '..', 'content', 'sites', 'water-treatment', 'hmi');
  const pages = readdirSync(folder).filter((f) => f.endsWith('.svg')).map((f) => f.slice(0, -4));

  it.each(pages)('%s draws what its table binds, each id once, in both languages', (page) => {
    const svg = readFileSync(path.join(folder, `${page}.svg`), 'utf8');
    const { page: name, shows: table } = parse(readFileSync(path.join(folder, `${page}.yaml`), 'utf8')) as { page: string; shows: BindingTable };
    expect(name).toBe(page);
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]!);
    expect(ids.length).toBe(new Set(ids).size);
    const levels = Object.values(table).flatMap((b) => (b.level ? [b.level] : []));
    expect([...Object.keys(table), ...levels].sort()).toEqual([...ids].sort());
    expect([...svg.matchAll(/data-zh="/g)].length).toBe([...svg.matchAll(/data-en="/g)].length);
    expect(svg).not.toMatch(/<script|style=|\son\w+=|href=/);
  });
});
