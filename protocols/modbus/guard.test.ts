import { expect, test } from "vitest";
import { modbusTranscript } from "../../test/kit/modbus-transcript.ts";
import type { Guard, Input } from "../guard.ts";
import { ModbusGuard } from "./guard.ts";

test("a permitted write reaches the asset under our number, its reply the client under its own", () => {
  modbusTranscript(`
    client > 1234 0000 0006 03 06 0064 07d0
    decide   operate modbus:write unit 3 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 03 06 0064 07d0
    asset  > 0001 0000 0006 03 06 0064 07d0
    outcome  1 done
    client < 1234 0000 0006 03 06 0064 07d0
  `);
});

test("a denied write is answered by the asset's own exception and the asset hears nothing", () => {
  modbusTranscript(`
    client > 0001 0000 0006 03 06 0064 07d0
    decide   operate modbus:write unit 3 holding 100 = [2000]
    verdict  deny value
    client < 0001 0000 0003 03 86 03
  `);
});

test("each refusal has its exception code", () => {
  modbusTranscript(`
    client > 0001 0000 0006 03 05 0001 ff00
    decide   operate modbus:write unit 3 coil 1 = [1]
    verdict  deny operation
    client < 0001 0000 0003 03 85 01
    client > 0002 0000 0006 03 05 0001 0000
    decide   operate modbus:write unit 3 coil 1 = [0]
    verdict  deny address
    client < 0002 0000 0003 03 85 02
    client > 0003 0000 0006 03 05 0001 0000
    decide   operate modbus:write unit 3 coil 1 = [0]
    verdict  deny busy
    client < 0003 0000 0003 03 85 06
    client > 0004 0000 0006 03 05 0001 0000
    decide   operate modbus:write unit 3 coil 1 = [0]
    verdict  deny unit
    client < 0004 0000 0003 03 85 0a
    client > 0005 0000 0006 03 05 0001 0000
    decide   operate modbus:write unit 3 coil 1 = [0]
    verdict  deny unavailable
    client < 0005 0000 0003 03 85 0b
  `);
});

test("the asset's own exception goes to the client and is the outcome of the write", () => {
  modbusTranscript(`
    client > 0007 0000 0006 01 06 0064 07d0
    decide   operate modbus:write unit 1 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 01 06 0064 07d0
    asset  > 0001 0000 0003 01 86 02
    outcome  1 refused 2
    client < 0007 0000 0003 01 86 02
  `);
});

test("function 23 is one request of a write and a read, and one denied item refuses both", () => {
  modbusTranscript(`
    client > 0001 0000 000d 01 17 0000 0002 0064 0001 02 0007
    decide   operate modbus:write unit 1 holding 100 = [7] + observe modbus:read unit 1 holding 0-1
    verdict  deny address, permit
    client < 0001 0000 0003 01 97 02
    client > 0002 0000 000d 01 17 0000 0002 0064 0001 02 0007
    decide   operate modbus:write unit 1 holding 100 = [7] + observe modbus:read unit 1 holding 0-1
    verdict  permit
    asset  < 0002 0000 000d 01 17 0000 0002 0064 0001 02 0007
    asset  > 0002 0000 0007 01 17 04 000a 000b
    outcome  2 done
    client < 0002 0000 0007 01 17 04 000a 000b
  `);
});

test("replies leave in the order of the requests, even where a device answers in reverse", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 03 0000 0001  0002 0000 0006 01 03 0001 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 1
    verdict  permit
    asset  < 0002 0000 0006 01 03 0001 0001
    asset  > 0002 0000 0005 01 03 02 bbbb
    asset  > 0001 0000 0005 01 03 02 aaaa
    client < 0001 0000 0005 01 03 02 aaaa
    client < 0002 0000 0005 01 03 02 bbbb
  `);
});

test("a refusal waits for the replies to what was asked before it", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 03 0000 0001  0002 0000 0006 01 03 0001 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 1
    verdict  deny address
    asset  > 0001 0000 0005 01 03 02 aaaa
    client < 0001 0000 0005 01 03 02 aaaa
    client < 0002 0000 0003 01 83 02
  `);
});

test("requests beyond the in-flight limit wait unread and go out as replies come in", () => {
  modbusTranscript(
    `
    client > 0001 0000 0006 01 03 0000 0001  0002 0000 0006 01 03 0001 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
    asset  > 0001 0000 0005 01 03 02 aaaa
    client < 0001 0000 0005 01 03 02 aaaa
    decide   observe modbus:read unit 1 holding 1
    verdict  permit
    asset  < 0002 0000 0006 01 03 0001 0001
  `,
    { inFlightMax: 1 },
  );
});

test("of replies that arrive together, each lets out a waiting request before the next is read", () => {
  modbusTranscript(
    `
    client > 0001 0000 0006 01 03 0000 0001  0002 0000 0006 01 03 0001 0001  0003 0000 0006 01 03 0002 0001  0004 0000 0006 01 03 0003 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 1
    verdict  permit
    asset  < 0002 0000 0006 01 03 0001 0001
    asset  > 0001 0000 0005 01 03 02 aaaa 0002 0000 0005 01 03 02 bbbb
    client < 0001 0000 0005 01 03 02 aaaa
    decide   observe modbus:read unit 1 holding 2
    verdict  permit
    asset  < 0003 0000 0006 01 03 0002 0001
    client < 0002 0000 0005 01 03 02 bbbb
    decide   observe modbus:read unit 1 holding 3
    verdict  permit
    asset  < 0004 0000 0006 01 03 0003 0001
  `,
    { inFlightMax: 2 },
  );
});

test("an asset that is late is answered for with 0B, and the outcome of a write is unknown", () => {
  modbusTranscript(`
    client > 0009 0000 0006 01 06 0064 07d0
    decide   operate modbus:write unit 1 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 01 06 0064 07d0
    event    timeout 1
    outcome  1 unknown
    client < 0009 0000 0003 01 86 0b
  `);
});

test("a send that was withheld is refused as busy and has no outcome", () => {
  modbusTranscript(`
    client > 0009 0000 0006 01 06 0064 07d0
    decide   operate modbus:write unit 1 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 01 06 0064 07d0
    event    withheld 1
    client < 0009 0000 0003 01 86 06
  `);
});

test("when the channel ends, the outcome of writes in flight is unknown and nothing more is sent", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 07d0  0002 0000 0006 01 03 0000 0001
    decide   operate modbus:write unit 1 holding 100 = [2000]
    verdict  permit
    asset  < 0001 0000 0006 01 06 0064 07d0
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0002 0000 0006 01 03 0000 0001
    event    end
    outcome  1 unknown
    asset  > 0002 0000 0005 01 03 02 aaaa
    client > 0003 0000 0006 01 03 0000 0001
  `);
});

test("bits that nobody asked for do not reach the client", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 01 0000 0003
    decide   observe modbus:read unit 1 coil 0-2
    verdict  permit
    asset  < 0001 0000 0006 01 01 0000 0003
    asset  > 0001 0000 0004 01 01 01 fd
    client < 0001 0000 0004 01 01 01 05
  `);
});

test("events about what is not in flight have no effect", () => {
  modbusTranscript(`
    event timeout 7
    event withheld 7
    event capabilities observe
    client > 0001 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0001 0000 0006 01 03 0000 0001
  `);
});

test("an answer that nobody asked for, or too few answers, is our own fault and throws", () => {
  const guard: Guard = new ModbusGuard();
  const answers: Input = { kind: "answers", id: 1, answers: [] };
  expect(() => guard.step(answers)).toThrow("never asked");
  const bytes = Uint8Array.of(0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1);
  guard.step({ kind: "bytes", from: "client", bytes });
  expect(() => guard.step(answers)).toThrow("needs 1 answers");
});

test("limits outside their bounds are refused when the guard is made", () => {
  expect(() => new ModbusGuard({ inFlightMax: 0 })).toThrow(RangeError);
  expect(() => new ModbusGuard({ parkedMax: 65_536 })).toThrow(RangeError);
});

test("numbers towards the asset come round without meeting one that is still held", () => {
  const guard = new ModbusGuard();
  const read = Uint8Array.of(0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1);
  const write = Uint8Array.of(0, 2, 0, 0, 0, 6, 1, 6, 0, 0, 0, 1);
  const ask = (bytes: Uint8Array) => {
    const [decide] = guard.step({ kind: "bytes", from: "client", bytes });
    if (decide?.kind !== "decide") throw new Error("no decide");
    return decide.id;
  };
  const heldId = ask(write);
  guard.step({ kind: "answers", id: heldId, answers: [{ kind: "hold" }] });
  const numbers = new Set<number>();
  for (let i = 0; i < 66_000; i++) {
    const answers = [{ kind: "permit" }] as const;
    const [send] = guard.step({ kind: "answers", id: ask(read), answers });
    if (send?.kind !== "send") throw new Error("no send");
    const [high = 0, low = 0] = send.bytes;
    numbers.add(high * 256 + low);
    const reply = Uint8Array.of(high, low, 0, 0, 0, 5, 1, 3, 2, 0, 0);
    guard.step({ kind: "bytes", from: "asset", bytes: reply });
  }
  expect(numbers.has(heldId)).toBe(false);
  expect(numbers.size).toBe(65_535);
});
