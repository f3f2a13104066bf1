import { describe, expect, it } from 'vitest';
import { bytes, clock, decimalsFor, number, parseClock, percent, points, timeStep, unitText } from '../src/lib/format';

describe('clock', () => {
  it('shows minutes and seconds, hours where there are any', () => {
    expect(clock(0)).toBe('00:00');
    expect(clock(75.9)).toBe('01:15');
    expect(clock(3599)).toBe('59:59');
    expect(clock(3675)).toBe('1:01:15');
    expect(clock(90061)).toBe('25:01:01');
    expect(clock(-75)).toBe('-01:15');
  });

  it('is read back', () => {
    expect(parseClock('01:15')).toBe(75);
    expect(parseClock(' 1:01:15 ')).toBe(3675);
    expect(parseClock('75')).toBe(75);
    expect(parseClock('90:00')).toBe(5400);
    for (const wrong of ['', 'x', '1:60', '1:2:3:4', '1:-2', '1.5', ':30', '123456']) expect(parseClock(wrong), wrong).toBeNull();
    for (const s of [0, 59, 60, 3599, 3600, 86399]) expect(parseClock(clock(s))).toBe(s);
  });
});

describe('numbers', () => {
  it('never show a negative zero', () => {
    expect(number(-0.001, 2)).toBe('0.00');
    expect(number(-0.2, 1)).toBe('-0.2');
    expect(points(-0.04)).toBe('0.0');
  });

  it('show points with a sign where asked', () => {
    expect(points(12.34)).toBe('12.3');
    expect(points(12.34, true)).toBe('+12.3');
    expect(points(-2, true)).toBe('\u22122.0');
    expect(points(0, true)).toBe('0.0');
  });

  it('choose digits by the range of the instrument', () => {
    expect(decimalsFor(0, 1600)).toBe(0);
    expect(decimalsFor(0, 100)).toBe(1);
    expect(decimalsFor(0, 14)).toBe(2);
  });

  it('show sizes', () => {
    expect(bytes(0)).toBe('0 B');
    expect(bytes(1023)).toBe('1023 B');
    expect(bytes(1536)).toBe('1.5 KiB');
    expect(bytes(24 * 1024 * 1024)).toBe('24.0 MiB');
    expect(bytes(200 * 1024 * 1024)).toBe('200 MiB');
  });

  it('show shares', () => {
    expect(percent(1, 8)).toBe('12.5 %');
    expect(percent(0, 0)).toBe('\u2013');
  });

  it('print units', () => {
    expect(unitText('m3/h')).toBe('m\u00b3/h');
    expect(unitText('uS/cm')).toBe('\u00b5S/cm');
    expect(unitText('degC')).toBe('\u00b0C');
    expect(unitText('kPa')).toBe('kPa');
    expect(unitText('mg/L')).toBe('mg/L');
  });

  it('choose steps of a time axis that people count in', () => {
    expect(timeStep(900, 5)).toBe(180);
    expect(timeStep(120, 5)).toBe(30);
    expect(timeStep(8 * 3600, 5)).toBe(7200);
  });
});
