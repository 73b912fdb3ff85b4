/**
 * The witness of C2SP tlog-witness: cosigns a log's checkpoint only if it goes on from the last
 * one it has cosigned. What it has seen is on disk before it answers, so no crash makes it forget.
 */
import path from "node:path";
import { type Checkpoint, parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { sameHash, verifyConsistency } from "../../../protocols/log/merkle.ts";
import {
  COSIGNATURE_V1,
  cosignatureBytes,
  cosignedMessage,
  formatNote,
  isSignedBy,
  type Note,
  type NoteKey,
  noteKey,
  parseNote,
} from "../../../protocols/log/note.ts";
import { type CheckpointRequest, parseCheckpointRequest } from "../../../protocols/log/proof.ts";
import type { Clock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { readWhole, type Volume, writeWhole } from "../volume.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import { sha256, sha256Hex } from "./sha256.ts";
import { type LogSigner, verifyEd25519 } from "./signer.ts";
import { Turns } from "./turns.ts";

export interface WitnessOptions {
  /** Where it keeps what it has seen; must be there. */
  readonly directory: string;
  /** Name of its key: no spaces, no `+`. */
  readonly name: string;
  /** Keys of the logs that it watches, each named by its log's origin. */
  readonly logs: readonly NoteKey[];
  readonly signer: LogSigner;
  readonly clock: Clock;
  readonly volume?: Volume;
}

export type WitnessAnswer =
  /** Lines of the signed note. */
  | { readonly kind: "cosigned"; readonly lines: string }
  /** Answered with the size that was cosigned last. */
  | { readonly kind: "conflict"; readonly size: number }
  | { readonly kind: "malformed" }
  | { readonly kind: "unknown-log" }
  | { readonly kind: "not-signed" }
  | { readonly kind: "inconsistent" };

/** A checkpoint with a signature of a log that is watched, not yet compared with what was seen. */
interface Genuine {
  readonly request: CheckpointRequest;
  readonly note: Note;
  readonly checkpoint: Checkpoint;
}

export class Witness {
  readonly key: NoteKey;
  private readonly options: WitnessOptions;
  private readonly volume: Volume;
  /** Comparing and keeping are one step, for one request at a time. */
  private readonly turns = new Turns();

  private constructor(options: WitnessOptions, volume: Volume) {
    this.options = options;
    this.volume = volume;
    this.key = noteKey(options.name, COSIGNATURE_V1, options.signer.publicKey, sha256);
  }

  static async open(options: WitnessOptions): Promise<Witness> {
    const volume = options.volume ?? diskVolume;
    const witness = new Witness(options, volume);
    await volume.makeFolder(witness.seen());
    await volume.syncFolder(options.directory);
    // What cannot be read back must not be taken for never seen.
    for (const log of options.logs) await witness.last(log.name);
    return witness;
  }

  /** Never throws for what a stranger sent; throws if what it sees cannot be kept. */
  async addCheckpoint(body: string): Promise<WitnessAnswer> {
    const genuine = this.read(body);
    if ("kind" in genuine) return genuine;
    return this.turns.take(() => this.compare(genuine));
  }

  private read(body: string): Genuine | WitnessAnswer {
    const request = parseCheckpointRequest(body);
    const note = request && parseNote(Buffer.from(request.checkpoint));
    const checkpoint = note && parseCheckpoint(note.text);
    if (!request || !note || !checkpoint) return { kind: "malformed" };
    const keys = this.options.logs.filter(({ name }) => name === checkpoint.origin);
    if (keys.length === 0) return { kind: "unknown-log" };
    const signed = keys.some((key) => isSignedBy(note, key, verifyEd25519));
    if (!signed) return { kind: "not-signed" };
    if (request.old > checkpoint.size) return { kind: "malformed" };
    return { request, note, checkpoint };
  }

  private async compare({ request, note, checkpoint }: Genuine): Promise<WitnessAnswer> {
    const last = await this.last(checkpoint.origin);
    const seenSize = last?.size ?? 0;
    if (request.old !== seenSize) return { kind: "conflict", size: seenSize };
    const { size, root } = checkpoint;
    if (last && size === seenSize && !sameHash(root, last.root)) {
      return { kind: "conflict", size: seenSize };
    }
    const firstRoot = last?.root ?? new Uint8Array(0);
    if (!verifyConsistency(seenSize, size, request.hashes, firstRoot, root, sha256)) {
      const isFirst = last === undefined && size === 0 && request.hashes.length === 0;
      if (!isFirst || !sameHash(root, sha256(new Uint8Array(0)))) return { kind: "inconsistent" };
    }
    // A crash behind this: it has seen what it never cosigned, and cosigns it when asked again.
    await this.keep(checkpoint.origin, request.checkpoint);
    return { kind: "cosigned", lines: await this.cosign(note) };
  }

  private async cosign({ text }: Note): Promise<string> {
    const { signer, clock } = this.options;
    const time = Math.floor(clock.wallMs() / 1000);
    const signature = await signer.sign(cosignedMessage(text, time));
    const bytes = cosignatureBytes(time, signature);
    const { name, id: keyId } = this.key;
    return formatNote({ text: "", signatures: [{ name, keyId, bytes }] }).slice(1);
  }

  private async last(origin: string): Promise<Checkpoint | undefined> {
    const file = this.fileOf(origin);
    if (!(await this.volume.exists(file))) return undefined;
    const note = parseNote(await readWhole(this.volume, file, NOTE_BYTES_MAX));
    const checkpoint = note && parseCheckpoint(note.text);
    if (checkpoint?.origin === origin) return checkpoint;
    throw new Error(`what was seen of ${origin} cannot be read back: ${file}`);
  }

  private async keep(origin: string, note: string): Promise<void> {
    await writeWhole(this.volume, this.fileOf(origin), Buffer.from(note));
  }

  private fileOf(origin: string): string {
    return path.join(this.seen(), sha256Hex(Buffer.from(origin)));
  }

  private seen(): string {
    return path.join(this.options.directory, "seen");
  }
}
