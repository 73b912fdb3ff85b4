/** The command as one file, where nothing else of the project is. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCommand } from "../../deploy/release/make-command.ts";
import { approveMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand, startCommand } from "../kit/sallyport-command.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const folder = makeFolder();
const home = path.join(folder, "home");
let file: string;
let site: RunningBroker;

beforeAll(async () => {
  file = await makeCommand(path.join(folder, "made"));
  site = await startRunningBroker();
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

test("one file knows its version, its help and its mistakes", { timeout: 60_000 }, async () => {
  expect(readdirSync(path.dirname(file))).toEqual(["sallyport.mjs"]);
  const version = await runCommand(home, ["--version"], file);
  expect(version).toMatchObject({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  const help = await runCommand(home, ["connect", "--help"], file);
  expect(help.output).toContain("sallyport connect plc-treatment");
  expect(help.output).toContain("Exit codes: 0 done");
  expect((await runCommand(home, ["connect"], file)).code).toBe(2);
  expect((await runCommand(home, ["assets"], file)).code).toBe(3);
});

test("it signs in, and asks the broker", { timeout: 90_000 }, async () => {
  const asking = startCommand(home, ["login", site.broker.address, "--json"], file);
  const [line = ""] = await asking.says(/^\{"kind":"ask".*$/m);
  const { code, number } = JSON.parse(line) as { code: string; number: number };
  expect(await approveMachine(site.first, code, number)).toBe(204);
  expect(await asking.ended).toBe(0);
  const assets = await runCommand(home, ["assets"], file);
  expect(assets).toMatchObject({
    code: 0,
    output: expect.stringContaining("plc-treatment/modbus"),
  });
});
