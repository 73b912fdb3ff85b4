/**
 * `sallyport unlock`: lifts locks on this machine, for an administrator who cannot reach the second
 * person that the lock of a site needs. It works with the broker running or stopped, never from
 * afar, and is noted as an alarm.
 */
import { userInfo } from "node:os";
import {
  askRunningBroker,
  type HostLift,
  type HostRequest,
  liftOnHost,
  lockWords,
} from "../access/lift-on-host.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { openSiteStore } from "../site-store.ts";
import { prepareDataFolder } from "../store/data-folder.ts";
import { StoreInUse } from "../store/store-failed.ts";

/** Cannot be done, with what to do instead. */
export class UnlockRefused extends Error {
  override readonly name = "UnlockRefused";
}

/** @returns what was done, for the person at the machine */
export async function unlockOnHost(config: Config, which: HostLift): Promise<string> {
  prepareDataFolder(config.dataFolder);
  const request = { who: `${userInfo().username} on this machine`, which };
  const lifted = await besideOrInstead(config, request);
  if (lifted.length === 0) {
    const more = which === "all" ? "" : " For locks of zones, assets and others: --all.";
    return `Nothing was locked that keeps an administrator out.${more}`;
  }
  return `Lifted: ${lifted.join(", ")}.\nThis was noted as an alarm.`;
}

async function besideOrInstead(config: Config, request: HostRequest): Promise<readonly string[]> {
  const store = await openSiteStore(config).catch((error) => {
    if (error instanceof StoreInUse) return undefined;
    throw error;
  });
  if (!store) {
    const lifted = await askRunningBroker(config.dataFolder, request, systemClock);
    if (lifted) return lifted;
    throw new UnlockRefused("the broker runs but does not answer: stop it, then try again");
  }
  try {
    return (await liftOnHost(store, request, systemClock.wallMs())).map(lockWords);
  } finally {
    await store.close();
  }
}
