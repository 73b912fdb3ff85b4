import { generateKeyPairSync } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { Header } from "../../protocols/tape/record.ts";
import { testClaims, testEndpoint } from "../../test/kit/claims.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { RawDevice } from "../../test/kit/raw-device.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { mintPermit } from "../access/permits.ts";
import { openEvidence } from "../evidence/evidence.ts";
import { createSessionHost } from "./session-host.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");

async function start(beforeOpen: (header: Header) => Promise<void>) {
  const clock = new TestClock();
  const directory = temporaryFolder();
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "test", clock });
  const { recorder } = evidence;
  const host = createSessionHost({
    ...{ recorder, permitKey: publicKey, clock, build: "test", beforeOpen },
  });
  const plc = await RawDevice.start();
  onTestFinished(async () => {
    await host.shutdown();
    await evidence.close();
    await plc.close();
  });
  const endpoint = testEndpoint({ port: plc.port });
  const claims = { ...testClaims({ nowMs: clock.wallMs(), session: "s-1" }), endpoint };
  return { host, evidence, plc, permit: mintPermit(claims, privateKey) };
}

test("a session is announced, with the header of its tape, before there is anything to attach to", async () => {
  const announced: Header[] = [];
  const { host, plc, permit } = await start(async (header) => {
    expect(host.list()).toEqual([]);
    expect(plc.connections).toBe(0);
    announced.push(header);
  });
  const session = await host.open(permit);
  expect(announced).toMatchObject([{ session: "s-1", startedMs: session.startedMs }]);
});

test("a session that cannot be announced does not begin, and its recording says why", async () => {
  const { host, evidence, plc, permit } = await start(() => Promise.reject(new Error("disk full")));
  await expect(host.open(permit)).rejects.toMatchObject({ code: "recorder-unavailable" });
  expect(host.list()).toEqual([]);
  expect(plc.connections).toBe(0);
  await expect
    .poll(async () => (await evidence.recordings.get("s-1"))?.state, { timeout: 10_000 })
    .toBe("sealed");
  expect((await evidence.recordings.get("s-1"))?.cause).toContain("disk full");
});
