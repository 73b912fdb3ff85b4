/**
 * The workbench's way to the asset: requests through the session's channel, each with its answer
 * and with what the broker decided about it.
 */
import { OpcUaClient } from "../../../protocols/opcua/client/client.ts";
import type { Request } from "../../../protocols/opcua/client/requests.ts";
import type { Reader } from "../../../protocols/opcua/reader.ts";
import type { Clock } from "../clock.ts";
import type { Decision } from "../modbus/operation-log.ts";

export type Reply<T> =
  /** `decisions`: what the broker refused of it, if anything. */
  | { readonly kind: "done"; readonly value: T; readonly decisions: readonly Decision[] }
  /** The service itself failed, at the broker or at the asset. */
  | { readonly kind: "fault"; readonly status: number; readonly decisions: readonly Decision[] }
  /** No answer: what was asked for may or may not have been done. */
  | { readonly kind: "lost"; readonly reason: "away" | "timeout" | "broken" };

export interface AskOptions {
  /** Told each decision: one that waits for a person comes before the last one. */
  readonly onDecision?: (decision: Decision) => void;
  /** Publish: the answer comes when there is something to tell. */
  readonly patient?: boolean;
}

export interface LineDeps {
  readonly clock: Clock;
  send(bytes: Uint8Array): void;
  /** The channel is out of step and nothing on it can be trusted: a new one is needed. */
  onBroken(reason: string): void;
}

/** The broker answers in the asset's place after its own, shorter time; this is for a lost broker. */
export const ANSWER_TIMEOUT_MS = 45_000;
/** Requests of one workbench on their way; the endpoint's own limits are the broker's business. */
const ON_THE_WAY_MAX = 32;

interface Pending {
  readonly read: (reader: Reader) => unknown;
  readonly settle: (reply: Reply<never>) => void;
  readonly options: AskOptions;
  readonly decisions: Decision[];
  cancel: () => void;
}

interface Waiting {
  readonly request: Request;
  readonly pending: Pending;
}

export class Line {
  private readonly deps: LineDeps;
  private client = new OpcUaClient();
  private readonly pending = new Map<number, Pending>();
  private readonly waiting: Waiting[] = [];
  private open = false;

  constructor(deps: LineDeps) {
    this.deps = deps;
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** @param read reads the whole answer behind its header */
  ask<T>(
    request: Request,
    read: (reader: Reader) => T,
    options: AskOptions = {},
  ): Promise<Reply<T>> {
    if (!this.open) return Promise.resolve({ kind: "lost", reason: "away" });
    return new Promise((resolve) => {
      const settle = resolve as Pending["settle"];
      const pending: Pending = { read, settle, options, decisions: [], cancel: () => undefined };
      this.waiting.push({ request, pending });
      this.pump();
    });
  }

  /** A new channel is there. */
  attached(): void {
    this.lose("away");
    this.client = new OpcUaClient();
    this.open = true;
  }

  /** The channel is gone, and with it every answer. */
  away(): void {
    this.open = false;
    this.lose("away");
  }

  received(bytes: Uint8Array): void {
    const received = this.client.receive(bytes);
    if (received.kind === "broken") {
      this.broken(received.reason);
      return;
    }
    for (const answer of received.answers) {
      const pending = this.take(answer.request);
      if (!pending) continue;
      const { decisions } = pending;
      if (answer.kind === "fault") {
        pending.settle({ kind: "fault", status: answer.status, decisions });
        continue;
      }
      const value = pending.read(answer.reader) as never;
      answer.reader.finish();
      if (answer.reader.fault !== undefined) {
        pending.settle({ kind: "lost", reason: "broken" });
        this.broken(answer.reader.fault);
        return;
      }
      pending.settle({ kind: "done", value, decisions });
    }
    this.pump();
  }

  decided(decision: Decision): void {
    const pending = this.pending.get(decision.request);
    if (!pending) return;
    pending.decisions.push(decision);
    if (decision.verdict === "hold") this.waitLonger(decision.request, pending, decision);
    pending.options.onDecision?.(decision);
  }

  private pump(): void {
    while (this.pending.size < ON_THE_WAY_MAX) {
      const next = this.waiting.shift();
      if (!next) return;
      const { request, pending } = next;
      const sent = this.client.request(request, this.deps.clock.wallMs());
      this.pending.set(sent.request, pending);
      if (!pending.options.patient) this.limit(sent.request, pending, ANSWER_TIMEOUT_MS);
      this.deps.send(sent.bytes);
    }
  }

  /** A person may take their time, and no answer comes before they have. */
  private waitLonger(request: number, pending: Pending, { answerByMs }: Decision): void {
    if (answerByMs === undefined) return;
    pending.cancel();
    const leftMs = Math.max(0, answerByMs - this.deps.clock.wallMs());
    this.limit(request, pending, leftMs + ANSWER_TIMEOUT_MS);
  }

  private limit(request: number, pending: Pending, afterMs: number): void {
    pending.cancel = this.deps.clock.after(afterMs, () => {
      this.pending.delete(request);
      pending.settle({ kind: "lost", reason: "timeout" });
      // Whatever still comes is answered now, so that nothing is out of step.
      this.deps.send(this.client.giveUp(request));
      this.pump();
    });
  }

  private take(request: number): Pending | undefined {
    const pending = this.pending.get(request);
    this.pending.delete(request);
    pending?.cancel();
    return pending;
  }

  private broken(reason: string): void {
    this.open = false;
    this.lose("broken");
    this.deps.onBroken(reason);
  }

  private lose(reason: "away" | "broken"): void {
    const lost = [...this.pending.values(), ...this.waiting.map(({ pending }) => pending)];
    this.pending.clear();
    this.waiting.length = 0;
    for (const { cancel, settle } of lost) {
      cancel();
      settle({ kind: "lost", reason });
    }
  }
}
