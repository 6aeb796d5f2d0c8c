/**
 * A bundle's manifest as the text of `manifest.json`: the same bytes for the same manifest on every
 * host, and a line for each name, so that people can read it and tools can compare two.
 */
import type { BundledBase, BundleEntry, BundleManifest } from './bundle.ts';

/** The text; each unit of a path is one byte of it. `readBundleManifest` reads it back. */
export function bundleManifestText(manifest: BundleManifest): string {
  const { entries, whiteouts } = manifest;
  const facts = {
    schema: manifest.schema,
    tool: manifest.tool,
    architecture: manifest.architecture,
    os: manifest.os,
    variant: manifest.variant,
    old: savedBase(manifest.old),
    new: savedBase(manifest.new),
    version: manifest.version,
    union: manifest.union,
    root: { uid: manifest.root.uid, gid: manifest.root.gid },
  };
  const head = JSON.stringify(facts, undefined, 2).slice(0, -'\n}'.length);
  const lists = [
    `  "entries": ${lines(entries.map(savedEntry))}`,
    `  "whiteouts": ${lines(whiteouts)}`,
  ];
  return `${head},\n${lists.join(',\n')}\n}\n`;
}

function savedBase({ name, imageId, chainId, diffIds }: BundledBase): object {
  return { name, imageId, chainId, diffIds };
}

/** What is as in most entries is left out. */
function savedEntry(entry: BundleEntry): object {
  const { path, type, mode, uid, gid, size, target, device, hardLinkOf, carried, sha256 } = entry;
  return {
    path,
    type,
    mode: mode.toString(8).padStart(4, '0'),
    ...(uid === 0 ? {} : { uid }),
    ...(gid === 0 ? {} : { gid }),
    ...(size === 0 ? {} : { size }),
    target,
    device,
    hardLinkOf,
    ...(carried ? { carried } : {}),
    sha256,
  };
}

function lines(values: readonly unknown[]): string {
  if (values.length === 0) return '[]';
  return `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`;
}
