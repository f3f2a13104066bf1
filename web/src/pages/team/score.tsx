// The team's ledger: every line, and the sums it makes.

import { useState } from 'preact/hooks';
import { t, tr, withDamage, word } from '../../i18n';
import { clock, points } from '../../lib/format';
import { event } from '../../state';
import { Empty, Panel } from '../../ui/kit';
import { ledger } from './store';

export function Score() {
  const [direction, setDirection] = useState('');
  const lines = ledger.value;
  const directions = event.value?.directions ?? [];
  const sum = (id: string): number => lines.reduce((s, x) => (id === '' || x.direction === id ? s + x.points_milli : s), 0) / 1000;
  const titleOf = (id: string): string => tr(directions.find((d) => d.id === id)?.title) || id;
  const shown = lines.filter((x) => direction === '' || x.direction === direction).reverse();
  return (
    <>
      <div class="sums">
        {['', ...directions.map((d) => d.id)].map((id) => (
          <button type="button" key={id} class={`sum ${direction === id ? 'on' : ''}`} onClick={() => setDirection(id)}>
            <span>{id === '' ? t('score.total') : titleOf(id)}</span>
            <b>{points(sum(id))}</b>
            {id !== '' && <small>{t('score.of', { n: directions.find((d) => d.id === id)?.weight ?? 0 })}</small>}
          </button>
        ))}
      </div>
      <Panel title={t('score.ledger')} side={<span class="tally">{shown.length}</span>}>
        {shown.length === 0 ? (
          <Empty>{t('score.none')}</Empty>
        ) : (
          <table class="table ledger">
            <thead>
              <tr>
                <th>{t('score.time')}</th>
                <th>{t('score.direction')}</th>
                <th>{t('score.what')}</th>
                <th>{t('score.source')}</th>
                <th>{t('score.member')}</th>
                <th class="right">{t('score.points')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((x) => (
                <tr key={x.id}>
                  <td class="mono dim">{clock(x.time_s)}</td>
                  <td>{titleOf(x.direction)}</td>
                  <td>{x.source.startsWith('damage:') ? withDamage(x.text) : tr(x.text)}</td>
                  <td class="dim" title={x.source}>
                    {word('source', x.source.split(':')[0]!)}
                  </td>
                  <td>{[x.member, x.post && word('post', x.post)].filter(Boolean).join(' · ')}</td>
                  <td class={`mono right ${x.points_milli < 0 ? 'loss' : 'gain'}`}>{points(x.points_milli / 1000, true)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}
