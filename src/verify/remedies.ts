/**
 * What each kind of damage means: its class, what dockerd does about it, where it is known, and what
 * to do. Measured on dockerd 20.10, 28.5 and 29.7; source: store.md 1, 2 and 7.
 */
import type { DamageClass, StoreCode, StoreFinding } from '../domain/store-finding.ts';

interface Meaning {
  readonly class: DamageClass;
  readonly consequence: string;
  readonly issues?: readonly string[];
  readonly remedy: string;
}

const NOT_LOADED =
  'at its start dockerd passes over the layer and all above it without a word; it lists no image ' +
  'on it and starts no container of one';
const AGAIN = 'then pull, load or build the image again';
const STOPPED = 'with dockerd stopped and a copy of the data-root at hand';
const RESTORE_OR_MOVE = `${STOPPED}, restore the file from a backup, or move the folder out of layerdb, start dockerd, ${AGAIN}`;
const NO_RUN = 'the image is listed and its containers fail to start';
const HARMLESS = 'none: dockerd never reads it and never removes it';
const SPACE = 'leave it, or remove it by hand with dockerd stopped if its space is needed';

const MEANINGS: Readonly<Record<StoreCode, Meaning>> = {
  'layer-incomplete': {
    class: 'F',
    consequence: `${NOT_LOADED}; a pull or load of the same layer fails for ever ("file exists")`,
    issues: ['moby#44909', 'moby#21215'],
    remedy: `${STOPPED}, move the folder out of layerdb, start dockerd, ${AGAIN}`,
  },
  'layer-field': {
    class: 'F',
    consequence: `${NOT_LOADED}; a pull or load of the same layer fails ("file exists")`,
    issues: ['moby#44909'],
    remedy: RESTORE_OR_MOVE,
  },
  'layer-chain': {
    class: 'F',
    consequence:
      'dockerd does not check it: it takes the layer for another one, and docker save writes ' +
      'wrong layers without an error',
    remedy: RESTORE_OR_MOVE,
  },
  'layer-parent-missing': {
    class: 'F',
    consequence: NOT_LOADED,
    remedy: `do not prune; ${STOPPED}, restore the parent's folder from a backup, or pull or load an image that has it`,
  },
  'layer-removing': {
    class: 'W',
    consequence: 'dockerd deletes it and its overlay2 directory at its next clean shutdown',
    issues: ['moby#40268'],
    remedy: 'nothing: the next stop of dockerd finishes an interrupted docker rmi',
  },
  'removing-live': {
    class: 'F',
    consequence: 'at its next clean shutdown dockerd deletes the directory of a layer in use',
    issues: ['moby#40268'],
    remedy: 'before dockerd is stopped, move the "-removing" folder out of layerdb/sha256',
  },
  'cache-id-shared': {
    class: 'F',
    consequence:
      'both mount the same directory with its one lower, so one of them shows the wrong base; ' +
      'docker rmi of either destroys the other',
    issues: ['moby#40333'],
    remedy: 'remove neither; docker save the one that shows the right files, remove both, load it',
  },
  'layer-directory': {
    class: 'F',
    consequence: `${NO_RUN}; a pull does not repair it ("Already exists")`,
    issues: ['moby#41190', 'moby#30531'],
    remedy: `restore the directory from a backup, or docker rmi all images on the layer, ${AGAIN}`,
  },
  'link-invalid': {
    class: 'F',
    consequence:
      'containers on the layer fail to start ("invalid argument"), or start without its files',
    issues: ['moby#42964', 'moby#35747'],
    remedy: `${STOPPED}, write into "link" the name in overlay2/l that points to this directory, 26 characters and no newline`,
  },
  'link-missing': {
    class: 'F',
    consequence: `${NO_RUN} ("no such file or directory"); dockerd never makes it again`,
    issues: ['moby#42964', 'moby#46498'],
    remedy: 'ln -s ../<directory>/diff <data-root>/overlay2/l/<link>, both as named here',
  },
  'link-target': {
    class: 'F',
    consequence:
      'containers on the layer fail to start ("too many levels of symbolic links") or show the files of another layer',
    issues: ['moby#46498'],
    remedy: `${STOPPED}, make it a relative symlink again: ln -sfn ../<directory>/diff <data-root>/overlay2/l/<link>`,
  },
  'link-shared': {
    class: 'F',
    consequence:
      'one of the two mounts the files of the other ("too many levels of symbolic links")',
    issues: ['moby#46498'],
    remedy: `docker rmi the images on the one whose link is wrong, ${AGAIN}`,
  },
  'lower-wrong': {
    class: 'F',
    consequence:
      'containers on the layer start on other layers than the image lists, or without those below, and no error says so',
    remedy: `${STOPPED}, write the links of the layers below it into "lower": l/<LINK>, nearest first, joined by colons, no newline`,
  },
  'committed-missing': {
    class: 'W',
    consequence:
      'docker save and push mount the layer writable; layers from before dockerd knew this file lack it and work',
    remedy:
      'touch <directory>/committed (mode 0600), where layers or containers stand on the layer',
  },
  'work-missing': {
    class: 'W',
    consequence: 'a layer that is not marked as committed cannot be mounted: save and push fail',
    remedy: `${STOPPED}, make the folder "work" in it, mode 0700, owned like "diff"`,
  },
  'tar-split': {
    class: 'W',
    consequence: 'docker save and docker push of images on the layer fail; they run',
    issues: ['moby#33991'],
    remedy: `restore tar-split.json.gz from a backup, or docker rmi the images on it, ${AGAIN}`,
  },
  'layer-digest': {
    class: 'W',
    consequence:
      'docker save and docker push of images on the layer fail, or write what no one can load',
    issues: ['moby#33991', 'docker/for-linux#1307'],
    remedy: `restore the layer from a backup, or docker rmi the images on it, ${AGAIN}`,
  },
  'layer-file': {
    class: 'W',
    consequence:
      'containers see the changed file; docker save and push fail ("file integrity checksum failed")',
    issues: ['moby#33991'],
    remedy: `restore the file from a backup, or docker rmi the images on the layer, ${AGAIN}`,
  },
  'layer-extra-file': {
    class: 'W',
    consequence: 'containers see it; docker save and push leave it out, and say nothing',
    remedy: 'find out who put it there; remove it if it has no business there',
  },
  'layer-attributes': {
    class: 'W',
    consequence: 'containers see it; docker save and push write the original, and say nothing',
    remedy: 'set it back to what the layer says, or pull, load or build the image again',
  },
  'layer-whiteout': {
    class: 'W',
    consequence: 'files that the image deletes are there again in its containers',
    remedy: `docker rmi the images on the layer, ${AGAIN}`,
  },
  'redirect-mark': {
    class: 'W',
    consequence:
      'the layer shows right only on the very layers below it that it was made on; it cannot be rebased',
    remedy: 'docker save and load the image, which writes the layer anew',
  },
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
      'it keeps its layers from being removed, for ever; docker build leaves one when dockerd is killed in it',
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
};

/** A finding with all that its code means. */
export function storeFinding(
  code: StoreCode,
  message: string,
  about: readonly string[] = [],
): StoreFinding {
  const { class: severity, consequence, issues = [], remedy } = MEANINGS[code];
  return { code, class: severity, message, consequence, issues, remedy, about, affects: [] };
}
