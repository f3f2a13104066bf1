// Captured traffic of the team's zones, to download.

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Capture } from '../../api/types';
import { t, tr } from '../../i18n';
import { bytes, clock } from '../../lib/format';
import { Empty, Panel, useRepeated } from '../../ui/kit';
import { team, zoneTitle } from './store';

const captures = signal<Capture[]>([]);

export function Captures() {
  const [zone, setZone] = useState('');
  useRepeated(async () => void (captures.value = await get<Capture[]>('/api/team/captures')), 15000);
  const list = captures.value.filter((c) => zone === '' || c.zone === zone).sort((a, b) => b.from_s - a.from_s || a.zone.localeCompare(b.zone));
  const side = (
    <div class="segments">
      {['', ...team.value!.site.zones.map((z) => z.id)].map((z) => (
        <button type="button" key={z} class={z === zone ? 'on' : ''} onClick={() => setZone(z)}>
          {z === '' ? t('capture.all') : tr(zoneTitle(z))}
        </button>
      ))}
    </div>
  );
  return (
    <Panel title={t('team.captures')} side={side}>
      {list.length === 0 ? (
        <Empty>{t('capture.none')}</Empty>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th>{t('capture.zone')}</th>
              <th>{t('capture.from')}</th>
              <th>{t('capture.to')}</th>
              <th>{t('capture.file')}</th>
              <th class="right">{t('capture.size')}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {list.map((c) => (
              <tr key={c.name}>
                <td>{tr(zoneTitle(c.zone))}</td>
                <td class="mono">{clock(c.from_s)}</td>
                <td class="mono">{clock(c.to_s)}</td>
                <td class="mono">{c.name}</td>
                <td class="mono right">{bytes(c.bytes)}</td>
                <td class="right">
                  <a class="button button-plain" href={`/api/team/captures/${encodeURIComponent(c.name)}`} download={c.name}>
                    {t('capture.download')}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="hint">{t('capture.how')}</p>
    </Panel>
  );
}
