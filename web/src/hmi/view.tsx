// An HMI page: fetches drawing and table, keeps plain drawing only, and applies what binding.ts computes.

import { useEffect, useRef, useState } from 'preact/hooks';
import { errorText, get, getText } from '../api/client';
import type { HmiPage, Tag, Text, Values } from '../api/types';
import { language, tr } from '../i18n';
import { Notice } from '../ui/kit';
import { fill, picked, restyled, showAll, type BindingTable, type Shown } from './binding';
import { purify } from './purify';

interface Bound { root: SVGSVGElement; table: BindingTable; elements: Map<string, Element[]>; boxes: Map<string, { y: number; height: number }> }

function bind(root: SVGSVGElement, table: BindingTable): Bound {
  const elements = new Map<string, Element[]>();
  const boxes = new Map<string, { y: number; height: number }>();
  for (const [tag, b] of Object.entries(table)) {
    const name = CSS.escape(tag);
    const list = [...root.querySelectorAll(`[data-tag="${name}"], [id="${name}"]`)];
    for (const x of list) {
      x.classList.add('hmi-bound');
      x.setAttribute('data-pick', tag);
      if (b.command) x.classList.add('hmi-command');
    }
    elements.set(tag, list);
    const box = b.level ? root.querySelector(`[id="${CSS.escape(b.level)}"]`) : null;
    if (box && b.level) boxes.set(b.level, { y: Number(box.getAttribute('y')), height: Number(box.getAttribute('height')) });
  }
  return { root, table, elements, boxes };
}

function apply(bound: Bound, shown: Map<string, Shown>): void {
  for (const [tag, s] of shown) {
    for (const x of bound.elements.get(tag) ?? []) {
      x.setAttribute('class', restyled(x.classList, s.classes));
      const texts = x.localName === 'text' ? [x] : [...x.querySelectorAll('text.value')];
      for (const e of texts) if (s.text) e.textContent = tr(s.text);
    }
    const box = s.level && bound.boxes.get(s.level.id);
    const rect = s.level && bound.root.querySelector(`[id="${CSS.escape(s.level.id)}"]`);
    if (!s.level || !box || !rect) continue;
    const filled = fill(box.y, box.height, s.level.fraction);
    rect.setAttribute('y', String(filled.y));
    rect.setAttribute('height', String(filled.height));
  }
}

function translate(root: SVGSVGElement): void {
  for (const x of root.querySelectorAll('[data-en]')) x.textContent = x.getAttribute(`data-${language.value}`) ?? x.getAttribute('data-en');
}

export function HmiView({ page, tags, values, marked, onPick }: { page: HmiPage; tags: Tag[]; values: Values; marked: string[]; onPick: (tag: string, command: boolean) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [bound, setBound] = useState<Bound | null>(null);
  const [error, setError] = useState<Text | null>(null);

  useEffect(() => {
    let gone = false;
    setBound(null);
    setError(null);
    Promise.all([getText(page.svg), get<BindingTable>(page.svg.replace(/\.svg$/, '.json'))])
      .then(([text, table]) => {
        if (gone || !box.current) return;
        const root = purify(text);
        box.current.replaceChildren(root);
        setBound(bind(root, table));
      })
      .catch((e: unknown) => !gone && setError(errorText(e)));
    return () => {
      gone = true;
    };
  }, [page.svg]);

  useEffect(() => {
    if (bound) translate(bound.root);
  }, [bound, language.value]);
  useEffect(() => {
    if (bound) apply(bound, showAll(bound.table, values, tags));
  }, [bound, values, tags, language.value]);
  useEffect(() => {
    if (!bound) return;
    for (const [tag, list] of bound.elements) for (const x of list) x.classList.toggle('is-marked', marked.includes(tag));
  }, [bound, marked]);

  const onClick = (e: Event): void => {
    if (!bound) return;
    const around: string[] = [];
    for (let x = (e.target as Element).closest('[data-pick]'); x; x = x.parentElement?.closest('[data-pick]') ?? null) around.push(x.getAttribute('data-pick')!);
    const pick = picked(bound.table, around);
    if (pick) onPick(pick.tag, pick.command);
  };
  return (
    <>
      <Notice text={error} />
      <div class="hmi" ref={box} onClick={onClick} />
    </>
  );
}
