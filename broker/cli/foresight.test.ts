/** What-if and learning over a recording that the real recorder wrote. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Header } from "../../protocols/tape/record.ts";
import { writePolledRecording } from "../../test/kit/polled-recording.ts";
import { makeFolder, removeFolder } from "../../test/kit/temporary.ts";
import { type Config, readConfig } from "../config.ts";
import { openEvidenceKeys } from "../evidence/keys.ts";
import type { Foreseen } from "../evidence/past/foresee.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { runLearn } from "./learn.ts";
import { PastAskedWrongly } from "./past-asked.ts";
import { DIFFERS, runWhatIf, SAME, type WhatIfAsked } from "./what-if.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../deploy/examples");
const plantText = readFileSync(path.join(EXAMPLE, "water-plant.yaml"), "utf8");
const HOUR_S = 3_600;
/** One write each five minutes, of which every sixth was refused. */
const WRITES = 12;
const REFUSED = 2;

let config: Config;
let folder: string;

beforeAll(async () => {
  folder = makeFolder();
  config = readConfig({ SALLYPORT_DATA: path.join(folder, "data") });
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(config.dataFolder, "plant.yaml"), plantText);
  const { evidenceFolder } = config;
  const file = path.join(config.dataFolder, "evidence.key");
  const keys = await openEvidenceKeys({ file, evidenceFolder, auditors: [] });
  const parsed = parsePlant(plantText, "plant.yaml");
  const asset =
    parsed.kind === "plant"
      ? parsed.plant.assets.find(({ id }) => id === "plc-treatment")
      : undefined;
  const endpoint = asset?.endpoints[0];
  if (asset === undefined || endpoint?.protocol !== "modbus") throw new Error("no Modbus here");
  const header: Header = {
    ...{ version: 1, build: "test", session: "0190hour", site: "nordwasser" },
    subject: { id: "p1", name: "Ana", roles: ["engineer"] },
    asset: { id: asset.id, name: asset.name, zone: asset.zone },
    endpoint: { id: endpoint.id, protocol: endpoint.protocol },
    grant: { id: "g1", profile: "operations", until: 0 },
    digests: { profile: "", plant: "" },
    tags: endpoint.tags,
    startedMs: Date.parse("2026-03-01T08:00:00Z"),
  };
  await writePolledRecording({
    ...{ directory: evidenceFolder, keys, header, endpoint },
    seconds: HOUR_S,
  });
}, 120_000);

afterAll(() => removeFolder(folder));

async function whatIf(
  asked: WhatIfAsked,
): Promise<{ readonly code: number; readonly text: string }> {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  return { code: await runWhatIf(config, asked, { write }), text };
}

function tried(from: string, to: string): string {
  if (!plantText.includes(from)) throw new Error(`the example has no ${from}`);
  const file = path.join(folder, "tried.yaml");
  writeFileSync(file, plantText.replace(from, to));
  return file;
}

test("under the plant as it is, what was permitted is permitted", async () => {
  const { code, text } = await whatIf({
    plant: path.join(EXAMPLE, "water-plant.yaml"),
    json: true,
  });
  const { sessions, operations, differences } = JSON.parse(text) as Foreseen;
  expect({ code, sessions, differences }).toEqual({ code: SAME, sessions: 1, differences: [] });
  expect(operations).toBeGreaterThan(HOUR_S);
});

test("narrower bounds: every write that would be refused, with its moment", async () => {
  const plant = tried(
    "tags: [P101.SpeedSetpoint], min: 10, max: 50",
    "tags: [P101.SpeedSetpoint], min: 10, max: 26",
  );
  const { code, text } = await whatIf({ plant, json: true });
  expect(code).toBe(DIFFERS);
  const { differences } = JSON.parse(text) as Foreseen;
  expect(differences).toHaveLength(1);
  const [difference] = differences;
  expect(difference).toMatchObject({
    ...{ endpoint: "plc-treatment/modbus", profile: "operations" },
    what: expect.stringContaining("P101.SpeedSetpoint"),
    before: { verdict: "permit" },
    after: { verdict: "deny", rule: "operations/pump speed" },
  });
  expect(difference?.count).toBe(difference?.moments.length);
  expect(difference?.moments[0]).toMatchObject({ session: "0190hour", person: "Ana" });
  const told = await whatIf({ plant });
  expect(told.text).toContain(`/recordings/0190hour?at=${difference?.moments[0]?.sequence}`);
});

test("a profile that is gone refuses everything; nothing chosen is nothing judged", async () => {
  const plant = tried("- id: operations", "- id: operations-renamed");
  const { text } = await whatIf({ plant, json: true });
  const { operations, differences } = JSON.parse(text) as Foreseen;
  const refused = differences.reduce((sum, { count }) => sum + count, 0);
  expect(refused).toBe(operations - REFUSED);
  const none = await whatIf({ plant, json: true, person: "Nobody" });
  expect(JSON.parse(none.text)).toMatchObject({ sessions: 0, operations: 0, differences: [] });
});

test("a rule that rests on a value uses what the recording knew, and says where it did not", async () => {
  const bounds = "tags: [P101.SpeedSetpoint], min: 10, max: 50, every: 1s";
  const plant = tried(bounds, `${bounds}, while: { tag: P101.Remote, is: 7 }`);
  const { differences } = JSON.parse((await whatIf({ plant, json: true })).text) as Foreseen;
  expect(differences[0]?.after).toMatchObject({ verdict: "deny" });
  expect(differences[0]?.after.reason).toContain("P101.Remote");
  expect(differences.reduce((sum, { count }) => sum + count, 0)).toBe(WRITES - REFUSED);
});

test("what is wrong is said before anything is read", async () => {
  await expect(whatIf({})).rejects.toThrow(PastAskedWrongly);
  await expect(whatIf({ plant: "/nowhere.yaml" })).rejects.toThrow("cannot be read");
  await expect(whatIf({ plant: tried("- id: operations", "- uid: x") })).rejects.toThrow("id");
  const plant = path.join(EXAMPLE, "water-plant.yaml");
  await expect(whatIf({ plant, since: "yesterday" })).rejects.toThrow("--since");
});

test("the learned profile is narrow, valid, and lets all of it pass again", async () => {
  let text = "";
  const out = path.join(folder, "learned.yaml");
  const write = (more: string) => {
    text += more;
  };
  await runLearn(config, { name: "speed-only", out }, { write });
  expect(text).toContain("would be permitted again");
  expect(text).toContain("P101.SpeedSetpoint");
  expect(text).toContain('nothing needed the rule "operations/pressure"');
  const parsed = parsePlant(readFileSync(out, "utf8"), out);
  expect(parsed.kind).toBe("plant");
  const again = await whatIf({ plant: out, json: true });
  expect(again.code).toBe(SAME);
  rmSync(out);
});

test("who reads recordings on the host leaves a note for the site log before anything is read", async () => {
  const notes = path.join(config.dataFolder, "site-log/notes");
  rmSync(notes, { recursive: true, force: true });
  await whatIf({ plant: tried("treatment", "treatment") });
  await runLearn(config, {}, { write: () => {} });
  const left = readdirSync(notes).map((name) =>
    JSON.parse(readFileSync(path.join(notes, name), "utf8")),
  );
  const commands = left.map(({ kind, command, session }) => `${kind} ${command} ${session}`);
  expect(commands.sort()).toEqual(["read policy what-if 0190hour", "read profile learn 0190hour"]);
  rmSync(notes, { recursive: true });
  writeFileSync(notes, "no folder");
  await expect(whatIf({ plant: tried("treatment", "treatment") })).rejects.toThrow(
    /ENOTDIR|EEXIST/,
  );
  rmSync(notes);
});
