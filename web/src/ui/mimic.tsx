// A plant at a glance: its tanks in the order of the process, the pumps and valves between them, what is broken.

import type { Plant } from '../api/types';
import { brokenParts, layoutOf, type Place } from '../lib/mimic';

export type MimicSize = 'small' | 'medium' | 'large';
interface Size { width: number; height: number; tankW: number; tankH: number; r: number; margin: number; top: number; names: boolean; tags: boolean; standby: boolean }

const SIZES: Record<MimicSize, Size> = {
  small: { width: 290, height: 108, tankW: 27, tankH: 92, r: 6, margin: 17, top: 8, names: false, tags: false, standby: false },
  medium: { width: 560, height: 206, tankW: 50, tankH: 164, r: 9.5, margin: 30, top: 26, names: true, tags: false, standby: true },
  large: { width: 960, height: 196, tankW: 76, tankH: 140, r: 13, margin: 58, top: 30, names: true, tags: true, standby: true },
};

function Tank({ x, s, name, level, broken }: { x: number; s: Size; name: string; level: number | null; broken: boolean }) {
  const f = Math.min(1, Math.max(0, level ?? 0));
  const abnormal = level !== null && (f > 0.75 || f < 0.16);
  return (
    <g class={`m-tank ${broken ? 'm-broken' : ''} ${abnormal ? 'm-abnormal' : ''}`}>
      <title>{name}</title>
      <rect class="m-shell" x={x} y={s.top} width={s.tankW} height={s.tankH} rx={s.names ? 4 : 2} />
      <rect class="m-fill" x={x + 2} y={s.top + 2 + (s.tankH - 4) * (1 - f)} width={s.tankW - 4} height={(s.tankH - 4) * f} rx={1} />
      {s.names && (
        <>
          <text class="m-name" x={x + s.tankW / 2} y={s.top - 8}>
            {name}
          </text>
          <text class="m-value" x={x + s.tankW / 2} y={s.top + s.tankH / 2 + 6}>
            {level === null ? '--' : `${Math.round(f * 100)}%`}
          </text>
        </>
      )}
    </g>
  );
}

function Device({ x, y, s, name, on, broken }: { x: number; y: number; s: Size; name: string; on: boolean; broken: boolean }) {
  const r = s.r;
  const h = r * 0.75;
  const c = r * 1.4;
  return (
    <g class={`m-device ${broken ? 'm-broken' : on ? 'm-on' : 'm-off'}`}>
      <title>{name}</title>
      {name.startsWith('MV') ? (
        <path d={`M${x - r} ${y - h}L${x + r} ${y + h}V${y - h}L${x - r} ${y + h}Z`} />
      ) : (
        <>
          <circle cx={x} cy={y} r={r} />
          {s.names && <path class="m-vane" d={`M${x - r * 0.4} ${y - r * 0.55}L${x + r * 0.6} ${y}L${x - r * 0.4} ${y + r * 0.55}Z`} />}
        </>
      )}
      {broken && <path class="m-cross" d={`M${x - c} ${y - c}L${x + c} ${y + c}M${x + c} ${y - c}L${x - c} ${y + c}`} />}
      {s.tags && (
        <text class="m-tag" x={x} y={y + r + 14}>
          {name}
        </text>
      )}
    </g>
  );
}

export function Mimic({ plant, size }: { plant: Plant; size: MimicSize }) {
  const s = SIZES[size];
  const { tanks, places } = layoutOf(plant);
  const broken = brokenParts(plant.damages);
  const pipe = s.top + s.tankH * 0.72;
  const above = pipe - s.tankH * 0.44;
  const slots = tanks.map((_, i) => Math.max(1, places[i + 1]?.length ?? 0));
  const slot = (s.width - s.margin - tanks.length * s.tankW) / Math.max(1, slots.reduce((a, b) => a + b, 0));
  const on = (p: Place): boolean => p.some((n) => plant.run[n] ?? false);

  const draw = (place: Place, x: number) => {
    const standby = place[1];
    if (s.standby && standby !== undefined) {
      return [
        <path key={`${standby}-pipe`} class="m-branch" d={`M${x - s.r * 1.7} ${pipe}V${above}H${x + s.r * 1.7}V${pipe}`} />,
        <Device key={standby} x={x} y={above} s={s} name={standby} on={plant.run[standby] ?? false} broken={broken.has(standby)} />,
        <Device key={place[0]} x={x} y={pipe} s={s} name={place[0]!} on={plant.run[place[0]!] ?? false} broken={broken.has(place[0]!)} />,
      ];
    }
    return <Device key={place[0]} x={x} y={pipe} s={s} name={place[0]!} on={on(place)} broken={place.some((n) => broken.has(n))} />;
  };
  const row = (list: Place[], from: number, width: number) => list.map((p, i) => draw(p, from + (width * (i + 0.5)) / list.length));

  return (
    <svg class={`mimic mimic-${size} ${plant.online ? '' : 'm-offline'}`} viewBox={`0 0 ${s.width} ${s.height}`} role="img">
      {tanks.length > 0 && <path class="m-pipe" d={`M0 ${pipe}H${s.width}`} />}
      {row(places[0] ?? [], 0, s.margin)}
      {tanks.map((name, i) => {
        const before = slots.slice(0, i).reduce((a, b) => a + b, 0);
        const x = s.margin + i * s.tankW + before * slot;
        return (
          <g key={name}>
            <Tank x={x} s={s} name={name} level={plant.tanks[name]?.level ?? null} broken={broken.has(name)} />
            {row(places[i + 1] ?? [], x + s.tankW, slots[i]! * slot)}
          </g>
        );
      })}
    </svg>
  );
}
