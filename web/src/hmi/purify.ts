// A drawing comes from an author's file. Only elements and attributes that draw are kept: no script, no link, no foreign content, no style.

const ELEMENTS = new Set([
  'svg', 'g', 'defs', 'symbol', 'use', 'title', 'desc', 'path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon', 'text', 'tspan',
  'marker', 'clipPath', 'linearGradient', 'radialGradient', 'stop', 'pattern',
]);

function attributeKept(name: string, value: string): boolean {
  if (name.startsWith('on') || name === 'style') return false;
  if (name === 'href' || name === 'xlink:href') return value.startsWith('#');
  return !/url\(\s*(?!["']?#)/i.test(value);
}

function clean(element: Element): void {
  for (const a of [...element.attributes]) if (!attributeKept(a.name.toLowerCase(), a.value)) element.removeAttribute(a.name);
}

export function purify(text: string): SVGSVGElement {
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
  const root = parsed.documentElement;
  if (root.localName !== 'svg' || parsed.querySelector('parsererror')) throw new Error('not an SVG');
  for (const x of [...root.querySelectorAll('*')]) {
    if (ELEMENTS.has(x.localName) && x.namespaceURI === root.namespaceURI) clean(x);
    else x.remove();
  }
  clean(root);
  return document.importNode(root, true) as unknown as SVGSVGElement;
}
