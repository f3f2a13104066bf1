// A chart that fills its box, follows its size, and takes a new option whenever one is given.

import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { useEffect, useRef } from 'preact/hooks';

export const ink = { text: '#8d99a5', line: '#2b333b', strong: '#d5dce3', font: 'IBM Plex Sans, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif' };

/** Colours for lines that only need to be told apart; none of them means anything. */
export const palette = ['#6fb3d2', '#d9b26f', '#8fc4a0', '#b7a3dc', '#e0a0a8', '#7fd0c8', '#c7c77a', '#9fb0e6'];

export function Chart({ option }: { option: EChartsCoreOption }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const latest = useRef(option);
  latest.current = option;
  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | null = null;
    void import('./echarts').then(({ init }) => {
      if (gone || !box.current) return;
      const c = init(box.current);
      chart.current = c;
      c.setOption(latest.current, true);
      observer = new ResizeObserver(() => c.resize());
      observer.observe(box.current);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
    };
  }, []);
  useEffect(() => chart.current?.setOption(option, true), [option]);
  return <div class="chart" ref={box} />;
}
