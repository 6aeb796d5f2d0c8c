import path from 'node:path';
import type { ContainerRecord } from '../domain/snapshot.ts';
import type { Layout } from './layout.ts';
import { foldersIn, readText } from './read-file.ts';

/**
 * Reads containers/<id>/config.v2.json as far as a rebase needs it. What dockerd could not load
 * either (no or broken config) is passed over (store.md 1.11).
 */
export function readContainers(layout: Pick<Layout, 'containers'>): ContainerRecord[] {
  return foldersIn(layout.containers)
    .map((id) => readContainer(layout.containers, id))
    .filter((container) => container !== undefined);
}

function readContainer(folder: string, id: string): ContainerRecord | undefined {
  let config: unknown;
  try {
    config = JSON.parse(readText(path.join(folder, id, 'config.v2.json')) ?? '');
  } catch {
    return undefined;
  }
  const { Name, Image, State, Driver } = (config ?? {}) as Record<string, unknown>;
  if (typeof Image !== 'string') return undefined;
  const state = (State ?? {}) as Record<string, unknown>;
  return {
    id,
    name: typeof Name === 'string' ? Name.replace(/^\//, '') : '',
    imageId: Image,
    driver: typeof Driver === 'string' ? Driver : '',
    running: state['Running'] === true || state['Paused'] === true,
  };
}
