/**
 * Brings one recording into the store and proves that it is there: all of it is read back and
 * compared. That a request was answered with "200 OK" proves nothing and is never taken for it.
 *
 * What a crash means at each step: before the plan is written, nothing was sent; after it, the
 * store is asked what it has, so that what came through is not sent again; before `stored.json`
 * is written, the copy counts as not there, and is proved again.
 */
import path from "node:path";
import { DESCRIPTION_BYTES_MAX } from "../limits.ts";
import { RecordingFolder } from "../recording-folder.ts";
import { sha256Hex } from "../seal.ts";
import { readWhole } from "../volume.ts";
import { type Archive, archivePart, type Member, planArchive } from "./archive.ts";
import {
  type BucketFeatures,
  type Locked,
  type ObjectStore,
  type ObjectThere,
  type PartThere,
  type PartUpload,
  type ReadPlace,
  StoreTrouble,
} from "./object-store.ts";
import {
  type CopyPlaces,
  newStored,
  newUnderWay,
  readStored,
  readUnderWay,
  removeStored,
  removeUnderWay,
  type Stored,
  type UnderWay,
  writeStored,
  writeUnderWay,
} from "./stored.ts";

/** What the store gives back is not what was sent: it is broken, or not to be trusted. */
export class CopyDiffers extends Error {
  override readonly name = "CopyDiffers";
}

/** How it stands with one recording. `gone`: nothing is left to do, ever. */
export type CopyBrief =
  | { readonly session: string; readonly state: "open" | "deleted" | "gone" }
  | (ClosedBrief & { readonly state: "waiting" })
  | (ClosedBrief & {
      readonly state: "stored";
      /** The copy has a legal hold too. */
      readonly heldThere: boolean;
      /** Its segments are on this machine. */
      readonly isHere: boolean;
      readonly untilMs: number | undefined;
    });

interface ClosedBrief {
  readonly session: string;
  readonly endedMs: number;
  readonly bytes: number;
  /** By somebody, here. */
  readonly held: boolean;
}

export interface CopyAsked {
  readonly session: string;
  /** Where it goes if nothing of it is on its way yet. */
  readonly key: string;
  readonly nowMs: number;
  readonly lock: Locked | undefined;
  readonly held: boolean;
}

export interface CopyWorkOptions extends CopyPlaces {
  readonly store: ObjectStore;
  /** Bytes of a part; S3 takes none below 5 MiB but the last. */
  readonly partBytes?: number;
}

/** In memory twice while it is sent; a slow line sends it in some minutes. */
const PART_BYTES = 16 * 1024 * 1024;
/** S3 numbers parts up to 10,000. */
const PARTS_MAX = 9_000;

export class CopyWork {
  private readonly options: CopyWorkOptions;

  constructor(options: CopyWorkOptions) {
    this.options = options;
  }

  features(): Promise<BucketFeatures> {
    return this.options.store.features();
  }

  /** What is to be done about each of these. */
  async survey(sessions: readonly string[]): Promise<readonly CopyBrief[]> {
    const found: CopyBrief[] = [];
    for (const session of sessions) found.push(await this.brief(session));
    return found;
  }

  /** Resolves once the copy is proven. @throws RecordingDamaged, CopyDiffers, StoreTrouble */
  async copy(asked: CopyAsked): Promise<Stored> {
    const { store } = this.options;
    const { session, key } = asked;
    const before = await readStored(this.options, session);
    if (before !== undefined) return this.settled(before);
    const state = (await readUnderWay(this.options, session)) ?? (await this.plan(session, key));
    const there = await store.look(state.key);
    const isThere = there !== undefined && (await this.isSame(state, there));
    if (!isThere) await this.send(state, asked);
    return this.prove(state, asked);
  }

  /**
   * Reads all of it back once more, while it is still here: one that is gone or another is
   * forgotten, so that it is copied anew. @throws CopyDiffers, StoreTrouble
   */
  async proveAgain(session: string, nowMs: number): Promise<Stored> {
    const stored = await this.storedOf(session);
    const there = await this.options.store.look(stored.key, stored.version);
    if (there === undefined || !(await this.isSame(stored, there))) {
      await removeStored(this.options, session);
      const what = there === undefined ? "is gone from the object store" : "is not what it was";
      throw new CopyDiffers(`a copy that was proven on ${dayOf(stored.provenMs)} ${what}`);
    }
    const proven = { ...stored, provenMs: Math.floor(nowMs) };
    await writeStored(this.options, proven);
    return proven;
  }

  /** One file of a recording, exactly as it was here. @throws CopyDiffers, StoreTrouble */
  async read(session: string, name: string): Promise<Uint8Array | undefined> {
    const stored = await readStored(this.options, session);
    const member = stored?.archive.members.find((one) => one.name === name);
    if (stored === undefined || member === undefined) return undefined;
    const { offset, bytes, sha256 } = member;
    const content = await this.options.store.read(placeOf(stored), offset, bytes);
    if (sha256Hex(content) === sha256) return content;
    throw new CopyDiffers("the object store gave other bytes than were proven to be there");
  }

  /**
   * The segments of a proven copy go from this machine; what describes the recording stays. Only
   * what is byte for byte in the copy goes. Done again after a crash, it goes on.
   * @returns bytes that became free
   */
  async takeAway(session: string, nowMs: number): Promise<number> {
    const { volume, recordings } = this.options;
    const stored = await this.storedOf(session);
    await writeStored(this.options, { ...stored, awayMs: stored.awayMs ?? Math.floor(nowMs) });
    let freed = 0;
    for (const member of stored.archive.members.filter(isPart)) {
      const file = path.join(recordings, session, member.name);
      if (!(await volume.exists(file)) || !(await this.isAsCopied(session, member))) continue;
      await volume.remove(file);
      freed += member.bytes;
    }
    await volume.syncFolder(path.join(recordings, session, "segments")).catch(() => undefined);
    return freed;
  }

  /** Puts a legal hold on the copy, or takes it off. */
  async hold(session: string, held: boolean): Promise<void> {
    const stored = await this.storedOf(session);
    await this.options.store.hold(placeOf(stored), held);
    await writeStored(this.options, { ...stored, held });
  }

  /**
   * The recording was deleted by the site's own rule: of the copy the tombstone is left, as here.
   * Rejects while a lock or a hold keeps the copy.
   */
  async bury(session: string, key: string): Promise<void> {
    const { store, volume, recordings } = this.options;
    const stored = await readStored(this.options, session);
    const underWay = await readUnderWay(this.options, session);
    const at = stored?.key ?? underWay?.key;
    if (at !== undefined) {
      await store.abandon(at);
      // A crash may have come after it was removed.
      const there = stored && (await store.look(at, stored.version));
      if (stored?.held && there) await store.hold(placeOf(stored), false);
      await store.remove(at);
      if (await store.look(at)) throw new CopyDiffers("the store still has what it deleted");
      const file = path.join(recordings, session, "tombstone.json");
      const tombstone = await readWhole(volume, file, DESCRIPTION_BYTES_MAX);
      const labels = { metadata: { session }, lock: undefined, held: false };
      await store.put(`${key.replace(/\.tar$/, "")}.tombstone.json`, tombstone, labels);
    }
    await removeUnderWay(this.options, session);
    if (stored !== undefined) await removeStored(this.options, session);
  }

  private async brief(session: string): Promise<CopyBrief> {
    const { volume, recordings } = this.options;
    const folder = new RecordingFolder(volume, recordings, session);
    const close = await folder.readClose();
    if (close === undefined) return { session, state: "open" };
    const stored = await readStored(this.options, session);
    const { endedMs, bytes } = close;
    if ((await folder.readTombstone()) !== undefined) {
      const isLeft = stored ?? (await readUnderWay(this.options, session));
      return { session, state: isLeft ? "deleted" : "gone" };
    }
    const held = await folder.isHeld();
    if (stored === undefined) return { session, state: "waiting", endedMs, bytes, held };
    await this.settled(stored);
    const { awayMs, lock, held: heldThere } = stored;
    const isHere = awayMs === undefined;
    const untilMs = lock?.untilMs;
    return { session, state: "stored", endedMs, bytes, held, heldThere, isHere, untilMs };
  }

  /** A crash came between the last two steps. */
  private async settled(stored: Stored): Promise<Stored> {
    await removeUnderWay(this.options, stored.session);
    return stored;
  }

  private async plan(session: string, key: string): Promise<UnderWay> {
    const { volume, recordings } = this.options;
    const archive = await planArchive(volume, recordings, session);
    const state = newUnderWay({ session, key, archive });
    await writeUnderWay(this.options, state);
    return state;
  }

  private async isSame(
    { key, archive }: Pick<UnderWay, "key" | "archive">,
    there: ObjectThere,
  ): Promise<boolean> {
    if (there.bytes !== archive.bytes) return false;
    const digest = await this.options.store.digest({ key, version: there.version }, archive.bytes);
    return digest === archive.sha256;
  }

  private async send(state: UnderWay, asked: CopyAsked): Promise<void> {
    const { store, volume, recordings } = this.options;
    const { key, archive, session } = state;
    const labels = {
      metadata: { session, sha256: archive.sha256 },
      ...{ lock: asked.lock, held: asked.held },
    };
    const partBytes = this.partBytesFor(archive);
    if (archive.bytes <= partBytes) {
      const bytes = await archivePart(volume, recordings, session, archive, [0, archive.bytes]);
      return store.put(key, bytes, labels);
    }
    const before = state.upload === undefined ? undefined : { key, upload: state.upload };
    const sent = before && (await store.parts(before));
    if (before && sent) return this.sendParts(state, before, sent);
    // Also one of a crash before its name was kept.
    await store.abandon(key);
    const upload = { key, upload: await store.begin(key, labels) };
    await writeUnderWay(this.options, { ...state, upload: upload.upload });
    return this.sendParts(state, upload, []);
  }

  private async sendParts(
    { session, archive }: UnderWay,
    upload: PartUpload,
    sent: readonly PartThere[],
  ): Promise<void> {
    const { store, volume, recordings } = this.options;
    const partBytes = this.partBytesFor(archive);
    const parts: PartThere[] = [];
    for (let from = 0, number = 1; from < archive.bytes; from += partBytes, number += 1) {
      const until = Math.min(from + partBytes, archive.bytes);
      const there = sent.find((one) => one.number === number && one.bytes === until - from);
      const part = async () => {
        const bytes = await archivePart(volume, recordings, session, archive, [from, until]);
        return store.part(upload, number, bytes);
      };
      parts.push({ number, bytes: until - from, tag: there?.tag ?? (await part()) });
    }
    await store.complete(upload, parts);
  }

  /** A recording may have any length that the site permits. */
  private partBytesFor({ bytes }: Archive): number {
    const { partBytes = PART_BYTES } = this.options;
    return Math.max(partBytes, Math.ceil(bytes / PARTS_MAX));
  }

  private async prove(state: UnderWay, asked: CopyAsked): Promise<Stored> {
    const { store } = this.options;
    const { session, key, archive } = state;
    const there = await store.look(key);
    if (there === undefined || !(await this.isSame(state, there))) {
      // Whatever was wrong with it: the next attempt plans and sends all of it anew.
      await removeUnderWay(this.options, session);
      throw differs();
    }
    // One that was begun after nobody waited for it any more would be paid for, for ever.
    if (archive.bytes > this.partBytesFor(archive)) await store.abandon(key);
    const place = { key, version: there.version };
    const lock = asked.lock && (await this.locked(place, asked.lock));
    if (asked.held) await store.hold(place, true);
    const stored = newStored({
      ...{ session, key, archive, provenMs: Math.floor(asked.nowMs) },
      ...(there.version !== undefined && { version: there.version }),
      ...(lock && { lock }),
      held: asked.held,
    });
    await writeStored(this.options, stored);
    await removeUnderWay(this.options, session);
    return stored;
  }

  /** Some stores forget the lock of what came in parts: what they say of it afterwards counts. */
  private async locked(place: ReadPlace, wanted: Locked): Promise<Locked> {
    const { store } = this.options;
    const isKept = (lock: Locked | undefined) =>
      // To the second: so it is sent.
      lock?.mode === wanted.mode && lock.untilMs >= wanted.untilMs - 1_000;
    if (!isKept(await store.lockOf(place))) await store.lock(place, wanted);
    const lock = await store.lockOf(place);
    if (lock !== undefined && isKept(lock)) return lock;
    throw new StoreTrouble("it does not keep the lock that it was asked for", 200, "NotLocked");
  }

  private async isAsCopied(session: string, member: Member): Promise<boolean> {
    const { volume, recordings } = this.options;
    const folder = new RecordingFolder(volume, recordings, session);
    const number = Number(/\d+/.exec(member.name)?.[0]);
    const isSegment = member.name.endsWith(".seg");
    const bytes = isSegment ? await folder.readSegment(number) : await folder.readFrame(number);
    return bytes !== undefined && sha256Hex(bytes) === member.sha256;
  }

  private async storedOf(session: string): Promise<Stored> {
    const stored = await readStored(this.options, session);
    if (stored === undefined) throw new Error("its copy is not proven");
    return stored;
  }
}

function isPart({ name }: Member): boolean {
  return name.startsWith("segments/");
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function placeOf({ key, version }: Stored): ReadPlace {
  return { key, version };
}

function differs(): CopyDiffers {
  return new CopyDiffers("what the object store gives back is not what was sent");
}
