/** The one request that probes make, in OPC UA Binary (OPC 10000-6, 5.2). */

export interface PlainNodeId {
  readonly namespace: number;
  /** `i=…`, `s=…`, `g=…` or `b=…` */
  readonly id: string;
}

const VALUE = 13;
const NO_TIMESTAMPS = 3;
/** Of a RequestHeader that says nothing: null token, time, handle, diagnostics, text, hint, extension. */
const HEADER_LENGTH = 29;
/** Where its text has its length; -1 is none. */
const AUDIT_AT = 18;
const NO_STRING = -1;

/** The body of a ReadRequest of the values of these nodes. */
export function readRequest(nodes: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeInt32LE(NO_STRING, AUDIT_AT);
  // maxAge 0 (from the device itself), timestamps, count
  const parameters = Buffer.alloc(16);
  parameters.writeUInt32LE(NO_TIMESTAMPS, 8);
  parameters.writeInt32LE(nodes.length, 12);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(VALUE, 0);
  rest.writeInt32LE(NO_STRING, 4);
  rest.writeInt32LE(NO_STRING, 10);
  return Buffer.concat([header, parameters, ...nodes.flatMap((node) => [node, rest])]);
}

export function encodeNodeId({ namespace, id }: PlainNodeId): Uint8Array {
  const text = id.slice(2);
  switch (id.slice(0, 2)) {
    case "i=":
      return headed(NUMERIC, namespace, number(Number(text)));
    case "s=":
      return headed(STRING, namespace, counted(Buffer.from(text, "utf8")));
    case "b=":
      return headed(BYTES, namespace, counted(Buffer.from(text, "base64")));
    case "g=":
      return headed(GUID, namespace, guid(text));
    default:
      throw new Error(`${id} is no id of a node`);
  }
}

const NUMERIC = 2;
const STRING = 3;
const GUID = 4;
const BYTES = 5;

function headed(kind: number, namespace: number, id: Uint8Array): Uint8Array {
  const head = Buffer.alloc(3);
  head.writeUInt8(kind);
  head.writeUInt16LE(namespace, 1);
  return Buffer.concat([head, id]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function counted(bytes: Buffer): Buffer {
  return Buffer.concat([number(bytes.length), bytes]);
}

/** Its first three groups are numbers, little-endian; the rest are bytes. */
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
