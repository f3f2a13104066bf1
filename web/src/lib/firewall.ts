// Editing a rule table: checks, labels, and what changed between two versions. Pure.

import type { Firewall, Rule } from '../api/types';

export type RuleError = 'from' | 'to' | 'service' | 'ports' | 'rate';

const octet = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ADDRESS = new RegExp(`^${octet}(\\.${octet}){3}(/(3[0-2]|[12]?\\d))?$`);

/** A device, a zone, "any", an IPv4 address or a prefix. */
export function knownEnd(text: string, names: ReadonlySet<string>): boolean {
  return text === 'any' || names.has(text) || ADDRESS.test(text);
}

const isPort = (n: number | undefined): n is number => n !== undefined && Number.isInteger(n) && n >= 1 && n <= 65535;

export function checkRule(rule: Rule, names: ReadonlySet<string>): RuleError[] {
  const errors: RuleError[] = [];
  if (!knownEnd(rule.from, names)) errors.push('from');
  if (!knownEnd(rule.to, names)) errors.push('to');
  if (rule.service === undefined && rule.proto === undefined) errors.push('service');
  const ported = rule.service === undefined && (rule.proto === 'tcp' || rule.proto === 'udp');
  if (ported && (!isPort(rule.port_lo) || !isPort(rule.port_hi) || rule.port_lo > rule.port_hi)) errors.push('ports');
  if (!Number.isInteger(rule.rate) || rule.rate < 0) errors.push('rate');
  return errors;
}

/** "tcp 8080-8090", "udp 161", "icmp", or the service's name. */
export function serviceLabel(rule: Rule): string {
  if (rule.service !== undefined) return rule.service;
  if (rule.proto !== 'tcp' && rule.proto !== 'udp') return rule.proto ?? '?';
  return rule.port_lo === rule.port_hi ? `${rule.proto} ${rule.port_lo}` : `${rule.proto} ${rule.port_lo}-${rule.port_hi}`;
}

/** The reverse of serviceLabel; a word that is no protocol is a service. */
export function withService(rule: Rule, text: string): Rule {
  const { service: _s, proto: _p, port_lo: _l, port_hi: _h, ...rest } = rule;
  const ports = /^(tcp|udp)\s+(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/i.exec(text.trim());
  if (ports) return { ...rest, proto: ports[1]!.toLowerCase(), port_lo: Number(ports[2]), port_hi: Number(ports[3] ?? ports[2]) };
  if (/^icmp$/i.test(text.trim())) return { ...rest, proto: 'icmp' };
  return { ...rest, service: text.trim() };
}

export interface Change { kind: 'added' | 'removed' | 'changed' | 'moved'; rule: Rule; before?: Rule }

const sameRule = (a: Rule, b: Rule): boolean =>
  a.from === b.from && a.to === b.to && serviceLabel(a) === serviceLabel(b) && a.action === b.action && a.log === b.log && a.rate === b.rate;

/** What a team is about to apply. A rule is `moved` when it lies on another side of a rule that both versions have. */
export function changes(before: Firewall, after: Firewall): Change[] {
  const old = new Map(before.rules.map((r) => [r.id, r]));
  const list: Change[] = [];
  for (const rule of after.rules) {
    const was = old.get(rule.id);
    if (!was) list.push({ kind: 'added', rule });
    else if (!sameRule(was, rule)) list.push({ kind: 'changed', rule, before: was });
  }
  const kept = new Set(after.rules.map((r) => r.id));
  for (const rule of before.rules) if (!kept.has(rule.id)) list.push({ kind: 'removed', rule });
  for (const rule of moved(before.rules.filter((r) => kept.has(r.id)), after.rules.filter((r) => old.has(r.id)))) list.push({ kind: 'moved', rule });
  return list;
}

/** Rules out of order: all but a longest run that both orders share. */
function moved(before: Rule[], after: Rule[]): Rule[] {
  const place = new Map(before.map((r, i) => [r.id, i]));
  const order = after.map((r) => place.get(r.id)!);
  const best = order.map(() => 1);
  const previous = order.map(() => -1);
  for (let i = 0; i < order.length; i++) {
    for (let j = 0; j < i; j++) {
      if (order[j]! < order[i]! && best[j]! + 1 > best[i]!) {
        best[i] = best[j]! + 1;
        previous[i] = j;
      }
    }
  }
  const stay = new Set<number>();
  for (let i = best.indexOf(Math.max(...best, 0)); i >= 0; i = previous[i]!) stay.add(i);
  return after.filter((_, i) => !stay.has(i));
}

export function newRule(taken: readonly Rule[]): Rule {
  const ids = new Set(taken.map((r) => r.id));
  let n = taken.length + 1;
  while (ids.has(`r${n}`)) n++;
  return { id: `r${n}`, from: 'any', to: 'any', service: 'any', action: 'deny', log: true, rate: 0 };
}
