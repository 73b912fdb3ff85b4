/** kill -9 while the plant file is being changed, at any instant: one whole file, known by who wrote it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import { PlantHistory } from "../../broker/plant/plant-history.ts";
import { PlantSource } from "../../broker/plant/plant-source.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const WRITER = path.resolve(import.meta.dirname, "plant-writer.ts");
const KILLS = 4;
const TEXT = `site: { id: nord, name: Nord, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
assets: []
`;

/** Kills it some time after it wrote its first change. @returns the last change that it acknowledged */
function killed(folder: string, from: number, afterMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, folder, String(from)], { stdio: "pipe" });
    let [output, errors] = ["", ""];
    child.stderr.on("data", (bytes) => (errors += bytes));
    child.stdout.on("data", (bytes) => {
      const before = output.includes("done");
      output += bytes;
      if (!before && output.includes("done")) setTimeout(() => child.kill("SIGKILL"), afterMs);
    });
    child.once("close", (_code, signal) => {
      const last = [...output.matchAll(/^done (\d+)$/gm)].at(-1)?.[1];
      if (signal === "SIGKILL" && last !== undefined) resolve(Number(last));
      else reject(new Error(`it ended by itself: ${errors}`));
    });
  });
}

test("whatever instant it dies in, the file is one whole plant, and its version says who and why", {
  timeout: 180_000,
}, async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "plant.yaml");
  writeFileSync(file, TEXT);
  let next = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acknowledged = await killed(folder, next, 11 * kill);
    const text = readFileSync(file, "utf8");
    const written = Number(/^# change (\d+)\n/.exec(text)?.[1]);
    expect(text).toBe(`# change ${written}\n${TEXT}`);
    // The last one may be written and not acknowledged; never the other way about.
    expect([acknowledged, acknowledged + 1]).toContain(written);
    const source = await PlantSource.open({ path: file, clock: systemClock });
    source.close();
    expect(source.currentText()).toBe(text);
    const history = PlantHistory.open(path.join(folder, "history"), systemClock);
    const digest = createHash("sha256").update(text).digest("hex");
    await history.add(text, digest);
    expect(history.last).toMatchObject({ digest, byName: "Ada", note: `change ${written}` });
    expect(await history.text(history.last?.sequence ?? 0)).toBe(text);
    next = written + 1;
  }
  const left = readdirSync(folder).filter((name) => name.endsWith(".new"));
  expect(left.length).toBeLessThanOrEqual(1);
  const history = PlantHistory.open(path.join(folder, "history"), systemClock);
  const versions = history.versions().map(({ note }) => note);
  expect(new Set(versions).size).toBe(versions.length);
});
