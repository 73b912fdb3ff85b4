/** Opens what looks into files before an asset has them, and tells people what it found. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { aboutSession } from "./integrations/about-session.ts";
import { Clamd, type Scanner } from "./legs/clamd.ts";
import type { Logger } from "./log.ts";
import { Quarantine } from "./scanning/quarantine.ts";
import type { MalwareFound } from "./sessions/scans.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { plainText } from "./store/plain-text.ts";
import type { NewSiteEvent } from "./store/site-events.ts";

export interface ScannerGround {
  readonly config: Pick<Config, "clamd" | "dataFolder" | "evidenceFolder" | "auditorRecipients">;
  readonly log: Pick<Logger, "error">;
  readonly noticed: { note(event: NewSiteEvent): void };
}

function keep(quarantine: Quarantine, { digest, content, kept }: MalwareFound) {
  return content ? quarantine.keep(digest, content) : Promise.resolve(kept ?? undefined);
}

/** Undefined where none is configured: nothing that must be scanned is sent then. */
export function openScanner({ config }: ScannerGround): Scanner | undefined {
  return config.clamd === "" ? undefined : new Clamd(config.clamd);
}

/** Public `age1…` of those who may open what is kept. */
export function quarantineRecipients({
  evidenceFolder,
  auditorRecipients,
}: Pick<Config, "evidenceFolder" | "auditorRecipients">): readonly string[] {
  const site = readFileSync(join(evidenceFolder, "recipient"), "utf8").trim();
  return [site, ...auditorRecipients];
}

/** Of a path in a sentence. */
const PATH_MAX = 200;

export function scannerHooks(
  { config, log, noticed }: ScannerGround,
  hooks: SessionHooks,
): SessionHooks {
  const quarantine = new Quarantine(join(config.dataFolder, "quarantine"), () =>
    quarantineRecipients(config),
  );
  return {
    ...hooks,
    onMalware: async (session, found) => {
      const { claims } = session;
      const { path, digest, name } = found;
      const kept = await keep(quarantine, found).catch((error: unknown) => {
        log.error({ error }, "a file with malware was not kept");
        return undefined;
      });
      const where = kept ? `It is kept in ${kept}` : "It was not kept";
      const { subject, asset } = claims;
      noticed.note({
        ...{ kind: "file:malware", priority: "alarm", subject: subject.id },
        text: `${subject.name} wanted to send ${plainText(path, PATH_MAX)} to ${asset.name}: the scanner found ${name} in it (SHA-256 ${digest}). Nothing of it was sent. ${where}.`,
        ...{ session: claims.session, about: aboutSession(claims) },
      });
    },
    onScannerAway: ({ claims }, reason) =>
      noticed.note({
        ...{ kind: "scanner:away", priority: "alarm", subject: claims.subject.id },
        text: `A file for ${claims.asset.name} was refused because it could not be scanned: ${reason}`,
        ...{ session: claims.session, about: aboutSession(claims) },
      }),
  };
}
