/**
 * One request of the client until it is answered. Its items are decided one by one; those that
 * are permitted at once go to the asset together, those that had to wait for a person each by
 * themselves, and the answer has a result for each in the order of the request.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Answer } from "../guard.ts";
import type { Range } from "./built-in.ts";
import { encodeFrame } from "./frame.ts";
import {
  putHandle,
  type RequestHeader,
  writeRequestHeader,
  writeResponseHeader,
} from "./header.ts";
import type { OpcUaOperation } from "./operation.ts";
import { type Part, put32, written } from "./parts.ts";
import type { Plan } from "./service.ts";
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
  /** What must be decided, each once. */
  readonly operations: readonly OpcUaOperation[];
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
    const distinct = new Set(plan.items.flatMap(({ needs }) => operationsOf(needs)));
    this.operations = [...distinct];
    this.changes = this.operations.some((operation) => operation.class !== "observe");
    this.items = plan.items.map(({ needs, range }) => ({
      gone: typeof needs === "number",
      result: typeof needs === "number" ? this.refused(needs, range) : undefined,
      diagnostics: undefined,
    }));
  }

  /** Bytes kept for what is not decided yet. */
  get size(): number {
    return this.body.length;
  }

  /** Items that were refused before anybody was asked. */
  get refusedUnasked(): number {
    return this.plan.items.filter(({ needs }) => typeof needs === "number").length;
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
    this.plan.items.forEach(({ needs, range }, index) => {
      const item = this.items[index];
      if (item === undefined || item.gone) return;
      const verdicts = operationsOf(needs).map((operation) => this.verdicts.get(operation));
      const refused = verdicts.find((verdict) => typeof verdict === "number");
      if (typeof refused === "number") {
        item.gone = true;
        item.result = this.refused(refused, range);
      } else if (verdicts.every((verdict) => verdict === "permitted")) {
        item.gone = true;
        ready.push(index);
      }
    });
    return ready;
  }

  /** The message to the asset: these items, by their own bytes. */
  request(indexes: readonly number[], requestId: number): Uint8Array {
    const { service, before, after, items } = this.plan;
    const { body } = this;
    const header = writeRequestHeader(this.header, requestId);
    const ranges = indexes.flatMap((index) => items[index]?.range ?? []);
    const counted: readonly Part[] = service.itemised
      ? [{ bytes: put32(indexes.length) }, ...ranges.map((range) => part(body, range))]
      : [];
    this.sends += 1;
    this.forgetBody();
    return encodeFrame({
      requestId,
      typeId: service.request,
      body: written([{ bytes: header }, part(body, before), ...counted, part(body, after)]),
    });
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
    const body = written(parts.map((bytes) => ({ bytes })));
    return encodeFrame({ requestId: this.requestId, typeId: service.response, body });
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
  const body = written(parts.map((bytes) => ({ bytes })));
  return encodeFrame({ requestId, typeId: CANCEL.response, body });
}

function operationsOf(needs: Plan["items"][number]["needs"]): readonly OpcUaOperation[] {
  return typeof needs === "number" ? [] : needs;
}

function part(bytes: Uint8Array, { start, end }: Range): Part {
  return { bytes, start, end };
}
