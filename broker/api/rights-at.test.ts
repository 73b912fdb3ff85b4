import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import { rightsAt } from "./rights-at.ts";

test("a right is asked once for a list, and again where the answer takes long", () => {
  const clock = new TestClock();
  const asked: string[] = [];
  let may = true;
  const mayAt = rightsAt(
    {
      mayAt: (_, right, asset) => {
        asked.push(`${right} ${asset}`);
        return may;
      },
    },
    {} as SignedIn,
    clock,
  );
  expect([mayAt("recording:all", "plc"), mayAt("recording:all", "plc")]).toEqual([true, true]);
  expect(mayAt("recording:all", "other")).toBe(true);
  expect(asked).toEqual(["recording:all plc", "recording:all other"]);
  may = false;
  clock.advance(1_000);
  expect(mayAt("recording:all", "plc")).toBe(false);
});
