/** repositories.json. */

import {
  addTag,
  edit,
  fifo,
  leadTo,
  makeFolder,
  put,
  remove,
  UNKNOWN,
  type Damage,
} from '../damaged-store.ts';

export const TAGS_DAMAGES: readonly Damage[] = [
  ['repositories.json is empty', (p) => put(p.repositories, ''), ['repositories-broken']],
  [
    'repositories.json is cut off',
    (p) => edit(p.repositories, (text) => text.slice(0, -5)),
    ['repositories-broken'],
  ],
  ['repositories.json is null', (p) => put(p.repositories, 'null'), ['repositories-broken']],
  ['repositories.json is a list', (p) => put(p.repositories, '[]'), ['repositories-broken']],
  [
    'its Repositories is a list',
    (p) => put(p.repositories, '{"Repositories":[]}'),
    ['repositories-broken'],
  ],
  [
    'its Repositories holds a text',
    (p) => {
      put(p.repositories, '{"Repositories":{"app":"x"}}');
    },
    ['repositories-broken'],
  ],
  [
    'repositories.json is a folder',
    (p) => makeFolder(remove(p.repositories)),
    ['repositories-broken'],
  ],
  ['repositories.json is a FIFO', (p) => fifo(p.repositories), ['repositories-broken']],
  [
    'repositories.json leads out of the store',
    (p) => leadTo(p.repositories, '/etc/passwd'),
    ['repositories-broken'],
  ],
  ['repositories.json is bare', (p) => put(p.repositories, '{}'), ['repositories-missing']],
  ['repositories.json is not there', (p) => remove(p.repositories), ['repositories-missing']],
  [
    'a tag has its full name',
    (p) => addTag(p, 'docker.io/library/app', 'docker.io/library/app:9'),
    ['tag-unfamiliar'],
  ],
  ['a tag has no tag', (p) => addTag(p, 'new', 'new'), ['tag-unfamiliar']],
  ['a tag has an escape sequence', (p) => addTag(p, 'new', 'new:\u001b[2J'), ['tag-unfamiliar']],
  ['a tag stands below another repository', (p) => addTag(p, 'app2', 'app:9'), ['tag-misplaced']],
  [
    'a tag names an image that is gone',
    (p) => addTag(p, 'new', 'new:1', UNKNOWN),
    ['tag-dangling'],
  ],
  [
    'a tag names an ID in upper case',
    (p) => addTag(p, 'new', 'new:1', p.store.image('app').imageId.toUpperCase()),
    ['tag-dangling'],
  ],
  ['a tag names no ID', (p) => addTag(p, 'new', 'new:1', '../x'), ['tag-dangling']],
];
