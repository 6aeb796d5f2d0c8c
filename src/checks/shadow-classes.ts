/**
 * What kinds of files there are to hide, and how much each matters. The first that holds a path
 * takes it; package databases, accounts and the C library are judged by themselves.
 */
import type { ByteString } from '../domain/byte-string.ts';
import type { Severity } from '../domain/finding.ts';

export interface ShadowClass {
  readonly holds: (path: ByteString) => boolean;
  /** What one of them is called; the plural has an s. */
  readonly noun: string;
  readonly severity: Severity;
  readonly why: string;
  readonly hint?: string;
}

const ACCOUNTS = /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)$/;

/** Caches, logs, documentation, and what docker mounts over in every container. */
const NOISE = [
  /^(dev|proc|run|sys|tmp)\//,
  /^var\/(backups|cache|lib\/apt|log|run|tmp)\//,
  /^usr\/share\/(doc|info|locale|man)\//,
  /^(root|home\/[^/]+)\/\.cache\//,
  /^etc\/(\.pwd\.lock|hostname|hosts|mtab|resolv\.conf)$/,
  /^etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^\.dockerenv$/,
  /(^|\/)__pycache__\//,
  /\.py[co]$/,
];

const CERTIFICATES = [
  /^etc\/(ssl|pki\/tls)\/cert(s\/|\.pem$)/,
  /^etc\/pki\/ca-trust\//,
  /^etc\/ca-certificates(\.conf|\/)/,
  /^usr\/(local\/)?share\/(ca-certificates|pki)\//,
];

const OS_RELEASE =
  /^(etc\/(os-release|lsb-release|debian_version|[a-z]+-release)|usr\/lib\/os-release)$/;

const LIBRARY = /^(usr\/)?(local\/)?lib(32|64|x32)?\/.*\.so(\.[^/]*)?$/;

const PROGRAM = /^(usr\/)?(local\/)?s?bin\//;

/** The loader and the library of glibc and musl, by all names that distributions give them. */
const C_LIBRARY =
  /^(usr\/)?lib(32|64|x32)?\/([^/]+\/)?(ld-linux[^/]*|ld64\.so\.\d|ld-\d[^/]*\.so|libc\.so\.6|libc-\d[^/]*\.so|ld-musl-[^/]*|libc\.musl-[^/]*)$/;

/** Whether a path is a C library or its loader. */
export function isCLibrary(path: ByteString): boolean {
  return C_LIBRARY.test(path);
}

/** Whether a path is one of the files in which accounts are kept. */
export function isAccountFile(path: ByteString): boolean {
  return ACCOUNTS.test(path);
}

/** Whether it never matters what a path holds. */
export function isNoise(path: ByteString): boolean {
  return NOISE.some((pattern) => pattern.test(path));
}

/** Everything else, in the order in which it is listed. The last one holds every path. */
export const SHADOW_CLASSES: readonly ShadowClass[] = [
  {
    holds: (path) => path === 'etc/ld.so.cache',
    noun: 'library cache',
    severity: 'review',
    why: 'libraries outside the default folders are found as they were on the old base',
    hint: 'running ldconfig in the image makes it fit',
  },
  {
    holds: (path) => CERTIFICATES.some((pattern) => pattern.test(path)),
    noun: 'certificate file',
    severity: 'review',
    why: "the image goes on trusting what it trusted on the old base, not the new base's certificates",
    hint: 'update-ca-certificates in the image builds the list again',
  },
  {
    holds: (path) => OS_RELEASE.test(path),
    noun: 'release file',
    severity: 'review',
    why: 'programs and vulnerability scanners in the image take it for the old release',
  },
  {
    holds: (path) => LIBRARY.test(path),
    noun: 'library file',
    severity: 'review',
    why: "the app's copies stay in use: fixes that the new base brings in them do not take effect",
  },
  {
    holds: (path) => PROGRAM.test(path),
    noun: 'program',
    severity: 'review',
    why: "the app's copies stay in use: fixes that the new base brings in them do not take effect",
  },
  {
    holds: isNoise,
    noun: 'cache, log or documentation file',
    severity: 'note',
    why: 'nothing depends on what is in them',
  },
  {
    holds: (path) => path.startsWith('etc/'),
    noun: 'configuration file',
    severity: 'review',
    why: "settings that the new base brings are not in the app's copies",
  },
  {
    holds: () => true,
    noun: 'other file',
    severity: 'review',
    why: "the app's copies stay in use, whatever the new base changed in them",
  },
];
