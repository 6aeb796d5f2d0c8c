import type { Dependent, DependentsReport } from '../domain/dependents.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { containerDocument } from './plan-json.ts';

/** A DependentsReport as JSON document: the tree below `base`. */
export function dependentsDocument(report: DependentsReport): JsonDocument {
  return {
    ...documentHead('dependents'),
    storeRoot: report.storeRoot,
    base: dependentDocument(report.base),
    untaggedLeftOut: report.untaggedLeftOut,
  };
}

function dependentDocument(image: Dependent): JsonDocument {
  return {
    ...image,
    ownBytes: image.ownBytes ?? null,
    containers: image.containers.map(containerDocument),
    children: image.children.map(dependentDocument),
  };
}
