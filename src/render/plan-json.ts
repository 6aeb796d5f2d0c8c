/**
 * The dry run as one JSON document: the facts of the text, with full IDs and nothing left out.
 */
import type { ImagePlan, PlannedRebase } from '../domain/plan.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { DaemonView, PlanReport } from '../domain/report.ts';
import type { ContainerRecord } from '../domain/snapshot.ts';
import { configDiff } from './config-diff.ts';
import { errorFields } from './error-json.ts';
import { judgedDocument, unchangedDocument } from './judged-json.ts';
import { documentHead, type JsonDocument } from './json-document.ts';

/** The document of a plan that has not been applied: `changed` is false. */
export function planDocument(report: PlanReport): JsonDocument {
  const { clone, cost, restart } = report;
  return {
    ...documentHead('plan'),
    host: hostDocument(report),
    images: imageDocuments(report),
    failures: report.failures.map(({ reference, error }) => ({
      reference,
      error: errorFields(error),
    })),
    warnings: report.warnings,
    store: storeDocument(report.bound),
    cost: { clone, modes: cost },
    containers: report.containers.map(containerDocument),
    restart: restart ?? null,
  };
}

/** `images` of a document. */
export function imageDocuments(report: PlanReport): JsonDocument[] {
  return report.plan.images.map((image) => imageDocument(image, report));
}

/** `host` of a document. */
export function hostDocument(host: {
  readonly storeRoot: string;
  readonly daemon: DaemonView;
}): JsonDocument {
  return {
    storeRoot: host.storeRoot,
    driver: 'overlay2',
    daemon: {
      running: host.daemon.running,
      version: host.daemon.version ?? null,
      livingOn: host.daemon.livingOn,
    },
  };
}

/** A container of a document. */
export function containerDocument(container: ContainerRecord): JsonDocument {
  const { id, imageId, running } = container;
  return { id, name: container.name.replace(/^\//, ''), imageId, running };
}

function imageDocument(image: ImagePlan, report: PlanReport): JsonDocument {
  return image.kind === 'nothing' ? unchangedDocument(image) : rebaseDocument(image, report);
}

function rebaseDocument(image: PlannedRebase, { keptTags }: PlanReport): JsonDocument {
  const { before, after, tags } = image;
  return {
    ...judgedDocument(image),
    tags: tags.map((change) => ({ ...change, before: change.before ?? null })),
    keptTags: keptTags.get(before.imageId) ?? [],
    diff: diffDocuments(image),
    // A side without the field has no key here: null is a value that a config may hold.
    fields: configDiff(before.configText, after.configText),
  };
}

/** Texts for a line diff, as `ansible --diff` shows them. */
function diffDocuments({ reference, before, after, tags }: PlannedRebase): JsonDocument[] {
  const line = (key: string, id: string | undefined) => (id === undefined ? '' : `${key} ${id}\n`);
  return [
    {
      header: `${reference}: image JSON (imagedb/content/sha256)`,
      before: indented(before.configText),
      after: indented(after.configText),
    },
    {
      header: `${reference}: repositories.json`,
      before: tags.map((change) => line(change.key, change.before)).join(''),
      after: tags.map((change) => line(change.key, change.after)).join(''),
    },
  ];
}

function indented(configText: string): string {
  return `${JSON.stringify(JSON.parse(configText), null, 2)}\n`;
}

function storeDocument({ layers, reused, committed, images, tags }: BoundPlan): JsonDocument {
  return {
    layers: layers.map((layer) => ({
      ...layer,
      parent: layer.parent ?? null,
      lower: layer.lower ?? null,
    })),
    reused,
    committed,
    images: images.map(({ imageId }) => imageId),
    tags: tags.map((change) => ({ ...change, before: change.before ?? null })),
  };
}
