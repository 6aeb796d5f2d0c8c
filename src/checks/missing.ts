/**
 * `missing`: what the image's programs, its start and its user need, was there on the old base and
 * is not on the new one.
 */
import { requestKey, type FileFacts, type FileRequest } from '../domain/file-fact.ts';
import type { Finding } from '../domain/finding.ts';
import { accountFindings } from './accounts/account-findings.ts';
import type { ContentCheck, ContentFacts } from './content-facts.ts';
import { leftFolderFindings } from './left-folders.ts';
import { findingsOfSubjects } from './missing-findings.ts';
import { subjectsOf } from './missing-subjects.ts';
import { RunningImage } from './start/running-image.ts';
import { Starter } from './start/starter.ts';

export const missingCheck: ContentCheck = {
  name: 'missing',

  wanted(facts, files) {
    const unread: FileRequest[] = [];
    look(facts, files, unread);
    return [...new Map(unread.map((request) => [requestKey(request), request])).values()];
  },

  judge(facts, files) {
    return look(facts, files, []);
  },
};

/** The findings as far as the files have been read; what is not is added to `unread`. */
function look(facts: ContentFacts, files: FileFacts, unread: FileRequest[]): Finding[] {
  const [before, after] = [facts.before, facts.after].map(
    (whole) => new RunningImage(whole, files, unread),
  ) as [RunningImage, RunningImage];
  const subjects = subjectsOf(facts, new Starter(before), new Starter(after));
  const base = { oldName: facts.oldBase.name, newName: facts.newBase.name };
  return [
    ...findingsOfSubjects(subjects, base),
    ...leftFolderFindings(facts),
    ...accountFindings(facts, before, after),
  ];
}
