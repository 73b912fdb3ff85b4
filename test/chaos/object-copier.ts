/** Copies one recording in a process of its own, so that it can be killed in the middle. node object-copier.ts FOLDER ENDPOINT BUCKET KEYS SESSION */
import path from "node:path";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { openCopyWork } from "../../broker/evidence/objects/open-copy-work.ts";

const [folder = "", endpoint = "", bucket = "", credentials = "", session = ""] =
  process.argv.slice(2);
const work = await openCopyWork(
  {
    ...{ endpoint, bucket, credentials, region: "us-east-1", style: "path", ca: "", networks: [] },
    ...{ recordings: path.join(folder, "recordings"), states: path.join(folder, "objects") },
    partBytes: 5 * 1024 * 1024,
  },
  diskVolume,
  () => [],
);
const nowMs = Date.now();
await work.copy({ session, key: `north/${session}.tar`, nowMs, lock: undefined, held: false });
process.stdout.write("done\n");
process.exit(0);
