/**
 * The signer behind its socket. It signs nothing but checkpoints of this site's logs, and each only
 * if it goes on from the last one that it signed, which it keeps on its own disk before it answers:
 * whoever takes over the broker gets neither the key nor a signature under another history.
 */
import path from "node:path";
import { fromBase64, toBase64 } from "../../../protocols/log/base64.ts";
import {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
} from "../../../protocols/log/checkpoint.ts";
import { sameHash, verifyConsistency } from "../../../protocols/log/merkle.ts";
import { diskVolume } from "../disk-volume.ts";
import { readWhole, type Volume, writeWhole } from "../volume.ts";
import { NOTE_BYTES_MAX } from "./limits.ts";
import { sha256 } from "./sha256.ts";
import type { LogKeys } from "./signer.ts";
import type { SignerAnswer, SignerRequest } from "./signer-wire.ts";
import { Turns } from "./turns.ts";

export interface NoteSignerOptions {
  /** Where it keeps what it has signed; must be there. */
  readonly directory: string;
  /** Of the site: it signs `<name>/log/<n>`. */
  readonly name: string;
  readonly keys: LogKeys;
  readonly volume?: Volume;
}

type Sign = SignerRequest & { readonly do: "sign" };

export class NoteSigner {
  private readonly options: NoteSignerOptions;
  private readonly volume: Volume;
  /** Comparing, keeping and signing are one step, for one request at a time. */
  private readonly turns = new Turns();

  constructor(options: NoteSignerOptions) {
    this.options = options;
    this.volume = options.volume ?? diskVolume;
  }

  /** Never rejects. */
  answer(request: SignerRequest): Promise<SignerAnswer> {
    return this.turns
      .take(() => this.serve(request))
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        return { kind: "failed", reason: reason.slice(0, 500) };
      });
  }

  private async serve(request: SignerRequest): Promise<SignerAnswer> {
    const { keys } = this.options;
    const newest = await this.newest();
    switch (request.do) {
      case "key": {
        if (!comesNext(request.number, newest)) return refused(NOT_NEXT);
        const { publicKey } = await keys.open(request.number);
        return { kind: "key", bytes: toBase64(publicKey) };
      }
      case "has":
        return { kind: "has", has: await keys.has(request.number) };
      case "destroy":
        if (request.number >= newest) return refused("the key of the log in force stays");
        await keys.destroy(request.number);
        return { kind: "done" };
      case "sign":
        return request.number < newest
          ? refused("a later log is in force")
          : this.sign(request, newest);
    }
  }

  private async sign(request: Sign, newest: number): Promise<SignerAnswer> {
    const { keys, name } = this.options;
    const checkpoint = parseCheckpoint(request.text);
    if (!checkpoint || formatCheckpoint({ ...checkpoint, extensions: [] }) !== request.text) {
      return refused("it is not a checkpoint");
    }
    if (checkpoint.origin !== `${name}/log/${request.number}`) {
      return refused(`${checkpoint.origin.slice(0, 200)} is no log of this signer's site, ${name}`);
    }
    if (!comesNext(request.number, newest)) return refused(NOT_NEXT);
    const objection = this.compare(request, checkpoint, await this.last(request.number));
    if (objection) return objection;
    // A crash behind this: it has kept what it never signed, and signs it when asked again.
    await this.keep(request.number, request.text);
    const signer = await keys.open(request.number);
    return { kind: "signed", bytes: toBase64(await signer.sign(Buffer.from(request.text))) };
  }

  private compare(
    { old, hashes }: Sign,
    { size, root }: Checkpoint,
    last: Checkpoint | undefined,
  ): SignerAnswer | undefined {
    if (!last) return undefined;
    if (size < last.size) {
      return refused(`the log went back: ${last.size} leaves were signed, and it has ${size}`);
    }
    if (size === last.size) {
      return sameHash(root, last.root)
        ? undefined
        : refused("another tree of this size was signed");
    }
    if (old !== last.size) return { kind: "behind", size: last.size };
    const proof = hashes.map((hash) => fromBase64(hash) ?? new Uint8Array(0));
    if (verifyConsistency(last.size, size, proof, last.root, root, sha256)) return undefined;
    return refused(`the log was rewritten: its first ${last.size} leaves are others than before`);
  }

  /** Number of the newest log that was signed for; 0 before the first. */
  private async newest(): Promise<number> {
    const names = await this.volume.list(this.folder());
    return Math.max(0, ...names.filter((name) => /^[1-9]\d{0,5}$/.test(name)).map(Number));
  }

  private async last(number: number): Promise<Checkpoint | undefined> {
    const file = path.join(this.folder(), String(number));
    if (!(await this.volume.exists(file))) return undefined;
    const text = new TextDecoder().decode(await readWhole(this.volume, file, NOTE_BYTES_MAX));
    const checkpoint = parseCheckpoint(text);
    if (checkpoint) return checkpoint;
    throw new Error(`what was signed of log ${number} cannot be read back: ${file}`);
  }

  private async keep(number: number, text: string): Promise<void> {
    if (await this.volume.makeFolder(this.folder())) {
      await this.volume.syncFolder(this.options.directory);
    }
    await writeWhole(this.volume, path.join(this.folder(), String(number)), Buffer.from(text));
  }

  private folder(): string {
    return path.join(this.options.directory, "signed");
  }
}

const NOT_NEXT = "no log of this number comes next";

/** A site whose first logs were signed elsewhere begins here with a later one. */
function comesNext(number: number, newest: number): boolean {
  return newest === 0 || number <= newest + 1;
}

function refused(reason: string): SignerAnswer {
  return { kind: "refused", reason };
}
