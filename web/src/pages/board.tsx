// The spectators' board: one screen, no scrolling, from 3 to 19 teams.

import { useComputed } from '@preact/signals';
import type { EChartsCoreOption } from 'echarts/core';
import { useEffect, useMemo } from 'preact/hooks';
import type { EventInfo, FeedItem, History, TeamScore } from '../api/types';
import { damage, language, news, t, tr } from '../i18n';
import { clock, number, points, timeStep, unitText } from '../lib/format';
import { homeOf } from '../router';
import { event, feed, history, keepFresh, loadHistory, me, now_s, ranking, teamName } from '../state';
import { Chart, ink, palette } from '../ui/chart';
import { ConnectionMark, Empty, LanguageSwitch, Logo, Panel, useRepeated } from '../ui/kit';
import { Mimic, type MimicSize } from '../ui/mimic';

const COLOURED = 6; // lines in colour; with more teams only the leaders have one

const directionColour = (e: EventInfo, id: string): string => `var(--direction-${(e.directions.findIndex((d) => d.id === id) % 6) + 1})`;

/** A team's line keeps its colour while the ranking changes: by its place in the event where few play, by its rank where many do. */
function lineColour(e: EventInfo, order: TeamScore[], id: string): string | null {
  const few = e.teams.length <= palette.length;
  const i = (few ? e.teams : order).findIndex((x) => x.id === id);
  return few || i < COLOURED ? (palette[i] ?? null) : null;
}

function Head({ e }: { e: EventInfo }) {
  const time = now_s.value;
  const r = e.round;
  const share = r ? Math.min(1, Math.max(0, (time - r.from_s) / Math.max(1, r.to_s - r.from_s))) : 0;
  return (
    <header class="board-head">
      <a class="board-logo" href={me.value ? `#${homeOf(me.value.role)}` : '#/'} aria-label="Millrace">
        <Logo />
      </a>
      <div class="board-title">
        <h1>{tr(e.title)}</h1>
        <p>
          {r && <span>{tr(r.title)}</span>}
          <span class={`state-word state-${e.state}`}>{t(`state.${e.state}`)}</span>
        </p>
      </div>
      <div class="board-clock">
        <div>
          <small>{t('clock.event')}</small>
          <b>{clock(time)}</b>
        </div>
        {r && (
          <div>
            <small>{t('clock.remaining')}</small>
            <b>{clock(Math.max(0, r.to_s - time))}</b>
          </div>
        )}
      </div>
      <div class="board-side">
        <ConnectionMark />
        <LanguageSwitch />
      </div>
      {r && (
        <div class="board-progress" aria-hidden="true">
          <i style={{ width: `${share * 100}%` }} />
        </div>
      )}
    </header>
  );
}

function Ranking({ e, order }: { e: EventInfo; order: TeamScore[] }) {
  const most = Math.max(10, ...order.map((x) => Object.values(x.by_direction).reduce((a, b) => a + Math.max(0, b), 0)));
  const legend = (
    <ul class="legend">
      {e.directions.map((d) => (
        <li key={d.id}>
          <i style={{ background: directionColour(e, d.id) }} />
          {tr(d.title)}
        </li>
      ))}
    </ul>
  );
  return (
    <Panel title={t('board.ranking')} class="ranking">
      {legend}
      <ol style={{ '--teams': order.length }}>
        {order.map((x, i) => (
          <li key={x.id}>
            <span class="rank">{i + 1}</span>
            <i class="swatch" style={{ background: lineColour(e, order, x.id) ?? 'transparent' }} />
            <span class="name">{tr(x.name)}</span>
            <span class="bars">
              {e.directions.map((d) => (
                <i
                  key={d.id}
                  title={`${tr(d.title)} ${points(x.by_direction[d.id] ?? 0)}`}
                  style={{ width: `${(100 * Math.max(0, x.by_direction[d.id] ?? 0)) / most}%`, background: directionColour(e, d.id) }}
                />
              ))}
            </span>
            <b class="total">{points(x.total)}</b>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Card({ team, rank, last, size }: { team: TeamScore; rank: number; last: FeedItem | undefined; size: MimicSize }) {
  const p = team.plant;
  const state = !p.online ? 'offline' : p.damages.length > 0 ? 'damaged' : p.supply.ok ? 'fine' : 'short';
  return (
    <article class={`card card-${state}`}>
      <header>
        <span class="rank">{rank}</span>
        <h3>{tr(team.name)}</h3>
        {state !== 'fine' && <span class="card-state">{state === 'damaged' ? p.damages.map(damage).join(' · ') : t(`plant.${state}`)}</span>}
        <b>{points(team.total)}</b>
      </header>
      <Mimic plant={p} size={size} />
      <footer>
        <span class={`supply ${p.supply.ok ? '' : 'bad'}`} title={t('plant.supply')}>
          {size === 'large' && <small>{t('plant.supply')}</small>}
          <b>{p.supply.flow === null ? '--' : number(p.supply.flow, 2)}</b> {unitText(p.supply.unit)}
        </span>
        <span class={`alarms ${p.alarms > 0 ? 'some' : ''}`} title={t('plant.alarms')}>
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <path d="M6 1.5L11.2 10.5H0.8Z" />
          </svg>
          {p.alarms}
        </span>
        <span class="last">{last ? news(last) : ''}</span>
      </footer>
    </article>
  );
}

function Feed({ items }: { items: FeedItem[] }) {
  return (
    <Panel title={t('board.feed')} class="feed">
      {items.length === 0 && <Empty>{t('board.quiet')}</Empty>}
      <ol>
        {items.slice(0, 60).map((x) => (
          <li key={x.id} class={`severity-${x.severity}`}>
            <time>{clock(x.time_s)}</time>
            <p>
              {x.team !== null && <b>{tr(teamName(x.team)) || x.team}</b>}
              {news(x)}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function scoreOption(e: EventInfo, order: TeamScore[], h: History): EChartsCoreOption {
  const drawn = [...order].reverse();
  const end = e.round?.to_s ?? Math.max(60, e.time_s);
  return {
    animation: false,
    textStyle: { fontFamily: ink.font },
    grid: { left: 8, right: 24, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      order: 'valueDesc',
      confine: true,
      backgroundColor: '#1d242b',
      borderColor: '#3a444e',
      textStyle: { color: ink.strong, fontSize: 12 },
      axisPointer: { lineStyle: { color: '#55616d' } },
      valueFormatter: (v: unknown) => points(Number(v)),
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: end,
      interval: timeStep(end, 5),
      axisLabel: { color: ink.text, formatter: clock, hideOverlap: true },
      axisLine: { lineStyle: { color: ink.line } },
      splitLine: { show: false },
      axisPointer: { label: { formatter: ({ value }: { value: number }) => clock(value) } },
    },
    yAxis: { type: 'value', axisLabel: { color: ink.text }, splitLine: { lineStyle: { color: ink.line } }, splitNumber: 4 },
    series: drawn.map((x) => {
      const colour = lineColour(e, order, x.id);
      const series = (h.teams[x.id] ?? []).map((v, i) => [i * h.step_s, v]);
      return {
        type: 'line',
        name: tr(x.name),
        showSymbol: false,
        step: 'end',
        data: series.length > 0 ? [...series, [e.time_s, x.total]] : [],
        lineStyle: { width: colour ? 2 : 1, color: colour ?? '#4a5560' },
        itemStyle: { color: colour ?? '#4a5560' },
        emphasis: { focus: 'series', lineStyle: { width: 3 } },
      };
    }),
  };
}

function shape(teams: number): string {
  return teams <= 3 ? 'few' : teams <= 6 ? 'some' : teams <= 12 ? 'many' : 'all';
}

export function Board() {
  useEffect(() => {
    keepFresh();
    document.documentElement.classList.add('on-board');
    return () => document.documentElement.classList.remove('on-board');
  }, []);
  useRepeated(loadHistory, 10000);
  const lastOf = useComputed(() => {
    const map = new Map<string, FeedItem>();
    for (const x of feed.value) if (x.team !== null && !map.has(x.team)) map.set(x.team, x);
    return map;
  });
  const e = event.value;
  const h = history.value;
  const order = ranking.value;
  const option = useMemo(() => (e && h ? scoreOption(e, order, h) : null), [h, e?.teams.length, language.value]);
  if (!e) return <p class="waiting">{t('common.loading')}</p>;
  return (
    <main class={`board board-${shape(e.teams.length)}`}>
      <Head e={e} />
      <div class="board-left">
        <Ranking e={e} order={order} />
        <Panel title={t('board.history')} class="history">
          {option && <Chart option={option} />}
        </Panel>
      </div>
      <div class="cards">
        {e.teams.map((x) => (
          <Card key={x.id} team={x} rank={order.indexOf(x) + 1} last={lastOf.value.get(x.id)} size={e.teams.length <= 3 ? 'large' : e.teams.length <= 6 ? 'medium' : 'small'} />
        ))}
      </div>
      <Feed items={feed.value} />
    </main>
  );
}
