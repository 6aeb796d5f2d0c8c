import type { RepositoriesFacts } from '../domain/inventory.ts';
import type { Layout } from './layout.ts';
import { readText } from './read-file.ts';
import { parseRepositories } from './read-tags.ts';

/** Reads repositories.json line by line, values that are no ImageIDs included (store.md 1.6). */
export function readRepositories(layout: Layout): RepositoriesFacts {
  try {
    const text = readText(layout.repositories);
    if (text === undefined) return { state: 'absent', problem: undefined, entries: [] };
    const repositories: [string, Record<string, unknown>][] = Object.entries(
      parseRepositories(text, 'it'),
    );
    const isBare = repositories.length === 0 && !text.includes('Repositories');
    return {
      state: isBare ? 'empty' : 'read',
      problem: undefined,
      entries: repositories.flatMap(([repository, keys]) =>
        Object.entries(keys).map(([key, value]) => ({ repository, key, value: String(value) })),
      ),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { state: 'broken', problem: reason.replace(/\s+/g, ' '), entries: [] };
  }
}
