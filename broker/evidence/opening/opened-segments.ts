/**
 * Sealed segments as they are read: opened once, kept while they are likely to be asked for
 * again. Memory is bounded by bytes, whatever is played and however long it is.
 */
import type { EvidenceKeys } from "../keys.ts";
import { type SealedBytes, SegmentOpener } from "./segment-opener.ts";

/** A day of polling opens to some twenty; a few people look at a time. */
export const OPENED_BYTES_MAX = 96 * 1024 * 1024;
/** Of one recording, opened before anybody asked; the rest comes as one goes there. */
export const EXPECTED_BYTES_MAX = 32 * 1024 * 1024;
/** An entry of no bytes takes memory too. */
const ENTRY_BYTES = 512;

export type ReadSealed = () => Promise<SealedBytes | undefined>;

interface Entry {
  readonly plain: Promise<Uint8Array | undefined>;
  bytes: number;
}

export class OpenedSegments {
  private readonly opener: SegmentOpener;
  /** By session and name, the least recently used first. */
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;
  private expecting: symbol | undefined;

  constructor(keys: EvidenceKeys, here: boolean) {
    this.opener = new SegmentOpener(keys.identities, here);
  }

  /** Rejects as `SegmentOpener.open`; what failed is tried again the next time. */
  get(session: string, name: string, read: ReadSealed): Promise<Uint8Array | undefined> {
    return this.entry(session, name, read, "now").plain;
  }

  /** Without keeping it. */
  async once(read: ReadSealed): Promise<Uint8Array | undefined> {
    const sealed = await read();
    return sealed && this.opener.open(sealed, "now");
  }

  /** Opens what somebody who plays this recording will ask for, in turn, as long as there is room. */
  async expect(
    session: string,
    wanted: Iterable<{ readonly name: string; readonly read: ReadSealed }>,
  ): Promise<void> {
    const mine = Symbol(session);
    this.expecting = mine;
    let bytes = 0;
    for (const { name, read } of wanted) {
      if (this.expecting !== mine || bytes > EXPECTED_BYTES_MAX) return;
      const plain = await this.entry(session, name, read, "later").plain.catch(() => undefined);
      bytes += ENTRY_BYTES + (plain?.length ?? 0);
    }
  }

  /** What is on disk of this session is no longer what it was. */
  forget(session: string): void {
    for (const [key, entry] of this.entries) {
      if (key.startsWith(`${session}/`)) this.drop(key, entry);
    }
  }

  stop(): Promise<void> {
    this.expecting = undefined;
    return this.opener.stop();
  }

  private entry(session: string, name: string, read: ReadSealed, urgency: "now" | "later"): Entry {
    const key = `${session}/${name}`;
    const known = this.entries.get(key);
    if (known) {
      this.entries.delete(key);
      this.entries.set(key, known);
      return known;
    }
    const plain = read().then((sealed) => sealed && this.opener.open(sealed, urgency));
    const entry: Entry = { plain, bytes: ENTRY_BYTES };
    this.entries.set(key, entry);
    this.bytes += entry.bytes;
    plain.then(
      // What is not there may be a moment later: key frames are made behind their segments.
      (opened) => (opened ? this.grown(key, entry, opened.length) : this.drop(key, entry)),
      () => this.drop(key, entry),
    );
    return entry;
  }

  private grown(key: string, entry: Entry, bytes: number): void {
    if (this.entries.get(key) !== entry) return;
    entry.bytes += bytes;
    this.bytes += bytes;
    for (const [oldest, other] of this.entries) {
      if (this.bytes <= OPENED_BYTES_MAX) return;
      this.drop(oldest, other);
    }
  }

  private drop(key: string, entry: Entry): void {
    if (this.entries.get(key) !== entry) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
  }
}
