import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { FeedRecord } from "../store/integration-feed.ts";
import { RefusedOperations } from "./refused-operations.ts";

const HEAD = { session: "s-1", subject: "p-1", name: "Ada", about: { asset: "plc" } };
const WRITE = { action: "modbus:write", rule: "tuning#2", reason: "out of bounds" };

test("each refused operation goes out; of a flood a bounded part, with the count of the rest", () => {
  const clock = new TestClock();
  const sent: FeedRecord[] = [];
  const refused = new RefusedOperations(HEAD, clock, (record) => sent.push(record) > 0);
  for (let nth = 0; nth < 1_000; nth++) refused.refused(WRITE);
  expect(sent).toHaveLength(50);
  expect(sent[0]).toMatchObject({
    ...{ kind: "operation:denied", session: "s-1", subject: "p-1" },
    text: "modbus:write of Ada on plc refused by tuning#2: out of bounds",
    about: { asset: "plc", action: "modbus:write", rule: "tuning#2" },
  });
  clock.advance(1_000);
  for (let nth = 0; nth < 1_000; nth++) refused.refused(WRITE);
  expect(sent).toHaveLength(55);
  expect(sent[50]?.text).toContain("(950 more before it were not sent)");
  refused.ended();
  expect(sent.at(-1)?.text).toContain("(995 more before it were not sent)");
  refused.ended();
  expect(sent).toHaveLength(56);
});
