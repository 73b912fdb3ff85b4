/** Opens what lets gateways in, where the site has any. */
import { type KeyObject, X509Certificate } from "node:crypto";
import type { AlarmBook } from "./alarms/alarm-book.ts";
import type { HealthBoard } from "./api/health/health-board.ts";
import type { TopicBell } from "./api/live/topic-bell.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { GatewayListener, type ListenerIdentity } from "./legs/planes/gateway-listener.ts";
import type { Noticed } from "./noticed.ts";
import { quarantineRecipients } from "./open-scanner.ts";
import { servedNames, siteAuthority } from "./open-tls.ts";
import type { Opened } from "./opened.ts";
import { GatewayBook } from "./planes/control/gateway-book.ts";
import { Gateways } from "./planes/control/gateways.ts";
import { newKey } from "./planes/gateway/join.ts";
import { joinLine } from "./planes/join-line.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { StartRefused } from "./start-refused.ts";
import type { Person } from "./store/model.ts";
import type { Store } from "./store/store.ts";
import type { SiteAuthority } from "./tls/site-authority.ts";

export interface GatewayGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly store: Store;
  readonly board: HealthBoard;
  readonly bell: TopicBell;
  readonly noticed: Pick<Noticed, "note">;
  readonly alarms: Pick<AlarmBook, "hold">;
  readonly opened: Opened;
}

export interface GatewayParts {
  readonly tapes: Evidence["handed"];
  readonly hooks: SessionHooks;
  readonly site: string;
  /** Public half of the key that permits are signed with. */
  readonly permitKey: KeyObject;
}

/** What the rest of the broker does with gateways. */
export interface SiteGateways extends Pick<Gateways, "linkOf" | "list"> {
  /** The line to be typed on the machine; shown once. */
  invite(by: Person, name: string): Promise<{ readonly line: string; readonly untilMs: number }>;
  /** Undefined where there is none. */
  revoke(by: Person, id: string): Promise<{ readonly name: string } | undefined>;
}

/** Of control's own certificate towards gateways, made anew long before. */
const OWN_MS = 30 * 86_400_000;
const OWN_RENEWED_MS = 7 * 86_400_000;
/** A gateway that restarts is no news to people. */
const AWAY_FOR_MS = 10_000;

/** Undefined where no gateway is let in. */
export async function openGateways(
  ground: GatewayGround,
  parts: GatewayParts,
): Promise<SiteGateways | undefined> {
  const { config, clock, store, bell, noticed, opened } = ground;
  const { gatewayPort: port, gatewayListen: host } = config;
  if (port === undefined) return undefined;
  const authority = await siteAuthority(config, clock);
  const book = new GatewayBook(store, authority, clock);
  let show = () => {};
  const gateways: Gateways = new Gateways({
    ...{ clock, book, tapes: parts.tapes, hooks: parts.hooks, site: parts.site },
    permitKey: parts.permitKey.export({ type: "spki", format: "pem" }).toString(),
    recipients: () => quarantineRecipients(config),
    noted: (kind, text, isAlarm) =>
      noticed.note({ kind, priority: isAlarm ? "alarm" : "event", text }),
    changed: () => {
      bell.ring("plant");
      show();
    },
    opcua: watchOpcua(ground),
  });
  await gateways.endRevoked();
  const serverName = servedNames(config)[0] ?? "localhost";
  const listener = await listen(ground, gateways, authority, serverName);
  opened.push(() => listener.close());
  opened.push(() => gateways.close());
  show = watchAway(ground, gateways);
  show();
  const { fingerprint } = authority;
  const address = { host: isAnyAddress(host) ? serverName : host, port: listener.port };
  return {
    linkOf: (name) => gateways.linkOf(name),
    list: () => gateways.list(),
    invite: async (by, name) => {
      const { token, untilMs } = await book.invite(by, name);
      gateways.known();
      return { line: joinLine({ ...address, serverName, fingerprint, token }), untilMs };
    },
    revoke: async (by, id) => {
      const revoked = await book.revoke(by, id);
      if (revoked) gateways.revoked(revoked);
      return revoked;
    },
  };
}

function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

async function listen(
  { config, clock, opened }: GatewayGround,
  gateways: Gateways,
  authority: SiteAuthority,
  serverName: string,
): Promise<GatewayListener> {
  const { gatewayPort: port = 0, gatewayListen: host } = config;
  const identity = () => ownIdentity(authority, serverName);
  const listener = await GatewayListener.open({
    ...{ host, port, identity: await identity() },
    came: (socket, caller) => gateways.came(socket, caller),
  }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code})`;
    throw new StartRefused(
      `port ${host}:${port} for gateways ${why}: choose another one with SALLYPORT_GATEWAY_PORT, or "off"`,
      1,
    );
  });
  let stop = () => {};
  const renewLater = () => {
    stop = clock.after(OWN_RENEWED_MS, () => {
      void identity().then((fresh) => listener.serve(fresh));
      renewLater();
    });
  };
  renewLater();
  opened.push(() => stop());
  return listener;
}

async function ownIdentity(
  authority: SiteAuthority,
  serverName: string,
): Promise<ListenerIdentity> {
  const { publicKeyPem, keyPem } = newKey();
  const certificate = await authority.issue({
    ...{ publicKeyPem, commonName: "control", dns: [serverName], usage: "server" },
    validMs: OWN_MS,
  });
  // Read once: what cannot be read is found here and not by the first gateway.
  new X509Certificate(certificate);
  return { certificate, key: keyPem, authority: authority.certificatePem };
}

/** One that is away for longer is an alarm until it is back, or revoked. */
function watchAway({ clock, board, alarms, opened }: GatewayGround, gateways: Gateways) {
  const since = new Map<string, number>();
  let stop = () => {};
  let closed = false;
  const tell = async (): Promise<void> => {
    const all = (await gateways.list()).filter(({ isEnrolled }) => isEnrolled);
    const nowMs = clock.monotonicMs();
    for (const { id, link } of all) {
      if (link) since.delete(id);
      else since.set(id, since.get(id) ?? nowMs);
    }
    const away = all.filter(({ id }) => nowMs - (since.get(id) ?? nowMs) >= AWAY_FOR_MS);
    const raised = away.map(
      ({ name }) =>
        [
          name,
          { text: `The gateway ${name} is away: what only it reaches cannot be opened` },
        ] as const,
    );
    alarms.hold("gateway-away", new Map(raised));
    report(all.map(({ name, link }) => ({ name, isThere: link !== undefined })));
  };
  const look = async (): Promise<void> => {
    stop();
    // A store that fails says so itself; it is looked again when it may be back.
    const failed = await tell().then(
      () => false,
      () => true,
    );
    stop();
    const isDue = failed || since.size > 0;
    if (isDue && !closed) stop = clock.after(AWAY_FOR_MS / 4, () => void look());
  };
  const report = (all: readonly { readonly name: string; readonly isThere: boolean }[]) => {
    const there = all.filter(({ isThere }) => isThere).map(({ name }) => name);
    const away = all.filter(({ isThere }) => !isThere).map(({ name }) => name);
    const said = [
      there.length > 0 ? `connected: ${there.join(", ")}` : "",
      away.length > 0 ? `away: ${away.join(", ")}` : "",
    ].filter((part) => part !== "");
    const text = said.length > 0 ? `Gateways ${said.join("; ")}.` : "No gateway has joined yet.";
    board.report("gateways", away.length > 0 ? "attention" : "ok", text);
  };
  opened.push(() => {
    closed = true;
    stop();
  });
  return () => void look();
}

/** Where a gateway's OPC UA process failed: an alarm until it runs again or the gateway is away. */
function watchOpcua({ alarms, noticed }: Pick<GatewayGround, "alarms" | "noticed">) {
  const failing = new Map<string, { readonly text: string }>();
  const hold = () => alarms.hold("gateway-opcua-failed", failing);
  // Of a broker that has ended: whoever still fails says so.
  hold();
  return (gateway: string, failed: string | undefined): void => {
    const was = failing.delete(gateway);
    if (failed !== undefined) {
      const text = `The OPC UA process of the gateway ${gateway} failed, and its sessions ended: ${failed}`;
      failing.set(gateway, { text });
      noticed.note({ kind: "gateway:opcua-failed", priority: "alarm", text });
    } else if (was) {
      const text = `The OPC UA process of the gateway ${gateway} is not known to fail any more`;
      noticed.note({ kind: "gateway:opcua-ready", priority: "event", text });
    }
    if (was || failed !== undefined) hold();
  };
}

/** What the metrics say of them. */
export function gatewayGauges(all: Awaited<ReturnType<SiteGateways["list"]>>) {
  return all
    .filter(({ isEnrolled }) => isEnrolled)
    .map(({ name, link, certificateUntilMs }) => ({
      ...{ name, isConnected: link !== undefined, sessions: link?.sessions ?? 0 },
      certificateUntilMs: certificateUntilMs ?? undefined,
    }));
}
