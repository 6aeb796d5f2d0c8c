import { platformName, platformsAgree, type Platform } from '../domain/image-config.ts';
import { finding, type Finding } from '../domain/finding.ts';

/** os, architecture and variant of image and new base must agree. */
export function checkPlatform(image: Platform, newBase: Platform): Finding[] {
  if (platformsAgree(image, newBase)) return [];
  return [
    finding(
      'platform',
      'breaks',
      `the image is for ${platformName(image)}, the new base for ${platformName(newBase)}`,
    ),
  ];
}
