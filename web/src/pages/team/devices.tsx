// What stands in the plant, zone by zone.

import { t, tr, word } from '../../i18n';
import { Panel } from '../../ui/kit';
import { team } from './store';

export function Devices() {
  const site = team.value!.site;
  return (
    <>
      {site.zones.map((z) => {
        const list = site.devices.filter((d) => d.zone === z.id);
        return (
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
                {list.map((d) => (
                  <tr key={d.id}>
                    <td class="mono">
                      <b>{d.id}</b>
                    </td>
                    <td>{tr(d.title)}</td>
                    <td>{word('kind', d.kind)}</td>
                    <td class="mono">{d.address}</td>
                    <td>
                      {d.services.map((s) => (
                        <span key={s} class="badge">
                          {s}
                        </span>
                      ))}
                    </td>
                    <td class="right">
                      {d.services.includes('http') && (
                        <a href={`http://${d.address}/`} target="_blank" rel="noreferrer noopener" title={t('device.pagehint')}>
                          {t('device.page')} ↗
                        </a>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Panel>
        );
      })}
      <p class="hint">{t('device.pagehint')}</p>
    </>
  );
}
