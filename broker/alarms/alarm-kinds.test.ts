import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { ALARM_KINDS, type AlarmKind } from "./alarm-kinds.ts";

const BROKER = path.resolve(import.meta.dirname, "..");

/** Raised by the part that knows when they are over, not by their event. */
const BY_THEIR_PART = [
  ...["hold:waiting", "integration:invalid", "opcua:failed", "gateway:opcua-failed"],
  ...["plant:invalid", "policy:invalid", "workload:file-invalid", "store:back"],
  ...["response:asked", "tickets:away"],
  // Those who could watch hear of it by a notice and by integrations.
  "session:unattended",
  // An administrator did it on purpose, and it ends what rang.
  "gateway:revoked",
];

/** Kinds of events that are written with the priority of an alarm. */
function marked(): readonly string[] {
  const files = globSync("**/*.ts", { cwd: BROKER }).filter((file) => !/\.test\.ts$/.test(file));
  const kinds = files.flatMap((file) => {
    const text = readFileSync(path.join(BROKER, file), "utf8");
    return [...text.matchAll(/kind: "([a-z-]+:[a-z-]+)",\s*priority: "alarm"/g)];
  });
  return [...new Set(kinds.map(([, kind = ""]) => kind))];
}

test("whatever is written as an alarm also rings", () => {
  const all: readonly AlarmKind[] = Object.values(ALARM_KINDS);
  const ringing = new Set(all.flatMap(({ raisedBy = [] }) => raisedBy));
  const found = marked();
  expect(found.length).toBeGreaterThan(30);
  expect(found.filter((kind) => !ringing.has(kind) && !BY_THEIR_PART.includes(kind))).toEqual([]);
});
