/** What a session changed, and the acts that people signed for it. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { decodeValue, type PointFormat } from "../../../protocols/modbus/values.ts";
import type { HeaderTag } from "../../../protocols/tape/record.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Reading } from "../../evidence/report/report-book.ts";
import { hasReport, sessionReport } from "../../evidence/report/session-report.ts";
import type { Bases } from "../../evidence/viewing/bases.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { reportSchema, signedActSchema } from "../shapes/report.ts";
import { recordingView } from "./recording-view.ts";
import { noteReplay } from "./viewed.ts";
import { visibleRecording } from "./visible-recording.ts";

export function showReport(recordings: Recordings, looks: Looks, bases: Bases) {
  return endpoint({
    summary: "What a session changed: marked values before and after, each write, who allowed it",
    params: idParameter,
    answer: reportSchema,
    handle: async (call) => {
      const recording = await visibleRecording(recordings, call.params.id, call);
      if (!hasReport(recording.header.endpoint.protocol)) throw noReport();
      await noteReplay(looks, call.me, recording);
      const { values, changes, ...rest } = await sessionReport(recordings, recording);
      const { grant, tags } = recording.header;
      const basis = await bases.ofGrant(grant.id);
      return {
        recording: recordingView(recording),
        tags: tags.map(({ report: _, states, ...tag }) => ({
          ...tag,
          ...(states ? { states: [...states] } : {}),
        })),
        values: values.map(({ tag, before, held, after }) => ({
          tag: tag.name,
          before: readingView(tag, before),
          held: held.flatMap((one) => readingView(tag, one) ?? []),
          after: readingView(tag, after),
        })),
        changes: changes.map((change) => ({
          ...change,
          points: change.points && {
            ...change.points,
            before: [...change.points.before],
            values: [...change.points.values],
          },
        })),
        ...rest,
        grant: {
          ...{ id: grant.id, profile: grant.profile, madeBy: basis?.madeBy ?? null },
          reason: basis?.reason ?? "",
          request: basis?.request
            ? { ...basis.request, decisions: [...basis.request.decisions] }
            : null,
        },
      };
    },
  });
}

export function showSignedAct(recordings: Recordings, bases: Bases) {
  return endpoint({
    summary: "An act that somebody signed for this session, with all that verifies it",
    params: idParameter.extend({ act: z.string().min(1).max(100) }),
    answer: signedActSchema,
    handle: async (call) => {
      const { header } = await visibleRecording(recordings, call.params.id, call);
      const act = await bases.act(call.params.act, header.session, header.grant.id);
      if (act === undefined) throw notFound();
      const { id, purpose, text, atMs, publicKey, algorithm } = act;
      const { rpId, clientDataJson, authenticatorData, signature } = act;
      return {
        ...{ id, purpose, by: act.name, atMs, text, publicKey, algorithm },
        ...{ rpId, clientDataJson, authenticatorData, signature },
        sha256: createHash("sha256").update(text).digest("hex"),
      };
    },
  });
}

function readingView(tag: HeaderTag, reading: Reading | null) {
  if (reading === null) return null;
  return {
    registers: [...reading.registers],
    value: reading.node ? reading.node.number : engineeringValue(tag, reading),
    ...(reading.node && { text: reading.node.text }),
    atMs: reading.atMs,
  };
}

function engineeringValue(tag: HeaderTag, { registers }: Reading): number | null {
  try {
    const value = decodeValue(registers, tag as PointFormat);
    return Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

function noReport(): ApiRefused {
  const message = "There is no such report of this protocol: replay the recording.";
  return new ApiRefused(422, "no-report", message);
}
