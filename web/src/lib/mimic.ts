// Which parts of a plant a mimic shows, and where. Pure.

import type { Plant } from '../api/types';

/** A place on the pipe: the duty device and, where there is one, its standby. */
export type Place = string[];
/** The places before the first tank, then those behind each tank. */
export interface Layout { tanks: string[]; places: Place[][] }

// Layouts that somebody drew, for plants that have all their tanks (and may have small ones besides). Any other plant gets one from
// the numbering of its tags.
const DRAWN: Layout[] = [
  {
    tanks: ['T101', 'T301', 'T401', 'T601', 'T602'],
    places: [[['MV101']], [['P101', 'P102'], ['MV201']], [['P301', 'P302'], ['MV302']], [['P401', 'P402'], ['P501', 'P502']], [['P601']], [['P602']]],
  },
];

const numberOf = (name: string): number => Number(/(\d+)/.exec(name)?.[1] ?? 0);

/** "P101" -> 1, "T602" -> 6; 0 for a name without a number. */
export function stageOf(name: string): number {
  return Math.floor(numberOf(name) / 100);
}

function byNumbering(plant: Plant, tanks: string[]): Layout {
  const pumps = Object.keys(plant.run).filter((n) => /^P\d+$/.test(n));
  const placesOf = (stage: number): Place[] => {
    const two = [1, 2].map((k) => `P${stage * 100 + k}`).filter((n) => pumps.includes(n));
    return two.length > 0 ? [two] : [];
  };
  const behind = tanks.map((tank, i) => {
    const next = tanks[i + 1];
    const end = next === undefined ? stageOf(tank) + 1 : stageOf(next);
    const places: Place[] = [];
    for (let stage = stageOf(tank); stage < end && places.length < 2; stage++) places.push(...placesOf(stage));
    return places;
  });
  return { tanks, places: [[], ...behind] };
}

export function layoutOf(plant: Plant): Layout {
  const tanks = Object.keys(plant.tanks).sort((a, b) => numberOf(a) - numberOf(b) || a.localeCompare(b));
  const drawn = DRAWN.find((x) => x.tanks.every((name) => tanks.includes(name)));
  if (!drawn) return byNumbering(plant, tanks);
  return { tanks: drawn.tanks, places: drawn.places.map((list) => list.map((p) => p.filter((n) => n in plant.run)).filter((p) => p.length > 0)) };
}

/** The parts that a list of damages names: "P301.seized" -> P301. */
export function brokenParts(damages: readonly string[]): Set<string> {
  return new Set(damages.map((d) => d.split('.')[0]!));
}
