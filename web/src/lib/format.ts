// Numbers, times and sizes as people read them. Pure.

/** 75 -> "01:15", 3675 -> "1:01:15"; below zero with a minus sign. */
export function clock(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const total = Math.floor(Math.abs(seconds));
  const h = Math.floor(total / 3600);
  const two = (n: number): string => String(n).padStart(2, '0');
  const tail = `${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
  return sign + (h > 0 ? `${h}:${tail}` : tail);
}

/** "1:01:15", "01:15" or "75" -> seconds; null for anything else. */
export function parseClock(text: string): number | null {
  const parts = text.trim().split(':');
  if (parts.length > 3 || parts.some((p) => !/^\d{1,5}$/.test(p))) return null;
  const numbers = parts.map(Number);
  if (numbers.slice(1).some((n) => n > 59)) return null;
  return numbers.reduce((sum, n) => sum * 60 + n, 0);
}

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/** Points with one decimal; a minus sign as wide as a plus. */
export function points(n: number, signed = false): string {
  const rounded = Math.round(n * 10) / 10;
  const body = Math.abs(rounded).toFixed(1);
  if (rounded < 0) return `\u2212${body}`;
  return signed && rounded > 0 ? `+${body}` : body;
}

export function number(n: number, decimals: number): string {
  const text = n.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text;
}

/** Digits that a value of this range deserves: 1200 -> 0, 14 -> 2. */
export function decimalsFor(lo: number, hi: number): number {
  const span = Math.abs(hi - lo);
  if (span >= 500) return 0;
  if (span >= 50) return 1;
  return 2;
}

export function percent(part: number, whole: number, decimals = 1): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(decimals)} %` : '\u2013';
}

/** The unit as it is printed: the files write plain letters. */
export function unitText(unit: string): string {
  return unit.replace(/^u(?=S|m|g)/, '\u00b5').replace(/m3/g, 'm\u00b3').replace(/m2/g, 'm\u00b2').replace(/^degC$/, '\u00b0C');
}

/** A step of seconds that gives a time axis of this length about `count` labels. */
export function timeStep(span_s: number, count: number): number {
  const steps = [10, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
  return steps.find((s) => span_s / s <= count) ?? 86400;
}
