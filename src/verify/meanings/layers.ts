import type { StoreCode } from '../../domain/store-finding.ts';
import { AGAIN, STOPPED, type Meaning } from './meaning.ts';

const NOT_LOADED =
  'at its start dockerd passes over the layer and all above it without a word; it lists no image ' +
  'on it and starts no container of one';
const RESTORE_OR_MOVE = `${STOPPED}, restore the file from a backup, or move the folder out of layerdb, start dockerd, ${AGAIN}`;
const NO_RUN = 'the image is listed and its containers fail to start';

export const LAYERS = {
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
  'version-missing': {
    class: 'F',
    consequence: `${NO_RUN} ("no such file or directory")`,
    remedy:
      'rebase-image overlay restore leads back to the own files of the layer; or by hand: ' +
      'ln -sfn ../<directory>/diff <data-root>/overlay2/l/<link>',
  },
  'version-unknown': {
    class: 'W',
    consequence:
      'containers see files of which nothing says what they are, or whether all are there',
    remedy: 'rebase-image overlay restore leads back to the own files of the layer',
  },
  'base-modified': {
    class: 'I',
    consequence:
      'containers see the files of another base; docker save and push still write the own ones',
    remedy: 'nothing: rebase-image overlay status says more, overlay restore leads back',
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
} as const satisfies Partial<Record<StoreCode, Meaning>>;
