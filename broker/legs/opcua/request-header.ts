/** Where things stand in a RequestHeader (OPC 10000-4, 7.32), without decoding more than needed. */

import { LEG } from "../../../protocols/opcua/frame.ts";

export interface RequestHeaderPlaces {
  /** Length of the authenticationToken, which the body begins with. */
  readonly tokenEnd: number;
  readonly requestHandle: number;
  readonly returnDiagnostics: number;
  /** ms; 0 means none. */
  readonly timeoutHint: number;
  /** Where the parameters of the service begin. */
  readonly parameters: number;
}

/** The NodeId that says nothing: two bytes. */
export const NULL_NODE_ID = Buffer.from([0, 0]);

/** Undefined where it is no RequestHeader. */
export function requestHeaderOf(body: Buffer): RequestHeaderPlaces | undefined {
  const tokenEnd = nodeIdEnd(body, 0);
  // timestamp, requestHandle, returnDiagnostics, length of auditEntryId
  if (tokenEnd === undefined || tokenEnd + 20 > body.length) return undefined;
  const requestHandle = body.readUInt32LE(tokenEnd + 8);
  const returnDiagnostics = body.readUInt32LE(tokenEnd + 12);
  const auditEnd = fieldEnd(body, tokenEnd + 16);
  if (auditEnd === undefined || auditEnd + 4 > body.length) return undefined;
  const timeoutHint = body.readUInt32LE(auditEnd);
  const parameters = extensionEnd(body, auditEnd + 4);
  if (parameters === undefined) return undefined;
  return { tokenEnd, requestHandle, returnDiagnostics, timeoutHint, parameters };
}

/** Where a NodeId that begins here ends (OPC 10000-6, 5.2.2.9). */
export function nodeIdEnd(bytes: Buffer, at: number): number | undefined {
  const length = FIXED_LENGTHS.get(bytes[at] ?? -1);
  if (length !== undefined) return at + length <= bytes.length ? at + length : undefined;
  const kind = bytes[at];
  if (kind !== STRING && kind !== BYTE_STRING) return undefined;
  return at + 3 <= bytes.length ? fieldEnd(bytes, at + 3) : undefined;
}

/** Past an ExtensionObject: type, a byte that says whether there is a body, the body. */
function extensionEnd(bytes: Buffer, at: number): number | undefined {
  const typeEnd = nodeIdEnd(bytes, at);
  if (typeEnd === undefined || typeEnd >= bytes.length) return undefined;
  if (bytes[typeEnd] === 0) return typeEnd + 1;
  return fieldEnd(bytes, typeEnd + 1);
}

const FIXED_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0, 2],
  [1, 4],
  [2, 7],
  [4, 19],
]);
const STRING = 3;
const BYTE_STRING = 5;

function fieldEnd(bytes: Buffer, at: number): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  const length = bytes.readInt32LE(at);
  if (length < -1) return undefined;
  const end = at + 4 + Math.max(0, length);
  return end <= bytes.length ? end : undefined;
}

/** The numeric id in namespace 0 of a message's type, and where its body begins. */
export function typeIdOf(
  bytes: Buffer,
): { readonly typeId: number; readonly end: number } | undefined {
  const [kind] = bytes;
  if (kind === 0 && bytes.length >= 2) return { typeId: bytes[1] ?? 0, end: 2 };
  if (kind === 1 && bytes.length >= 4 && bytes[1] === 0) {
    return { typeId: bytes.readUInt16LE(2), end: 4 };
  }
  if (kind === 2 && bytes.length >= 7 && bytes.readUInt16LE(1) === 0) {
    return { typeId: ofThePeer(bytes.readUInt32LE(3)), end: 7 };
  }
  return undefined;
}

/** No peer can speak in the legs' own words to the guard (`frame.ts`): then it is no service. */
export function ofThePeer(typeId: number): number {
  return typeId < LEG_FIRST ? typeId : 0;
}

const LEG_FIRST = Math.min(...Object.values(LEG));
