// The team's console: a bar and the chosen tab.

import { useEffect } from 'preact/hooks';
import { both, t, tr } from '../../i18n';
import { points } from '../../lib/format';
import { event, keepFresh } from '../../state';
import { Notice, TopBar, useAction } from '../../ui/kit';
import { Captures } from './captures';
import { Devices } from './devices';
import { Findings } from './findings';
import { FirewallTab } from './firewall';
import { PlantTab } from './plant';
import { Score } from './score';
import { alarms, follow, loadTeam, team } from './store';

const pages = { plant: PlantTab, findings: Findings, firewall: FirewallTab, captures: Captures, devices: Devices, score: Score };
type Tab = keyof typeof pages;

export function TeamConsole({ tab }: { tab: string }) {
  const { error, run } = useAction();
  useEffect(() => {
    keepFresh();
    run(loadTeam);
    return follow();
  }, []);
  const info = team.value;
  const chosen: Tab = tab in pages ? (tab as Tab) : 'plant';
  const Page = pages[chosen];
  const mine = event.value?.teams.find((x) => x.id === info?.id);
  return (
    <div class="console">
      <TopBar
        title={info ? tr(info.name) : 'Millrace'}
        base="/team"
        tab={chosen}
        tabs={(Object.keys(pages) as Tab[]).map((id) => ({ id, label: t(`team.${id}`), ...(id === 'plant' ? { count: alarms.value.length } : {}) }))}
      >
        {mine && (
          <a class="own-total" href="#/team/score" title={t('team.score')}>
            <b>{points(mine.total)}</b>
            <span>{t('score.points')}</span>
          </a>
        )}
      </TopBar>
      <Notice text={error} />
      {event.value?.disk === 'full' && <Notice text={both('control.diskfull')} />}
      <main class={`tab tab-${chosen}`}>{info ? <Page /> : !error && <p class="waiting">{t('common.loading')}</p>}</main>
    </div>
  );
}
