/**
 * Appends numbered events to a site log until it is killed, and prints each once it is kept:
 *
 *     opening
 *     ready
 *     kept NUMBER INDEX
 *     checkpoint SIZE ROOT
 *
 * node log-writer.ts DIRECTORY FIRST
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../broker/clock.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";

const [directory = "", first = "0"] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

say("opening");
const log = await SiteLog.open({
  directory,
  name: "chaos",
  build: "chaos",
  clock: systemClock,
  // Small, so that kills also hit checkpoints.
  limits: { checkpointAfterMs: 5, stagedLeaves: 300 },
});
log.onCheckpoint(({ size, root }) =>
  say(`checkpoint ${size} ${Buffer.from(root).toString("hex")}`),
);
say("ready");
for (let number = Number(first); ; number += 10) {
  const batch = Array.from({ length: 10 }, async (_, at) => {
    const { index } = await log.append({ kind: "test", number: number + at });
    say(`kept ${number + at} ${index}`);
  });
  await Promise.all(batch);
}
