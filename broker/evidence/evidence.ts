/** Puts the parts of the recorder together; `openEvidence` is all that the broker calls. */
import path from "node:path";
import type { Clock } from "../clock.ts";
import type { Close } from "./descriptions.ts";
import { diskVolume } from "./disk-volume.ts";
import type { EvidenceKeys } from "./keys.ts";
import { EVIDENCE_LIMITS, type EvidenceLimits } from "./limits.ts";
import type { Recorder } from "./recorder.ts";
import type { Recordings } from "./recordings.ts";
import { RecordingsLibrary } from "./recordings-library.ts";
import { SealerLink } from "./sealer-link.ts";
import { SessionRecorder } from "./session-recorder.ts";
import type { Volume } from "./volume.ts";
import { WriteAhead } from "./write-ahead.ts";
import { WriteAheadFiles } from "./write-ahead-files.ts";

export interface EvidenceOptions {
  /** Made if it is not there; its parent must be. Only one process may use it. */
  readonly directory: string;
  /** Names this broker in what it closes. */
  readonly build: string;
  readonly clock: Clock;
  /** Whom recordings are sealed to. */
  readonly keys: EvidenceKeys;
  /** Where the files are. Given, sealing runs in this thread: for tests that make it fail. */
  readonly volume?: Volume;
  readonly limits?: Partial<EvidenceLimits>;
  /** Told how long each group commit took, in milliseconds. */
  onCommit?(milliseconds: number): void;
}

export interface Evidence {
  readonly recorder: Recorder;
  readonly recordings: Recordings;
  /** What an earlier run left open and was closed now. */
  readonly recovered: readonly Close[];
  /** Closes and seals what is open. Never fails: what cannot be sealed now is at the next start. */
  close(): Promise<void>;
}

/**
 * Recovers what an earlier run left, then records. A volume that does not work does not keep the
 * broker from starting: the recorder has failed then, says why, and tries again.
 */
export async function openEvidence(options: EvidenceOptions): Promise<Evidence> {
  const { directory, build, clock, keys } = options;
  const volume = options.volume ?? diskVolume;
  const limits = { ...EVIDENCE_LIMITS, ...options.limits };
  const recordings = path.join(directory, "recordings");
  const files = new WriteAheadFiles(volume, path.join(directory, "write-ahead"), limits, keys);
  const sealer = new SealerLink(
    {
      recordings,
      reserve: path.join(directory, "reserve"),
      build,
      limits,
      keys,
      clock,
      volume: options.volume,
    },
    {
      freed: (number) => void files.free(number).catch(() => undefined),
      trouble: (cause) => recorder.sealing(cause),
    },
  );
  const writeAhead = new WriteAhead(files, limits, clock, {
    durable: (number, until, complete) =>
      sealer.durable({ number, path: files.pathOf(number) }, until, complete),
    handed: (payload) => sealer.handed(payload),
    failed: () => recorder.refresh(),
    ready: () => recorder.resume(),
    committed: (milliseconds) => options.onCommit?.(milliseconds),
  });
  const recorder = new SessionRecorder({ volume, recordings, limits, clock, writeAhead, sealer });
  const recovered = await recover(volume, directory, files, sealer);
  await writeAhead.start();
  return {
    recorder,
    recordings: new RecordingsLibrary({
      volume,
      recordings,
      sealer,
      keys,
      settle: () => writeAhead.settle(),
      isLive: (session) => recorder.isLive(session),
    }),
    recovered,
    close: async () => {
      await recorder.close();
      await writeAhead.close();
      await sealer.stop();
      await files.close();
    },
  };
}

/** Closes what earlier runs left, before anything new begins. */
async function recover(
  volume: Volume,
  directory: string,
  files: WriteAheadFiles,
  sealer: SealerLink,
): Promise<readonly Close[]> {
  for (const folder of [directory, path.join(directory, "recordings"), files.folder]) {
    await volume.makeFolder(folder);
  }
  const names = (await files.find()).map((number) => ({ number, path: files.pathOf(number) }));
  return sealer.recover(names);
}
