import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SentDigest } from "./sent-digest.ts";

const pieces = fc.array(
  fc.record({
    to: fc.constantFrom("client" as const, "asset" as const),
    bytes: fc.uint8Array({ maxLength: 1_500, size: "max" }),
    isAsked: fc.boolean(),
  }),
  { maxLength: 60 },
);

test("whatever is sent to either side in whatever pieces, count and hash are those of all of it", () => {
  fc.assert(
    fc.property(pieces, (sent) => {
      const digest = new SentDigest();
      const all = { client: [] as Uint8Array[], asset: [] as Uint8Array[] };
      for (const { to, bytes, isAsked } of sent) {
        if (to === "client") digest.toClient(bytes);
        else digest.toAsset(bytes);
        all[to].push(bytes);
        if (isAsked) expectSame(digest, to, all[to]);
      }
      expectSame(digest, "client", all.client);
      expectSame(digest, "asset", all.asset);
    }),
  );
});

function expectSame(digest: SentDigest, to: "client" | "asset", all: readonly Uint8Array[]): void {
  const whole = Buffer.concat(all);
  expect(digest.summary(to)).toEqual({ count: whole.length, sha256: hash("sha256", whole, "hex") });
}
