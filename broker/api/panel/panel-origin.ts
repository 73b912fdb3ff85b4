/**
 * Where the pages of web panels live: each session on an origin of its own, `ID.HOST`. It is never
 * within the console's site, whose cookies browsers would then take for near.
 */
export interface PanelOrigin {
  /** `http` for localhost, whose connections do not leave the machine. */
  readonly scheme: "http" | "https";
  /** Without a session's id in front. */
  readonly host: string;
  /** Behind the host, for example `:7481`; "" where it is the scheme's own. */
  readonly port: string;
}

/**
 * @param setting `panels.example`, `panels.example:8443` or `localhost`
 * @param isTls the listener speaks TLS itself; otherwise a proxy does, on the scheme's own port
 */
export function panelOrigin(setting: string, listening: number, isTls = false): PanelOrigin {
  const [host = "localhost", given] = setting.split(":");
  if (isLocalPanelHost(host)) return { scheme: "http", host, port: `:${given ?? listening}` };
  const port = given ?? (isTls ? String(listening) : "443");
  return { scheme: "https", host, port: port === "443" ? "" : `:${port}` };
}

/** Served over plain http, which browsers take for secure where it does not leave the machine. */
export function isLocalPanelHost(host: string): boolean {
  return host === "localhost";
}

export function originOf({ scheme, host, port }: PanelOrigin, session: string): string {
  return `${scheme}://${session}.${host}${port}`;
}

/** The session that a `Host` field names; undefined for every other name. */
export function sessionOf(
  { host, port }: PanelOrigin,
  named: string | undefined,
): string | undefined {
  const tail = `.${host}${port}`;
  const given = (named ?? "").toLowerCase();
  if (!given.endsWith(tail)) return undefined;
  const id = given.slice(0, -tail.length);
  return /^[a-z0-9]{1,63}$/.test(id) ? id : undefined;
}

/** Registries that give out names below a second label (`co.uk`), as far as they are common. */
const SECOND_LEVEL = new Set(["ac", "co", "com", "edu", "gob", "gov", "net", "or", "org"]);

/**
 * Why panels may not live under this host; undefined where they may.
 * @param origins of the console
 */
export function refusedPanelHost(setting: string, origins: readonly string[]): string | undefined {
  const host = setting.split(":")[0] ?? "";
  if (isLocalPanelHost(host)) {
    // Browsers take each name below localhost for a site of its own.
    const away = origins.find((origin) => new URL(origin).hostname !== "localhost");
    return away === undefined ? undefined : `nobody at ${away} reaches localhost of this machine`;
  }
  const near = origins.find((origin) => siteOf(new URL(origin).hostname) === siteOf(host));
  if (near === undefined) return undefined;
  return `it is on the same site as ${near}: a panel's pages would be taken for the console's`;
}

function siteOf(host: string): string {
  const labels = host.toLowerCase().split(".");
  const [second = "", top = ""] = labels.slice(-2);
  return labels.slice(top.length === 2 && SECOND_LEVEL.has(second) ? -3 : -2).join(".");
}
