/** Requests about the device itself and everything without a decoder: functions 7, 8, 11, 12, 17, 43 and the rest. */
import { copyBytes } from "../copy-bytes.ts";
import { WRONG_LENGTH } from "./decode-points.ts";
import { EXCEPTION } from "./exception.ts";
import { Malformed } from "./malformed.ts";
import type { DiagnosticOperation, IdentifyOperation, OtherOperation } from "./operation.ts";
import { identifyKey } from "./operation-key.ts";
import { byteAt, wordAt, wordsAt } from "./words.ts";

export const MEI_DEVICE_IDENTIFICATION = 14;
/** Sub-function 0 echoes any data; all others carry one word. */
const RETURN_QUERY_DATA = 0;
/** UMAS (Schneider): session key, then the sub-code that tells what it does. */
const UMAS = 0x5a;
const ENCAPSULATED = 43;

const WRONG_READ_CODE = new Malformed(
  EXCEPTION.illegalValue,
  "the read device identification code is not 1 to 4",
);

export function decodeIdentify(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [IdentifyOperation] | Malformed {
  if (end - start !== 1) return WRONG_LENGTH;
  const code = byteAt(bytes, start);
  return [
    {
      action: "modbus:identify",
      class: "observe",
      unit,
      function: code,
      key: identifyKey(unit, code, 0),
    },
  ];
}

export function decodeDiagnostic(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [DiagnosticOperation] | Malformed {
  const length = end - start;
  if (length < 5 || length % 2 === 0) return WRONG_LENGTH;
  const subFunction = wordAt(bytes, start + 1);
  if (subFunction !== RETURN_QUERY_DATA && length !== 5) return WRONG_LENGTH;
  return [
    {
      action: "modbus:diagnostic",
      class: "program",
      unit,
      function: 8,
      subFunction,
      data: wordsAt(bytes, start + 3, (length - 3) / 2),
    },
  ];
}

/** Function 43: MEI type 14 identifies; 13 (CANopen) and others are tunnels nobody looks into. */
export function decodeEncapsulated(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [IdentifyOperation | OtherOperation] | Malformed {
  if (end - start < 2) return WRONG_LENGTH;
  if (byteAt(bytes, start + 1) !== MEI_DEVICE_IDENTIFICATION) {
    return decodeOther(unit, bytes, start, end);
  }
  if (end - start !== 4) return WRONG_LENGTH;
  const readCode = byteAt(bytes, start + 2);
  if (readCode < 1 || readCode > 4) return WRONG_READ_CODE;
  const object = byteAt(bytes, start + 3);
  return [
    {
      action: "modbus:identify",
      class: "observe",
      unit,
      function: ENCAPSULATED,
      readCode,
      object,
      key: identifyKey(unit, ENCAPSULATED, readCode * 256 + object),
    },
  ];
}

export function decodeOther(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): [OtherOperation] {
  const code = byteAt(bytes, start);
  const payload = copyBytes(bytes, start + 1, end);
  const subFunction = subFunctionOf(code, payload);
  return [
    {
      action: "modbus:other",
      class: "program",
      unit,
      function: code,
      ...(subFunction === undefined ? {} : { subFunction }),
      payload,
    },
  ];
}

function subFunctionOf(code: number, payload: Uint8Array): number | undefined {
  if (code === ENCAPSULATED) return payload[0];
  return code === UMAS ? payload[1] : undefined;
}
