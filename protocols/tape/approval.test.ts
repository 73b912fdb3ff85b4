import { expect, test } from "vitest";
import { approvalIn } from "./approval.ts";

const SHA = "9c".repeat(32);

test("who agreed or refused, and by which signed act, is read from the reason", () => {
  expect(approvalIn(`Sue agreed; signed act 3fz, SHA-256 ${SHA}`)).toEqual({
    ...{ name: "Sue", actionId: "3fz", sha256: SHA, agreed: true },
  });
  expect(approvalIn(`Sue refused; signed act 3fz, SHA-256 ${SHA}`)?.agreed).toBe(false);
});

test.each(["", "nobody answered in time", `Sue agreed; signed act 3fz, SHA-256 ${SHA.slice(1)}`])(
  "%j names nobody",
  (reason) => expect(approvalIn(reason)).toBeUndefined(),
);
