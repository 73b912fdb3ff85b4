/** What a gateway recorded on its own disk, given to control: by real files, some of them spoilt. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { testHeader } from "../../../test/kit/tape-header.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import { CLOSE } from "../../evidence/block.ts";
import type { TapeChunk } from "../link.ts";
import { type GatewayRecorder, openGatewayRecorder } from "./gateway-recorder.ts";

interface Gateway extends GatewayRecorder {
  readonly troubles: readonly string[];
  record(session: string): Promise<void>;
}

async function gateway(folder: string): Promise<Gateway> {
  const troubles: string[] = [];
  const opened = await openGatewayRecorder(folder, systemClock, (why) => troubles.push(why));
  onTestFinished(() => opened.close());
  const record = async (session: string) => {
    const tape = await opened.recorder.open(testHeader(session));
    tape.append({ kind: "end", rule: "owner-ended", reason: `the end of ${session}` });
    await tape.close();
  };
  return { ...opened, troubles, record };
}

/** As control: takes everything and acknowledges it at once. */
function control({ handOver }: Gateway) {
  const chunks: TapeChunk[] = [];
  let isCaughtUp = false;
  handOver.begin({
    sendRecords: (number, chunk) => {
      chunks.push({ ...chunk, bytes: Uint8Array.from(chunk.bytes) });
      queueMicrotask(() => handOver.acknowledged(number));
    },
    caughtUp: () => {
      isCaughtUp = true;
    },
  });
  return {
    get isCaughtUp() {
      return isCaughtUp;
    },
    /** Those that came to their end. */
    whole: () => chunks.filter(({ flags }) => (flags & CLOSE) !== 0).map(({ session }) => session),
  };
}

const walOf = (folder: string) =>
  readdirSync(path.join(folder, "write-ahead"))
    .filter((name) => /^\d+\.wal$/.test(name))
    .sort()
    .map((name) => path.join(folder, "write-ahead", name));

/** A folder in which sessions were recorded while control was away. */
async function left(...sessions: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  const away = await gateway(folder);
  for (const session of sessions) await away.record(session);
  await away.close();
  return folder;
}

test("a file goes when control has all of it, and not before", async () => {
  const folder = await left("before");
  const [file = ""] = walOf(folder);
  const back = await gateway(folder);
  await back.record("after");
  expect(existsSync(file)).toBe(true);
  const taking = control(back);
  await back.handedOver();
  expect(taking.whole()).toEqual(["before", "after"]);
  await expect.poll(() => existsSync(file)).toBe(false);
});

test("one file that cannot be read keeps nobody else's recording back, stays, and is told of once", async () => {
  const folder = await left("spoilt");
  const [file = ""] = walOf(folder);
  // Sealed to a key that this gateway does not have.
  const [foreign = ""] = walOf(await left("foreign"));
  copyFileSync(foreign, file);
  const back = await gateway(folder);
  await back.record("first");
  const taking = control(back);
  await back.handedOver();
  for (const session of ["second", "third"]) await back.record(session);
  await back.handedOver();
  expect(taking.whole()).toEqual(["first", "second", "third"]);
  expect(taking.isCaughtUp).toBe(true);
  expect(back.troubles).toEqual([expect.stringContaining("is sealed to another key")]);
  // By the next connection too.
  const again = control(back);
  await back.record("fourth");
  await back.handedOver();
  expect(again.whole()).toContain("fourth");
  expect(back.troubles).toHaveLength(1);
  expect(readFileSync(file).equals(readFileSync(foreign))).toBe(true);
});

test("what comes behind a torn block of an earlier run is of nobody", async () => {
  const folder = await left("one", "two");
  const [file = ""] = walOf(folder);
  const bytes = readFileSync(file);
  // Somewhere in the last block that was written.
  const last = bytes.lastIndexOf("SPWB");
  bytes[last + 30] = (bytes[last + 30] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const back = await gateway(folder);
  await back.record("three");
  const taking = control(back);
  await back.handedOver();
  expect(taking.whole()).toContain("three");
  expect(taking.whole()).not.toContain("two");
  expect(taking.isCaughtUp).toBe(true);
});
