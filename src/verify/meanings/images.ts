import type { StoreCode } from '../../domain/store-finding.ts';
import { AGAIN, STOPPED, type Meaning } from './meaning.ts';

export const IMAGES = {
  'image-config': {
    class: 'F',
    consequence:
      'at its start dockerd logs an error and does not list the image; its tags stay and cannot be removed',
    issues: ['moby#36304', 'moby#31506'],
    remedy: `restore the file from a backup; or ${STOPPED}, move it away, ${AGAIN}`,
  },
  'image-digest': {
    class: 'F',
    consequence: 'dockerd does not list the image ("failed to verify")',
    issues: ['moby#36304', 'moby#25806'],
    remedy: `restore the file from a backup; or ${STOPPED}, move it away, ${AGAIN}`,
  },
  'image-layer-missing': {
    class: 'F',
    consequence:
      'dockerd logs "layer does not exist, not restoring image" at its start and does not list it',
    issues: ['moby#36304'],
    remedy:
      'do not prune; pull, load or build the image again: dockerd deletes nothing of it by itself',
  },
  'image-deep': {
    class: 'I',
    consequence: 'the image runs; docker build and commit on it fail ("max depth exceeded")',
    remedy: 'rebuild it with fewer layers before anything is built on it',
  },
  'image-too-deep': {
    class: 'F',
    consequence: "docker create fails: overlay2 takes 128 layers, the container's own among them",
    remedy: 'rebuild it with fewer layers',
  },
  'image-history': {
    class: 'W',
    consequence:
      'the image runs; docker history, commit and load of it fail ("too many non-empty layers in History section")',
    remedy: `build the image again, or rebase it: the result's history fits its layers`,
  },
  'image-parent': {
    class: 'W',
    consequence: 'docker rmi of the image removes it and then fails ("unrecognized image ID")',
    remedy: `${STOPPED}, remove the file "parent" from the image's folder in imagedb/metadata`,
  },
  'image-last-updated': {
    class: 'F',
    consequence: 'docker image inspect of the image fails',
    remedy: `${STOPPED}, remove the file "lastUpdated" from the image's folder in imagedb/metadata`,
  },
  'repositories-broken': {
    class: 'F',
    consequence: 'dockerd does not start ("Couldn\'t create reference store repository")',
    issues: ['docker/for-linux#1403', 'moby#17411', 'balena-os/balena-engine#246'],
    remedy:
      'restore repositories.json from a backup; without one move it away, start dockerd and tag the images again',
  },
  'repositories-missing': {
    class: 'W',
    consequence: 'dockerd starts with every image untagged, and docker image prune removes those',
    remedy:
      'do not prune; restore repositories.json from a backup with dockerd stopped, or tag the images again',
  },
  'tag-unfamiliar': {
    class: 'F',
    consequence: 'it shows in listings and can be neither resolved nor removed',
    remedy: `${STOPPED}, write the name in repositories.json as docker shows it (app:1, not docker.io/library/app:1)`,
  },
  'tag-misplaced': {
    class: 'F',
    consequence: 'dockerd lists the name and does not find it when it is asked for it',
    remedy: `${STOPPED}, move the line in repositories.json below its own repository`,
  },
  'tag-dangling': {
    class: 'F',
    consequence: 'dockerd ignores the tag, keeps it for ever, and cannot remove it',
    remedy: `pull, load or tag an image of that name: the tag then moves`,
  },
} as const satisfies Partial<Record<StoreCode, Meaning>>;
