// A plant at a glance: its tanks in the order of the process, the pumps and valves between them, what is broken. It follows the
// field's numbering: the first digit of a tag is its stage, so P101 stands behind T101, and stages without a tank join the gap before the next one.

import type { Plant } from '../api/types';
import { gaps, tankNames } from '../lib/mimic';

interface Size { width: number; height: number; tankW: number; tankH: number; symbol: number; perGap: number; labels: boolean }

const SIZES: Record<'small' | 'large', Size> = {
  small: { width: 320, height: 66, tankW: 30, tankH: 52, symbol: 6, perGap: 2, labels: false },
  large: { width: 900, height: 176, tankW: 74, tankH: 112, symbol: 11, perGap: 4, labels: true },
};

function Tank({ x, y, s, name, level, broken }: { x: number; y: number; s: Size; name: string; level: number | null; broken: boolean }) {
  const f = Math.min(1, Math.max(0, level ?? 0));
  const abnormal = level !== null && (f > 0.75 || f < 0.16);
  return (
    <g class={`m-tank ${broken ? 'm-broken' : ''} ${abnormal ? 'm-abnormal' : ''}`}>
      <rect class="m-shell" x={x} y={y} width={s.tankW} height={s.tankH} rx={s.labels ? 4 : 2} />
      <rect class="m-fill" x={x + 2} y={y + 2 + (s.tankH - 4) * (1 - f)} width={s.tankW - 4} height={(s.tankH - 4) * f} rx={1} />
      {s.labels && (
        <>
          <text class="m-name" x={x + s.tankW / 2} y={y - 9}>
            {name}
          </text>
          <text class="m-value" x={x + s.tankW / 2} y={y + s.tankH / 2 + 6}>
            {level === null ? '--' : `${Math.round(f * 100)}%`}
          </text>
        </>
      )}
    </g>
  );
}

function Device({ x, y, s, name, on, broken }: { x: number; y: number; s: Size; name: string; on: boolean; broken: boolean }) {
  const r = s.symbol;
  const state = broken ? 'm-broken' : on ? 'm-on' : 'm-off';
  return (
    <g class={`m-device ${state}`}>
      <title>{name}</title>
      {name.startsWith('P') ? (
        <>
          <circle cx={x} cy={y} r={r} />
          {s.labels && <path class="m-vane" d={`M${x - r * 0.4} ${y - r * 0.55}L${x + r * 0.6} ${y}L${x - r * 0.4} ${y + r * 0.55}Z`} />}
        </>
      ) : (
        <path d={`M${x - r} ${y - r * 0.75}L${x + r} ${y + r * 0.75}V${y - r * 0.75}L${x - r} ${y + r * 0.75}Z`} />
      )}
      {broken && <path class="m-cross" d={`M${x - r * 1.4} ${y - r * 1.4}l${r * 2.8} ${r * 2.8}m0 ${-r * 2.8}l${-r * 2.8} ${r * 2.8}`} />}
      {s.labels && (
        <text class="m-tag" x={x} y={y + r + 13}>
          {name}
        </text>
      )}
    </g>
  );
}

export function Mimic({ plant, size }: { plant: Plant; size: 'small' | 'large' }) {
  const s = SIZES[size];
  const tanks = tankNames(plant);
  const between = gaps(plant, s.perGap);
  const pitch = s.width / Math.max(tanks.length, 1);
  const top = s.labels ? 26 : 7;
  const pipe = top + s.tankH * 0.72;
  const broken = new Set(plant.damages.map((d) => d.split('.')[0]));
  return (
    <svg class={`mimic mimic-${size} ${plant.online ? '' : 'm-offline'}`} viewBox={`0 0 ${s.width} ${s.height}`} role="img">
      {tanks.length > 0 && <path class="m-pipe" d={`M0 ${pipe}H${s.width}`} />}
      {tanks.map((name, i) => {
        const x = i * pitch + (s.labels ? 4 : 2);
        const list = between[i] ?? [];
        const from = x + s.tankW;
        const step = (pitch - s.tankW) / (Math.ceil(list.length / 2) + 1);
        const stacked = list.length > 2;
        return (
          <g key={name}>
            <Tank x={x} y={top} s={s} name={name} level={plant.tanks[name]?.level ?? null} broken={broken.has(name)} />
            {list.map((d, k) => {
              const column = stacked ? Math.floor(k / 2) : k;
              const columns = stacked ? Math.ceil(list.length / 2) : list.length;
              const dx = stacked ? step * (column + 1) : ((pitch - s.tankW) * (column + 1)) / (columns + 1);
              const dy = stacked && k % 2 === 1 ? -s.tankH * 0.42 : 0;
              return <Device key={d} x={from + dx} y={pipe + dy} s={s} name={d} on={plant.run[d] ?? false} broken={broken.has(d)} />;
            })}
          </g>
        );
      })}
    </svg>
  );
}
