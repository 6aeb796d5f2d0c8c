import type { ContentCheck } from './content-facts.ts';
import { distroCheck } from './distro.ts';
import { libcCheck } from './libc.ts';
import { missingCheck } from './missing.ts';
import { redirectCheck } from './redirect.ts';
import { replacedDirCheck } from './replaced-dir.ts';
import { shadowedCheck } from './shadowed.ts';

/** Every check on what the layers hold, in the order in which their findings are listed. */
export const CONTENT_CHECKS: readonly ContentCheck[] = [
  distroCheck,
  libcCheck,
  missingCheck,
  redirectCheck,
  replacedDirCheck,
  shadowedCheck,
];
