/** A site of which the retention policy has deleted a recording, as the broker does it, and its range. */
import path from "node:path";
import { systemClock } from "../../broker/clock.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { SiteLog } from "../../broker/evidence/log/site-log.ts";
import { writeRangeBundle } from "../../broker/evidence/log/write-bundle.ts";
import { Retention } from "../../broker/evidence/retention.ts";
import { deletedText } from "../../broker/noticed-evidence.ts";
import type { ExportedSite } from "./bundle.ts";
import { TestClock } from "./test-clock.ts";

const KEEP_MS = 86_400_000;

/** All recordings but those `kept` go. @returns the range, as a folder at `out` */
export async function deleteByPolicy(
  { source }: ExportedSite,
  kept: readonly string[],
  out: string,
): Promise<string> {
  const { recordings, siteLog } = source;
  const shared = { directory: siteLog, name: "t", build: "test", clock: systemClock };
  const log = await SiteLog.open(shared);
  const retention = new Retention({
    ...{ volume: diskVolume, recordings, keepMs: KEEP_MS },
    clock: new TestClock(Date.now() + 2 * KEEP_MS),
    tombstone: async (tombstone) => {
      const { session } = tombstone;
      const text = deletedText(tombstone);
      await log.append({ kind: "event", name: "recording:deleted", text, session });
    },
    changed: () => {},
    trouble: () => {},
  });
  const hold = { by: { id: "p-9", name: "Audra" }, reason: "kept", atMs: 1 };
  for (const session of kept) await retention.hold(session, hold);
  await retention.sweep();
  await retention.stop();
  await log.publish();
  await log.close();
  await writeRangeBundle(source, { scope: {} }, path.resolve(out));
  return out;
}
