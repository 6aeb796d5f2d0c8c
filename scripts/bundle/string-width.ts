/**
 * What the bundle has in place of the package `string-width`, by which yargs lays out its help: the
 * package compiles Unicode tables at every start, a fifth of it.
 */
export { displayWidth as default } from '../../src/render/display-width.ts';
