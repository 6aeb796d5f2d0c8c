import type { StoreCode } from '../../domain/store-finding.ts';
import { type Meaning } from './meaning.ts';

const HARMLESS = 'none: dockerd never reads it and never removes it';
const SPACE = 'leave it, or remove it by hand with dockerd stopped if its space is needed';

export const LEFTOVERS = {
  'orphan-directory': {
    class: 'I',
    consequence: HARMLESS,
    issues: ['moby#45939', 'moby#21925'],
    remedy: SPACE,
  },
  'orphan-layer': {
    class: 'I',
    consequence:
      'dockerd never prunes it; it keeps the layers below it; a pull of the same layer takes it up',
    issues: ['moby#45939'],
    remedy: 'leave it, or pull and remove an image that has it',
  },
  'orphan-link': { class: 'I', consequence: HARMLESS, issues: ['moby#45939'], remedy: SPACE },
  leftover: { class: 'I', consequence: HARMLESS, issues: ['moby#45939'], remedy: SPACE },
  'version-leftover': {
    class: 'I',
    consequence: 'none: no one reads it, and it goes with the layer when docker rmi removes that',
    remedy: 'leave it, or remove it if its space is needed: rebase-image overlay drop, or by hand',
  },
  'stray-name': {
    class: 'I',
    consequence: 'none: dockerd passes over a name of this form',
    remedy: 'nothing; find out who put it there',
  },
  'buildkit-layer-missing': {
    class: 'I',
    consequence: 'docker build and docker system df may fail ("layer does not exist")',
    issues: ['moby#41595'],
    remedy: 'docker builder prune -a',
  },
  'buildkit-unreadable': {
    class: 'I',
    consequence: 'not known; which directories belong to the build cache could not be told',
    remedy: 'run doctor again; while dockerd runs it may have been writing',
  },
  'several-drivers': {
    class: 'F',
    consequence:
      'without "storage-driver" in daemon.json dockerd does not start ("contains several valid graphdrivers")',
    remedy: 'set "storage-driver": "overlay2" in daemon.json, or move the other folder away',
  },
} as const satisfies Partial<Record<StoreCode, Meaning>>;
