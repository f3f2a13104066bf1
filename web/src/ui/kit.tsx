// The small set of parts that every page is made of.

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { connected } from '../api/live';
import { errorText } from '../api/client';
import type { Text } from '../api/types';
import { language, setLanguage, t, tr } from '../i18n';
import { clock } from '../lib/format';
import { event, logOut, me, now_s } from '../state';
import { go } from '../router';

type Children = { children?: ComponentChildren };

export function Panel({ title, side, children, class: extra = '' }: Children & { title?: ComponentChildren; side?: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${extra}`}>
      {title !== undefined && (
        <header class="panel-head">
          <h2>{title}</h2>
          {side}
        </header>
      )}
      <div class="panel-body">{children}</div>
    </section>
  );
}

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'kind'> & { kind?: 'primary' | 'plain' | 'danger' | 'icon' };

export function Button({ kind = 'plain', class: extra = '', ...rest }: ButtonProps) {
  return <button type="button" class={`button button-${kind} ${String(extra)}`} {...rest} />;
}

export function Field({ label, hint, children, class: extra = '' }: Children & { label: string; hint?: string | undefined; class?: string }) {
  return (
    <label class={`field ${extra}`}>
      <span class="field-label">{label}</span>
      {children}
      {hint && <span class="field-hint">{hint}</span>}
    </label>
  );
}

export function Empty({ children }: Children) {
  return <p class="empty">{children}</p>;
}

export function Notice({ text, severity = 'alarm' }: { text: Text | null; severity?: string }) {
  if (!text) return null;
  return (
    <p class={`notice notice-${severity}`} role="alert">
      {tr(text)}
    </p>
  );
}

/** A modal question. `onClose` is called on escape, on a click beside it and by the cancel button. */
export function Dialog({ title, children, actions, onClose }: Children & { title: string; actions: ComponentChildren; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} class="dialog" onClose={onClose} onClick={(e) => e.target === ref.current && onClose()}>
      <div class="dialog-inner">
        <h2>{title}</h2>
        <div class="dialog-body">{children}</div>
        <footer>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          {actions}
        </footer>
      </div>
    </dialog>
  );
}

/** `also` is found by a search though not shown: the name in the other language. */
export interface Choice { value: string; label: string; group?: string; also?: string }

/** A text field whose list narrows as one types; free text only where `free` is set. */
export function Combo({ value, choices, onChange, placeholder, free = false }: { value: string; choices: Choice[]; onChange: (v: string) => void; placeholder?: string; free?: boolean }) {
  const [query, setQuery] = useState<string | null>(null);
  const [marked, setMarked] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const chosen = choices.find((c) => c.value === value);
  const needle = (query ?? '').trim().toLowerCase();
  const found = query === null ? [] : choices.filter((c) => `${c.value} ${c.label} ${c.group ?? ''} ${c.also ?? ''}`.toLowerCase().includes(needle)).slice(0, 120);
  useEffect(() => list.current?.querySelector('.marked')?.scrollIntoView({ block: 'nearest' }), [marked, query]);
  const take = (v: string): void => {
    onChange(v);
    setQuery(null);
  };
  const onKeyDown = (e: KeyboardEvent): void => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (query === null) setQuery('');
      setMarked((m) => Math.min(Math.max(m + (e.key === 'ArrowDown' ? 1 : -1), 0), Math.max(found.length - 1, 0)));
    } else if (e.key === 'Enter' && query !== null) {
      e.preventDefault();
      const pick = found[marked];
      if (pick) take(pick.value);
      else if (free) take(query.trim());
    } else if (e.key === 'Escape') setQuery(null);
  };
  return (
    <div class="combo">
      <input
        type="text"
        role="combobox"
        aria-expanded={query !== null}
        autocomplete="off"
        placeholder={placeholder ?? ''}
        value={query ?? chosen?.label ?? value}
        onFocus={(e) => {
          setQuery('');
          setMarked(0);
          e.currentTarget.select();
        }}
        onInput={(e) => {
          setQuery(e.currentTarget.value);
          setMarked(0);
          if (free) onChange(e.currentTarget.value.trim());
        }}
        onBlur={() => setQuery(null)}
        onKeyDown={onKeyDown}
      />
      {query !== null && found.length > 0 && (
        <ul ref={list} role="listbox">
          {found.map((c, i) => (
            <>
              {c.group && c.group !== found[i - 1]?.group && <li class="combo-group">{c.group}</li>}
              <li
                role="option"
                aria-selected={c.value === value}
                class={i === marked ? 'marked' : ''}
                onMouseDown={(e) => {
                  e.preventDefault();
                  take(c.value);
                }}
                onMouseMove={() => setMarked(i)}
              >
                {c.label}
              </li>
            </>
          ))}
        </ul>
      )}
    </div>
  );
}

export function LanguageSwitch() {
  return (
    <div class="language" role="group" aria-label="语言 / Language">
      {(['zh', 'en'] as const).map((l) => (
        <button type="button" key={l} class={language.value === l ? 'on' : ''} aria-pressed={language.value === l} onClick={() => setLanguage(l)}>
          {l === 'zh' ? '中' : 'EN'}
        </button>
      ))}
    </div>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="13" r="8" />
      <path d="M16 2v22M5 13h22M8.2 5.2l15.6 15.6M23.8 5.2L8.2 20.8" />
      <path class="water" d="M2 27.5c3-2.5 6-2.5 9.3 0s6 2.5 9.3 0 6-2.5 9.4 0" />
    </svg>
  );
}

export function ConnectionMark() {
  return (
    <span class={`connection ${connected.value ? 'ok' : 'lost'}`} title={t(connected.value ? 'common.connected' : 'common.disconnected')}>
      {!connected.value && t('common.disconnected')}
    </span>
  );
}

export function EventClock() {
  const e = event.value;
  if (!e) return null;
  const time = now_s.value;
  return (
    <div class={`event-clock state-${e.state}`}>
      <b>{clock(time)}</b>
      <span>
        {e.state === 'running' && e.round ? t('clock.left', { time: clock(Math.max(0, e.round.to_s - time)) }) : t(`state.${e.state}`)}
      </span>
    </div>
  );
}

/** The bar on top of the consoles: who, when, and the tabs. */
export function TopBar({ title, tabs, tab, base, children }: Children & { title: string; base: string; tab: string; tabs: { id: string; label: string; count?: number }[] }) {
  return (
    <header class="topbar">
      <a class="brand" href="#/board" title={t('board.title')}>
        <Logo />
        <b>{title}</b>
      </a>
      <nav>
        {tabs.map((x) => (
          <a key={x.id} href={`#${base}/${x.id}`} class={x.id === tab ? 'on' : ''} aria-current={x.id === tab ? 'page' : undefined}>
            {x.label}
            {!!x.count && <span class="count">{x.count}</span>}
          </a>
        ))}
      </nav>
      <div class="topbar-side">
        {children}
        <EventClock />
        <ConnectionMark />
        <span class="who">{tr(me.value?.name)}</span>
        <LanguageSwitch />
        <Button
          kind="icon"
          title={t('login.out')}
          aria-label={t('login.out')}
          onClick={() => void logOut().then(() => go('/'))}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M8 3H4v14h4M9 10h8M14 6.5L17.5 10 14 13.5" />
          </svg>
        </Button>
      </div>
    </header>
  );
}

/** Runs one request at a time and keeps its error. */
export function useAction(): { busy: boolean; error: Text | null; run: (f: () => Promise<void>) => void; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Text | null>(null);
  const run = (f: () => Promise<void>): void => {
    setBusy(true);
    setError(null);
    f()
      .catch((e: unknown) => setError(errorText(e)))
      .finally(() => setBusy(false));
  };
  return { busy, error, run, clear: () => setError(null) };
}

/** Calls `load` at once and then every `every_ms`. */
export function useRepeated(load: () => Promise<void>, every_ms: number): void {
  useEffect(() => {
    const call = (): void => void load().catch(() => undefined);
    call();
    const timer = setInterval(call, every_ms);
    return () => clearInterval(timer);
  }, []);
}
