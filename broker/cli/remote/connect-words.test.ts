import { expect, test } from "vitest";
import type { Opened } from "../../api/shapes/connect.ts";
import { openedWords } from "./connect-words.ts";

test.each([
  [[3], "Modbus TCP at  127.0.0.1:5020, unit 3", "mbpoll -m tcp -a 3 -p 5020 127.0.0.1"],
  [[2, 1], "Modbus TCP at  127.0.0.1:5020, unit 2 or 1", "mbpoll -m tcp -p 5020 127.0.0.1"],
  [undefined, "Modbus TCP at  127.0.0.1:5020", "mbpoll -m tcp -p 5020 127.0.0.1"],
])("units %j: the line for mbpoll addresses one that is there", (units, at, line) => {
  const session = {
    ...{ endpoint: "plc/modbus", untilMs: 0, capabilities: ["observe"] },
    asset: { name: "PLC" },
  } as unknown as Opened["session"];
  const tool = { protocol: "modbus", ...(units && { units }) };
  const said = openedWords({ kind: "opened", session, tool, leaseMs: 0 }, "127.0.0.1", 5020);
  expect(said.split("\n").map((each) => each.trim())).toEqual(expect.arrayContaining([at, line]));
});
