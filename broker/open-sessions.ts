/** Opens what holds the live sessions: those of this process and those on gateways. */
import type { KeyObject } from "node:crypto";
import type { Credentials } from "./credentials/credentials.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { LogBook } from "./evidence/log/log-book.ts";
import type { OpcuaProcess } from "./legs/opcua/apart/opcua-process.ts";
import { openGateways, type SiteGateways } from "./open-gateways.ts";
import { refusalHooks } from "./open-integrations.ts";
import { loggedHooks } from "./open-log.ts";
import type { Ground } from "./open-parts.ts";
import { type RiskPlace, riskHooks } from "./open-risk.ts";
import { openScanner, scannerHooks } from "./open-scanner.ts";
import { PlaneHost } from "./planes/control/plane-host.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import type { SessionHost } from "./sessions/session.ts";
import { createSessionHost } from "./sessions/session-host.ts";
import type { TrustedBook } from "./trust/trusted-book.ts";

export interface SessionsParts {
  readonly evidence: Evidence;
  readonly plant: PlantSource;
  readonly book: LogBook;
  readonly credentials: Credentials;
  readonly opcua: OpcuaProcess;
  readonly trusted: TrustedBook;
  readonly risk: RiskPlace;
  /** Public half of the key that permits are signed with. */
  readonly permitKey: KeyObject;
}

export interface OpenSessions {
  readonly sessions: SessionHost;
  /** Undefined where no gateway is let in. */
  readonly gateways: SiteGateways | undefined;
}

export async function openSessions(ground: Ground, parts: SessionsParts): Promise<OpenSessions> {
  const { clock, version: build, noticed, opened } = ground;
  const { evidence, plant, book, credentials, opcua, trusted, permitKey } = parts;
  const noticing = loggedHooks(book, scannerHooks(ground, noticed.sessionHooks(trusted)));
  const hooks = riskHooks(ground, parts.risk, refusalHooks(ground, noticing));
  const local = createSessionHost({
    ...{ credentials, opcua, trusted, scanner: openScanner(ground), hooks },
    ...{ recorder: evidence.recorder, permitKey, clock, build },
    beforeOpen: (header) => book.openSession(header),
  });
  const tapes = evidence.handed;
  // Of an earlier run: nobody else here knows of them any more.
  for (const tape of tapes.all()) void tape.closed.then(() => book.closeSession(tape.session));
  const site = plant.current().site.id;
  const gateways = await openGateways(ground, { tapes, hooks, site, permitKey });
  const sessions = new PlaneHost({
    ...{ local, tapes, permitKey, credentials, trusted, clock, build, hooks },
    linkOf: (name) => gateways?.linkOf(name),
    beforeOpen: (header) => book.openSession(header),
    refusedClosed: (session) => book.closeSession(session),
  });
  opened.push(() => sessions.shutdown());
  return { sessions, gateways };
}
