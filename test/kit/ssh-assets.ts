/** SSH servers that we did not write, as assets of one test. */
import { onTestFinished } from "vitest";
import { type LaunchedSsh, launchDropbear, launchSshd, type SshAsset } from "./ssh-server.ts";

/** @param more lines of its configuration */
export function startSshd(folder: string, more: readonly string[] = []): Promise<SshAsset> {
  return untilEnd(launchSshd(folder, more));
}

export function startDropbear(folder: string): Promise<SshAsset> {
  return untilEnd(launchDropbear(folder));
}

async function untilEnd(launching: Promise<LaunchedSsh>): Promise<SshAsset> {
  const { asset, stop } = await launching;
  onTestFinished(async () => {
    await stop();
  });
  return asset;
}
