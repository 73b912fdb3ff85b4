/**
 * The log's files as they are on disk, byte for byte: a change here is a change of format. Root
 * and leaf hashes were computed by a program of another language.
 */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { openLeaf } from "./recording-leaf.ts";
import { sha256Hex } from "./sha256.ts";
import type { LogKeys, LogSigner } from "./signer.ts";
import { SiteLog } from "./site-log.ts";

/** Seed 00 01 … 1f, as PKCS #8. */
const SEED = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
const KEY = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), SEED]),
  format: "der",
  type: "pkcs8",
});

function fixedSigner(): LogSigner {
  const info = createPublicKey(KEY).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(info.subarray(-32)),
    sign: async (message) => new Uint8Array(sign(null, message, KEY)),
  };
}

const FIXED_KEYS: LogKeys = {
  open: async () => fixedSigner(),
  has: async () => true,
  destroy: async () => {},
};

const CHECKPOINT = `sallyport.example/north/log/1
4
38k6E4CGUGhJ54TPnA6tk1tCbmJd6GjnMNMQvHbWKq4=

— sallyport.example/north/log/1 zFIjAo+zs6s3qAqx/YD/IbZqaBfb0jKAmO4NYToYwO/5XmL7a4e42VWXwFQqup+xhl1S0H9ZnLf7ng/aRZ11tQ4ewQg=
`;
const ENTRIES = "17ff4131e318d35a47791525d46fc60d09501343767c0ec739dbd83d36a89432";
const TILE = "49c496401625c365b6937bda7ad938dc188b9ab6e821179d1ca5321b35b70f66";
const OPEN = `{"asset":{"id":"plc","name":"PLC","zone":"treatment"},"atMs":1767600000000,"build":"1","digests":{"plant":"bb","profile":"aa"},"endpoint":{"id":"modbus","protocol":"modbus"},"grant":{"id":"g-1","profile":"tuning","untilMs":1900000000000},"header":"eed04475af7e163efa0ab3ded19f95067c982ab40d803c3c85cbf63c483eeaab","kind":"session.open","session":"s-1","startedMs":1767600000000,"subject":{"id":"p-1","name":"Ada","roles":["engineer"]}}`;

test("a log of four leaves has these files", async () => {
  const directory = path.join(temporaryFolder(), "log");
  const clock = new TestClock();
  const name = "sallyport.example/north";
  const log = await SiteLog.open({ directory, name, build: "1", clock, keys: FIXED_KEYS });
  await log.append({ kind: "event", text: "é €\u{1f600}\n", number: 1e21, nothing: null });
  await log.append(
    openLeaf({
      version: 1,
      build: "1",
      session: "s-1",
      site: "north",
      subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
      asset: { id: "plc", name: "PLC", zone: "treatment" },
      endpoint: { id: "modbus", protocol: "modbus" },
      grant: { id: "g-1", profile: "tuning", until: 1_900_000_000_000 },
      digests: { profile: "aa", plant: "bb" },
      tags: [],
      startedMs: 1_767_600_000_000,
    }),
  );
  await log.close();
  const file = (inside: string) => readFileSync(path.join(directory, "1", inside));
  expect(file("checkpoint").toString()).toBe(CHECKPOINT);
  expect(sha256Hex(file("tile/entries/000.p/4"))).toBe(ENTRIES);
  expect(sha256Hex(file("tile/0/000.p/4"))).toBe(TILE);
  expect(file("tile/entries/000.p/4").toString()).toContain(OPEN);
});
