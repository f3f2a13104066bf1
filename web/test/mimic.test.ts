import { describe, expect, it } from 'vitest';
import type { Plant } from '../src/api/types';
import { brokenParts, layoutOf, stageOf } from '../src/lib/mimic';

function plant(tanks: string[], run: string[]): Plant {
  return {
    team: 't1', time_s: 0, alarms: 0, online: true, damages: [], supply: { flow: 1, unit: 'm3/h', ok: true },
    tanks: Object.fromEntries(tanks.map((x) => [x, { level: 0.5 }])),
    run: Object.fromEntries(run.map((x) => [x, true])),
  };
}

describe('a mimic', () => {
  it('reads stages from tags', () => {
    expect(stageOf('P101')).toBe(1);
    expect(stageOf('T602')).toBe(6);
    expect(stageOf('UV')).toBe(0);
  });

  it('has a drawn layout for the water works, without what the plant does not report', () => {
    const { tanks, places } = layoutOf(plant(['T602', 'T201', 'T101', 'T401', 'T301', 'T601'], ['MV101', 'P101', 'P102', 'P401', 'P501', 'P502']));
    expect(tanks).toEqual(['T101', 'T301', 'T401', 'T601', 'T602']);
    expect(places).toEqual([[['MV101']], [['P101', 'P102']], [], [['P401'], ['P501', 'P502']], [], []]);
  });

  it('lays out any other plant by numbering', () => {
    const { tanks, places } = layoutOf(plant(['T100', 'T300'], ['P101', 'P201', 'P202', 'P301', 'P399']));
    expect(tanks).toEqual(['T100', 'T300']);
    expect(places).toEqual([[], [['P101'], ['P201', 'P202']], [['P301']]]);
  });

  it('knows the broken parts', () => {
    expect(brokenParts(['P301.seized', 'supply.out_of_spec'])).toEqual(new Set(['P301', 'supply']));
  });
});
