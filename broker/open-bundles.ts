/** Bundles of recordings for the API: from the same folders as `sallyport export` takes them. */
import { join } from "node:path";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { BundleDesk } from "./evidence/log/bundle-desk.ts";
import type { Viewing } from "./evidence/viewing/viewing.ts";
import type { SiteCopies } from "./open-copies.ts";
import { siteLogFolder } from "./site-log-place.ts";

interface Ground {
  readonly config: Config;
  readonly clock: Clock;
}

export function openBundles(
  { config, clock }: Ground,
  { comments }: Viewing,
  copies: SiteCopies | undefined,
): BundleDesk {
  return new BundleDesk({
    recordings: join(config.evidenceFolder, "recordings"),
    siteLog: siteLogFolder(config),
    clock,
    comments: (session) => comments.list(session),
    ...(copies && { stored: (session, name) => copies.read(session, name) }),
  });
}
