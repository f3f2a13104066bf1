// What the operator's station shows: pages, alarms, trends, commands.

import { useState } from 'preact/hooks';
import { post } from '../../api/client';
import type { Tag, TeamInfo } from '../../api/types';
import { severityOf } from '../../hmi/binding';
import { HmiView } from '../../hmi/view';
import { both, t, tr, word } from '../../i18n';
import { clock, decimalsFor, number, unitText } from '../../lib/format';
import { now_s } from '../../state';
import { Button, Dialog, Empty, Field, Notice, Panel, useAction } from '../../ui/kit';
import { alarms, tagOf, team, values } from './store';
import { Trends, chosenTags, toggleTrend } from './trends';

function shownValue(tag: Tag): string {
  const v = values.value[tag.name]?.v ?? null;
  if (v === null) return '---';
  if (typeof v === 'boolean') return boolWord(tag.name, v);
  return typeof v === 'number' ? `${number(v, decimalsFor(tag.lo, tag.hi))} ${unitText(tag.unit)}` : v;
}

function boolWord(name: string, v: boolean): string {
  if (name.endsWith('.run')) return t(v ? 'plant.running' : 'plant.stopped');
  if (name.endsWith('.open')) return t(v ? 'plant.open' : 'plant.closed');
  return t(v ? 'plant.on' : 'plant.off');
}

function commandWord(name: string, to: boolean): string {
  if (name.endsWith('.run')) return t(to ? 'operate.start' : 'operate.stop');
  if (name.endsWith('.open')) return t(to ? 'operate.open' : 'operate.close');
  return t(to ? 'operate.on' : 'operate.off');
}

function Operate({ tag, onClose, onDone }: { tag: Tag; onClose: () => void; onDone: (tag: string, seq: number) => void }) {
  const current = values.value[tag.name]?.v ?? null;
  const mode = tagOf(`${tag.name.split('.')[0]}.auto`);
  const automatic = mode && mode.writable && mode.name !== tag.name ? (values.value[mode.name]?.v ?? null) : null;
  const [text, setText] = useState(typeof current === 'number' ? number(current, decimalsFor(tag.lo, tag.hi)) : '');
  const { busy, error, run } = useAction();
  const send = (value: number | boolean, name = tag.name): void =>
    run(async () => onDone(name, (await post<{ seq: number }>('/api/team/operate', { tag: name, value })).seq));
  const n = Number(text);
  const valid = text.trim() !== '' && Number.isFinite(n) && n >= tag.lo && n <= tag.hi;
  const limits = tag.limits ? severityOf(n, tag.limits) : null;
  const actions =
    tag.kind === 'bool' ? (
      [true, false].map((to) => (
        <Button key={String(to)} kind={current === to ? 'plain' : 'primary'} disabled={busy || current === to} onClick={() => send(to)}>
          {commandWord(tag.name, to)}
        </Button>
      ))
    ) : (
      <Button kind="primary" disabled={busy || !valid} onClick={() => send(n)}>
        {t('operate.send')}
      </Button>
    );
  return (
    <Dialog title={`${tag.name}  ${tr(tag.title)}`} onClose={onClose} actions={actions}>
      <p class="operate-now">
        {t('operate.now')} <b>{shownValue(tag)}</b>
      </p>
      {typeof automatic === 'boolean' && (
        <div class="operate-mode">
          <span>
            {t('operate.mode')} <b>{t(automatic ? 'operate.automatic' : 'operate.manual')}</b>
          </span>
          {automatic ? (
            <span class="hint">{t('operate.tomanual')}</span>
          ) : (
            <Button disabled={busy} onClick={() => send(true, mode!.name)}>
              {t('operate.toauto')}
            </Button>
          )}
        </div>
      )}
      {tag.kind === 'analog' && (
        <Field label={t('operate.to', { unit: unitText(tag.unit) || '-' })} hint={t('operate.range', { lo: tag.lo, hi: tag.hi, unit: unitText(tag.unit) })}>
          <input type="number" step="any" min={tag.lo} max={tag.hi} value={text} autofocus onInput={(e) => setText(e.currentTarget.value)} />
        </Field>
      )}
      {limits && <Notice severity="warning" text={both('operate.beyond')} />}
      <p class="hint">{t('operate.how')}</p>
      <Notice text={error} />
    </Dialog>
  );
}

function AlarmList({ info }: { info: TeamInfo }) {
  const list = alarms.value;
  const { busy, error, run } = useAction();
  const acknowledge = (tag: string) => (): void => run(async () => void (await post('/api/team/alarms', { tag })));
  return (
    <>
      <Notice text={error} />
      {list.length === 0 ? (
        <Empty>{t('plant.noalarms')}</Empty>
      ) : (
        <ul class="alarm-list">
          {list.map((a) => {
            const tag = tagOf(a.tag);
            const device = tag ? undefined : info.site.devices.find((d) => d.id === a.tag);
            const value = typeof a.value === 'number' && tag ? `${number(a.value, decimalsFor(tag.lo, tag.hi))} ${unitText(tag.unit)}` : device ? device.address : String(a.value ?? '---');
            return (
              <li key={`${a.tag}${a.level}`} class={`level-${a.level === 'L' || a.level === 'H' ? 'warning' : 'alarm'} ${a.acknowledged ? 'acknowledged' : ''}`}>
                <button type="button" title={t('trend.toggle')} onClick={() => tag && toggleTrend(a.tag)}>
                  <span class="level">{word('level', a.level)}</span>
                  <b>{a.tag}</b>
                  <span class="title">{tr((tag ?? device)?.title)}</span>
                  <span class="value">{value}</span>
                  <time>{clock(Math.max(0, now_s.value - a.since_s))}</time>
                </button>
                {tag && !a.acknowledged && (
                  <button type="button" class="acknowledge" disabled={busy} title={t('alarm.acknowledge')} aria-label={`${t('alarm.acknowledge')} ${a.tag}`} onClick={acknowledge(a.tag)}>
                    ✓
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}

/** Every number that an operator may set, also those that no page shows. */
function Settings({ info, onPick }: { info: TeamInfo; onPick: (tag: Tag) => void }) {
  const list = info.site.hmi.tags.filter((x) => x.writable && x.kind === 'analog');
  return (
    <ul class="setting-list">
      {list.map((x) => (
        <li key={x.name}>
          <button type="button" title={tr(x.title)} onClick={() => onPick(x)}>
            <b>{x.name}</b>
            <span class="title">{tr(x.title)}</span>
            <span class="value">{shownValue(x)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function SidePanel({ info, onPick }: { info: TeamInfo; onPick: (tag: Tag) => void }) {
  const [list, setList] = useState<'alarms' | 'settings'>('alarms');
  const side = (
    <div class="segments">
      {(['alarms', 'settings'] as const).map((x) => (
        <button type="button" key={x} class={x === list ? 'on' : ''} onClick={() => setList(x)}>
          {t(`plant.${x}`)}
          {x === 'alarms' && alarms.value.length > 0 && <span class="count">{alarms.value.length}</span>}
        </button>
      ))}
    </div>
  );
  return (
    <Panel title={t(`plant.${list}`)} class="alarms-panel" side={side}>
      {list === 'alarms' ? <AlarmList info={info} /> : <Settings info={info} onPick={onPick} />}
    </Panel>
  );
}

export function PlantTab() {
  const info = team.value!;
  const pages = info.site.hmi.pages;
  const [page, setPage] = useState(pages[0]?.id);
  const [operated, setOperated] = useState<Tag | null>(null);
  const [sent, setSent] = useState<string | null>(null);
  const current = pages.find((p) => p.id === page) ?? pages[0];
  const pick = (name: string, command: boolean): void => {
    const tag = tagOf(name);
    if (!tag) return;
    if (command && tag.writable) setOperated(tag);
    else if (tag.kind !== 'text') toggleTrend(name);
  };
  const done = (tag: string, seq: number): void => {
    setSent(t('operate.sent', { tag, seq }));
    setOperated(null);
    setTimeout(() => setSent(null), 5000);
  };
  const side = (
    <div class="segments">
      {pages.map((p) => (
        <button type="button" key={p.id} class={p.id === current?.id ? 'on' : ''} onClick={() => setPage(p.id)}>
          {tr(p.title)}
        </button>
      ))}
    </div>
  );
  return (
    <>
      <Panel class="hmi-panel" title={tr(info.site.title)} side={side}>
        {current ? <HmiView page={current} tags={info.site.hmi.tags} values={values.value} marked={chosenTags.value} onPick={pick} /> : <Empty>{t('plant.nopages')}</Empty>}
        {sent && <p class="toast">{sent}</p>}
      </Panel>
      <div class="plant-side">
        <SidePanel info={info} onPick={setOperated} />
        <Trends />
      </div>
      {operated && <Operate tag={operated} onClose={() => setOperated(null)} onDone={done} />}
    </>
  );
}
