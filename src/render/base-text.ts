/**
 * The answer to "which base is this image built on?".
 */
import type { BaseCandidate, BaseReport, SeamProposal } from '../domain/report.ts';
import { counted } from '../domain/counted.ts';
import { idText, nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine, printable } from './printable.ts';
import { table } from './table.ts';

const TAGS_SHOWN = 3;

/** A BaseReport as text: the base and its evidence, the candidates, what to type for --from. */
export function renderBase(report: BaseReport, options: PageOptions): string {
  const page = pageOf(options);
  const blocks = [
    wrap(page, headOf(page, report), 0),
    answer(page, report),
    candidateLines(page, report),
    ...report.proposals.map((proposal) => proposalLines(page, proposal)),
    labelLines(page, report.labels),
  ];
  const texts = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return `${texts.join('\n\n')}\n`;
}

/** What to give to --from for a candidate. */
export function fromOf({ tags, name }: BaseCandidate): string {
  return tags[0] ?? name;
}

function headOf(page: Page, { reference, imageId, layers }: BaseReport): string {
  return `${printable(reference)}: ${idText(page, imageId)}, ${counted(layers, 'layer')}`;
}

function answer(page: Page, { detected, undecided }: BaseReport): string[] {
  if (detected !== undefined) {
    const name = `${printable(detected.name)} (${counted(detected.layers, 'layer')})`;
    return [
      ...wrap(page, `Base: ${name}`, 0).map(page.paint.green),
      ...wrap(page, oneLine(detected.evidence), 6),
    ];
  }
  const why = undecided === undefined ? 'no local image is its base' : oneLine(undecided);
  return wrap(page, `Base: not decided: ${why}`, 0).map(page.paint.yellow);
}

function candidateLines(page: Page, { candidates, detected }: BaseReport): string[] {
  const [first] = candidates;
  if (first === undefined) return [];
  const rows = candidates.map((candidate) => [
    fromOf(candidate),
    idText(page, candidate.imageId),
    String(candidate.layers),
    candidate.historyMatches ? 'matches' : 'differs',
    nameList(page, candidate.tags.slice(1), TAGS_SHOWN),
  ]);
  const withTags = rows.some((row) => row[4] !== '');
  const columns = [
    { head: 'CANDIDATE', cut: 'middle' as const },
    { head: 'IMAGE ID' },
    { head: 'LAYERS' },
    { head: 'HISTORY' },
    ...(withTags ? [{ head: 'ALSO TAGGED', cut: 'end' as const }] : []),
  ];
  const chosen = candidates.find(({ name }) => name === detected?.name) ?? first;
  return [
    ...table(page, columns, { rows }),
    ...wrap(page, `To name it yourself: --from ${printable(fromOf(chosen))}`, 0),
  ];
}

/** A seam with its evidence; the whole --from on a line of its own, to be copied. */
function proposalLines(page: Page, { layers, topDiffId, evidence }: SeamProposal): string[] {
  return [
    ...wrap(page, `Perhaps the base is the lowest ${counted(layers, 'layer')}:`, 0),
    ...evidence.flatMap((line) => wrap(page, oneLine(line), 4)),
    ...wrap(page, `--from ${printable(topDiffId)}`, 2),
  ];
}

function labelLines(page: Page, labels: ReadonlyMap<string, string>): string[] {
  if (labels.size === 0) return [];
  const lines = [...labels].flatMap(([key, value]) =>
    wrap(page, `${oneLine(key)}=${oneLine(value)}`, 2),
  );
  return ['Labels (hints, no proof):', ...lines];
}
