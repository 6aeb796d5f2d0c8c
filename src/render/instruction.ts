import { layersIn, type HistoryEntry, type ImageConfig } from '../domain/image-config.ts';
import { oneLine } from './printable.ts';

const SHELL = /^\/bin\/sh -c (?:#\(nop\)\s*)?/;
const BUILDKIT = /\s*# buildkit$/;
const INSTRUCTION =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\b/;

/**
 * A history entry as the Dockerfile line it came from, on one line: without the shell and the
 * markers that docker's builders put around it.
 */
export function instructionOf(entry: HistoryEntry): string {
  const command = entry.createdBy.trim().replace(BUILDKIT, '');
  const bare = command.replace(SHELL, '').trim();
  if (bare === '') return entry.comment === '' ? '(not recorded)' : oneLine(entry.comment);
  const ran = bare !== command && !command.includes('#(nop)') && !INSTRUCTION.test(bare);
  return oneLine(ran ? `RUN ${bare}` : bare.replace(/^RUN \/bin\/sh -c /, 'RUN '));
}

/** What made each layer, bottom first; undefined when the history does not fit the layers. */
export function instructionsOf(config: ImageConfig): string[] | undefined {
  if (layersIn(config.history) !== config.diffIds.length) return undefined;
  return config.history.filter((entry) => !entry.emptyLayer).map(instructionOf);
}
