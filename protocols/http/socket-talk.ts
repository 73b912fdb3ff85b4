/** What passes on an open WebSocket: the client's messages are decided, whole; the rest passes on. */

import type { Side } from "../guard.ts";
import type { Cut, Inbox } from "../inbox.ts";
import { malformed, textOf } from "./head.ts";
import type { MessageOperation } from "./operation.ts";
import {
  cutAssetFrame,
  cutClientFrame,
  encodeFrame,
  OPCODE,
  PAYLOAD_MAX,
  type SocketFrame,
} from "./socket-frame.ts";

export interface SocketHost {
  toClient(bytes: Uint8Array): void;
  /** Under the decision that opened the socket. */
  toAsset(bytes: Uint8Array): void;
  /** @param frame to send if it is permitted */
  ask(operation: MessageOperation, frame: Uint8Array): void;
}

/** Longer texts are judged, and shown, by their size alone. */
export const TEXT_MAX = 4_096;

export class SocketTalk {
  private readonly path: string;
  private readonly host: SocketHost;
  private parts: SocketFrame[] = [];
  private size = 0;

  constructor(path: string, host: SocketHost) {
    this.path = path;
    this.host = host;
  }

  take(from: Side, inbox: Inbox): Cut<SocketFrame> {
    const cut = inbox.take(from === "client" ? cutClientFrame : cutAssetFrame);
    if (cut.kind !== "frame") return cut;
    if (from === "client") return this.fromClient(cut.frame) ?? cut;
    this.host.toClient(encodeFrame(cut.frame, false));
    return cut;
  }

  /** Undefined where it is as it should be. */
  private fromClient(frame: SocketFrame): Cut<SocketFrame> | undefined {
    if (frame.opcode >= OPCODE.close) {
      this.host.toAsset(encodeFrame(frame, true));
      return undefined;
    }
    const begins = this.parts.length === 0;
    if (begins !== (frame.opcode !== OPCODE.more)) return malformed("a message inside another");
    this.size += frame.payload.length;
    if (this.size > PAYLOAD_MAX) return malformed("a message larger than any is taken");
    this.parts.push(frame);
    if (this.parts.length > PARTS_MAX) return malformed("a message of more parts than are taken");
    if (frame.final) this.whole();
    return undefined;
  }

  private whole(): void {
    const [first] = this.parts;
    const payload = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      payload.set(part.payload, at);
      at += part.payload.length;
    }
    this.parts = [];
    this.size = 0;
    const opcode = first?.opcode ?? OPCODE.binary;
    const text = opcode === OPCODE.text && payload.length <= TEXT_MAX ? textOf(payload) : undefined;
    this.host.ask(
      {
        ...({ action: "web:message", class: "operate", path: this.path } as const),
        ...(text === undefined ? {} : { text }),
        size: payload.length,
      },
      encodeFrame({ opcode, final: true, payload }, true),
    );
  }
}

/** Browsers do not cut messages at all. */
const PARTS_MAX = 64;
