// Which parts of a plant a mimic shows, and where. Pure.

import type { Plant } from '../api/types';

/** "P101" -> 1, "T602" -> 6; 0 for a name without a number. */
export function stageOf(name: string): number {
  const digits = /(\d+)/.exec(name)?.[1];
  return digits ? Math.floor(Number(digits) / 100) : 0;
}

const numberOf = (name: string): number => Number(/(\d+)/.exec(name)?.[1] ?? 0);

export function tankNames(plant: Plant): string[] {
  return Object.keys(plant.tanks).sort((a, b) => numberOf(a) - numberOf(b));
}

function shown(name: string): number {
  const n = numberOf(name) % 100;
  if (name.startsWith('P')) return n <= 2 ? n : 10 + n;
  if (name.startsWith('MV')) return 4 + n;
  return 30 + n;
}

/** For each tank the devices drawn behind it: pumps first, then valves, those of the tank's own stage before those of stages without a tank. */
export function gaps(plant: Plant, most: number): string[][] {
  const tanks = tankNames(plant);
  const names = Object.keys(plant.run).filter((n) => /^(P|MV)\d+$/.test(n));
  const broken = new Set(plant.damages.map((d) => d.split('.')[0]));
  return tanks.map((tank, i) => {
    const stage = stageOf(tank);
    const sameStage = tanks.filter((x) => stageOf(x) === stage);
    const next = tanks.slice(i + 1).map(stageOf).find((x) => x > stage) ?? stage + 1;
    const last = sameStage[sameStage.length - 1] === tank;
    const mine = names.filter((n) => {
      const own = stageOf(n);
      if (sameStage.length > 1 && own === stage) return numberOf(n) % 100 === numberOf(tank) % 100;
      return own === stage || (last && own > stage && own < next);
    });
    const order = (n: string): number => (broken.has(n) ? -100 : 0) + (stageOf(n) - stage) * 3 + shown(n);
    return mine.sort((a, b) => order(a) - order(b) || a.localeCompare(b)).slice(0, most);
  });
}
