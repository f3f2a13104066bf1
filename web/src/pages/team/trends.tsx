// Trends of the chosen tags: read once, then carried on by the pushed values.

import { computed, signal } from '@preact/signals';
import type { EChartsCoreOption } from 'echarts/core';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Trend } from '../../api/types';
import { language, t, tr } from '../../i18n';
import { clock, decimalsFor, number, timeStep, unitText } from '../../lib/format';
import { Chart, ink, palette } from '../../ui/chart';
import { Combo, Empty, Panel } from '../../ui/kit';
import { tagOf, team, values, values_s } from './store';

const MOST = 6;
const WINDOWS_S = [120, 600, 1800];

const KEY = 'millrace.trends';
const stored = (): string[] | null => {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return Array.isArray(list) ? list.map(String).slice(0, MOST) : null;
  } catch {
    return null;
  }
};

const wanted = signal<string[] | null>(stored());

/** What a person chose, of the tags that this plant has; else the first two that have a limit on every side: those matter most. */
export const chosenTags = computed<string[]>(() => {
  const tags = team.value?.site.hmi.tags ?? [];
  const chosen = wanted.value?.filter((name) => tags.some((x) => x.name === name));
  if (chosen && (chosen.length > 0 || wanted.value?.length === 0)) return chosen;
  return tags.filter((x) => x.limits?.LL !== undefined && x.limits.HH !== undefined).slice(0, 2).map((x) => x.name);
});

export function toggleTrend(name: string): void {
  const list = chosenTags.value;
  wanted.value = list.includes(name) ? list.filter((x) => x !== name) : [...list, name].slice(-MOST);
  localStorage.setItem(KEY, JSON.stringify(wanted.value));
}

type Series = Record<string, [number, number][]>;

function trendOption(series: Series, names: string[], to_s: number, window_s: number): EChartsCoreOption {
  const units = [...new Set(names.map((n) => tagOf(n)?.unit ?? ''))];
  return {
    animation: false,
    textStyle: { fontFamily: ink.font },
    grid: { left: 6, right: units.length > 1 ? 6 : 20, top: 30, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: '#1d242b',
      borderColor: '#3a444e',
      textStyle: { color: ink.strong, fontSize: 12 },
      axisPointer: { lineStyle: { color: '#55616d' } },
    },
    xAxis: {
      type: 'value',
      min: Math.max(0, Math.floor(to_s - window_s)),
      max: Math.max(to_s, window_s),
      interval: timeStep(window_s, 5),
      axisLabel: { color: ink.text, formatter: clock, hideOverlap: true },
      axisLine: { lineStyle: { color: ink.line } },
      splitLine: { show: false },
      axisPointer: { label: { formatter: ({ value }: { value: number }) => clock(value) } },
    },
    yAxis: units.map((unit, i) => ({
      type: 'value',
      name: unitText(unit),
      scale: true,
      show: i < 2,
      position: i === 1 ? 'right' : 'left',
      nameGap: 8,
      nameTextStyle: { color: ink.text },
      axisLabel: { color: ink.text },
      splitLine: { show: i === 0, lineStyle: { color: ink.line } },
    })),
    series: names.map((name, i) => {
      const tag = tagOf(name);
      const unit = tag?.unit ?? '';
      return {
        type: 'line',
        name,
        yAxisIndex: units.indexOf(unit),
        showSymbol: false,
        ...(tag?.kind === 'bool' ? { step: 'end' } : {}),
        data: series[name] ?? [],
        lineStyle: { width: 1.6, color: palette[i % palette.length] },
        itemStyle: { color: palette[i % palette.length] },
        tooltip: { valueFormatter: (v: unknown) => `${number(Number(v), tag ? decimalsFor(tag.lo, tag.hi) : 2)} ${unitText(unit)}` },
      };
    }),
  };
}

export function Trends() {
  const names = chosenTags.value;
  const [window_s, setWindow] = useState(WINDOWS_S[1]!);
  const [series, setSeries] = useState<Series>({});
  const key = names.join(',');

  useEffect(() => {
    if (names.length === 0) return;
    const to = values_s.value;
    get<Trend>(`/api/team/trend?tags=${encodeURIComponent(key)}&from_s=${Math.max(0, Math.floor(to - window_s))}&to_s=${Math.ceil(to)}`)
      .then((r) => setSeries(r.tags))
      .catch(() => setSeries({}));
  }, [key, window_s]);

  const time_s = values_s.value;
  useEffect(() => {
    setSeries((old) => {
      const next: Series = {};
      for (const name of chosenTags.value) {
        const list = old[name];
        const v = values.value[name];
        if (!list) continue;
        const usable = v && v.q === 'good' && (typeof v.v === 'number' || typeof v.v === 'boolean');
        const fresh = usable && (list[list.length - 1]?.[0] ?? -1) < time_s;
        const kept = list.filter(([at]) => at >= time_s - window_s);
        next[name] = fresh ? [...kept, [time_s, Number(v.v)]] : kept;
      }
      return next;
    });
  }, [time_s]);

  const option = useMemo(() => trendOption(series, names, time_s, window_s), [series, key, window_s, language.value]);
  const choices = (team.value?.site.hmi.tags ?? []).filter((x) => x.kind !== 'text').map((x) => ({ value: x.name, label: `${x.name}  ${tr(x.title)}`, also: Object.values(x.title).join(' ') }));
  const side = (
    <div class="segments">
      {WINDOWS_S.map((w) => (
        <button type="button" key={w} class={w === window_s ? 'on' : ''} onClick={() => setWindow(w)}>
          {t('trend.minutes', { n: w / 60 })}
        </button>
      ))}
    </div>
  );
  return (
    <Panel title={t('trend.title')} class="trends" side={side}>
      <div class="chips">
        {names.map((n, i) => (
          <button type="button" key={n} class="chip" title={tr(tagOf(n)?.title)} onClick={() => toggleTrend(n)}>
            <i style={{ background: palette[i % palette.length] }} />
            {n}
            <span aria-hidden="true">×</span>
          </button>
        ))}
        <Combo value="" choices={choices.filter((c) => !names.includes(c.value))} placeholder={t('trend.add')} onChange={toggleTrend} />
      </div>
      {names.length === 0 ? <Empty>{t('trend.none')}</Empty> : <Chart option={option} />}
    </Panel>
  );
}
