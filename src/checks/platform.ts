import { platformName, type Platform } from '../domain/image-config.ts';
import { finding, type Finding } from '../domain/finding.ts';

/**
 * os, architecture and variant of image and new base must agree; what one of them does not say
 * agrees with anything, as for dockerd (OCI image-spec config.md: variant is optional).
 */
export function checkPlatform(image: Platform, newBase: Platform): Finding[] {
  const fields = ['os', 'architecture', 'variant'] as const;
  const agree = fields.every(
    (field) => image[field] === '' || newBase[field] === '' || image[field] === newBase[field],
  );
  if (agree) return [];
  return [
    finding(
      'platform',
      'breaks',
      `the image is for ${platformName(image)}, the new base for ${platformName(newBase)}`,
    ),
  ];
}
