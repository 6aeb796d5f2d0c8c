/**
 * Facts for the checks from small literals:
 *
 *   contentFacts({
 *     oldBase: [layer({ 'etc/passwd': file('root:x:0:0') })],
 *     newBase: [layer({ 'etc/passwd': file('root:x:0:0\nnobody:x:99:99') })],
 *     app: [layer({ 'app/run': elf({ needed: ['libc.so.6'] }), 'etc/motd': whiteout() })],
 *     config: { Cmd: ['/app/run'] },
 *   })
 *
 * The layers know their contents, so that `findingsOf(check, facts)` answers what a check wants.
 */
import type { ContentCheck, ContentFacts, DependentMark } from '../../src/checks/content-facts.ts';
import { bytesOfText, type ByteString } from '../../src/domain/byte-string.ts';
import { asChainID, asDiffID, sha256Hex } from '../../src/domain/digest.ts';
import type {
  ElfFact,
  FileFact,
  FileFacts,
  FileRequest,
  PackageFact,
} from '../../src/domain/file-fact.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { EntryType, IndexedLayer, LayerEntry } from '../../src/domain/layer-index.ts';
import { treeOf } from '../../src/domain/merged-tree.ts';
import { exampleFact } from './loading/example-fact.ts';

/** What stands at a path of a layer literal. */
export type Item =
  | { readonly kind: 'entry'; readonly entry: Attributes; readonly content: Content | undefined }
  | { readonly kind: 'whiteout' }
  | { readonly kind: 'opaque'; readonly entry: Attributes };

type Attributes = Partial<Omit<LayerEntry, 'path'>> & { readonly type: EntryType };
type Owner = Partial<Pick<LayerEntry, 'mode' | 'uid' | 'gid'>>;

/** What a file answers: its bytes, and what the readers of ELF and rpm would say of it. */
interface Content {
  readonly bytes: ByteString;
  readonly elf?: ElfFact;
  readonly packages?: readonly PackageFact[];
}

export interface ExampleLayer extends IndexedLayer {
  readonly contents: ReadonlyMap<ByteString, Content>;
}

/** A file of this text (or of these bytes, where they are no ASCII: `bytesOfText`). */
export function file(bytes: ByteString = '', owner: Owner = {}): Item {
  return fileItem({ bytes }, { mode: 0o644, ...owner });
}

/** An executable script or program of this text. */
export function program(bytes: ByteString = '', owner: Owner = {}): Item {
  return fileItem({ bytes }, { mode: 0o755, ...owner });
}

/** An ELF file, by default a dynamic 64-bit x86 library without dependencies. */
export function elf(fact: Partial<ElfFact> = {}, owner: Owner = {}): Item {
  const bytes = bytesOfText(`\x7fELF\x02\x01\x01${'\0'.repeat(9)}${JSON.stringify(fact)}`);
  return fileItem({ bytes, elf: exampleFact(fact) }, { mode: 0o755, ...owner });
}

/** An rpm database with these packages. */
export function rpmDatabase(packages: readonly PackageFact[], owner: Owner = {}): Item {
  return fileItem({ bytes: JSON.stringify(packages), packages }, { mode: 0o644, ...owner });
}

export function directory(owner: Owner = {}): Item {
  return entryItem({ type: 'directory', mode: 0o755, ...owner });
}

export function symlink(target: ByteString): Item {
  return entryItem({ type: 'symlink', mode: 0o777, target });
}

/** One more name of a file of the same layer. */
export function hardLink(hardLinkOf: ByteString): Item {
  return entryItem({ type: 'file', hardLinkOf });
}

export function special(type: 'char' | 'block' | 'fifo', device?: string): Item {
  return entryItem({ type, mode: 0o644, device });
}

/** The layer deletes this path. */
export function whiteout(): Item {
  return { kind: 'whiteout' };
}

/** A directory that hides what the layers below have in it. */
export function opaque(owner: Owner = {}): Item {
  return { kind: 'opaque', entry: { type: 'directory', mode: 0o755, ...owner } };
}

/** A layer from a literal: path -> item. Equal literals are the same layer. */
export function layer(items: Readonly<Record<ByteString, Item>>): ExampleLayer {
  return exampleLayer(items, 'tar-split');
}

/** A layer whose index was read from its directory: no checksums are known. */
export function layerWithoutChecksums(items: Readonly<Record<ByteString, Item>>): ExampleLayer {
  return exampleLayer(items, 'directory');
}

export interface Example {
  readonly oldBase?: readonly ExampleLayer[];
  readonly newBase?: readonly ExampleLayer[];
  readonly app?: readonly ExampleLayer[];
  /** The `config` object of the image before and after. */
  readonly config?: object;
  /** That of the rebased image, where it differs. */
  readonly configAfter?: object;
  readonly marks?: readonly DependentMark[];
}

/** The facts of a rebase from `old:1` to `new:2`. */
export function contentFacts({
  oldBase = [],
  newBase = [],
  app = [],
  config = {},
  configAfter = config,
  marks = [],
}: Example): ContentFacts {
  const [oldTree, newTree] = [treeOf(oldBase), treeOf(newBase)];
  return {
    oldBase: { name: 'old:1', layers: oldBase, tree: oldTree },
    newBase: { name: 'new:2', layers: newBase, tree: newTree },
    app,
    before: { tree: treeOf(app, oldTree), configText: JSON.stringify({ config }) },
    after: { tree: treeOf(app, newTree), configText: JSON.stringify({ config: configAfter }) },
    marks,
  };
}

export interface Judged {
  readonly findings: readonly Finding[];
  /** Every file that was asked for, as `want path`. */
  readonly read: readonly string[];
}

/** The findings of a check, its wishes fulfilled from the example's layers; see `judged`. */
export function findingsOf(
  check: ContentCheck,
  facts: ContentFacts,
  contents?: ContentsOf,
): readonly Finding[] {
  return judged(check, facts, contents).findings;
}

/** Answers in place of the layers' own contents; undefined: the layers answer. */
export type ContentsOf = (request: FileRequest) => FileFact | undefined;

/**
 * Runs a check as the api does: reads until nothing more is wanted, then lets it judge. A check that
 * keeps asking for what it has been told is an error.
 */
export function judged(
  check: ContentCheck,
  facts: ContentFacts,
  contents: ContentsOf = () => undefined,
): Judged {
  const answers = new Map<string, FileFact>();
  const files: FileFacts = { get: (request) => answers.get(keyOf(request)) };
  for (;;) {
    const requests = check.wanted(facts, files);
    if (requests.length === 0) break;
    const fresh = requests.filter((request) => files.get(request) === undefined);
    if (fresh.length === 0) throw new Error(`${check.name} wants what it has been told`);
    for (const request of fresh) {
      answers.set(keyOf(request), contents(request) ?? answerOf(facts, request));
    }
  }
  const read = [...answers.keys()].map((key) => key.slice(key.indexOf(' ') + 1));
  return { findings: check.judge(facts, files), read };
}

function keyOf({ chainId, want, path }: FileRequest): string {
  return `${chainId} ${want} ${path}`;
}

function answerOf(facts: ContentFacts, { chainId, path, want }: FileRequest): FileFact {
  const layers = [...facts.oldBase.layers, ...facts.newBase.layers, ...facts.app];
  const found = layers.find((each) => each.chainId === chainId) as ExampleLayer | undefined;
  const content = found?.contents.get(path);
  if (content === undefined) return { kind: 'unreadable', reason: 'no such file' };
  switch (want) {
    case 'text':
      return { kind: 'bytes', bytes: content.bytes };
    case 'head':
      return { kind: 'bytes', bytes: content.bytes.slice(0, 4096) };
    case 'elf':
      return content.elf === undefined
        ? { kind: 'unreadable', reason: 'no ELF file' }
        : { kind: 'elf', elf: content.elf };
    case 'rpm':
      return content.packages === undefined
        ? { kind: 'unreadable', reason: 'no rpm database' }
        : { kind: 'packages', packages: content.packages };
  }
}

function fileItem(content: Content, owner: Owner): Item {
  const crc = sha256Hex(content.bytes).slice(0, 12);
  return { kind: 'entry', entry: { type: 'file', ...owner, ...sizeOf(content), crc }, content };
}

function sizeOf({ bytes }: Content): { size: number } {
  return { size: bytes.length };
}

function entryItem(entry: Attributes): Item {
  return { kind: 'entry', entry, content: undefined };
}

function exampleLayer(
  items: Readonly<Record<ByteString, Item>>,
  source: 'tar-split' | 'directory',
): ExampleLayer {
  const all = Object.entries(items);
  const contents = new Map<ByteString, Content>();
  const entries: LayerEntry[] = [];
  for (const [path, item] of all) {
    if (item.kind === 'whiteout') continue;
    const entry = entryAt(path, item, items);
    entries.push(source === 'directory' ? { ...entry, crc: undefined } : entry);
    const content = contentOf(entry.hardLinkOf === undefined ? item : items[entry.hardLinkOf]);
    if (content !== undefined) contents.set(path, content);
  }
  const digest = sha256Hex(JSON.stringify([source, items]));
  return {
    chainId: asChainID(`sha256:${sha256Hex(`chain ${digest}`)}`)!,
    diffId: asDiffID(`sha256:${digest}`)!,
    index: {
      entries,
      whiteouts: new Set(all.filter(([, { kind }]) => kind === 'whiteout').map(([path]) => path)),
      opaque: new Set(all.filter(([, { kind }]) => kind === 'opaque').map(([path]) => path)),
      source,
    },
    contents,
  };
}

function entryAt(
  path: ByteString,
  item: Exclude<Item, { kind: 'whiteout' }>,
  items: Readonly<Record<ByteString, Item>>,
): LayerEntry {
  const linked = item.entry.hardLinkOf === undefined ? undefined : items[item.entry.hardLinkOf];
  const linkedEntry = linked?.kind === 'entry' ? linked.entry : {};
  return {
    path,
    mode: 0o755,
    uid: 0,
    gid: 0,
    size: 0,
    crc: undefined,
    target: undefined,
    hardLinkOf: undefined,
    device: undefined,
    ...linkedEntry,
    ...item.entry,
  };
}

function contentOf(item: Item | undefined): Content | undefined {
  return item?.kind === 'entry' ? item.content : undefined;
}
