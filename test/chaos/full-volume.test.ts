/**
 * The volume of the recordings fills up under a running broker. It takes some seconds, as the
 * broker looks at its volume only so often; no other test shows that people still come in and
 * sessions are still cut when there is not a byte left.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { startRunningBroker } from "../kit/running-broker.ts";

const MEBI = 2 ** 20;
const LOOKS_WITHIN_MS = 25_000;

/** A volume of its own; undefined where this user may not mount one. */
function mountVolume(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), "sallyport-volume-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

function unmount(folder: string): void {
  execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true });
}

/** Leaves so many bytes free. */
function fillTo(folder: string, leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const file = openSync(path.join(folder, `filler-${leaveBytes}`), "w");
  const chunk = new Uint8Array(MEBI);
  try {
    for (let left = bavail * bsize - leaveBytes; left > 0; left -= chunk.length) {
      writeSync(file, chunk, 0, Math.min(left, chunk.length));
    }
  } finally {
    closeSync(file);
  }
}

const volume = mountVolume();
const endpoint = "plc-treatment/modbus";

test.skipIf(volume === undefined)(
  "with a full volume people sign in and sessions are cut, but none begins",
  { timeout: 120_000 },
  async () => {
    if (volume === undefined) return;
    const site = await startRunningBroker({ SALLYPORT_EVIDENCE: path.join(volume, "evidence") });
    try {
      const engineer = await site.invite("Edda", ["engineer"]);
      const opened = await engineer.ask<LiveSessionView>("POST", "/api/sessions", { endpoint });
      expect(opened.status).toBe(201);
      const told = (text: string) =>
        expect
          .poll(
            async () => {
              const events = await site.first.ask<SiteEventView[]>("GET", "/api/events");
              return events.body.some((event) => event.text.includes(text));
            },
            { timeout: LOOKS_WITHIN_MS, interval: 500 },
          )
          .toBe(true);
      fillTo(volume, 6 * MEBI);
      await told("over 95 % full");
      const refused = await engineer.ask("POST", "/api/sessions", { endpoint });
      expect(refused.status).toBe(503);
      fillTo(volume, 0);
      await told("is full");
      expect((await site.first.signIn()).status).toBe(200);
      const ended = await engineer.ask("POST", `/api/sessions/${opened.body.id}/end`, {});
      expect(ended.status).toBe(200);
      expect(ended.body).toMatchObject({ cutMicroseconds: expect.any(Number) });
    } finally {
      await site.close();
      unmount(volume);
    }
  },
);
