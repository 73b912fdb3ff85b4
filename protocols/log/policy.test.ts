import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parsePolicy } from "./policy.ts";

const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(bytes).digest());

test("who gives the line of a log alone is told how to ask for no witness", () => {
  const parsed = parsePolicy("# none yet\n", sha256);
  expect(parsed).toMatchObject({
    kind: "malformed",
    reason: expect.stringContaining("quorum none"),
  });
  expect(parsePolicy("quorum none\n", sha256)).toMatchObject({ kind: "policy" });
});
