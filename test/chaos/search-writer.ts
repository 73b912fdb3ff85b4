/**
 * Records sessions one after another and indexes them meanwhile, until it is killed:
 *
 *     ready
 *     closed SESSION
 *
 * node search-writer.ts DIRECTORY RUN
 */
import { openTestEvidence, recordWrites } from "../kit/searched-recordings.ts";
import { VALUES } from "./searched-values.ts";

const [directory = "", run = ""] = process.argv.slice(2);
/** Small, so that kills hit an index of several segments and frames. */
const evidence = await openTestEvidence(directory, { segmentBytes: 2_000 });
evidence.openSearch(() => undefined);
process.stdout.write("ready\n");
for (let n = 0; ; n += 1) {
  const session = `s-${run}-${n}`;
  await recordWrites(evidence, session, VALUES);
  process.stdout.write(`closed ${session}\n`);
}
