/**
 * A process that changes a plant file as the console does, over and over, until it is killed: a
 * line to its parent after each change that was acknowledged. Started by `plant-edits.test.ts`.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../../broker/clock.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { PlantHistory } from "../../broker/plant/plant-history.ts";
import { PlantSource } from "../../broker/plant/plant-source.ts";

const [folder = ""] = process.argv.slice(2);
const file = path.join(folder, "plant.yaml");
const source = await PlantSource.open({ path: file, clock: systemClock });
const history = PlantHistory.open(path.join(folder, "history"), systemClock);
await history.add(source.currentText(), source.current().digest);
let kept = Promise.resolve();
source.onChanged(({ digest }) => {
  kept = history.add(source.currentText(), digest);
});
process.stdout.write("ready\n");

const base = readFileSync(file, "utf8").replace(/^# change .*\n/gm, "");
for (let n = Number(process.argv[3] ?? 0); ; n += 1) {
  const text = `# change ${n}\n${base}`;
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(parsed.problems[0]?.message);
  const { plant, warnings } = parsed;
  const inForce = source.current().digest;
  await source.replace({
    ...{ text, plant, warnings, onDisk: inForce, inForce },
    begin: () =>
      history.announce({ digest: plant.digest, by: "ada", byName: "Ada", note: `change ${n}` }),
  });
  await kept;
  process.stdout.write(`done ${n}\n`);
}
