/**
 * What passes between the legs of OPC UA and its guard. A leg peels off everything of the
 * transport and the session (secure channels, chunks, tokens, nonces, discovery) and yields one
 * service message a frame, all numbers little-endian as in OPC UA Binary (Part 6, 5.2):
 *
 *     length      u32   of the whole frame, these four bytes included: 12 to `FRAME_MAX`
 *     requestId   u32   see below; never 0
 *     typeId      u32   numeric id (namespace 0) of the message's `…_Encoding_DefaultBinary`
 *     body              the message after its TypeId: RequestHeader or ResponseHeader, parameters
 *
 * One guard for each session of a client (OPC UA's session), two legs of its own.
 *
 * **Client leg -> guard.** Any service but those the leg answers itself: OpenSecureChannel,
 * CloseSecureChannel, CreateSession, ActivateSession, CloseSession, GetEndpoints, FindServers(…),
 * RegisterServer(2). Cancel does reach the guard. `requestId` is any number that is unique among
 * the requests not yet answered. The leg puts the null NodeId (`00 00`) in place of the
 * authenticationToken, after it has checked it; all else stands as the client wrote it. Anything
 * else in its place is a violation. When the client's `timeoutHint` has passed unanswered (or
 * after the longest time the leg grants, where the hint is 0), the leg says `LEG.expired` with
 * the request's id and an empty body; the guard then answers BadTimeout, unless it has answered.
 * Publish never expires by a hint of 0.
 *
 * **Guard -> client leg.** Answers under the `requestId` of the client, with the client's own
 * requestHandle; a ServiceFault (397) is an ordinary answer. A timestamp of 0 in a ResponseHeader
 * means that the guard made the answer: the leg puts the time in. Answers may come in any order.
 *
 * **Guard -> asset leg.** `requestId` is the guard's own, rising, unique within the channel; the
 * leg names it again in `LegSink.lost`. authenticationToken is the null NodeId: the leg puts its
 * own in, and timestamp and requestHandle as it likes. timeoutHint is the client's: the leg
 * bounds it, and never times a Publish out by a hint of 0.
 *
 * **Asset leg -> guard.** Answers in any order, each under the `requestId` it answers, a
 * ServiceFault as it came. Before anything else, once its session is active, the leg reads
 * Server_NamespaceArray (i=2255) by itself and says `LEG.namespaces`: `requestId` 1, the body an
 * array of String as in OPC UA (Int32 count, then each Int32 length and UTF-8), index 0 first.
 * Until then the guard takes nothing from the client. After a reconnect within the same session
 * of the asset the leg reads and says it again; an array that moved or lost an entry ends the
 * channel, since the client goes by the old indexes. A new session at the asset (subscriptions
 * and aliases are gone) cannot go on under the old guard: the leg closes.
 *
 * Now and then the leg says `LEG.aged` (requestId 1, an empty body): what the guard learnt of
 * where nodes lie is old, and is asked for again when it is needed.
 *
 * At its end the asset leg closes the asset's session with deleteSubscriptions = true.
 */
import type { Cut } from "../inbox.ts";
import { INCOMPLETE } from "../inbox.ts";
import { type Part, written } from "./parts.ts";

/** One service message; `body` is a view of what was passed in. */
export interface OpcUaFrame {
  readonly requestId: number;
  readonly typeId: number;
  readonly body: Uint8Array;
}

export const HEADER_LENGTH = 12;
/** Both legs announce it as their largest message; a Publish of 10,000 values has less than 1 MB. */
export const FRAME_MAX = 4 * 1024 * 1024;

/** What the legs say of themselves; no service has such a number. */
export const LEG = { namespaces: 0xf000_0001, expired: 0xf000_0002, aged: 0xf000_0003 } as const;

export function encodeFrame({ requestId, typeId, body }: OpcUaFrame): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + body.length);
  putFrameHeader(bytes, requestId, typeId);
  bytes.set(body, HEADER_LENGTH);
  return bytes;
}

/** The same of a body in pieces. */
export function writeFrame(requestId: number, typeId: number, body: readonly Part[]): Uint8Array {
  const bytes = written(body, HEADER_LENGTH);
  putFrameHeader(bytes, requestId, typeId);
  return bytes;
}

function putFrameHeader(bytes: Uint8Array, requestId: number, typeId: number): void {
  const view = new DataView(bytes.buffer, 0, HEADER_LENGTH);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, requestId, true);
  view.setUint32(8, typeId, true);
}

/** `incomplete` until a whole frame is there; malformed only where no length can be right. */
export function cutFrame(bytes: Uint8Array): Cut<OpcUaFrame> {
  if (bytes.length < 4) return INCOMPLETE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  if (length < HEADER_LENGTH || length > FRAME_MAX) {
    return { kind: "malformed", reason: `a message of ${length} bytes` };
  }
  if (bytes.length < length) return INCOMPLETE;
  const requestId = view.getUint32(4, true);
  if (requestId === 0) return { kind: "malformed", reason: "a message without a number" };
  const typeId = view.getUint32(8, true);
  return {
    kind: "frame",
    length,
    frame: { requestId, typeId, body: bytes.subarray(HEADER_LENGTH, length) },
  };
}

/** Of the message that begins there, as far as it can be told; its least length until then. */
export function frameLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 4) return HEADER_LENGTH;
  return new DataView(bytes.buffer, bytes.byteOffset + start, 4).getUint32(0, true);
}
