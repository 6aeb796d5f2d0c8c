/**
 * Image references in Docker's grammar and its familiar form (`alpine:3.7`, not
 * `docker.io/library/alpine:3.7`), which is how repositories.json names them.
 * Source: distribution/reference reference.go (grammar) and normalize.go (familiar names).
 */
import { RebaseError } from '../errors.ts';

export interface Reference {
  /** Familiar repository name: `alpine`, `team/app`, `registry.local:5000/app`. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:<hex>` of a manifest. */
  readonly digest: string | undefined;
}

const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const MANIFEST_DIGEST = /^sha256:[0-9a-f]{64}$/;
const DEFAULT_DOMAIN = 'docker.io';
const OFFICIAL = 'library/';
const LONGEST_NAME = 255;
/** How much of a wrong reference a message repeats. */
const LONGEST_SHOWN = 80;

/**
 * Parses `[domain/]path[:tag][@digest]` and normalises the name to its familiar form.
 * Throws BAD_REFERENCE, saying what is wrong with it.
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const name = hasTag ? named.slice(0, colon) : named;

  const repository = familiarName(name, text);
  if (tag !== undefined && !TAG.test(tag)) throw bad(text, 'what follows the colon is no tag');
  if (digest !== undefined && !MANIFEST_DIGEST.test(digest)) {
    throw bad(text, 'what follows @ is no sha256 digest');
  }
  return { repository, tag, digest };
}

/** Whether text parses as a reference. */
export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (error instanceof RebaseError) return false;
    throw error;
  }
}

/** The key under which repositories.json keeps the reference; a missing tag means `latest`. */
export function referenceKey(reference: Reference): string {
  if (reference.digest !== undefined) return `${reference.repository}@${reference.digest}`;
  return `${reference.repository}:${reference.tag ?? 'latest'}`;
}

/**
 * Whether a key of repositories.json is a name in its familiar form: only such a one can be listed
 * under itself and resolved by dockerd (store.md 1.6).
 */
export function isFamiliarKey(key: string): boolean {
  return isReference(key) && referenceKey(parseReference(key)) === key;
}

function familiarName(name: string, text: string): string {
  if (name === '') throw bad(text, 'it has no name');
  if (/^[0-9a-f]{64}$/.test(name)) throw bad(text, 'a name cannot be 64 hex digits');
  const { domain, path } = splitDomain(name);
  if (path !== path.toLowerCase()) throw bad(text, 'a repository name must be lower case');
  if (!DOMAIN.test(domain) || !PATH.test(path)) throw bad(text, 'it does not follow name[:tag]');
  if (domain.length + 1 + path.length > LONGEST_NAME) {
    throw bad(text, `a name has at most ${LONGEST_NAME} characters`);
  }
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const official = path.startsWith(OFFICIAL) ? path.slice(OFFICIAL.length) : '';
  return official !== '' && !official.includes('/') ? official : path;
}

/** normalize.go splitDockerDomain: a first part is a domain only if it looks like a host. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isHost =
    slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  if (!isHost) return { domain: DEFAULT_DOMAIN, path: name };
  const path = name.slice(slash + 1);
  return { domain: first === 'index.docker.io' ? DEFAULT_DOMAIN : first, path };
}

function bad(text: string, why: string): RebaseError {
  const shown = JSON.stringify(
    text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text,
  );
  return new RebaseError('BAD_REFERENCE', `${shown} is no image reference: ${why}`, {
    hint: 'write it as docker does, e.g. alpine:3.12 or registry.local:5000/team/app:1',
  });
}
