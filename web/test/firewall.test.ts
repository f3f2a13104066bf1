import { describe, expect, it } from 'vitest';
import type { Firewall, Rule } from '../src/api/types';
import { changes, checkRule, knownEnd, newRule, serviceLabel, withService } from '../src/lib/firewall';

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({ id, from: 'hmi1', to: 'plc1', service: 'modbus', action: 'allow', log: false, rate: 0, ...change });
const table = (...rules: Rule[]): Firewall => ({ version: 1, default: 'deny', rules });
const names = new Set(['hmi1', 'plc1', 'control']);

describe('the ends of a rule', () => {
  it('are devices, zones, any, addresses or prefixes', () => {
    for (const good of ['hmi1', 'control', 'any', '10.20.0.66', '10.10.0.0/24', '0.0.0.0/0', '255.255.255.255/32']) expect(knownEnd(good, names), good).toBe(true);
    for (const bad of ['', 'hmi2', '10.20.0', '10.20.0.256', '10.0.0.0/33', '10.0.0.1/', 'any ']) expect(knownEnd(bad, names), bad).toBe(false);
  });
});

describe('a service', () => {
  it('is a name, or a protocol with ports', () => {
    expect(serviceLabel(rule('a'))).toBe('modbus');
    const ported = withService(rule('a'), 'TCP 8080-8090');
    expect(ported).toEqual({ id: 'a', from: 'hmi1', to: 'plc1', proto: 'tcp', port_lo: 8080, port_hi: 8090, action: 'allow', log: false, rate: 0 });
    expect(serviceLabel(ported)).toBe('tcp 8080-8090');
    expect(serviceLabel(withService(rule('a'), 'udp 161'))).toBe('udp 161');
    expect(serviceLabel(withService(rule('a'), 'icmp'))).toBe('icmp');
    expect(withService(ported, 'http')).toEqual(rule('a', { service: 'http' }));
  });
});

describe('checking', () => {
  it('finds each thing that is wrong', () => {
    expect(checkRule(rule('a'), names)).toEqual([]);
    expect(checkRule(rule('a', { from: 'nobody', to: '10.0.0.999' }), names)).toEqual(['from', 'to']);
    expect(checkRule(rule('a', { rate: 1.5 }), names)).toEqual(['rate']);
    expect(checkRule(withService(rule('a'), 'tcp 90-80'), names)).toEqual(['ports']);
    expect(checkRule(withService(rule('a'), 'tcp 70000'), names)).toEqual(['ports']);
    expect(checkRule(withService(rule('a'), 'icmp'), names)).toEqual([]);
  });
});

describe('what changed', () => {
  const a = rule('a');
  const b = rule('b');
  const c = rule('c');

  it('is nothing for the same table', () => {
    expect(changes(table(a, b), table(a, b))).toEqual([]);
  });

  it('names additions, removals and edits', () => {
    const edited = rule('a', { action: 'deny' });
    expect(changes(table(a, b), table(edited, c))).toEqual([
      { kind: 'changed', rule: edited, before: a },
      { kind: 'added', rule: c },
      { kind: 'removed', rule: b },
    ]);
  });

  it('names the fewest rules as moved', () => {
    expect(changes(table(a, b, c), table(c, a, b))).toEqual([{ kind: 'moved', rule: c }]);
    expect(changes(table(a, b, c), table(c, b, a)).map((x) => x.kind)).toEqual(['moved', 'moved']);
  });

  it('gives a new rule an id that is free', () => {
    expect(newRule([rule('r1'), rule('r3')]).id).toBe('r4');
    expect(newRule([rule('r2')]).id).toBe('r3');
  });
});
