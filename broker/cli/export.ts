/** `sallyport export SESSION --out DIR`: a recording as a folder that `sallyport verify` proves. */
import path from "node:path";
import type { Config } from "../config.ts";
import { writeBundle } from "../evidence/log/write-bundle.ts";
import { siteLogFolder } from "../site-log-place.ts";

/** Works beside a running broker: it only reads. @throws BundleRefused */
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
  return folder;
}
