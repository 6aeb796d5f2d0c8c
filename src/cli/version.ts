import { createRequire } from 'node:module';

/** This package's version, as package.json says it (beside dist/ and beside src/ alike). */
export const VERSION = versionIn(['../package.json', '../../package.json']);

function versionIn(places: readonly string[]): string {
  const require = createRequire(import.meta.url);
  for (const place of places) {
    try {
      return (require(place) as { version: string }).version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) {
        throw error;
      }
    }
  }
  return 'unknown';
}
