/**
 * All checks on contents as one.
 */
import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import type { Finding } from '../domain/finding.ts';
import { CONTENT_CHECKS } from './content-checks.ts';
import type { ContentFacts } from './content-facts.ts';

/** What some check wants read and nobody has read yet; [] when all of them can judge. */
export function wantedContent(facts: ContentFacts, files: FileFacts): FileRequest[] {
  const wanted = CONTENT_CHECKS.flatMap((check) => check.wanted(facts, files));
  return wanted.filter((request) => files.get(request) === undefined);
}

/** The findings of all checks. */
export function judgeContent(facts: ContentFacts, files: FileFacts): Finding[] {
  return CONTENT_CHECKS.flatMap((check) => check.judge(facts, files));
}
