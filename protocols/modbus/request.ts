/**
 * Decodes the PDU of a request into what it asks for, or says why it is not a request.
 *
 * Strict: each function has one exact length, and no byte is left unexplained. Real devices
 * disagree about what a sloppy PDU means (some take a lying byte count, some execute what trails
 * it), so anything a device could read in another way than we do must not get through.
 * MODBUS Application Protocol V1.1b3, 6.
 */
import {
  decodeDiagnostic,
  decodeEncapsulated,
  decodeIdentify,
  decodeOther,
} from "./decode-device.ts";
import { decodeFifoRead, decodeFileRead, decodeFileWrite } from "./decode-files.ts";
import {
  decodeMask,
  decodeRead,
  decodeReadWrite,
  decodeWriteCoil,
  decodeWriteCoils,
  decodeWriteRegister,
  decodeWriteRegisters,
} from "./decode-points.ts";
import { EXCEPTION } from "./exception.ts";
import { Malformed } from "./malformed.ts";
import type { ModbusOperation } from "./operation.ts";
import { byteAt } from "./words.ts";

/** The operations of one request, in its order: two for function 23, one per sub-request of 20 and 21, else one. */
export type Items = readonly ModbusOperation[];

/** @param start index of the function code; the PDU is `bytes[start]` to `bytes[end - 1]`, at least one byte. */
export function decodeRequest(
  unit: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Items | Malformed {
  const code = byteAt(bytes, start);
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
      return decodeRead(unit, bytes, start, end);
    case 5:
      return decodeWriteCoil(unit, bytes, start, end);
    case 6:
      return decodeWriteRegister(unit, bytes, start, end);
    case 7:
    case 11:
    case 12:
    case 17:
      return decodeIdentify(unit, bytes, start, end);
    case 8:
      return decodeDiagnostic(unit, bytes, start, end);
    case 15:
      return decodeWriteCoils(unit, bytes, start, end);
    case 16:
      return decodeWriteRegisters(unit, bytes, start, end);
    case 20:
      return decodeFileRead(unit, bytes, start, end);
    case 21:
      return decodeFileWrite(unit, bytes, start, end);
    case 22:
      return decodeMask(unit, bytes, start, end);
    case 23:
      return decodeReadWrite(unit, bytes, start, end);
    case 24:
      return decodeFifoRead(unit, bytes, start, end);
    case 43:
      return decodeEncapsulated(unit, bytes, start, end);
    default:
      return code === 0 || code >= 0x80 ? notAFunction(code) : decodeOther(unit, bytes, start, end);
  }
}

function notAFunction(code: number): Malformed {
  return new Malformed(EXCEPTION.illegalFunction, `${code} is not a function code of a request`);
}
