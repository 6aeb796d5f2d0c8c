/**
 * The man page, from what help says. Source: man-pages(7), groff_man(7).
 */
import type { CommandDescription } from './describe-commands.ts';

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'done, or nothing to do'],
  ['1', 'failed, or declined: the host is unchanged or rolled back; doctor: damage found'],
  ['2', 'only with --detailed-exitcode: changes pending or made'],
  ['3', 'refused by a check, or by what depends on the result'],
  ['4', 'stopped half-way: rebase-image resume, or abort'],
  ['5', 'busy: another run, or an unfinished transaction'],
  ['6', 'not supported or not permitted'],
  ['7', 'partly done (--keep-going)'],
  ['64', 'wrong usage'],
  ['129, 130, 143', 'ended by a signal, at a safe point'],
];

const DESCRIPTION = [
  'Puts Docker images that are already on a host onto a new base image, in place: no Dockerfile, no',
  "rebuild, no registry. It rewrites dockerd's own image store and asks for a restart of dockerd.",
  'Every change is one transaction that can be undone.',
].join(' ');

/** The page in roff. `version` as `--version` prints it. */
export async function manPage(
  commands: readonly CommandDescription[],
  version: string,
): Promise<string> {
  const pages = await Promise.all(
    commands.map(async ({ usage, help }) => {
      const text = withoutHead(await help());
      return [`.SS ${line(`rebase-image ${usage}`)}`, '.nf', ...text.split('\n').map(line), '.fi'];
    }),
  );
  return [
    `.TH REBASE-IMAGE 8 "" "rebase-image ${line(version)}" "System Administration"`,
    '.SH NAME',
    line('rebase-image - put Docker images onto a new base, in place'),
    '.SH SYNOPSIS',
    ...commands.flatMap(({ usage }) => [line(`rebase-image ${usage} [OPTION...]`), '.br']),
    '.SH DESCRIPTION',
    line(DESCRIPTION),
    '.SH COMMANDS',
    ...pages.flat(),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => ['.TP', line(code), line(meaning)]),
    '.SH ENVIRONMENT',
    line(
      'REBASE_IMAGE_NAME sets the option --name, but for those that decide over images and the ' +
        'daemon (yes, allow, restart, restart-containers, all, from, onto, base, strategy). ' +
        'NO_COLOR, DOCKER_HOST and DOCKER_CONTEXT ' +
        'mean what they mean to docker.',
    ),
    '.SH FILES',
    '.TP',
    line('<data-root>/rebase-image/'),
    line('journals of the transactions, and the lock'),
    '.SH SEE ALSO',
    '.BR docker (1),',
    '.BR dockerd (8)',
    '',
  ].join('\n');
}

/** Help begins with the usage and the description, which the page has already. */
function withoutHead(help: string): string {
  const [, , ...rest] = help.split('\n\n');
  return rest.join('\n\n').trimEnd();
}

/** Text as one line of roff that prints as it is. */
function line(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
