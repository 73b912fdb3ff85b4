import fc from "fast-check";
import { test } from "vitest";
import { guardProperties } from "../../test/kit/guard-properties.ts";
import { expectTranscript } from "../../test/kit/transcript.ts";
import type { Operation } from "../guard.ts";
import { encodeKey, type RfbOperation, RfbSketch } from "./sketch.ts";

const subject = {
  create: () => new RfbSketch(),
  describe: (operation: Operation) => {
    const item = operation as RfbOperation;
    return item.action === "rfb:key"
      ? `rfb:key ${item.keysym}`
      : `rfb:clipboard ${item.direction} ${item.length}`;
  },
};

test("a session that is cut while a key is down lets go of it", () => {
  expectTranscript(
    subject,
    `
    client > 04 01 0000 00000061
    decide   rfb:key 97
    verdict  permit
    asset  < 04 01 0000 00000061
    event    end
    asset  < 04 00 0000 00000061 release
    client > 04 01 0000 00000062
  `,
  );
});

test("losing the right to operate lets go of keys; what never left is not let go of", () => {
  expectTranscript(
    subject,
    `
    client > 04 01 0000 00000061 04 01 0000 00000062
    decide   rfb:key 97
    verdict  permit
    asset  < 04 01 0000 00000061
    decide   rfb:key 98
    verdict  permit
    asset  < 04 01 0000 00000062
    event    withheld 2
    event    capabilities observe
    asset  < 04 00 0000 00000061 release
    client > 04 00 0000 00000061
  `,
  );
});

test("a denied key is dropped, and so is its release", () => {
  expectTranscript(
    subject,
    `
    client > 04 01 0000 00000061 04 00 0000 00000061
    decide   rfb:key 97
    verdict  deny operation
  `,
  );
});

test("clipboard text of the asset is decided before the client sees it", () => {
  expectTranscript(
    subject,
    `
    asset  > 03 000000 00000002 6869 02
    decide   rfb:clipboard out 2
    verdict  deny operation
    client < 02
    asset  > 03 000000 00000002 6869
    decide   rfb:clipboard out 2
    verdict  permit
    client < 03 000000 00000002 6869
  `,
  );
});

test("a message type that nobody let through ends the channel, keys up first", () => {
  expectTranscript(
    subject,
    `
    client > 04 01 0000 00000061
    decide   rfb:key 97
    verdict  permit
    asset  < 04 01 0000 00000061
    client > ff
    asset  < 04 00 0000 00000061 release
    violation client message type 255 is not let through
  `,
  );
});

const request = fc.tuple(fc.nat(5), fc.boolean()).map(([key, down]) => encodeKey(key, down));

guardProperties({
  name: "RFB sketch",
  create: subject.create,
  client: fc.oneof(
    { weight: 9, arbitrary: request },
    fc.constant(Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 1, 65)),
    fc.uint8Array({ maxLength: 10 }),
  ),
  request,
  reply: (_sent, seed) => (seed % 2 ? Uint8Array.of(2) : Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 1, 65)),
  requestOf: () => 0,
  retainedMax: 150_000,
  runs: 50,
});
