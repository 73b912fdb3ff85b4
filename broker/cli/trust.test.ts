import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../test/kit/child.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { readConfig } from "../config.ts";
import { openStore } from "../store/store.ts";
import { TrustedBook } from "../trust/trusted-book.ts";
import { plantOf } from "./integrations.ts";
import { trustOnHost, withdrawOnHost } from "./trust.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);
const PROGRAM = new URL("./sallyport.ts", import.meta.url).pathname;
// Slow: each command is a process of its own.
const SLOW = { timeout: 120_000 };
const ENDPOINT = "switch-works/ssh";
const ONE = `SHA256:${"A".repeat(43)}`;
const OTHER = `SHA256:${"B".repeat(43)}`;

function host() {
  const folder = temporaryFolder();
  const data = path.join(folder, "data");
  const plant = path.join(folder, "plant.yaml");
  writeFileSync(plant, readFileSync(EXAMPLE, "utf8").replace(/^\s*host-keys: .*\n/m, ""));
  const env = { SALLYPORT_DATA: data, SALLYPORT_PLANT: plant };
  const run = (...args: readonly string[]) =>
    runProgram(process.execPath, [PROGRAM, "trust", ...args], { env, input: "" });
  return { data, env, run };
}

async function kept(data: string) {
  const store = await openStore({ path: path.join(data, "sallyport.db") });
  try {
    const parts = { store, clock: systemClock, changed: () => {}, failed: () => {} };
    const book = await TrustedBook.open(parts);
    const events = (await store.log.list()).map(({ kind, priority }) => `${priority} ${kind}`);
    return { trusted: book.of(ENDPOINT, "ssh-host-key"), events };
  } finally {
    await store.close();
  }
}

test("on the host one is accepted, replaced and withdrawn, each as an alarm", SLOW, async () => {
  const { data, run } = host();
  expect(await run("accept", ENDPOINT, ONE)).toMatchObject({ code: 0 });
  expect(await run("accept", ENDPOINT, OTHER)).toMatchObject({ code: 0 });
  expect(await kept(data)).toMatchObject({ trusted: [OTHER] });
  expect((await run("list")).output).toMatch(/switch-works\/ssh {2}SHA256:B+ .* trusted by /);
  expect(await run("withdraw", ENDPOINT)).toMatchObject({ code: 0 });
  const { trusted, events } = await kept(data);
  expect(trusted).toEqual([]);
  expect(events).toEqual([
    "alarm asset:trust-withdrawn",
    "alarm asset:trusted",
    "alarm asset:trusted",
  ]);
});

test("what is no fingerprint, or of the plant file, is refused with what to do", async () => {
  const { env } = host();
  const config = readConfig(env);
  const plant = await plantOf(config);
  if (!plant) throw new Error("no plant");
  for (const [endpoint, fingerprint, said] of [
    [ENDPOINT, "MD5:00", /write it as ssh-keygen -l prints it/],
    ["opc-treatment/opcua", "0".repeat(64), /the plant file pins what/],
    ["plc-treatment/modbus", ONE, /no key or certificate to trust/],
    ["nowhere/ssh", ONE, /the plant file has no nowhere\/ssh/],
  ] as const) {
    await expect(trustOnHost(config, plant, endpoint, fingerprint)).rejects.toThrow(said);
  }
  await expect(withdrawOnHost(config, ENDPOINT)).rejects.toThrow(/nothing is trusted for switch/);
});
