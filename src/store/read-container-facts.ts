import path from 'node:path';
import { parseJson } from '../domain/json-text.ts';
import type { ContainerFacts } from '../domain/inventory.ts';
import type { Layout } from './layout.ts';
import { namesIn, readText, statOf } from './read-file.ts';

/** Reads every folder of containers with what keeps dockerd from loading it (store.md 1.11). */
export function readContainerFacts(layout: Layout): ContainerFacts[] {
  return namesIn(layout.containers)
    .filter((id) => statOf(path.join(layout.containers, id))?.isDirectory() === true)
    .map((id) => containerFacts(path.join(layout.containers, id, 'config.v2.json'), id));
}

function containerFacts(file: string, id: string): ContainerFacts {
  const broken = (problem: string): ContainerFacts => {
    return { id, name: '', imageId: '', driver: '', running: false, problem };
  };
  let config: unknown;
  try {
    const text = readText(file);
    if (text === undefined) return broken('there is no config.v2.json');
    config = text.trim() === '' ? undefined : parseJson(text);
  } catch (error) {
    return broken(`config.v2.json: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (config === undefined) return broken('config.v2.json is empty');
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    return broken('config.v2.json is no object');
  }
  const { ID, Name, Image, State, Driver } = config as Record<string, unknown>;
  if (ID !== id) return broken('its config.v2.json is of another container');
  const state = (State ?? {}) as Record<string, unknown>;
  return {
    id,
    name: textOr(Name).replace(/^\//, ''),
    imageId: textOr(Image),
    driver: textOr(Driver),
    running: state['Running'] === true || state['Paused'] === true,
    problem: undefined,
  };
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
