// Two languages: the browser's at first, then the one a person chose.

import { signal } from '@preact/signals';
import type { Text } from '../api/types';
import en from './en.json';
import zh from './zh.json';

export type Language = 'zh' | 'en';
export type Key = keyof typeof en;

const KEY = 'millrace.language';
const tables: Record<Language, Record<Key, string>> = { zh, en };

export function preferred(stored: string | null, languages: readonly string[]): Language {
  if (stored === 'zh' || stored === 'en') return stored;
  return languages[0]?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

function initial(): Language {
  if (typeof localStorage === 'undefined') return 'en';
  return preferred(localStorage.getItem(KEY), navigator.languages);
}

export const language = signal<Language>(initial());

export function setLanguage(l: Language): void {
  language.value = l;
  localStorage.setItem(KEY, l);
}

type Arguments = Record<string, string | number>;

function lookUp(l: Language, key: Key, args: Arguments): string {
  return tables[l][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole));
}

/** The text for a key; `{name}` is replaced by the argument of that name. */
export function t(key: Key, args: Arguments = {}): string {
  return lookUp(language.value, key, args);
}

/** The same in both languages, for what is kept while the language may change. */
export function both(key: Key, args: Arguments = {}): Text {
  return { zh: lookUp('zh', key, args), en: lookUp('en', key, args) };
}

/** The text of one that came from the server in both languages. */
export function tr(text: Text | null | undefined): string {
  if (!text) return '';
  return text[language.value] || text.en || text.zh;
}

/** A key for a word that the server chose, or the word itself. */
export function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in tables.en ? t(key as Key) : value;
}

/** "P101.seized" as people say it; where the kind says all, the part is left out. */
export function damage(name: string): string {
  const [part = name, kind = ''] = name.split('.');
  if (!(`damage.${kind}` in tables.en)) return name;
  const said = word('damage', kind);
  return `part.${part}` in tables.en || /^[A-Z][A-Z0-9_]*$/.test(part) ? `${word('part', part)} ${said}` : said;
}

/** A text of the server that ends with the name of a damage, with the damage as people say it. */
export function withDamage(text: Text): string {
  return tr(text).replace(/[\w-]+\.\w+$/, (name) => damage(name));
}

/** What a line of news says. */
export function news(x: { kind: string; text: Text }): string {
  return x.kind === 'damage' ? withDamage(x.text) : tr(x.text);
}
