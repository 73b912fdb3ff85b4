/** Opens what proves to browsers that this is the console, where the broker does that itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AlarmBook } from "./alarms/alarm-book.ts";
import { SITE } from "./alarms/alarms-by-event.ts";
import type { HealthBoard } from "./api/health/health-board.ts";
import { isLocalPanelHost } from "./api/panel/panel-origin.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { IntegrationDialer } from "./legs/integration-dialer.ts";
import type { Noticed } from "./noticed.ts";
import { plantRanges } from "./open-integrations.ts";
import type { Opened } from "./opened.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { StartRefused } from "./start-refused.ts";
import { orderCertificate } from "./tls/acme-order.ts";
import { AcmeSource } from "./tls/acme-source.ts";
import { CertificateRefused } from "./tls/certificate-pair.ts";
import { PlainDoor } from "./tls/plain-door.ts";
import {
  type CertificateSource,
  fromAuthority,
  fromFiles,
  ServedCertificate,
} from "./tls/served-certificate.ts";
import { openSiteAuthority, type SiteAuthority } from "./tls/site-authority.ts";

export interface TlsGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly board: HealthBoard;
  readonly noticed: Pick<Noticed, "note">;
  readonly alarms: Pick<AlarmBook, "raise" | "clear">;
  readonly opened: Opened;
}

/** Undefined where somebody else proves it, or nobody. */
export async function openTls(
  ground: TlsGround,
  plant: Pick<PlantSource, "current">,
): Promise<ServedCertificate | undefined> {
  const { config, clock, opened } = ground;
  if (config.tls === "off") return undefined;
  try {
    const authority = config.tls === "site-ca" ? await siteAuthority(config, clock) : undefined;
    const challenges = new Map<string, string>();
    // An ACME authority asks there before there is a certificate.
    await openPlainDoor(ground, authority, challenges);
    const source = sourceOf(ground, plant, { authority, challenges });
    const certificate = await ServedCertificate.open(source, clock);
    opened.push(() => certificate.close());
    watch(ground, certificate);
    return certificate;
  } catch (error) {
    if (error instanceof CertificateRefused) throw new StartRefused(error.message, 2);
    throw error;
  }
}

interface Proofs {
  readonly authority: SiteAuthority | undefined;
  readonly challenges: Map<string, string>;
}

function sourceOf(
  { config, clock }: TlsGround,
  plant: Pick<PlantSource, "current">,
  { authority, challenges }: Proofs,
): CertificateSource {
  const names = servedNames(config);
  const { tls, tlsCertificate, tlsKey } = config;
  if (authority) return fromAuthority(authority, clock, names);
  if (tls === "files") return fromFiles(tlsCertificate, tlsKey, names);
  checkAcmeNames(names);
  const { acmeDirectory: directory, acmeContact: contact, acmeRoots } = config;
  const dialer = new IntegrationDialer({
    ...plantRanges(config, plant),
    destinations: [directory],
  });
  const ca = acmeRoots === "" ? undefined : readFileSync(acmeRoots, "utf8");
  return new AcmeSource({
    ...{ names, clock, file: acmeFile(config.dataFolder) },
    order: (hosts) =>
      orderCertificate({
        ...{ directory, contact, hosts, challenges, dialer, ca },
        accountFile: join(config.dataFolder, "tls/acme-account.json"),
      }),
    standIn: async () => fromAuthority(await siteAuthority(config, clock), clock, names).make(),
  });
}

/** Where the pair lies that was ordered last. */
export function acmeFile(dataFolder: string): string {
  return join(dataFolder, "tls/acme-console.pem");
}

function checkAcmeNames(names: readonly string[]): void {
  const wild = names.filter((name) => name.startsWith("*."));
  if (wild.length === 0) return;
  throw new StartRefused(
    `SALLYPORT_TLS=acme proves single names, and web panels need ${wild.join(", ")}: set SALLYPORT_PANEL_PORT=off, or use certificate files`,
    2,
  );
}

/** The site's authority, made where there is none: also for what is let in by certificate. */
export function siteAuthority(config: Config, clock: Clock): Promise<SiteAuthority> {
  const hosts = servedNames(config).filter((name) => !name.startsWith("*."));
  return openSiteAuthority(config.dataFolder, { clock, hosts });
}

/** Names that browsers type, and those of panels where they are served over TLS. */
export function servedNames(config: Pick<Config, "origins" | "panelHost" | "panelPort">) {
  const panel = config.panelHost.split(":")[0] ?? "";
  const panels =
    config.panelPort === undefined || isLocalPanelHost(panel) ? [] : [panel, `*.${panel}`];
  const names = config.origins.map((origin) => new URL(origin).hostname);
  return [...new Set([...names, ...panels])];
}

function watch(ground: TlsGround, certificate: ServedCertificate): void {
  const { board, alarms, noticed, opened } = ground;
  const show = () => {
    const { state, text } = certificate.state();
    board.report("certificate", state, text);
    if (state === "ok") alarms.clear("certificate-ending", SITE);
    else alarms.raise("certificate-ending", SITE, { text });
  };
  show();
  opened.push(
    certificate.onChange((changed) => {
      show();
      if (!changed) return;
      const { fingerprint } = certificate.current();
      const text = `Another certificate of the console counts (SHA-256 ${fingerprint.slice(0, 16)}…)`;
      noticed.note({ kind: "certificate:changed", priority: "event", text });
    }),
  );
}

async function openPlainDoor(
  ground: TlsGround,
  authority: SiteAuthority | undefined,
  challenges: ReadonlyMap<string, string>,
) {
  const { config, opened } = ground;
  const { listen, httpPort: port, origins, trustedProxies } = config;
  if (port === undefined) return;
  const opening = PlainDoor.open({
    ...{ listen, port, origins, trustedProxies, authority, challenges },
  });
  const door = await opening.catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code})`;
    throw new StartRefused(
      `port ${listen}:${port} for plain http ${why}: choose another one with SALLYPORT_HTTP_PORT, or "off"`,
      1,
    );
  });
  opened.push(() => door.close());
}
