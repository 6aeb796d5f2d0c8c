/**
 * What an examination of the store found: by kind, the gravest first, with what dockerd does about
 * it and what to do.
 */
import { counted } from '../domain/counted.ts';
import type { DoctorReport } from '../domain/doctor-report.ts';
import { isDamage, type DamageClass, type StoreFinding } from '../domain/store-finding.ts';
import { hostText } from './host-text.ts';
import { firstOf, labelled, nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine, printable } from './printable.ts';

/** Findings of one kind that are shown, unless all are asked for. */
const SHOWN_PER_CODE = 5;
const NAMES_SHOWN = 4;

const HEADS: Readonly<Record<DamageClass, string>> = {
  F: 'BROKEN',
  W: 'DAMAGED',
  I: 'REMARK',
};

/** A DoctorReport as text. Ends with a newline. */
export function renderDoctor(report: DoctorReport, options: PageOptions): string {
  const page = pageOf(options);
  const codes = new Set(report.findings.map(({ code }) => code));
  const blocks = [
    hostText(page, report),
    examinedLines(page, report),
    ...[...codes].map((code) =>
      groupLines(
        page,
        report.findings.filter((finding) => finding.code === code),
      ),
    ),
    verdictLines(page, report),
  ];
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function examinedLines(page: Page, { image, examined, deep }: DoctorReport): string[] {
  const of = image === undefined ? '' : ` of ${printable(image.name)}`;
  const parts = [
    counted(examined.layers, 'layer'),
    counted(examined.images, 'image'),
    counted(examined.containers, 'container'),
  ];
  const how = deep
    ? 'every file of the layers included'
    : 'files of the layers left out (--deep looks into them)';
  return wrap(page, `Examined${of}: ${parts.join(', ')}; ${how}`, 0);
}

/** Findings of one code; what they have in common is said once. */
function groupLines(page: Page, group: readonly StoreFinding[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { shown, more } = firstOf(page, group, SHOWN_PER_CODE);
  const head = `${HEADS[first.class]} ${first.code}`;
  const issues = first.issues.length === 0 ? '' : ` (${first.issues.join(', ')})`;
  return [
    paintHead(page, first.class, head),
    ...shown.flatMap((finding) => [
      ...wrap(page, oneLine(finding.message), 2),
      ...(finding.affects.length === 0
        ? []
        : wrap(page, `affects ${nameList(page, finding.affects, NAMES_SHOWN)}`, 4)),
    ]),
    ...(more === 0 ? [] : wrap(page, `and ${more} more (--no-trunc shows all)`, 2)),
    ...labelled(page, 'effect', `${first.consequence}${issues}`).map(page.paint.dim),
    ...labelled(page, 'to do', first.remedy).map(page.paint.dim),
  ];
}

function paintHead({ paint }: Page, severity: DamageClass, head: string): string {
  if (severity === 'F') return paint.red(head);
  return severity === 'W' ? paint.yellow(head) : head;
}

function verdictLines(page: Page, { findings, image }: DoctorReport): string[] {
  const damage = findings.filter(isDamage).length;
  const remarks = findings.length - damage;
  const what = image === undefined ? 'The store' : printable(image.name);
  const also = remarks === 0 ? '' : `, ${counted(remarks, 'remark')}`;
  return damage === 0
    ? [page.paint.green(`${what} is sound${also}.`)]
    : [page.paint.red(`${what} is damaged: ${counted(damage, 'finding')}${also}.`)];
}
