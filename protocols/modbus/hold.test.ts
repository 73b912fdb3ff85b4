import { test } from "vitest";
import { modbusTranscript } from "../../test/kit/modbus-transcript.ts";

test("while a write is held, reads of its unit and writes to other units go on", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 0001
    decide   operate modbus:write unit 1 holding 100 = [1]
    verdict  hold
    client > 0002 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0002 0000 0006 01 03 0000 0001
    client > 0003 0000 0006 02 06 0064 0003
    decide   operate modbus:write unit 2 holding 100 = [3]
    verdict  permit
    asset  < 0003 0000 0006 02 06 0064 0003
    asset  > 0002 0000 0005 01 03 02 aaaa
    client < 0002 0000 0005 01 03 02 aaaa
    settle   1 permit
    asset  < 0001 0000 0006 01 06 0064 0001
    asset  > 0003 0000 0006 02 06 0064 0003
    outcome  3 done
    client < 0003 0000 0006 02 06 0064 0003
    asset  > 0001 0000 0006 01 06 0064 0001
    outcome  1 done
    client < 0001 0000 0006 01 06 0064 0001
  `);
});

test("a later write to the same unit is asked for only when the hold is settled", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 0001  0002 0000 0006 01 06 0064 0002
    decide   operate modbus:write unit 1 holding 100 = [1]
    verdict  hold
    client > 0003 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  permit
    asset  < 0002 0000 0006 01 03 0000 0001
    settle   1 deny operation
    decide   operate modbus:write unit 1 holding 100 = [2]
    verdict  permit
    asset  < 0003 0000 0006 01 06 0064 0002
    asset  > 0002 0000 0005 01 03 02 aaaa
    client < 0003 0000 0005 01 03 02 aaaa
    client < 0001 0000 0003 01 86 01
    asset  > 0003 0000 0006 01 06 0064 0002
    outcome  3 done
    client < 0002 0000 0006 01 06 0064 0002
  `);
});

test("held one after the other, writes to a unit keep their order", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 0001  0002 0000 0006 01 06 0064 0002  0003 0000 0006 01 06 0064 0003
    decide   operate modbus:write unit 1 holding 100 = [1]
    verdict  hold
    settle   1 permit
    asset  < 0001 0000 0006 01 06 0064 0001
    decide   operate modbus:write unit 1 holding 100 = [2]
    verdict  hold
    settle   2 permit
    asset  < 0002 0000 0006 01 06 0064 0002
    decide   operate modbus:write unit 1 holding 100 = [3]
    verdict  permit
    asset  < 0003 0000 0006 01 06 0064 0003
  `);
});

test("what is kept back waits for room in flight as well", () => {
  modbusTranscript(
    `
    client > 0001 0000 0006 01 06 0064 0001  0002 0000 0006 01 06 0064 0002
    decide   operate modbus:write unit 1 holding 100 = [1]
    verdict  hold
    settle   1 permit
    asset  < 0001 0000 0006 01 06 0064 0001
    asset  > 0001 0000 0006 01 06 0064 0001
    outcome  1 done
    client < 0001 0000 0006 01 06 0064 0001
    decide   operate modbus:write unit 1 holding 100 = [2]
    verdict  permit
    asset  < 0002 0000 0006 01 06 0064 0002
  `,
    { inFlightMax: 1 },
  );
});

test("when too many wait, a write is refused as busy, reads go on, and settling makes room", () => {
  modbusTranscript(
    `
    client > 0001 0000 0006 01 06 0064 0001  0002 0000 0006 01 06 0064 0002
    decide   operate modbus:write unit 1 holding 100 = [1]
    verdict  hold
    refused  2 too many requests wait for a person already
    client < 0002 0000 0003 01 86 06
    client > 0003 0000 0006 01 03 0000 0001
    decide   observe modbus:read unit 1 holding 0
    verdict  deny address
    client < 0003 0000 0003 01 83 02
    settle   1 deny busy
    client < 0001 0000 0003 01 86 06
    client > 0004 0000 0006 01 06 0064 0004
    decide   operate modbus:write unit 1 holding 100 = [4]
    verdict  permit
    asset  < 0003 0000 0006 01 06 0064 0004
  `,
    { parkedMax: 1 },
  );
});

test("one held item of function 23 holds the request", () => {
  modbusTranscript(`
    client > 0001 0000 000d 01 17 0000 0002 0064 0001 02 0007
    decide   operate modbus:write unit 1 holding 100 = [7] + observe modbus:read unit 1 holding 0-1
    verdict  hold, permit
    settle   1 permit
    asset  < 0001 0000 000d 01 17 0000 0002 0064 0001 02 0007
  `);
});

test("settling after the end has no effect", () => {
  modbusTranscript(`
    client > 0001 0000 0006 01 06 0064 0001
    decide   operate modbus:write unit 1 holding 100 = [1]
    verdict  hold
    event    end
    settle   1 permit
  `);
});
