// The front door.

import { useEffect, useState } from 'preact/hooks';
import { t, tr } from '../i18n';
import { go, homeOf } from '../router';
import { event, keepFresh, logIn, me } from '../state';
import { Button, Field, LanguageSwitch, Logo, Notice, useAction } from '../ui/kit';

export function Login() {
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const { busy, error, run } = useAction();
  useEffect(keepFresh, []);
  const who = me.value;
  const submit = (e: Event): void => {
    e.preventDefault();
    run(async () => go(homeOf((await logIn(account.trim(), password)).role)));
  };
  return (
    <main class="login">
      <div class="login-lang">
        <LanguageSwitch />
      </div>
      <form class="login-card" onSubmit={submit}>
        <Logo />
        <h1>{event.value ? tr(event.value.title) : 'Millrace'}</h1>
        <p class="login-sub">{t('login.subtitle')}</p>
        <Field label={t('login.account')}>
          <input type="text" name="account" autocomplete="username" autofocus required value={account} onInput={(e) => setAccount(e.currentTarget.value)} />
        </Field>
        <Field label={t('login.password')}>
          <input type="password" name="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} />
        </Field>
        <Notice text={error} />
        <Button kind="primary" type="submit" disabled={busy}>
          {t('login.in')}
        </Button>
        {who && (
          <a class="login-link" href={`#${homeOf(who.role)}`}>
            {t('login.continue', { name: tr(who.name) })}
          </a>
        )}
        <a class="login-link" href="#/board">
          {t('login.board')}
        </a>
      </form>
    </main>
  );
}
