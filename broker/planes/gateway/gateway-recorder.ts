/**
 * What a gateway records with: its own write-ahead on its own disk. An operation that changes the
 * plant waits for it as everywhere; sealing is control's.
 */
import path from "node:path";
import type { Clock } from "../../clock.ts";
import { diskVolume } from "../../evidence/disk-volume.ts";
import { type EvidenceKeys, openEvidenceKeys } from "../../evidence/keys.ts";
import { EVIDENCE_LIMITS } from "../../evidence/limits.ts";
import { RecordingFolder } from "../../evidence/recording-folder.ts";
import { SessionRecorder } from "../../evidence/session-recorder.ts";
import { WriteAhead } from "../../evidence/write-ahead.ts";
import { WriteAheadFiles } from "../../evidence/write-ahead-files.ts";
import { HandOver } from "./hand-over.ts";

export interface GatewayRecorder {
  readonly recorder: SessionRecorder;
  readonly handOver: HandOver;
  /** Resolves once control has all that was recorded, or is not connected. */
  handedOver(): Promise<void>;
  /** What is durable here stays; the rest is written first. */
  close(): Promise<void>;
}

/** @param trouble why what is recorded here cannot be handed over */
export async function openGatewayRecorder(
  folder: string,
  clock: Clock,
  trouble: (reason: string) => void,
): Promise<GatewayRecorder> {
  const volume = diskVolume;
  const at = (name: string) => path.join(folder, name);
  for (const name of [folder, at("write-ahead"), at("sessions")]) await volume.makeFolder(name);
  const keys: EvidenceKeys = await openEvidenceKeys({
    ...{ file: at("gateway-tapes.key"), evidenceFolder: folder, auditors: [] },
  });
  const files = new WriteAheadFiles(volume, at("write-ahead"), EVIDENCE_LIMITS, keys);
  const handOver = new HandOver({
    ...{ volume, keys, trouble, pathOf: (number) => files.pathOf(number) },
    freed: (number) => writeAhead.free(number),
  });
  handOver.found(await files.find());
  const writeAhead = new WriteAhead(files, EVIDENCE_LIMITS, clock, {
    durable: (number, until, complete) => handOver.durable(number, until, complete),
    handed: () => {},
    failed: () => recorder.refresh(),
    ready: () => recorder.resume(),
    rotated: () => recorder.letGoOfFiles(),
  });
  const sessions = at("sessions");
  const recorder = new SessionRecorder({
    ...{ volume, recordings: sessions, limits: EVIDENCE_LIMITS, clock, writeAhead },
    sealer: { untilClosed: (session) => forgotten(sessions, session, writeAhead) },
    refusal: () => undefined,
  });
  await forgetEarlier(sessions);
  await writeAhead.start();
  return {
    ...{ recorder, handOver },
    handedOver: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await writeAhead.settle();
      await handOver.whenIdle();
    },
    close: async () => {
      await recorder.close();
      handOver.end();
      await writeAhead.close();
      await files.close();
    },
  };
}

/** Its folder only keeps a session from being begun twice; its tape is in the write-ahead. */
async function forgotten(sessions: string, session: string, ahead: WriteAhead): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await ahead.settle();
  await new RecordingFolder(diskVolume, sessions, session).removeEmpty().catch(() => undefined);
}

async function forgetEarlier(sessions: string): Promise<void> {
  for (const session of await diskVolume.list(sessions)) {
    await new RecordingFolder(diskVolume, sessions, session).removeEmpty().catch(() => undefined);
  }
}
