// The rule table of the router between the zones: edited as a draft, applied as a whole, with a look at what was refused lately.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, get, put } from '../../api/client';
import type { Firewall, Rule } from '../../api/types';
import { t, tr } from '../../i18n';
import { changes, checkRule, newRule, serviceLabel, withService, type Change } from '../../lib/firewall';
import { clock } from '../../lib/format';
import { Button, Combo, Dialog, Empty, Notice, Panel, useAction, type Choice } from '../../ui/kit';
import { denials, team } from './store';

const applied = signal<Firewall | null>(null);
const draft = signal<Firewall | null>(null);

async function load(): Promise<void> {
  applied.value = await get<Firewall>('/api/team/firewall');
  draft.value = applied.value;
}

function edit(f: (rules: Rule[]) => Rule[]): void {
  if (draft.value) draft.value = { ...draft.value, rules: f([...draft.value.rules]) };
}

function move(i: number, by: number): void {
  edit((rules) => {
    const [rule] = rules.splice(i, 1);
    if (rule) rules.splice(i + by, 0, rule);
    return rules;
  });
}

function ends(): Choice[] {
  const site = team.value!.site;
  return [
    { value: 'any', label: t('firewall.any'), group: '' },
    ...site.zones.map((z) => ({ value: z.id, label: `${tr(z.title)}  ${z.subnet}`, group: t('firewall.zones') })),
    ...site.devices.map((d) => ({ value: d.id, label: `${d.id}  ${d.address}`, group: t('firewall.devices') })),
  ];
}

/** Names that the site uses; any other that the server knows may be typed. */
function services(rules: readonly Rule[]): Choice[] {
  const used = rules.flatMap((r) => (r.service === undefined || r.service === 'any' ? [] : [r.service]));
  const known = [...new Set([...team.value!.site.devices.flatMap((d) => d.services), ...used, 'icmp'])].sort();
  return [{ value: 'any', label: t('firewall.any') }, ...known.map((s) => ({ value: s, label: s })), { value: 'tcp 502', label: 'tcp 502' }];
}

function Row({ rule, i, last, names, endChoices, serviceChoices }: { rule: Rule; i: number; last: boolean; names: Set<string>; endChoices: Choice[]; serviceChoices: Choice[] }) {
  const set = (next: Rule): void => edit((rules) => rules.map((r, k) => (k === i ? next : r)));
  const errors = checkRule(rule, names);
  const wrong = (what: string): string => (errors.some((e) => e === what) ? 'wrong' : '');
  return (
    <tr class={`rule rule-${rule.action}`}>
      <td class="mono dim">{i + 1}</td>
      <td class={wrong('from')}>
        <Combo free value={rule.from} choices={endChoices} onChange={(from) => set({ ...rule, from })} />
      </td>
      <td class={wrong('to')}>
        <Combo free value={rule.to} choices={endChoices} onChange={(to) => set({ ...rule, to })} />
      </td>
      <td class={wrong('service') || wrong('ports')}>
        <Combo free value={serviceLabel(rule)} choices={serviceChoices} onChange={(s) => set(withService(rule, s))} />
      </td>
      <td>
        <select value={rule.action} class={`action-${rule.action}`} onChange={(e) => set({ ...rule, action: e.currentTarget.value as Rule['action'] })}>
          <option value="allow">{t('firewall.allow')}</option>
          <option value="deny">{t('firewall.deny')}</option>
        </select>
      </td>
      <td class="centre">
        <input type="checkbox" checked={rule.log} aria-label={t('firewall.log')} onChange={(e) => set({ ...rule, log: e.currentTarget.checked })} />
      </td>
      <td class={wrong('rate')}>
        <input type="number" class="narrow" min={0} step={1} value={rule.rate === 0 ? '' : rule.rate} placeholder="–" aria-label={t('firewall.rate')} onInput={(e) => set({ ...rule, rate: Number(e.currentTarget.value || 0) })} />
      </td>
      <td class="tools">
        <Button kind="icon" disabled={i === 0} title={t('firewall.up')} onClick={() => move(i, -1)}>
          ↑
        </Button>
        <Button kind="icon" disabled={last} title={t('firewall.down')} onClick={() => move(i, 1)}>
          ↓
        </Button>
        <Button kind="icon" title={t('firewall.remove')} onClick={() => edit((rules) => rules.filter((_, k) => k !== i))}>
          ×
        </Button>
      </td>
    </tr>
  );
}

function sentence(r: Rule): string {
  const rest = [r.log ? t('firewall.log') : '', r.rate > 0 ? `${r.rate}/s` : ''].filter(Boolean).join(', ');
  return `${r.from} → ${r.to}  ${serviceLabel(r)}  ${t(`firewall.${r.action}`)}${rest ? `  (${rest})` : ''}`;
}

function Confirm({ list, busy, onApply, onClose }: { list: Change[]; busy: boolean; onApply: () => void; onClose: () => void }) {
  const before = applied.value!;
  const after = draft.value!;
  return (
    <Dialog
      title={t('firewall.confirm')}
      onClose={onClose}
      actions={
        <Button kind="primary" disabled={busy} onClick={onApply}>
          {t('firewall.apply')}
        </Button>
      }
    >
      <ul class="changes">
        {before.default !== after.default && (
          <li class="changed">
            {t('firewall.default')}: {t(`firewall.${before.default}`)} → <b>{t(`firewall.${after.default}`)}</b>
          </li>
        )}
        {list.map((c) => (
          <li key={c.rule.id} class={c.kind}>
            <span>{t(`firewall.${c.kind}`)}</span>
            <div>
              {c.before && <del>{sentence(c.before)}</del>}
              <div>{sentence(c.rule)}</div>
            </div>
          </li>
        ))}
      </ul>
      <p class="hint">{t('firewall.warning')}</p>
    </Dialog>
  );
}

function Denials() {
  const list = denials.value;
  return (
    <Panel title={t('firewall.denials')} side={<span class="tally">{list.length}</span>} class="denials">
      {list.length === 0 ? (
        <Empty>{t('firewall.nodenials')}</Empty>
      ) : (
        <table class="table">
          <tbody>
            {list.slice(0, 80).map((d, i) => (
              <tr key={i}>
                <td class="mono dim">{clock(d.time_s)}</td>
                <td class="mono">{d.from}</td>
                <td class="mono">→ {d.to}</td>
                <td class="mono">
                  {d.proto}
                  {d.port ? ` ${d.port}` : ''}
                </td>
                <td class="mono right">{d.count > 1 ? `×${d.count}` : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function FirewallTab() {
  const { busy, error, run, clear } = useAction();
  const [asking, setAsking] = useState(false);
  const [conflict, setConflict] = useState(false);
  useEffect(() => {
    if (!draft.value) run(load);
  }, []);
  const before = applied.value;
  const table = draft.value;
  if (!before || !table) return <Notice text={error} />;
  const list = changes(before, table);
  const dirty = list.length > 0 || before.default !== table.default;
  const site = team.value!.site;
  const names = new Set([...site.zones.map((z) => z.id), ...site.devices.map((d) => d.id)]);
  const right = table.rules.every((r) => checkRule(r, names).length === 0);
  const endChoices = ends();
  const serviceChoices = services(before.rules);
  const apply = (): void =>
    run(async () => {
      try {
        applied.value = await put<Firewall>('/api/team/firewall', table);
        draft.value = applied.value;
      } catch (e) {
        if (e instanceof ApiError && e.status === 409) setConflict(true);
        throw e;
      } finally {
        setAsking(false);
      }
    });
  const reload = (): void => {
    clear();
    setConflict(false);
    run(load);
  };
  const side = (
    <div class="panel-tools">
      <span class="dim">{t('firewall.version', { n: before.version })}</span>
      <Button disabled={!dirty && !conflict} onClick={reload}>
        {t(conflict ? 'firewall.reload' : 'firewall.discard')}
      </Button>
      <Button kind="primary" disabled={!dirty || !right || busy} onClick={() => setAsking(true)}>
        {t('firewall.apply')}
        {dirty && ` (${list.length + (before.default === table.default ? 0 : 1)})`}
      </Button>
    </div>
  );
  return (
    <>
      <Panel title={t('firewall.title')} side={side} class="rules">
        <Notice text={error} />
        <table class="table rule-table">
          <thead>
            <tr>
              <th />
              <th>{t('firewall.from')}</th>
              <th>{t('firewall.to')}</th>
              <th>{t('firewall.service')}</th>
              <th>{t('firewall.action')}</th>
              <th>{t('firewall.log')}</th>
              <th>{t('firewall.rate')}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {table.rules.map((r, i) => (
              <Row key={r.id} rule={r} i={i} last={i === table.rules.length - 1} names={names} endChoices={endChoices} serviceChoices={serviceChoices} />
            ))}
            <tr class="rule rule-default">
              <td />
              <td colSpan={3}>{t('firewall.otherwise')}</td>
              <td>
                <select value={table.default} class={`action-${table.default}`} onChange={(e) => (draft.value = { ...table, default: e.currentTarget.value as Firewall['default'] })}>
                  <option value="allow">{t('firewall.allow')}</option>
                  <option value="deny">{t('firewall.deny')}</option>
                </select>
              </td>
              <td colSpan={3} />
            </tr>
          </tbody>
        </table>
        <div class="below">
          <Button onClick={() => edit((rules) => [...rules, newRule(rules)])}>+ {t('firewall.add')}</Button>
          <p class="hint">{t('firewall.how')}</p>
        </div>
      </Panel>
      <Denials />
      {asking && <Confirm list={list} busy={busy} onApply={apply} onClose={() => setAsking(false)} />}
    </>
  );
}
