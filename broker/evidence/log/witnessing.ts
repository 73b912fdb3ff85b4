/**
 * Asks the witnesses to cosign each checkpoint, puts what they answer into it, and says when they
 * fall behind or have seen another history. Nothing waits for them: leaves and sessions go on.
 */
import { cosignatures } from "../../../protocols/log/checked-note.ts";
import { formatNote, type NoteSignature, parseNote } from "../../../protocols/log/note.ts";
import {
  type LogPolicy,
  type PolicyWitness,
  quorumReached,
} from "../../../protocols/log/policy.ts";
import { formatCheckpointRequest } from "../../../protocols/log/proof.ts";
import type { Clock } from "../../clock.ts";
import type { PublishedCheckpoint } from "./published-checkpoint.ts";
import { verifyEd25519 } from "./signer.ts";
import type { SiteLog } from "./site-log.ts";

export interface WitnessingParts {
  readonly log: Pick<SiteLog, "checkpoint" | "consistency" | "keepNote" | "onCheckpoint">;
  readonly policy: LogPolicy;
  readonly clock: Clock;
  /** Reaches configured destinations only. */
  post(url: string, type: string, body: string): Promise<WitnessReply>;
  /** The quorum is behind, or undefined: it has caught up. */
  onLag(cause: string | undefined): void;
  /** A witness has seen a history that is not this one. */
  onFork(text: string): void;
}

export interface WitnessReply {
  readonly status: number;
  readonly body: string;
}

/** Without its quorum for so long, the newest checkpoint is an alarm. */
const LAG_MS = 60_000;
/** Between two rounds when one did not reach its quorum. */
const RETRY_MS = 10_000;
const REQUEST_TYPE = "text/plain; charset=utf-8";

export class Witnessing {
  private readonly parts: WitnessingParts;
  /** Size that each witness has cosigned last, as far as it has told. */
  private readonly known = new Map<string, number>();
  private readonly forked = new Set<string>();
  private readonly stopListening: () => void;
  private round: Promise<void> | undefined;
  private stopRetry: (() => void) | undefined;
  /** Since when there is a checkpoint without its quorum. */
  private behindSinceMs: number | undefined;
  private lagging = false;
  private lastTrouble = "";
  private closed = false;

  constructor(parts: WitnessingParts) {
    this.parts = parts;
    this.stopListening = parts.log.onCheckpoint(() => this.begin());
    this.begin();
  }

  /** Resolves once no round is under way. */
  async settle(): Promise<void> {
    while (this.round) await this.round;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.stopListening();
    this.stopRetry?.();
    await this.settle();
  }

  private begin(): void {
    if (this.round || this.closed) return;
    this.stopRetry?.();
    this.round = this.ask()
      .catch((error: unknown) => this.judge(false, error))
      .finally(() => {
        this.round = undefined;
      });
  }

  /** Until the newest checkpoint has its quorum, or the witnesses do not answer. */
  private async ask(): Promise<void> {
    for (;;) {
      const { checkpoint } = this.parts.log;
      const quorum = await this.askAll(checkpoint);
      const isNewest = this.parts.log.checkpoint.size === checkpoint.size;
      this.judge(quorum, undefined);
      if (isNewest || !quorum || this.closed) return;
    }
  }

  /** Whether the checkpoint has its quorum now. */
  private async askAll(checkpoint: PublishedCheckpoint): Promise<boolean> {
    const { policy, log } = this.parts;
    const answers = policy.witnesses.map((witness) => this.askOne(witness, checkpoint));
    const fresh = (await Promise.all(answers)).flat();
    const note = merged(checkpoint.note, fresh);
    if (fresh.length > 0) await log.keepNote({ ...checkpoint, note });
    const parsed = parseNote(Buffer.from(note));
    const cosigned = parsed ? cosignatures(parsed, policy, verifyEd25519) : [];
    return quorumReached(policy, new Set(cosigned.map(({ witness }) => witness)));
  }

  /** Never rejects: a witness that does not answer keeps no other from being asked. */
  private async askOne(
    witness: PolicyWitness,
    checkpoint: PublishedCheckpoint,
  ): Promise<readonly NoteSignature[]> {
    const parsed = parseNote(Buffer.from(checkpoint.note));
    const has = parsed && cosignatures(parsed, this.parts.policy, verifyEd25519);
    if (witness.url === undefined || has?.some((one) => one.witness === witness.name)) return [];
    try {
      const first = await this.request(witness, checkpoint, this.known.get(witness.name) ?? 0);
      if (first !== "again") return first;
      const second = await this.request(witness, checkpoint, this.known.get(witness.name) ?? 0);
      return second === "again" ? [] : second;
    } catch (error) {
      this.trouble(witness, error instanceof Error ? error.message : String(error));
      return [];
    }
  }

  private async request(
    witness: PolicyWitness,
    checkpoint: PublishedCheckpoint,
    old: number,
  ): Promise<readonly NoteSignature[] | "again"> {
    const { log, post } = this.parts;
    const hashes = await log.consistency(old, checkpoint.size);
    const body = formatCheckpointRequest({ old, hashes, checkpoint: checkpoint.note });
    const url = new URL("add-checkpoint", withSlash(witness.url ?? "")).href;
    const reply = await post(url, REQUEST_TYPE, body);
    if (reply.status === 200) return this.cosigned(witness, checkpoint, reply.body);
    if (reply.status === 409) return this.conflict(witness, checkpoint, old, reply.body);
    if (reply.status === 422) this.fork(witness, `has cosigned other first ${old} leaves`);
    else this.trouble(witness, `it answers ${reply.status}`);
    return [];
  }

  private cosigned(
    witness: PolicyWitness,
    checkpoint: PublishedCheckpoint,
    lines: string,
  ): readonly NoteSignature[] {
    const { policy } = this.parts;
    const answered = parseNote(Buffer.from(checkpoint.note + lines));
    const good = answered && cosignatures(answered, policy, verifyEd25519);
    if (!answered || !good?.some((one) => one.witness === witness.name)) {
      this.trouble(witness, "its cosignature does not fit its key in the policy");
      return [];
    }
    this.known.set(witness.name, checkpoint.size);
    return answered.signatures.filter(({ name }) => name === witness.key.name);
  }

  private conflict(
    witness: PolicyWitness,
    checkpoint: PublishedCheckpoint,
    old: number,
    body: string,
  ): "again" | readonly NoteSignature[] {
    const size = /^(0|[1-9]\d{0,15})\n$/.test(body) ? Number(body) : undefined;
    if (size === undefined) this.trouble(witness, "its answer cannot be understood");
    else if (size > checkpoint.size) {
      this.fork(witness, `has seen ${size} leaves, and the log has ${checkpoint.size}`);
    } else if (size === old) this.fork(witness, `has cosigned another tree of ${size} leaves`);
    else {
      this.known.set(witness.name, size);
      return "again";
    }
    return [];
  }

  private trouble({ name }: PolicyWitness, reason: string): void {
    this.lastTrouble = `${name}: ${reason}`;
  }

  /** Said once a witness: it stays so until somebody has looked. */
  private fork(witness: PolicyWitness, what: string): void {
    this.trouble(witness, what);
    if (this.forked.has(witness.name)) return;
    this.forked.add(witness.name);
    this.parts.onFork(`The witness ${witness.name} ${what}`);
  }

  private judge(quorum: boolean, error: unknown): void {
    const { clock, onLag } = this.parts;
    if (error instanceof Error) this.lastTrouble = error.message;
    if (quorum) {
      this.behindSinceMs = undefined;
      if (this.lagging) onLag(undefined);
      this.lagging = false;
      return;
    }
    const nowMs = clock.monotonicMs();
    this.behindSinceMs ??= nowMs;
    if (!this.lagging && nowMs - this.behindSinceMs >= LAG_MS) {
      this.lagging = true;
      onLag(this.lastTrouble || "they do not answer");
    }
    if (!this.closed) this.stopRetry = clock.after(RETRY_MS, () => this.begin());
  }
}

/** The note with these signatures instead of the same keys' older ones. */
function merged(note: string, fresh: readonly NoteSignature[]): string {
  const parsed = parseNote(Buffer.from(note));
  if (!parsed || fresh.length === 0) return note;
  const names = new Set(fresh.map(({ name }) => name));
  const kept = parsed.signatures.filter(({ name }) => !names.has(name));
  return formatNote({ text: parsed.text, signatures: [...kept, ...fresh] });
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
