import type { DoctorReport } from '../domain/doctor-report.ts';
import { isDamage } from '../domain/store-finding.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { hostDocument } from './plan-json.ts';

/** A DoctorReport as JSON document. */
export function doctorDocument(report: DoctorReport): JsonDocument {
  const { image, deep, examined, findings } = report;
  return {
    ...documentHead('doctor'),
    host: hostDocument(report),
    image: image ?? null,
    deep,
    examined,
    sound: !findings.some(isDamage),
    findings,
  };
}
