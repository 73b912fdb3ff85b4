/** Ways around a Modbus filter that were seen to work with real devices, and what ours does. */
import { expect, test } from "vitest";
import { fromHex } from "../../test/kit/hex.ts";
import { modbusTranscript } from "../../test/kit/modbus-transcript.ts";
import { ModbusGuard } from "./guard.ts";
import type { OtherOperation } from "./operation.ts";

test("a read whose MBAP length covers a whole hidden write is refused, and neither gets through", () => {
  modbusTranscript(`
    client > 0001 0000 0012 01 03 0000 0001 0002 0000 0006 01 06 0064 07d0
    refused  1 the length is not that of its function
    client < 0001 0000 0003 01 83 03
  `);
});

test("a write of one register that carries the bytes of two is refused", () => {
  modbusTranscript(`
    client > 0001 0000 000b 01 10 0064 0001 04 0001 0002
    refused  1 quantity, byte count and length disagree
    client < 0001 0000 0003 01 90 03
    client > 0002 0000 000b 01 10 0064 0001 02 0001 0002
    refused  2 quantity, byte count and length disagree
    client < 0002 0000 0003 01 90 03
    client > 0003 0000 0009 01 10 0064 0002 04 0001
    refused  3 quantity, byte count and length disagree
    client < 0003 0000 0003 01 90 03
    client > 0004 0000 000b 01 10 0064 0101 02 0001 0002
    refused  4 the quantity is outside the limits
    client < 0004 0000 0003 01 90 03
  `);
});

test("a frame with protocol identifier 1, which real servers execute, ends the channel", () => {
  modbusTranscript(`
    client > 0001 0001
    violation client not Modbus TCP: the protocol identifier is not 0
    client > 0001 0000 0006 01 03 0000 0001
  `);
});

test("bytes of another protocol on the port end the channel at once", () => {
  modbusTranscript(`
    # GET
    client > 47 45 54 20
    violation client not Modbus TCP: the protocol identifier is not 0
  `);
  modbusTranscript(`
    # a TLS client hello
    client > 16 03 01
    violation client not Modbus TCP: the protocol identifier is not 0
  `);
});

test("an MBAP length that no Modbus frame can have ends the channel", () => {
  for (const length of ["0000", "0001"]) {
    modbusTranscript(`
      client > 0001 0000 ${length}
      violation client not Modbus TCP: the length is not that of a unit and a PDU of 1 to 253 bytes
    `);
  }
  modbusTranscript(`
    client > 0001 0000 01
    violation client not Modbus TCP: the length is not that of a unit and a PDU of 1 to 253 bytes
  `);
  modbusTranscript(`
    client > 0001 0000 00ff
    violation client not Modbus TCP: the length is not that of a unit and a PDU of 1 to 253 bytes
  `);
});

test("function 0 and functions from 128 are no requests", () => {
  modbusTranscript(`
    client > 0001 0000 0002 01 00
    refused  1 0 is not a function code of a request
    client < 0001 0000 0003 01 80 01
    client > 0002 0000 0006 01 83 0000 0001
    refused  2 131 is not a function code of a request
    client < 0002 0000 0003 01 83 01
    client > 0003 0000 0002 01 ff
    refused  3 255 is not a function code of a request
    client < 0003 0000 0003 01 ff 01
  `);
});

test("a range that wraps over address 65535 is refused", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 03 ffff 0002
    refused  1 the range runs over address 65535
    client < 0001 0000 0003 01 83 02
    client > 0002 0000 0006 01 03 ffff 0001
    decide   observe modbus:read unit 1 holding 65535
    verdict  deny address
    client < 0002 0000 0003 01 83 02
    client > 0003 0000 000b 01 10 ffff 0002 04 0001 0002
    refused  3 the range runs over address 65535
    client < 0003 0000 0003 01 90 02
  `);
});

test("a coil is written 0000 or FF00 and nothing in between", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 05 0000 0001
    refused  1 a coil is written 0000 or FF00 only
    client < 0001 0000 0003 01 85 03
    client > 0002 0000 0006 01 05 0000 ff01
    refused  2 a coil is written 0000 or FF00 only
    client < 0002 0000 0003 01 85 03
  `);
});

test("coils hidden in the padding of function 15 are refused", () => {
  modbusTranscript(`
    client > 0001 0000 0008 01 0f 0000 0003 01 0f
    refused  1 bits after the last coil are not 0
    client < 0001 0000 0003 01 8f 03
  `);
});

test("requests with equal transaction ids are kept apart, whatever order they are answered in", () => {
  modbusTranscript(`
    client > 0005 0000 0006 01 03 0000 0001  0005 0000 0006 01 03 0001 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 1
    verdict  permit
    asset  < 0002 0000 0006 01 03 0001 0001
    asset  > 0002 0000 0005 01 03 02 bbbb 0001 0000 0005 01 03 02 aaaa
    client < 0005 0000 0005 01 03 02 aaaa
    client < 0005 0000 0005 01 03 02 bbbb
  `);
});

test("a reply after its timeout ends the channel: it could be taken for the answer to another request", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
    event    timeout 1
    client < 0001 0000 0003 01 83 0b
    asset  > 0001 0000 0005 01 03 02 aaaa
    violation asset a reply that no request waits for
  `);
});

test("a reply that nobody asked for ends the channel", () => {
  modbusTranscript(`
    asset > 0001 0000 0005 01 03 02 aaaa
    violation asset a reply that no request waits for
  `);
});

/** What an asset might say to `read unit 1 holding 0-1` under number 1. */
const WRONG_REPLIES = [
  ["from another unit", "0001 0000 0007 02 03 04 aaaa bbbb"],
  ["to another function", "0001 0000 0007 01 04 04 aaaa bbbb"],
  ["with another exception", "0001 0000 0003 01 84 02"],
  ["with exception code 0", "0001 0000 0003 01 83 00"],
  ["with bytes after the exception", "0001 0000 0004 01 83 02 00"],
  ["with one register", "0001 0000 0005 01 03 02 aaaa"],
  ["with three registers", "0001 0000 0009 01 03 06 aaaa bbbb cccc"],
  ["with a lying byte count", "0001 0000 0007 01 03 06 aaaa bbbb"],
  ["with bytes after the values", "0001 0000 0008 01 03 04 aaaa bbbb cc"],
  ["under another number", "0002 0000 0007 01 03 04 aaaa bbbb"],
] as const;

for (const [how, reply] of WRONG_REPLIES) {
  test(`a reply ${how} ends the channel and does not reach the client`, () => {
    const guard = new ModbusGuard();
    const feed = (from: "client" | "asset", hex: string) =>
      guard.step({ kind: "bytes", from, bytes: fromHex(hex) });
    feed("client", "0001 0000 0006 01 03 0000 0002");
    guard.step({ kind: "answers", id: 1, answers: [{ kind: "permit" }] });
    expect(feed("asset", reply)).toMatchObject([{ kind: "violation", from: "asset" }]);
    expect(feed("asset", "0001 0000 0007 01 03 04 aaaa bbbb")).toEqual([]);
  });
}

test("an asset that confirms another write than the one asked for ends the channel", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 07d0
    decide   operate modbus:write unit 1 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 01 06 0064 07d0
    asset  > 0001 0000 0006 01 06 0064 07d1
    outcome  1 unknown
    violation asset the reply to function 6 does not have the size or content that the request asks for
  `);
});

test("an echo cut short confirms nothing", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 07d0
    decide   operate modbus:write unit 1 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 01 06 0064 07d0
    asset  > 0001 0000 0004 01 06 0064
    outcome  1 unknown
    violation asset the reply to function 6 does not have the size or content that the request asks for
  `);
});

test("restart and listen-only are decided as programming, and a device gone silent is answered for", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 08 0001 0000
    decide   program modbus:diagnostic unit 1 function 8/1 [0]
    verdict  deny operation
    client < 0001 0000 0003 01 88 01
    client > 0002 0000 0006 01 08 0004 0000
    decide   program modbus:diagnostic unit 1 function 8/4 [0]
    verdict  permit
    asset  < 0002 0000 0006 01 08 0004 0000
    event    timeout 2
    outcome  2 unknown
    client < 0002 0000 0003 01 88 0b
  `);
});

test("the CANopen tunnel of function 43 is decided as something unknown, never as identification", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 2b 0d 01 02 03
    decide   program modbus:other unit 1 function 43/13 (4 bytes)
    verdict  deny operation
    client < 0001 0000 0003 01 ab 01
  `);
});

test("vendor codes are decided as something unknown, UMAS with its sub-code", () => {
  modbusTranscript(`
    client > 0001 0000 0005 01 5a 00 41 ff
    decide   program modbus:other unit 1 function 90/65 (3 bytes)
    verdict  deny operation
    client < 0001 0000 0003 01 da 01
  `);
  for (const code of ["29", "2a", "7d", "7e"]) {
    const guard = new ModbusGuard();
    const bytes = fromHex(`0001 0000 0004 01 ${code} 0102`);
    const [decide] = guard.step({ kind: "bytes", from: "client", bytes });
    if (decide?.kind !== "decide") throw new Error("not asked for");
    const [operation] = decide.items as readonly OtherOperation[];
    expect(operation).toMatchObject({ action: "modbus:other", class: "program" });
    expect(operation?.function).toBe(Number.parseInt(code, 16));
  }
});

test("units 0 and 255 are units like any other and decided as such", () => {
  modbusTranscript(`
    client > 0001 0000 0006 00 06 0001 0001
    decide   operate modbus:write unit 0 holding 1 = [1]
    verdict  deny unit
    client < 0001 0000 0003 00 86 0a
    client > 0002 0000 0006 ff 06 0001 0001
    decide   operate modbus:write unit 255 holding 1 = [1]
    verdict  deny unit
    client < 0002 0000 0003 ff 86 0a
  `);
});

test("each sub-request of a file request is an item of its own", () => {
  modbusTranscript(`
    client > 0001 0000 0011 01 14 0e 06 0004 0001 0002 06 0003 0009 0002
    decide   observe modbus:file-read unit 1 file 4 record 1-2 + observe modbus:file-read unit 1 file 3 record 9-10
    verdict  permit, deny address
    client < 0001 0000 0003 01 94 02
    client > 0002 0000 000e 01 15 0b 06 0004 0007 0002 06af 04be
    decide   program modbus:file-write unit 1 file 4 record 7-8 = [1711 1214]
    verdict  deny operation
    client < 0002 0000 0003 01 95 01
  `);
});

test("a half frame waits, takes nothing of the asset, and keeps almost no memory", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 03
  `);
  const guard = new ModbusGuard();
  guard.step({ kind: "bytes", from: "client", bytes: fromHex("0001 0000 0006 01 03") });
  expect(guard.backlog("client")).toBe(8);
});
