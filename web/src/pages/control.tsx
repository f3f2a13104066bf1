// The organiser's console: the event's switch, every plant and its processes, accounts, corrections, the log.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api/client';
import type { Account, ControlStatus, FeedItem, ProcessHealth } from '../api/types';
import { both, damage, news, t, tr, word } from '../i18n';
import { bytes, clock, number, percent, points, unitText } from '../lib/format';
import { event, keepFresh, loadEvent, ranking, teamName } from '../state';
import { Button, Dialog, Empty, Field, Notice, Panel, TopBar, useAction, useRepeated } from '../ui/kit';

const status = signal<ControlStatus | null>(null);
const load = async (): Promise<void> => {
  status.value = await get<ControlStatus>('/api/control/status');
};

const REASON_BYTES = 180; // that a line of the ledger holds

type Command = 'start' | 'pause' | 'resume';

function EventSwitch() {
  const { busy, error, run } = useAction();
  const [asking, setAsking] = useState<Command | null>(null);
  const e = event.value;
  const command: Command | null = e?.state === 'ready' ? 'start' : e?.state === 'running' ? 'pause' : e?.state === 'paused' ? 'resume' : null;
  const send = (c: Command): void =>
    run(async () => {
      await post(`/api/control/${c}`);
      setAsking(null);
      await Promise.all([loadEvent(), load()]);
    });
  if (!e || !command) return null;
  return (
    <>
      <Button kind="primary" disabled={busy} onClick={() => setAsking(command)}>
        {t(`control.${command}`)}
      </Button>
      {asking && (
        <Dialog
          title={t(`control.${asking}`)}
          onClose={() => setAsking(null)}
          actions={
            <Button kind="primary" disabled={busy} onClick={() => send(asking)}>
              {t(`control.${asking}`)}
            </Button>
          }
        >
          <p>{t(`control.${asking}hint`)}</p>
          <Notice text={error} />
        </Dialog>
      )}
    </>
  );
}

function Health({ p }: { p: ProcessHealth }) {
  return (
    <>
      <td class={p.state === 'ready' ? 'group' : 'group warn'}>{word('process', p.state)}</td>
      <td class="mono right">{bytes(p.rss_bytes)}</td>
      <td class={`mono right ${p.restarts > 0 ? 'warn' : 'dim'}`}>{p.restarts}</td>
    </>
  );
}

const ms = (us: number): string => number(us / 1000, 1);

function Teams() {
  const s = status.value;
  if (!s) return <p class="waiting">{t('common.loading')}</p>;
  const totals = new Map(ranking.value.map((x, i) => [x.id, { rank: i + 1, total: x.total }]));
  return (
    <Panel title={t('control.teams')} side={<span class="tally">{s.teams.length}</span>}>
      <div class="scroll-x">
        <table class="table control-table">
          <thead>
            <tr>
              <th rowSpan={2}>{t('control.team')}</th>
              <th rowSpan={2} class="right">
                {t('score.points')}
              </th>
              <th colSpan={3} class="group">{t('control.plant')}</th>
              <th colSpan={3} class="group">{t('control.wire')}</th>
              <th colSpan={3} class="group">{t('control.core')}</th>
              <th colSpan={3} class="group">{t('control.scan')}</th>
            </tr>
            <tr>
              <th class="group">{t('plant.supply')}</th>
              <th>{t('plant.alarms')}</th>
              <th>{t('plant.damage')}</th>
              {[0, 1].map((i) => [
                <th key={`s${i}`} class="group">{t('control.state')}</th>,
                <th key={`m${i}`} class="right">
                  {t('control.memory')}
                </th>,
                <th key={`r${i}`} class="right">
                  {t('control.restarts')}
                </th>,
              ])}
              <th class="right group">50 % ms</th>
              <th class="right">99.9 % ms</th>
              <th class="right">{t('control.late')}</th>
            </tr>
          </thead>
          <tbody>
            {s.teams.map((x) => (
              <tr key={x.id}>
                <td>
                  <b>{tr(x.name)}</b> <span class="dim mono">{x.id}</span>
                </td>
                <td class="mono right">{points(totals.get(x.id)?.total ?? 0)}</td>
                <td class={`mono group ${x.plant.online && !x.plant.supply.ok ? 'warn' : ''}`}>
                  {x.plant.online ? `${x.plant.supply.flow === null ? '--' : number(x.plant.supply.flow, 2)} ${unitText(x.plant.supply.unit)}` : t('plant.offline')}
                </td>
                <td class={`mono ${x.plant.alarms > 0 ? 'warn' : 'dim'}`}>{x.plant.alarms}</td>
                <td class="alarm">{x.plant.damages.map(damage).join(', ')}</td>
                <Health p={x.wire} />
                <Health p={x.core} />
                <td class="mono right group">{ms(x.scan.p50_us)}</td>
                <td class={`mono right ${x.scan.p999_us > x.scan.period_ms * 100 ? 'warn' : ''}`}>{ms(x.scan.p999_us)}</td>
                <td class={`mono right ${x.scan.late > 0 ? 'warn' : 'dim'}`} title={`${x.scan.late} / ${x.scan.total}`}>
                  {percent(x.scan.late, x.scan.total, 2)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Corrections() {
  const { busy, error, run } = useAction();
  const [form, setForm] = useState({ team: '', direction: '', points: '', reason: '' });
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState<number | null>(null);
  const e = event.value;
  if (!e) return null;
  const n = Number(form.points);
  const size = new TextEncoder().encode(form.reason.trim()).length;
  const valid = form.team !== '' && form.direction !== '' && form.points.trim() !== '' && Number.isFinite(n) && n !== 0 && form.reason.trim() !== '' && size <= REASON_BYTES;
  const set = (change: Partial<typeof form>): void => {
    setForm({ ...form, ...change });
    setDone(null);
  };
  const send = (): void =>
    run(async () => {
      const made = await post<{ id: number }>('/api/control/correction', { team: form.team, direction: form.direction, points: n, reason: form.reason.trim() });
      setAsking(false);
      setForm({ team: '', direction: '', points: '', reason: '' });
      setDone(made.id);
    });
  const direction = e.directions.find((d) => d.id === form.direction);
  return (
    <Panel title={t('control.correction')} class="correction">
      <form
        onSubmit={(ev) => {
          ev.preventDefault();
          if (valid) setAsking(true);
        }}
      >
        <div class="row">
          <Field label={t('control.team')}>
            <select value={form.team} onChange={(ev) => set({ team: ev.currentTarget.value })}>
              <option value="" />
              {e.teams.map((x) => (
                <option key={x.id} value={x.id}>
                  {tr(x.name)}
                </option>
              ))}
            </select>
          </Field>
          <Field label={t('score.direction')}>
            <select value={form.direction} onChange={(ev) => set({ direction: ev.currentTarget.value })}>
              <option value="" />
              {e.directions.map((x) => (
                <option key={x.id} value={x.id}>
                  {tr(x.title)}
                </option>
              ))}
            </select>
          </Field>
          <Field label={t('score.points')}>
            <input type="number" step="0.001" value={form.points} onInput={(ev) => set({ points: ev.currentTarget.value })} />
          </Field>
        </div>
        <Field label={t('control.reason')} hint={size > REASON_BYTES ? t('control.reasonlong') : t('control.reasonhint')}>
          <input type="text" name="reason" value={form.reason} onInput={(ev) => set({ reason: ev.currentTarget.value })} />
        </Field>
        {done !== null && <Notice severity="good" text={both('control.entered', { id: done })} />}
        <Button kind="primary" type="submit" disabled={!valid || busy}>
          {t('control.enter')}
        </Button>
      </form>
      {asking && (
        <Dialog
          title={t('control.correction')}
          onClose={() => setAsking(false)}
          actions={
            <Button kind="primary" disabled={busy} onClick={send}>
              {t('control.enter')}
            </Button>
          }
        >
          <p>
            <b>{tr(teamName(form.team))}</b> · {tr(direction?.title)} · <b>{points(n, true)}</b>
          </p>
          <p>{form.reason}</p>
          <Notice text={error} />
        </Dialog>
      )}
    </Panel>
  );
}

function Accounts() {
  const [list, setList] = useState<Account[] | null>(null);
  const { error, run } = useAction();
  useEffect(() => run(async () => setList(await get<Account[]>('/api/control/accounts'))), []);
  return (
    <Panel title={t('control.accounts')}>
      <Notice text={error} />
      <table class="table">
        <thead>
          <tr>
            <th>{t('login.account')}</th>
            <th>{t('control.name')}</th>
            <th>{t('control.role')}</th>
            <th>{t('control.team')}</th>
            <th>{t('control.post')}</th>
            <th>{t('control.online')}</th>
          </tr>
        </thead>
        <tbody>
          {list?.map((a) => (
            <tr key={a.account}>
              <td class="mono">
                <b>{a.account}</b>
              </td>
              <td>{tr(a.name)}</td>
              <td>{word('role', a.role)}</td>
              <td>{a.team ? tr(teamName(a.team)) || a.team : ''}</td>
              <td>{a.post ? word('post', a.post) : ''}</td>
              <td>{a.online ? <span class="badge">{t('control.online')}</span> : <span class="dim">–</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Log({ items }: { items: FeedItem[] }) {
  return (
    <Panel title={t('control.log')} class="log">
      {items.length === 0 && <Empty>{t('board.quiet')}</Empty>}
      <table class="table">
        <tbody>
          {items.map((x) => (
            <tr key={x.id} class={`severity-${x.severity}`}>
              <td class="mono dim">{clock(x.time_s)}</td>
              <td>{tr(teamName(x.team)) || x.team}</td>
              <td>{news(x)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

export function Control({ tab }: { tab: string }) {
  useEffect(keepFresh, []);
  useRepeated(load, 3000);
  const log = [...(status.value?.log ?? [])].sort((a, b) => b.id - a.id);
  const tabs = (['teams', 'corrections', 'accounts', 'log'] as const).map((id) => ({ id, label: t(`control.tab.${id}`) }));
  const chosen = tabs.some((x) => x.id === tab) ? tab : 'teams';
  return (
    <div class="console">
      <TopBar title={tr(event.value?.title)} base="/control" tab={chosen} tabs={tabs}>
        <EventSwitch />
      </TopBar>
      {status.value?.disk === 'full' && <Notice text={both('control.diskfull')} />}
      <main class={`tab tab-control tab-control-${chosen}`}>
        {chosen === 'teams' && <Teams />}
        {chosen === 'teams' && <Log items={log.slice(0, 12)} />}
        {chosen === 'corrections' && <Corrections />}
        {chosen === 'accounts' && <Accounts />}
        {chosen === 'log' && <Log items={log} />}
      </main>
    </div>
  );
}
