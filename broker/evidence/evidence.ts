/** Puts the parts of the recorder together; `openEvidence` is all that the broker calls. */
import path from "node:path";
import type { ProgressMember } from "../../protocols/log/progress.ts";
import type { Header } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import type { Close, Tombstone } from "./descriptions.ts";
import { diskVolume } from "./disk-volume.ts";
import { HandedTapes } from "./handed-tapes.ts";
import type { EvidenceKeys } from "./keys.ts";
import { EVIDENCE_LIMITS, type EvidenceLimits } from "./limits.ts";
import { type StoredFiles, StoredVolume } from "./objects/stored-volume.ts";
import type { Recorder } from "./recorder.ts";
import type { Recordings } from "./recordings.ts";
import { type LibraryOptions, RecordingsLibrary } from "./recordings-library.ts";
import { Retention } from "./retention.ts";
import { FramerLink } from "./screens/framer-link.ts";
import { SealerLink } from "./sealer-link.ts";
import type { ProgressText } from "./sealer-messages.ts";
import { Search, type SearchParts } from "./search/search.ts";
import { unsealedTails } from "./search/tails.ts";
import { SessionRecorder } from "./session-recorder.ts";
import type { Volume } from "./volume.ts";
import { diskUse, type VolumeState, type VolumeUse, VolumeWatch } from "./volume-watch.ts";
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
  /** How long recordings are kept after their end; absent: for ever. */
  readonly keepMs?: number;
  /** How full the volume is; as the disk says, if absent. */
  volumeUse?(): Promise<VolumeUse>;
  /** Told at the start, and when the volume passes a threshold. */
  onVolume?(state: VolumeState): void;
  /** A recording was deleted by policy; its content goes once this resolves. */
  onTombstone?(tombstone: Tombstone): Promise<void>;
  /** Why recordings that are due could not be deleted. */
  onRetentionTrouble?(error: unknown): void;
  /** Of recordings that an object store has too. */
  readonly stored?: StoredFiles & {
    /** It was held, released or deleted. */
    changed(session: string): void;
  };
  /** Told how long each group commit took, in milliseconds. */
  onCommit?(milliseconds: number): void;
}

export interface Evidence {
  readonly recorder: Recorder;
  /** Recordings that gateways write. */
  readonly handed: Pick<HandedTapes, "open" | "get" | "of" | "all" | "onClosed">;
  readonly recordings: Recordings;
  /** What an earlier run left open and was closed now. */
  readonly recovered: readonly Close[];
  /** Tells once of a recording that grew beyond its quota: its session is to end. */
  onOverQuota(listener: (session: string) => void): () => void;
  /**
   * Begins to index what is recorded, in a thread of its own. Once only.
   * @param trouble why something cannot be indexed now; it is tried again
   */
  openSearch(trouble: (cause: string) => void): Search;
  /** The index for searching holds all of this recording. */
  isIndexed(session: string): boolean;
  /** How far each open recording has come that grew since the last call; for the site log. */
  progress(): Promise<readonly ProgressMember[]>;
  /** Lines that the site log's leaf gave, for the recordings that are still open. */
  keepProgress(lines: readonly ProgressText[]): void;
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
  const frames = new FramerLink({ recordings, keys, volume: options.volume });
  const [reserve, folder] = [path.join(directory, "reserve"), path.join(directory, "handed")];
  const sealer = new SealerLink(
    { recordings, reserve, handed: folder, build, limits, keys, clock, volume: options.volume },
    {
      freed: (number) => writeAhead.free(number),
      trouble: (cause) => recorder.sealing(cause),
      screen: (session, number, plain) => frames.segment({ session, number, plain }),
      closed: (session) => frames.over(session),
    },
  );
  const writeAhead = new WriteAhead(files, limits, clock, {
    durable: (number, until, complete) =>
      sealer.durable({ number, path: files.pathOf(number) }, until, complete),
    handed: (payload) => sealer.handed(payload),
    failed: () => recorder.refresh(),
    ready: () => recorder.resume(),
    rotated: () => recorder.letGoOfFiles(),
    committed: (milliseconds) => options.onCommit?.(milliseconds),
  });
  const watch = watchVolume(options, (because) => recorder.full(because));
  const recorder = new SessionRecorder({
    ...{ volume, recordings, limits, clock, writeAhead, sealer },
    refusal: () => watch.refusal(),
  });
  const recovered = await recover(volume, directory, files, sealer);
  await writeAhead.start();
  const handed = new HandedTapes({
    ...{ volume, recordings, folder, clock, recorder, writeAhead, sealer },
  });
  await handed.recover();
  await watch.look();
  let search: Search | undefined;
  const settle = () => writeAhead.settle();
  const { library, retention } = openLibrary(
    options,
    {
      ...{ volume, recordings, sealer, keys, settle },
      isLive: recorder.isLive.bind(recorder),
      openHere: options.volume !== undefined,
      catalogue: path.join(directory, "catalogue"),
    },
    async (session) => search?.forget(session),
  );
  return {
    recorder: telling(recorder, (header) => search?.began(header)),
    handed: tellingOf(handed, (header) => search?.began(header)),
    recordings: library,
    recovered,
    onOverQuota: (listener) => recorder.onOverQuota(listener),
    progress: () => sealer.progressed(),
    keepProgress: (lines) => sealer.keepProgress(lines),
    openSearch: (trouble) => {
      search = newSearch(options, { recordings, trouble, ...unsealedTails(sealer, settle) });
      return search;
    },
    isIndexed: (session) => search?.holdsAll(session) === true,
    close: async () => {
      watch.stop();
      await retention.stop();
      await search?.close();
      for (const part of [library, recorder, writeAhead, sealer, frames, files]) await closed(part);
    },
  };
}

function newSearch(
  { directory, keys, clock, stored }: EvidenceOptions,
  parts: Omit<SearchParts, "folder" | "keys" | "clock" | "stored">,
): Search {
  const folder = path.join(directory, "search");
  return new Search({ ...parts, folder, keys, clock, ...(stored && { stored }) });
}

type Part = { stop(): Promise<void> } | { close(): Promise<void> };

function closed(part: Part): Promise<void> {
  return "close" in part ? part.close() : part.stop();
}

/** The same recorder, whose recordings the search hears of as they begin. */
function telling(recorder: Recorder, began: (header: Header) => void): Recorder {
  return {
    open: async (header) => {
      const tape = await recorder.open(header);
      began(header);
      return tape;
    },
    get state() {
      return recorder.state;
    },
    onState: (listener) => recorder.onState(listener),
  };
}

/** Likewise. */
function tellingOf(handed: HandedTapes, began: (header: Header) => void): Evidence["handed"] {
  return {
    open: async (header, gateway) => {
      const tape = await handed.open(header, gateway);
      began(tape.header);
      return tape;
    },
    get: (session) => handed.get(session),
    of: (gateway) => handed.of(gateway),
    all: () => handed.all(),
    onClosed: (listener) => handed.onClosed(listener),
  };
}

function openLibrary(
  options: EvidenceOptions,
  parts: Omit<LibraryOptions, "retention">,
  forget: (session: string) => Promise<void>,
): { library: RecordingsLibrary; retention: Retention } {
  const { volume, recordings } = parts;
  const retention = new Retention({
    ...{ volume, recordings, clock: options.clock, keepMs: options.keepMs },
    // What the index holds of it goes before the recording does, and again after a crash.
    tombstone: async (tombstone) => {
      await options.onTombstone?.(tombstone);
      await forget(tombstone.session);
    },
    changed: (session) => {
      options.stored?.changed(session);
      library.forget(session);
    },
    trouble: (error) => options.onRetentionTrouble?.(error),
  });
  const read = options.stored && new StoredVolume(volume, recordings, options.stored);
  const library = new RecordingsLibrary({ ...parts, ...(read && { volume: read }), retention });
  retention.start();
  return { library, retention };
}

function watchVolume(
  options: EvidenceOptions,
  full: (because: string | undefined) => void,
): VolumeWatch {
  return new VolumeWatch({
    clock: options.clock,
    use: () => options.volumeUse?.() ?? diskUse(options.directory),
    changed: (state) => {
      full(state.atFloor ? "The volume of the recordings is full" : undefined);
      options.onVolume?.(state);
    },
  });
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
