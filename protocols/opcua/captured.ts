/**
 * A session of OPC UA in a capture, as if it had no security: what was decrypted between the legs
 * and the guard, in chunks of one secure channel (Part 6, 6.7 and 7.1). Hello and the opening of
 * the channel are made here; sessions and discovery were answered by the legs, and are not there.
 */
import { Inbox } from "../inbox.ts";
import type { Captured, End, Wire } from "../tape/capture.ts";
import { Writer } from "./client/writer.ts";
import { describeOperation } from "./describe.ts";
import { cutFrame, FRAME_MAX, LEG, type OpcUaFrame } from "./frame.ts";
import { OpcUaGuard } from "./guard.ts";
import { isOpcUaOperation } from "./operation.ts";

/** @param places of the recording's header */
export function opcUaCaptured(places: readonly string[] | undefined): Captured {
  return {
    port: 4840,
    guard: () => new OpcUaGuard(places),
    describe: (operation) =>
      isOpcUaOperation(operation) ? describeOperation(operation) : operation.action,
    wire: () => new SecureChannel(),
  };
}

const CHANNEL = 1;
const TOKEN = 1;
/** Of one chunk, as the legs agree on it. */
const CHUNK_MAX = 65_535;
const [HEADER, SEQUENCE] = [16, 8];
/** What a leg says of itself never was on a wire. */
const OF_THE_LEG: ReadonlySet<number> = new Set(Object.values(LEG));

class SecureChannel implements Wire {
  readonly opening: Wire["opening"];
  private readonly inboxes = { client: new Inbox(2 * FRAME_MAX), server: new Inbox(2 * FRAME_MAX) };
  private readonly sequence = { client: 1, server: 1 };

  constructor() {
    this.opening = [
      { from: "client", bytes: hello() },
      { from: "server", bytes: acknowledge() },
      { from: "client", bytes: openChannel() },
      { from: "server", bytes: channelOpened() },
    ];
  }

  bytes(from: End, bytes: Uint8Array): readonly Uint8Array[] {
    const inbox = this.inboxes[from];
    const messages: Uint8Array[] = [];
    if (!inbox.push(bytes)) return messages;
    for (let cut = inbox.take(cutFrame); cut.kind === "frame"; cut = inbox.take(cutFrame)) {
      if (!OF_THE_LEG.has(cut.frame.typeId)) messages.push(this.message(from, cut.frame));
    }
    return messages;
  }

  private message(from: End, { requestId, typeId, body }: OpcUaFrame): Uint8Array {
    const whole = typed(typeId).raw(body).take();
    const out = new Writer();
    const room = CHUNK_MAX - HEADER - SEQUENCE;
    for (let at = 0; at < whole.length; at += room) {
      const part = whole.subarray(at, at + room);
      const isLast = at + room >= whole.length;
      head(out, isLast ? "MSGF" : "MSGC", HEADER + SEQUENCE + part.length);
      out.uint32(CHANNEL).uint32(TOKEN);
      this.sequence[from] += 1;
      out.uint32(this.sequence[from]).uint32(requestId).raw(part);
    }
    return out.take();
  }
}

/** A message's type, behind which its body stands. */
function typed(typeId: number): Writer {
  return new Writer().nodeId({ namespace: 0, id: `i=${typeId}` });
}

function head(out: Writer, kind: string, length: number): Writer {
  for (const letter of kind) out.uint8(letter.charCodeAt(0));
  return out.uint32(length);
}

function chunk(kind: string, body: Writer): Uint8Array {
  const bytes = body.take();
  return head(new Writer(), kind, 8 + bytes.length)
    .raw(bytes)
    .take();
}

function limits(): Writer {
  return new Writer().uint32(0).uint32(CHUNK_MAX).uint32(CHUNK_MAX).uint32(FRAME_MAX).uint32(0);
}

function hello(): Uint8Array {
  return chunk("HELF", limits().string("opc.tcp://192.0.2.2:4840"));
}

function acknowledge(): Uint8Array {
  return chunk("ACKF", limits());
}

const NONE_URI = "http://opcfoundation.org/UA/SecurityPolicy#None";
const [ISSUE, MODE_NONE, LIFETIME_MS] = [0, 1, 600_000];

/** Policy, no certificate, no thumbprint, the first sequence number, the first request. */
function asymmetric(channel: number, body: Writer): Writer {
  const out = new Writer().uint32(channel).string(NONE_URI);
  return out.byteString(undefined).byteString(undefined).uint32(1).uint32(1).raw(body.take());
}

function openChannel(): Uint8Array {
  const body = typed(446).uint8(0).uint8(0).uint64(0n).uint32(1).uint32(0).string(undefined);
  body.uint32(0).uint8(0).uint8(0).uint8(0);
  body.uint32(0).uint32(ISSUE).uint32(MODE_NONE).byteString(undefined).uint32(LIFETIME_MS);
  return chunk("OPNF", asymmetric(0, body));
}

function channelOpened(): Uint8Array {
  const body = typed(449).uint64(0n).uint32(1).uint32(0).uint8(0).uint32(0);
  body.uint8(0).uint8(0).uint8(0);
  body.uint32(0).uint32(CHANNEL).uint32(TOKEN).uint64(0n).uint32(LIFETIME_MS);
  return chunk("OPNF", asymmetric(CHANNEL, body.byteString(undefined)));
}
