/** What dockerd and BuildKit name layer directories and their init layers (store.md 1.1, 1.8). */
const LAYER_NAME = /^[0-9a-z]+(-init)?$/;

/** Whether a text can be the name of a layer directory, and so may become part of a path. */
export function isLayerName(text: string): boolean {
  return LAYER_NAME.test(text);
}
