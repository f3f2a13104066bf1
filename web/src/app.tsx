// Which page the route asks for, and whether this person may see it.

import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { language, t, tr } from './i18n';
import { Board } from './pages/board';
import { Control } from './pages/control';
import { Login } from './pages/login';
import { TeamConsole } from './pages/team';
import { go, route } from './router';
import { event, loadMe, me } from './state';

effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  document.title = event.value ? `${tr(event.value.title)} · Millrace` : 'Millrace';
});

function Private({ role, children }: { role: string; children: preact.ComponentChildren }) {
  const who = me.value;
  const allowed = who?.role === role;
  useEffect(() => {
    if (who !== undefined && !allowed) go('/');
  }, [who, allowed]);
  if (who === undefined) return <p class="waiting">{t('common.loading')}</p>;
  return allowed ? <>{children}</> : null;
}

export function App() {
  useEffect(() => void loadMe(), []);
  const [, page, tab] = route.value.split('/');
  switch (page) {
    case 'board':
      return <Board />;
    case 'team':
      return (
        <Private role="team">
          <TeamConsole tab={tab ?? 'plant'} />
        </Private>
      );
    case 'control':
      return (
        <Private role="organiser">
          <Control tab={tab ?? 'teams'} />
        </Private>
      );
    default:
      return <Login />;
  }
}
