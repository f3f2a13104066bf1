// Findings: what the team says it saw, and what it has said so far.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../../api/client';
import type { Finding, NewFinding } from '../../api/types';
import { byTactic, techniqueName } from '../../data/techniques';
import { both, t, tr, word } from '../../i18n';
import { clock, parseClock } from '../../lib/format';
import { now_s } from '../../state';
import { Button, Combo, Empty, Field, Notice, Panel, useAction } from '../../ui/kit';
import { team } from './store';

const findings = signal<Finding[]>([]);
const blank = { technique: '', asset: '', actor: '', from: '', to: '', evidence: '' };
const draft = signal(blank); // outlives a change of tab

const load = async (): Promise<void> => {
  findings.value = await get<Finding[]>('/api/team/findings');
};

function Form() {
  const { busy, error, run } = useAction();
  const [confirmed, setConfirmed] = useState<Finding | null>(null);
  const d = draft.value;
  const set = (change: Partial<typeof blank>): void => {
    draft.value = { ...draft.value, ...change };
    setConfirmed(null);
  };
  const from = d.from === '' ? Math.floor(now_s.value) : parseClock(d.from);
  const to = d.to === '' ? undefined : parseClock(d.to);
  const valid = d.technique !== '' && d.asset !== '' && from !== null && to !== null && (to === undefined || to >= from);
  const submit = (e: Event): void => {
    e.preventDefault();
    if (!valid || from === null || to === null) return;
    const body: NewFinding = { technique: d.technique, asset: d.asset, actor: d.actor.trim(), from_s: from, evidence: d.evidence, ...(to === undefined ? {} : { to_s: to }) };
    run(async () => {
      const made = await post<Finding>('/api/team/findings', body);
      draft.value = { ...blank, actor: d.actor };
      setConfirmed(made);
      await load();
    });
  };
  const devices = team.value!.site.devices;
  return (
    <form class="finding-form" onSubmit={submit}>
      <Field label={t('finding.technique')}>
        <Combo
          value={d.technique}
          placeholder={t('finding.search')}
          onChange={(technique) => set({ technique })}
          choices={byTactic.map(({ tactic, technique: x }) => ({ value: x.id, label: `${x.id}  ${tr(x.name)}`, group: tr(tactic.name), also: Object.values(x.name).join(' ') }))}
        />
      </Field>
      <Field label={t('finding.asset')}>
        <Combo value={d.asset} placeholder={t('finding.search')} onChange={(asset) => set({ asset })} choices={devices.map((x) => ({ value: x.id, label: `${x.id}  ${tr(x.title)}  ${x.address}`, also: Object.values(x.title).join(' ') }))} />
      </Field>
      <Field label={t('finding.actor')} hint={t('finding.actorhint')}>
        <input type="text" class="mono" value={d.actor} maxLength={40} spellcheck={false} onInput={(e) => set({ actor: e.currentTarget.value })} />
      </Field>
      <div class="row">
        <Field label={t('finding.from')} hint={from === null ? t('finding.badtime') : undefined}>
          <input type="text" class="mono" value={d.from} placeholder={clock(now_s.value)} onInput={(e) => set({ from: e.currentTarget.value })} />
        </Field>
        <Field label={t('finding.to')} hint={to === null ? t('finding.badtime') : undefined}>
          <input type="text" class="mono" value={d.to} placeholder={t('finding.optional')} onInput={(e) => set({ to: e.currentTarget.value })} />
        </Field>
      </div>
      <Field label={t('finding.evidence')}>
        <textarea rows={7} maxLength={4000} value={d.evidence} placeholder={t('finding.evidencehint')} onInput={(e) => set({ evidence: e.currentTarget.value })} />
      </Field>
      <Notice text={error} />
      {confirmed && <Notice severity="good" text={both('finding.confirmed', { id: confirmed.id })} />}
      <Button kind="primary" type="submit" disabled={busy || !valid}>
        {t('finding.submit')}
      </Button>
      <p class="hint">{t('finding.rules')}</p>
    </form>
  );
}

export function Findings() {
  useEffect(() => void load().catch(() => undefined), []);
  const list = findings.value;
  return (
    <>
      <Panel title={t('finding.new')} class="finding-new">
        <Form />
      </Panel>
      <Panel title={t('finding.own')} side={<span class="tally">{list.length}</span>}>
        {list.length === 0 ? (
          <Empty>{t('finding.none')}</Empty>
        ) : (
          <table class="table">
            <thead>
              <tr>
                <th>#</th>
                <th>{t('finding.at')}</th>
                <th>{t('finding.technique')}</th>
                <th>{t('finding.asset')}</th>
                <th>{t('finding.actor')}</th>
                <th>{t('finding.seen')}</th>
                <th>{t('finding.member')}</th>
                <th>{t('finding.state')}</th>
              </tr>
            </thead>
            <tbody>
              {list.map((x) => (
                <>
                  <tr key={x.id} class={x.evidence ? 'with-detail' : ''}>
                    <td class="mono dim">{x.id}</td>
                    <td class="mono">{clock(x.time_s)}</td>
                    <td>
                      <b>{x.technique}</b> {tr(techniqueName(x.technique))}
                    </td>
                    <td class="mono">{x.asset}</td>
                    <td class="mono">{x.actor ?? ''}</td>
                    <td class="mono">
                      {x.from_s === undefined ? '' : clock(x.from_s)}
                      {x.to_s === undefined || x.to_s === null ? '' : ` – ${clock(x.to_s)}`}
                    </td>
                    <td>{x.member}</td>
                    <td>
                      <span class="badge">{word('finding.is', x.state)}</span>
                    </td>
                  </tr>
                  {x.evidence && (
                    <tr class="detail">
                      <td />
                      <td colSpan={7}>{x.evidence}</td>
                    </tr>
                  )}
                </>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}
