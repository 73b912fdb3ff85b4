import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parsePolicy } from "../../protocols/log/policy.ts";
import { formatCheckpointRequest } from "../../protocols/log/proof.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { sha256 } from "../evidence/log/sha256.ts";
import { SiteLog } from "../evidence/log/site-log.ts";
import { startWitness, WitnessRefused } from "./witness.ts";

async function openLog(): Promise<SiteLog> {
  const directory = path.join(temporaryFolder(), "log");
  const log = await SiteLog.open({ directory, name: "t", build: "t", clock: systemClock });
  onTestFinished(() => log.close());
  return log;
}

const settings = (logs: readonly string[]) => ({
  ...{ data: path.join(temporaryFolder(), "witness"), name: "w1.example/north", logs },
  ...{ listen: "127.0.0.1", port: 0 },
});

test("a witness answers over HTTP as the specification says, and prints its line for policies", async () => {
  const log = await openLog();
  const witness = await startWitness(settings([log.key]), () => {});
  onTestFinished(() => witness.close());
  const ask = (body: string) =>
    fetch(new URL("add-checkpoint", witness.address), { method: "POST", body });
  const { note: checkpoint, size } = log.checkpoint;
  const body = formatCheckpointRequest({ old: 0, hashes: [], checkpoint });
  const first = await ask(body);
  expect(first.status).toBe(200);
  expect(await first.text()).toMatch(/^— w1\.example\/north \S+\n$/);
  const again = await ask(body);
  expect(again.status).toBe(409);
  expect(again.headers.get("content-type")).toBe("text/x.tlog.size");
  expect(await again.text()).toBe(`${size}\n`);
  expect((await ask("nonsense")).status).toBe(400);
  expect((await ask(body.replace("t/log/1", "t/log/2"))).status).toBe(404);
  expect((await ask("x".repeat(200_000))).status).toBe(413);
  expect((await fetch(new URL("add-checkpoint", witness.address))).status).toBe(405);
  expect((await fetch(witness.address)).status).toBe(404);
  const policy = parsePolicy(`log ${log.key}\n${witness.policyLine}\nquorum none\n`, sha256);
  expect(policy).toMatchObject({
    kind: "policy",
    policy: { witnesses: [{ url: witness.address }] },
  });
});

test("a key that is none and a name that cannot stand in a note are refused", async () => {
  await expect(startWitness(settings(["nonsense"]), () => {})).rejects.toThrow(WitnessRefused);
  const spaced = { ...settings([]), name: "two words" };
  await expect(startWitness(spaced, () => {})).rejects.toThrow(WitnessRefused);
});

test("a key is taken as the line that the broker prints", async () => {
  const { key } = await openLog();
  const witness = await startWitness(settings([`log ${key}`]), () => {});
  await witness.close();
});
