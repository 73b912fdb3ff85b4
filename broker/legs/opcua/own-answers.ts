/** What the broker answers a client by itself where nobody else can: a ServiceFault, as bytes. */

/** Words are cut: they are ours, and some clients show them. */
const WORDS_MAX = 200;
/** timestamp, requestHandle, serviceResult, serviceDiagnostics, count of strings */
const HEADER = 8 + 4 + 4 + 1 + 4;
/** An additionalHeader that is none: the null NodeId and no body. */
const NO_MORE = 3;

/**
 * A ResponseHeader (OPC 10000-4, 7.33), which is all that a ServiceFault has. No time stands in it
 * yet.
 * @param because for the person, where their tool shows it
 */
export function faultBody(requestHandle: number, status: number, because?: string): Buffer {
  const words = Buffer.from(because?.slice(0, WORDS_MAX) ?? "", "utf8");
  const strings = because === undefined ? 0 : 4 + words.length;
  const body = Buffer.alloc(HEADER + strings + NO_MORE);
  body.writeUInt32LE(requestHandle, 8);
  body.writeUInt32LE(status >>> 0, 12);
  body.writeInt32LE(because === undefined ? -1 : 1, 17);
  if (because === undefined) return body;
  body.writeInt32LE(words.length, HEADER);
  body.set(words, HEADER + 4);
  return body;
}

/** Of an answer, whoever made it. */
export function handleIn(body: Uint8Array): number {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return body.length < 12 ? 0 : view.getUint32(8, true);
}
