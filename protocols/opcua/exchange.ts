/**
 * One request of the client until it is answered. Its items are decided one by one; those that
 * are permitted at once go to the asset together, those that had to wait for a person each by
 * themselves, and the answer has a result for each in the order of the request.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Answer } from "../guard.ts";
import type { Range } from "./built-in.ts";
import { encodeFrame, writeFrame } from "./frame.ts";
import {
  putHandle,
  type RequestHeader,
  writeRequestHeader,
  writeResponseHeader,
} from "./header.ts";
import type { OpcUaOperation } from "./operation.ts";
import { type Part, put32 } from "./parts.ts";
import type { Needs, Plan } from "./service.ts";
import { CANCEL, SERVICE_FAULT } from "./services.ts";
import { statusOf } from "./status.ts";

/** What is known of one operation: nothing yet, permitted, or the status it is refused with. */
type Verdict = "permitted" | number;

interface Item {
  /** Sent to the asset, or answered. */
  gone: boolean;
  result: Uint8Array | undefined;
  diagnostics: Uint8Array | undefined;
}

const NO_DIAGNOSTICS = Uint8Array.of(0);
const NO_BYTES = new Uint8Array(0);

export interface Asked {
  readonly requestId: number;
  readonly header: RequestHeader;
  readonly plan: Plan;
  /** The message behind its TypeId; the exchange's own. */
  readonly body: Uint8Array;
}

export class Exchange {
  readonly requestId: number;
  readonly header: RequestHeader;
  readonly plan: Plan;
  readonly changes: boolean;
  /** Answered: what still comes for it is dropped. */
  over = false;
  private body: Uint8Array;
  private readonly items: readonly Item[];
  private readonly verdicts = new Map<OpcUaOperation, Verdict>();
  private sends = 0;
  /** The asset's own, while one message answers all that was sent. */
  private responseHeader: Uint8Array | undefined;

  constructor({ requestId, header, plan, body }: Asked) {
    this.requestId = requestId;
    this.header = header;
    this.plan = plan;
    this.body = body;
    this.changes = plan.operations.some((operation) => operation.class !== "observe");
    this.items = plan.items.map(({ needs, range }) => ({
      gone: typeof needs === "number",
      result: typeof needs === "number" ? this.refused(needs, range) : undefined,
      diagnostics: undefined,
    }));
  }

  /** What must be decided, each once. */
  get operations(): readonly OpcUaOperation[] {
    return this.plan.operations;
  }

  /** Bytes kept for what is not decided yet. */
  get size(): number {
    return this.body.length;
  }

  /** What was refused before anybody was asked, in a sentence; where names are asked for, nothing is. */
  get unasked(): string | undefined {
    const { service, items } = this.plan;
    const count = items.filter(({ needs }) => typeof needs === "number").length;
    if (count === 0 || service.names) return undefined;
    return `${service.name}: ${count} of ${items.length} items name nothing that this session has`;
  }

  /** Takes a permit or a denial; a hold says nothing yet. */
  decide(operation: OpcUaOperation, answer: Answer): void {
    if (answer.kind === "hold") return;
    const verdict = answer.kind === "permit" ? "permitted" : statusOf(answer.refusal, operation);
    this.verdicts.set(operation, verdict);
  }

  /** Refuses what was refused, and answers which items may go now. */
  takePermitted(): readonly number[] {
    const ready: number[] = [];
    this.items.forEach((item, index) => {
      const planned = this.plan.items[index];
      if (item.gone || planned === undefined) return;
      const verdict = this.verdictOn(planned.needs);
      if (verdict === undefined) return;
      item.gone = true;
      if (verdict === "permitted") ready.push(index);
      else item.result = this.refused(verdict, planned.range);
    });
    return ready;
  }

  /** Undefined while something is undecided and nothing refused. */
  private verdictOn(needs: Needs): Verdict | undefined {
    if (typeof needs === "number") return needs;
    let all: Verdict | undefined = "permitted";
    for (const operation of needs) {
      const verdict = this.verdicts.get(operation);
      if (typeof verdict === "number") return verdict;
      if (verdict === undefined) all = undefined;
    }
    return all;
  }

  /** The message to the asset: these items, by their own bytes. */
  request(indexes: readonly number[], requestId: number): Uint8Array {
    const { service, before, after, items } = this.plan;
    const { body } = this;
    const header = writeRequestHeader(this.header, requestId);
    this.sends += 1;
    const parts: readonly Part[] = this.isWhole(indexes)
      ? // Everything is permitted: it stands together already, its count in front.
        [part(body, { start: before.start, end: after.end })]
      : [
          part(body, before),
          { bytes: put32(indexes.length) },
          ...indexes.flatMap((index) => items[index]?.range ?? []).map((at) => part(body, at)),
          part(body, after),
        ];
    this.forgetBody();
    return writeFrame(requestId, service.request, [{ bytes: header }, ...parts]);
  }

  /** Whether one message answers everything, so that it can go on as it is. */
  isWhole(indexes: readonly number[]): boolean {
    return this.sends === 1 && indexes.length === this.items.length;
  }

  /** @param results of the asset, one for each index; views that are copied */
  answered(
    indexes: readonly number[],
    results: readonly Uint8Array[],
    diagnostics: readonly Uint8Array[],
    responseHeader: Uint8Array,
  ): void {
    this.responseHeader = copyBytes(responseHeader);
    indexes.forEach((index, at) => {
      const item = this.items[index];
      const result = results[at];
      if (!item || !result) return;
      item.result = copyBytes(result);
      const own = diagnostics[at];
      if (own) item.diagnostics = copyBytes(own);
    });
  }

  /** These will not be answered by the asset any more. */
  failed(indexes: readonly number[], status: number): void {
    for (const index of indexes) {
      const item = this.items[index];
      const range = this.plan.items[index]?.range;
      if (item && range) item.result = this.refused(status, range);
    }
  }

  get isAnswered(): boolean {
    return this.items.every(({ result }) => result !== undefined);
  }

  /** The whole answer to the client. */
  response(): Uint8Array {
    const { service } = this.plan;
    const results = this.items.map(({ result }) => result ?? NO_BYTES);
    const [only = NO_BYTES] = results;
    if (!service.itemised) {
      const status = new DataView(only.buffer, only.byteOffset).getUint32(0, true);
      return this.fault(status);
    }
    // Diagnostics point into the texts of one header: those of several messages cannot be merged.
    const header = this.sends === 1 ? this.responseHeader : undefined;
    const told = header !== undefined && this.items.some(({ diagnostics }) => diagnostics);
    const own = header ?? writeResponseHeader(0, 0);
    putHandle(own, this.header.requestHandle);
    const diagnostics = this.items.map((item) => item.diagnostics ?? NO_DIAGNOSTICS);
    const behind = told ? [put32(diagnostics.length), ...diagnostics] : [put32(-1)];
    const parts = [own, put32(results.length), ...results, ...(service.diagnosed ? behind : [])];
    const all = parts.map((bytes) => ({ bytes }));
    return writeFrame(this.requestId, service.response, all);
  }

  fault(status: number): Uint8Array {
    return faultFrame(this.requestId, this.header.requestHandle, status);
  }

  private refused(status: number, { start, end }: Range): Uint8Array {
    const { service } = this.plan;
    return service.refused(status, this.body.subarray(start, end));
  }

  /** Nothing that waits needs it: a subscription's Publish stays open for long. */
  private forgetBody(): void {
    if (this.items.every(({ gone }) => gone) && this.plan.service.response !== REGISTER_RESPONSE) {
      this.body = NO_BYTES;
    }
  }
}

/** RegisterNodes answers with the item's own bytes where the asset does not. */
const REGISTER_RESPONSE = 563;

export function faultFrame(requestId: number, requestHandle: number, status: number): Uint8Array {
  const body = writeResponseHeader(requestHandle, status);
  return encodeFrame({ requestId, typeId: SERVICE_FAULT, body });
}

/** The answer to a Cancel. */
export function cancelled(requestId: number, requestHandle: number, count: number): Uint8Array {
  const parts = [writeResponseHeader(requestHandle, 0), put32(count)];
  return writeFrame(
    requestId,
    CANCEL.response,
    parts.map((bytes) => ({ bytes })),
  );
}

function part(bytes: Uint8Array, { start, end }: Range): Part {
  return { bytes, start, end };
}
