import type { StoreCode } from '../../domain/store-finding.ts';
import { STOPPED, type Meaning } from './meaning.ts';

export const CONTAINERS = {
  'mount-field': {
    class: 'F',
    consequence:
      "dockerd passes over the container's files: it is not listed, or cannot start; docker rm on 29 deletes it",
    issues: ['moby#36639', 'moby#51724'],
    remedy: 'neither prune nor rm; restore the file from a backup with dockerd stopped',
  },
  'mount-layer-missing': {
    class: 'F',
    consequence:
      'the container is not listed, or cannot start; docker image prune -a then deletes what it stands on',
    issues: ['moby#36639', 'moby#51724'],
    remedy: 'neither prune nor rm; pull or load its image again, then restart dockerd',
  },
  'mount-directory': {
    class: 'F',
    consequence: 'the container is listed and fails to start; what it had written is not there',
    issues: ['moby#36639'],
    remedy:
      'restore the directory from a backup with dockerd stopped, or create the container anew',
  },
  'mount-link': {
    class: 'F',
    consequence: 'the container is listed and fails to start',
    issues: ['moby#46498'],
    remedy: 'ln -s ../<directory>/diff <data-root>/overlay2/l/<link>, both as named here',
  },
  'mount-lower': {
    class: 'F',
    consequence: 'the container starts on other layers than it was made on, and no error says so',
    remedy: `${STOPPED}, write its "lower" again: its init layer's link, then what that one's "lower" says`,
  },
  'mount-without-container': {
    class: 'W',
    consequence:
      'it keeps its layers from being removed, for ever; docker build leaves one when dockerd is killed in it, and dockerd 26.1 when a container that was exported is removed',
    remedy: `restore containers/<id> from a backup; or ${STOPPED}, move the folder out of layerdb/mounts`,
  },
  'container-config': {
    class: 'F',
    consequence: 'dockerd logs "failed to load container" at its start and does not list it',
    remedy: 'neither prune nor rm; restore config.v2.json from a backup with dockerd stopped',
  },
  'container-without-mount': {
    class: 'W',
    consequence:
      'the container is not listed (up to 28), or is and cannot start; its files cannot be reached',
    issues: ['moby#36639', 'moby#51724'],
    remedy:
      'restore layerdb/mounts/<id> from a backup with dockerd stopped, or create the container anew',
  },
  'container-other-image': {
    class: 'F',
    consequence:
      'docker commit and diff take the wrong base, and docker rmi of either image may destroy the container',
    remedy: 'remove neither image; docker export what the container wrote and create it anew',
  },
  'container-image-gone': {
    class: 'I',
    consequence:
      'the container still starts; docker commit fails and docker ps shows an ID for its image',
    remedy: 'nothing; create the container anew from an image that is there when that matters',
  },
  'container-other-driver': {
    class: 'I',
    consequence: 'dockerd hides the container while it uses overlay2, and keeps it',
    remedy: 'nothing; it is back under its own storage driver',
  },
  'container-alive': {
    class: 'I',
    consequence: 'it lives on without dockerd (live-restore, or dockerd was killed)',
    remedy: 'start dockerd, which takes it over; change nothing in the store before',
  },
  'container-dead': {
    class: 'I',
    consequence: 'dockerd notes it as exited at its next start; a restart policy starts it again',
    remedy: 'nothing',
  },
} as const satisfies Partial<Record<StoreCode, Meaning>>;
