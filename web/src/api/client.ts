// Requests to the server: JSON in, JSON out, errors with a text in both languages.

import { both } from '../i18n';
import type { Text } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly text: Text,
  ) {
    super(`${code}: ${text.en}`);
  }
}

const unreachable = both('common.unreachable');
const unreadable = both('common.unreadable');

let unauthorised = (): void => undefined;

/** Calls `f` whenever the server no longer knows this session. */
export function whenUnauthorised(f: () => void): void {
  unauthorised = f;
}

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== 'GET') headers['X-Millrace'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, 'E_UNREACHABLE', unreachable);
  }
  let answer: unknown;
  try {
    answer = await response.json();
  } catch {
    throw new ApiError(response.status, 'E_ANSWER', unreadable);
  }
  if (!response.ok) {
    if (response.status === 401) unauthorised();
    const error = (answer as { error?: { code?: string; text?: Text } }).error;
    throw new ApiError(response.status, error?.code ?? 'E_ANSWER', error?.text ?? unreadable);
  }
  return answer as T;
}

export const get = <T>(path: string): Promise<T> => request<T>('GET', path);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>('POST', path, body);
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, body);

export async function getText(path: string): Promise<string> {
  const response = await fetch(path, { credentials: 'same-origin' }).catch(() => null);
  if (!response?.ok) throw new ApiError(response?.status ?? 0, 'E_UNREACHABLE', unreachable);
  return response.text();
}

export function errorText(e: unknown): Text {
  return e instanceof ApiError ? e.text : { zh: String(e), en: String(e) };
}
