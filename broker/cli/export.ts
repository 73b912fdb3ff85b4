/** `sallyport export SESSION --out DIR`: a recording as a folder that `sallyport verify` proves. */
import { userInfo } from "node:os";
import path from "node:path";
import type { Config } from "../config.ts";
import { diskVolume } from "../evidence/disk-volume.ts";
import { leaveNote } from "../evidence/log/left-notes.ts";
import { writeBundle } from "../evidence/log/write-bundle.ts";
import { siteLogFolder } from "../site-log-place.ts";

/**
 * Works beside a running broker, which notes it in the site log, or does so at its next start.
 * @throws BundleRefused
 */
export async function exportSession(config: Config, session: string, out: string): Promise<string> {
  const folder = path.resolve(out);
  await writeBundle(
    {
      recordings: path.join(config.evidenceFolder, "recordings"),
      siteLog: siteLogFolder(config),
    },
    session,
    folder,
  );
  const by = `${userInfo().username} on this machine`;
  const note = { kind: "export", session, by, occurredMs: Date.now() } as const;
  await leaveNote(diskVolume, siteLogFolder(config), note);
  return folder;
}
