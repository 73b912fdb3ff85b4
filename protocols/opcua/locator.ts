/** Keeps a request back until the asset has told where its nodes lie, and which method it means. */
import { browseAnswer } from "./client/answers.ts";
import { Writer } from "./client/writer.ts";
import { encodeFrame, type OpcUaFrame } from "./frame.ts";
import { readResponseHeader, writeRequestHeader } from "./header.ts";
import type { LocateOperation } from "./operation.ts";
import type { Asking } from "./places.ts";
import { Reader } from "./reader.ts";
import type { Memory } from "./service.ts";
import { isBad } from "./status.ts";

/** The asset's time for one question; the leg's own limit holds besides. */
const TIMEOUT_HINT_MS = 10_000;

/** A question that must be permitted like any other reading. */
export interface Locating {
  readonly operation: LocateOperation;
  frame(requestId: number): Uint8Array;
  /** @param answer undefined where there is none */
  done(answer: OpcUaFrame | undefined): void;
}

export class Locator {
  private readonly memory: Memory;
  private kept: OpcUaFrame | undefined;
  private isAsking = false;

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** Requests of the client wait behind the one that is kept. */
  get isBusy(): boolean {
    return this.kept !== undefined;
  }

  /** True, and the request kept, if something must be asked first. @param frame its own bytes */
  keeps(frame: OpcUaFrame): boolean {
    if (!this.memory.places?.isWanting) return false;
    this.kept = frame;
    return true;
  }

  /** The next question, or the request once all is known. */
  next(): Locating | OpcUaFrame | undefined {
    const { kept, memory } = this;
    const { places, wording } = memory;
    if (!kept || this.isAsking) return undefined;
    const asking = wording.namespaces && places?.next(wording.namespaces);
    if (asking) return this.question(asking);
    this.kept = undefined;
    return kept;
  }

  clear(): void {
    this.kept = undefined;
    this.memory.places?.clear();
  }

  private question({ node, count, request, done }: Asking): Locating {
    this.isAsking = true;
    const header = { timestamp: 0n, requestHandle: 0, returnDiagnostics: 0 };
    return {
      operation: { action: "opcua:locate", class: "observe", node, count },
      frame: (requestId) => {
        const own = { ...header, timeoutHint: TIMEOUT_HINT_MS };
        const writer = new Writer().raw(writeRequestHeader(own, requestId));
        request.write(writer);
        return encodeFrame({ requestId, typeId: request.typeId, body: writer.take() });
      },
      done: (answer) => {
        this.isAsking = false;
        done(answer && resultsIn(answer, request.answer));
      },
    };
  }
}

function resultsIn({ typeId, body }: OpcUaFrame, expected: number) {
  if (typeId !== expected) return undefined;
  const r = new Reader(body);
  r.forgiving = true;
  const { serviceResult } = readResponseHeader(r);
  if (isBad(serviceResult)) return undefined;
  const results = browseAnswer(r);
  r.finish();
  return r.fault === undefined ? results : undefined;
}
