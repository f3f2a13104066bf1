import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { byTactic, tactics, techniques } from '../src/data/techniques';
import { damage, language, news, preferred, t, tr, withDamage, word } from '../src/i18n';
import en from '../src/i18n/en.json';
import zh from '../src/i18n/zh.json';

const src = path.join(__dirname, '..', 'src');

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const name = path.join(folder, e.name);
    if (e.isDirectory()) return sources(name);
    return /\.tsx?$/.test(e.name) ? [readFileSync(name, 'utf8')] : [];
  });
}

describe('the two languages', () => {
  it('have the same keys in the same order', () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
  });

  it('leave no text empty', () => {
    for (const [key, text] of [...Object.entries(zh), ...Object.entries(en)]) expect(text.trim(), key).not.toBe('');
  });

  it('give away no address of a plant: examples are of those kept for documents (RFC 5737, 192.0.2.0/24)', () => {
    const addresses = [...Object.values(zh), ...Object.values(en)].flatMap((text) => [...text.matchAll(/\d+\.\d+\.\d+\.\d+/g)].map((m) => m[0]));
    for (const a of addresses) expect(a).toMatch(/^192\.0\.2\./);
  });

  it('name the same arguments', () => {
    const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort();
    for (const key of Object.keys(en) as (keyof typeof en)[]) expect(names(zh[key]), key).toEqual(names(en[key]));
  });

  it('are Chinese and English', () => {
    for (const [key, text] of Object.entries(en)) expect(/[\u4e00-\u9fff]/.test(text), key).toBe(false);
    const bare = Object.entries(zh).filter(([key, text]) => !/[\u4e00-\u9fff]/.test(text) && !key.startsWith('operate.range'));
    expect(bare).toEqual([]);
  });

  it('have every key that the pages ask for, and no other', () => {
    const text = sources(src).join('\n');
    const used = new Set([...text.matchAll(/'([a-z]+(?:\.[a-z-]+)+)'/g)].map((m) => m[1]!));
    // Families whose last word is computed.
    const families = [...text.matchAll(/`([a-z]+(?:\.[a-z]+)*)\.\$\{/g), ...text.matchAll(/word\('([a-z.]+)'/g)].map((m) => `${m[1]}.`);
    const missing = [...used].filter((k) => !(k in en) && !families.includes(`${k}.`) && /^(common|login|state|clock|board|plant|operate|trend|team|finding|firewall|capture|device|score|control)\./.test(k));
    expect(missing).toEqual([]);
    const idle = Object.keys(en).filter((k) => !used.has(k) && !families.some((f) => k.startsWith(f)));
    expect(idle).toEqual([]);
  });
});

describe('choosing a language', () => {
  it('prefers what a person chose, then the browser', () => {
    expect(preferred('zh', ['en-GB'])).toBe('zh');
    expect(preferred(null, ['zh-CN', 'en'])).toBe('zh');
    expect(preferred(null, ['zh-Hant-TW'])).toBe('zh');
    expect(preferred(null, ['de', 'zh'])).toBe('en');
    expect(preferred('fr', [])).toBe('en');
  });

  it('puts arguments into texts and falls back to a plain word', () => {
    language.value = 'en';
    expect(t('clock.left', { time: '01:30' })).toBe('01:30 left');
    expect(word('level', 'HH')).toBe('HH');
    expect(word('kind', 'toaster')).toBe('toaster');
    language.value = 'zh';
    expect(t('clock.left', { time: '01:30' })).toBe('剩余 01:30');
    expect(tr({ zh: '水', en: 'water' })).toBe('水');
    expect(tr({ zh: '', en: 'water' })).toBe('water');
    expect(tr(null)).toBe('');
  });
});

describe('sources of points', () => {
  it('are said in words', () => {
    for (const kind of ['watch', 'safety', 'damage', 'check', 'finding', 'hardening', 'response', 'availability', 'correction']) {
      expect(Object.keys(en)).toContain(`source.${kind}`);
    }
    language.value = 'zh';
    expect(word('source', 'finding')).toBe('发现');
  });
});

describe('damages', () => {
  it('are said in words, on the board as in the news and the ledger', () => {
    const text = { zh: '设备损坏：supply.interrupted', en: 'Damage: supply.interrupted' };
    language.value = 'zh';
    expect(damage('P101.seized')).toBe('P101 干转卡死');
    expect(damage('T2_30.overheated')).toBe('T2_30 过热损坏');
    expect(withDamage(text)).toBe('设备损坏：供水中断');
    language.value = 'en';
    expect(damage('reactor.pressure_high')).toBe('Reactor shut down by pressure');
    expect(damage('something.else')).toBe('something.else');
    expect(news({ kind: 'damage', text })).toBe('Damage: supply interrupted');
    expect(news({ kind: 'alarm', text: { zh: '', en: 'Alarm of P101.run' } })).toBe('Alarm of P101.run');
  });
});

describe('techniques of ATT&CK for ICS', () => {
  it('have well-formed, unique identifiers and both names', () => {
    expect(new Set(techniques.map((x) => x.id)).size).toBe(techniques.length);
    for (const x of [...techniques, ...tactics]) {
      expect(x.name.en).toMatch(/^[A-Z]/);
      expect(x.name.zh).toMatch(/[\u4e00-\u9fff]/);
    }
    for (const x of techniques) expect(x.id).toMatch(/^T\d{4}$/);
  });

  it('are all found below a tactic', () => {
    expect(new Set(byTactic.map((x) => x.technique.id)).size).toBe(techniques.length);
  });
});
