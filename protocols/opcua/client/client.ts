/**
 * The asking side of OPC UA as the guard's client leg has it (`frame.ts`), without a socket: the
 * workbench puts requests in and gets answers out. Secure channels, sessions and tokens are the
 * business of the legs.
 */
import { copyBytes } from "../../copy-bytes.ts";
import { Inbox } from "../../inbox.ts";
import { cutFrame, encodeFrame, FRAME_MAX, LEG, type OpcUaFrame } from "../frame.ts";
import { readResponseHeader } from "../header.ts";
import { Reader } from "../reader.ts";
import { STATUS } from "../status.ts";
import type { Request } from "./requests.ts";
import { Writer } from "./writer.ts";

/** What came of a request. */
export type Answer =
  /** `reader` stands at the first parameter. */
  | { readonly kind: "answer"; readonly request: number; readonly reader: Reader }
  | { readonly kind: "fault"; readonly request: number; readonly status: number };

export type Received =
  | { readonly kind: "answers"; readonly answers: readonly Answer[] }
  /** The broker is out of step: open another channel. */
  | { readonly kind: "broken"; readonly reason: string };

/** As many as the guard keeps open. */
const OUTSTANDING_MAX = 256;
const NUMBERS = 0x7fff_ffff;
const INBOX_MAX = 2 * FRAME_MAX;

export class OpcUaClient {
  private readonly inbox = new Inbox(INBOX_MAX);
  /** The type of the answer that each waits for. */
  private readonly outstanding = new Map<number, number>();
  private last = 0;
  private broken: string | undefined;

  get waiting(): number {
    return this.outstanding.size;
  }

  /**
   * Bytes to send, and the number under which the answer comes (as in the session's events).
   * @param wallMs for the header's timestamp
   */
  request(
    request: Request,
    wallMs: number,
  ): { readonly request: number; readonly bytes: Uint8Array } {
    if (this.outstanding.size >= OUTSTANDING_MAX) throw new Error("too many requests outstanding");
    do this.last = (this.last % NUMBERS) + 1;
    while (this.outstanding.has(this.last));
    this.outstanding.set(this.last, request.answer);
    const writer = new Writer();
    // Null token, timestamp, handle, no diagnostics, no audit text, no hint, no extension.
    writer.uint16(0).dateTime(wallMs).uint32(this.last).uint32(0).string(undefined).uint32(0);
    writer.uint16(0).uint8(0);
    request.write(writer);
    const frame = { requestId: this.last, typeId: request.typeId, body: writer.take() };
    return { request: this.last, bytes: encodeFrame(frame) };
  }

  /** Nobody waits any longer: bytes that make the guard answer BadTimeout, whatever the asset does. */
  giveUp(request: number): Uint8Array {
    return encodeFrame({ requestId: request, typeId: LEG.expired, body: new Uint8Array(0) });
  }

  receive(bytes: Uint8Array): Received {
    if (this.broken === undefined && !this.inbox.push(bytes)) {
      this.broken = "too many bytes at once";
    }
    const answers: Answer[] = [];
    while (this.broken === undefined) {
      const cut = this.inbox.take(cutFrame);
      if (cut.kind === "incomplete") return { kind: "answers", answers };
      if (cut.kind === "malformed") this.broken = cut.reason;
      else this.match(cut.frame, answers);
    }
    return { kind: "broken", reason: this.broken };
  }

  private match({ requestId, typeId, body }: OpcUaFrame, answers: Answer[]): void {
    const expected = this.outstanding.get(requestId);
    if (expected === undefined) {
      this.broken = "an answer that no request waits for";
      return;
    }
    this.outstanding.delete(requestId);
    const reader = new Reader(copyBytes(body));
    reader.forgiving = true;
    const { serviceResult } = readResponseHeader(reader);
    if (typeId === expected && serviceResult < BAD && reader.fault === undefined) {
      answers.push({ kind: "answer", request: requestId, reader });
      return;
    }
    const status = serviceResult >= BAD ? serviceResult : STATUS.badUnknownResponse;
    answers.push({ kind: "fault", request: requestId, status });
  }
}

const BAD = 0x8000_0000;
