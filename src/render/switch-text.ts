import type { SwitchView } from '../domain/overlay/switch-view.ts';
import { printable } from './printable.ts';

/** `debian:12   own files -> overlay 12.5`. */
export function switchText({ base, before, after }: SwitchView): string {
  return `${printable(base)}   ${filesText(before)} -> ${filesText(after)}`;
}

function filesText(version: string | null): string {
  return version === null ? 'own files' : `overlay ${printable(version)}`;
}
