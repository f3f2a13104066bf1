// What stands in the plant, zone by zone; a device's security settings, and a controller's restart.

import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../../api/client';
import type { Device, Setting } from '../../api/types';
import { t, tr, word } from '../../i18n';
import { clock } from '../../lib/format';
import { Button, Dialog, Notice, Panel, useAction } from '../../ui/kit';
import { team } from './store';

const SETTLES_MS = 600; // until a change that was taken has come back as an event
const settings = signal<Setting[]>([]);
const open = signal('');

const load = async (): Promise<void> => {
  settings.value = await get<Setting[]>('/api/team/settings');
};

const settled = async (): Promise<void> => {
  await new Promise((done) => setTimeout(done, SETTLES_MS));
  await load();
};

const title = (name: string): string => (name.startsWith('password.') ? t('setting.password', { account: name.slice('password.'.length) }) : word('setting', name));

function Value({ s, value, onChange }: { s: Setting; value: string; onChange: (v: string) => void }) {
  const words = s.choices ?? (s.type === 'switch' ? ['on', 'off'] : null);
  if (words) {
    return (
      <div class="segments">
        {words.map((v) => (
          <button type="button" key={v} class={v === value ? 'on' : ''} onClick={() => onChange(v)}>
            {s.choices ? word('choice', v) : word('switch', v)}
          </button>
        ))}
      </div>
    );
  }
  return (
    <input
      type={s.type === 'password' ? 'password' : 'text'}
      class="mono"
      value={value}
      autocomplete="new-password"
      placeholder={s.type === 'password' ? t('setting.newpassword') : ''}
      onInput={(e) => onChange(e.currentTarget.value)}
    />
  );
}

function SettingRow({ s }: { s: Setting }) {
  const [draft, setDraft] = useState<string | null>(null);
  const { busy, error, run } = useAction();
  const value = draft ?? s.value ?? '';
  const changed = draft !== null && draft !== s.value && draft !== '';
  const save = (e: Event): void => {
    e.preventDefault();
    if (!changed) return;
    run(async () => {
      await post('/api/team/settings', { device: s.device, name: s.name, value });
      await settled();
      setDraft(null);
    });
  };
  return (
    <form class="setting" onSubmit={save}>
      <span class="setting-name">
        <b>{title(s.name)}</b> <span class="mono dim">{s.name}</span>
      </span>
      <Value s={s} value={value} onChange={setDraft} />
      <Button kind="primary" type="submit" disabled={busy || !changed}>
        {t('setting.apply')}
      </Button>
      <span class="dim">{s.changed_s === null ? '' : t('setting.changed', { at: clock(s.changed_s) })}</span>
      <Notice text={error} />
    </form>
  );
}

function Restart({ device }: { device: Device }) {
  const [asked, setAsked] = useState(false);
  const { busy, error, run } = useAction();
  const restart = (how: string) => (): void =>
    run(async () => {
      await post('/api/team/restart', { device: device.id, how });
      setAsked(false);
    });
  return (
    <>
      <Button onClick={() => setAsked(true)}>{t('device.restart')}</Button>
      {asked && (
        <Dialog
          title={`${t('device.restart')}: ${device.id}`}
          onClose={() => setAsked(false)}
          actions={
            <>
              <Button disabled={busy} onClick={restart('warm')}>
                {t('device.warm')}
              </Button>
              <Button kind="primary" disabled={busy} onClick={restart('cold')}>
                {t('device.cold')}
              </Button>
            </>
          }
        >
          <p>{t('device.restarthint')}</p>
          <Notice text={error} />
        </Dialog>
      )}
    </>
  );
}

function Details({ device, list }: { device: Device; list: Setting[] }) {
  return (
    <tr class="detail">
      <td colSpan={6}>
        {list.map((s) => (
          <SettingRow key={s.name} s={s} />
        ))}
        {device.kind === 'plc' && <Restart device={device} />}
        {device.services.includes('http') && <p class="hint">{t('device.pagehint', { at: `http://${device.address}/` })}</p>}
      </td>
    </tr>
  );
}

function Row({ device }: { device: Device }) {
  const list = settings.value.filter((s) => s.device === device.id);
  const more = list.length > 0 || device.kind === 'plc';
  const shown = open.value === device.id;
  return (
    <>
      <tr class={shown ? 'with-detail' : ''}>
        <td class="mono">
          <b>{device.id}</b>
        </td>
        <td>{tr(device.title)}</td>
        <td>{word('kind', device.kind)}</td>
        <td class="mono">{device.address}</td>
        <td>
          {device.services.map((s) => (
            <span key={s} class="badge">
              {s}
            </span>
          ))}
        </td>
        <td class="right">
          {more && (
            <Button onClick={() => void (open.value = shown ? '' : device.id)} aria-expanded={shown}>
              {t('device.settings')} {shown ? '▴' : '▾'}
            </Button>
          )}
        </td>
      </tr>
      {shown && <Details device={device} list={list} />}
    </>
  );
}

export function Devices() {
  const site = team.value!.site;
  const { error, run } = useAction();
  useEffect(() => run(load), []);
  return (
    <>
      <Notice text={error} />
      {site.zones.filter((z) => site.devices.some((d) => d.zone === z.id)).map((z) => (
        <Panel key={z.id} title={tr(z.title)} side={<span class="mono dim">{z.subnet}</span>}>
          <table class="table">
            <thead>
              <tr>
                <th>{t('device.name')}</th>
                <th>{t('device.title')}</th>
                <th>{t('device.kind')}</th>
                <th>{t('device.address')}</th>
                <th>{t('device.services')}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {site.devices
                .filter((d) => d.zone === z.id)
                .map((d) => (
                  <Row key={d.id} device={d} />
                ))}
            </tbody>
          </table>
        </Panel>
      ))}
    </>
  );
}
