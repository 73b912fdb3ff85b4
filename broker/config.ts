/**
 * Settings to one frozen, checked value. The environment goes before the file that
 * `SALLYPORT_CONFIG` names; a file key is the variable without its prefix
 * (`SALLYPORT_SESSION_IDLE` is `session-idle`). All problems are reported at once.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { Setting } from "./setting.ts";
import { PACKAGE_FOLDER, PREFIX, SETTINGS } from "./settings.ts";

type Settings = typeof SETTINGS;
type SettingName = keyof Settings;

/** Everything set, checked and with absolute paths. `origins` is empty only while the port is 0. */
export type Config = {
  readonly [K in SettingName]: Readonly<z.output<Settings[K]["schema"]>>;
};

export class ConfigInvalid extends Error {
  override readonly name = "ConfigInvalid";
  /** One clear line each. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

type Texts = ReadonlyMap<string, { readonly text: string; readonly from: string }>;

/** @throws ConfigInvalid with every problem found. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const file = environment[`${PREFIX}CONFIG`];
  const texts: Texts = new Map([
    ...(file ? textsOfFile(file, problems) : []),
    ...textsOfEnvironment(environment, problems),
  ]);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    values[name] = readSetting(setting, texts, problems);
  }
  if (problems.length > 0) throw new ConfigInvalid(problems);
  const config = derive(values as Config);
  checkTogether(config, problems);
  if (problems.length > 0) throw new ConfigInvalid(problems);
  return Object.freeze(config);
}

const VARIABLES: ReadonlySet<string> = new Set(Object.values(SETTINGS).map((s) => s.variable));

function textsOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): [string, { text: string; from: string }][] {
  return Object.entries(environment).flatMap(([variable, text]) => {
    if (!variable.startsWith(PREFIX) || variable === `${PREFIX}CONFIG`) return [];
    if (text === undefined || text === "") return [];
    if (!VARIABLES.has(variable)) problems.push(`${variable} is not a setting${nearest(variable)}`);
    return [[variable, { text, from: variable }]];
  });
}

/** A configuration is small; anything larger is the wrong file. */
const FILE_BYTES_MAX = 65_536;

function textsOfFile(file: string, problems: string[]): [string, { text: string; from: string }][] {
  const content = contentOf(file, problems);
  return Object.entries(content).flatMap(([key, value]) => {
    const variable = PREFIX + key.replaceAll("-", "_").toUpperCase();
    if (!VARIABLES.has(variable)) problems.push(`${file}: ${key} is not a setting`);
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    return text === "" ? [] : [[variable, { text, from: `${file}: ${key}` }]];
  });
}

const FILE = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
);

function contentOf(file: string, problems: string[]): z.output<typeof FILE> {
  try {
    const text = readFileSync(file, "utf8");
    if (text.length > FILE_BYTES_MAX) throw new Error("it is too large for a configuration");
    return FILE.parse(parse(text) ?? {});
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? "it must be a list of `setting: value` lines"
        : String(error instanceof Error ? error.message : error).split("\n")[0];
    problems.push(`SALLYPORT_CONFIG: cannot read ${file}: ${reason}`);
    return {};
  }
}

function readSetting(setting: Setting<unknown>, texts: Texts, problems: string[]): unknown {
  const given = texts.get(setting.variable);
  const parsed = setting.schema.safeParse(given?.text ?? setting.fallback);
  if (parsed.success) return parsed.data;
  const advice = setting.fallback === "" || setting.secret ? "" : ` (default ${setting.fallback})`;
  const shown = setting.secret ? "what it is" : JSON.stringify(given?.text ?? setting.fallback);
  const from = given?.from ?? setting.variable;
  problems.push(`${from} must be ${setting.expects}${advice}, not ${shown}`);
  return undefined;
}

function derive(given: Config): Config {
  const origins =
    given.origins.length > 0 || given.port === 0 ? given.origins : [localOrigin(given)];
  const first = origins[0];
  const dataFolder = resolve(given.dataFolder);
  return {
    ...given,
    origins: Object.freeze([...origins]),
    rpId: given.rpId || (first ? new URL(first).hostname : "localhost"),
    dataFolder,
    evidenceFolder: resolve(given.evidenceFolder || resolve(dataFolder, "evidence")),
    plantFile: given.plantFile && resolve(given.plantFile),
    witnessPolicy: given.witnessPolicy && resolve(given.witnessPolicy),
    integrations: given.integrations && resolve(given.integrations),
    providers: given.providers && resolve(given.providers),
    tlsCertificate: given.tlsCertificate && resolve(given.tlsCertificate),
    tlsKey: given.tlsKey && resolve(given.tlsKey),
    databasePasswordFile: given.databasePasswordFile && resolve(given.databasePasswordFile),
    databaseCa: given.databaseCa && resolve(given.databaseCa),
    objectsCredentials: given.objectsCredentials && resolve(given.objectsCredentials),
    objectsCa: given.objectsCa && resolve(given.objectsCa),
    simulator: resolve(given.simulator || resolve(PACKAGE_FOLDER, "simulators/main.ts")),
    consoleFolder: resolve(given.consoleFolder || resolve(PACKAGE_FOLDER, "dist/console")),
    log:
      given.log === "stderr"
        ? "stderr"
        : resolve(given.log || resolve(dataFolder, "log/broker.log")),
  };
}

/** The console's origin where nothing else is said. */
export function localOrigin({ tls, port }: Pick<Config, "tls" | "port">): string {
  return `${tls === "off" ? "http" : "https"}://localhost:${port}`;
}

function checkTogether(config: Config, problems: string[]): void {
  for (const origin of config.origins) {
    const host = new URL(origin).hostname;
    if (host !== config.rpId && !host.endsWith(`.${config.rpId}`)) {
      problems.push(
        `SALLYPORT_RP_ID: ${JSON.stringify(config.rpId)} is not the domain of ${origin}: passkeys would not work there`,
      );
    }
  }
  checkTls(config, problems);
  checkObjects(config, problems);
  checkStandby(config, problems);
  if (config.signInAbsoluteMs < config.signInIdleMs) {
    problems.push("SALLYPORT_SIGN_IN_ABSOLUTE: it is shorter than SALLYPORT_SIGN_IN_IDLE");
  }
}

/** What is in a file of one machine nobody else can take over, nor a port that nobody knows. */
function checkStandby({ standby, database, port, peerAddress }: Config, problems: string[]): void {
  if (!standby) {
    if (peerAddress) problems.push("SALLYPORT_PEER_ADDRESS counts with SALLYPORT_STANDBY");
    return;
  }
  if (database === undefined) problems.push("SALLYPORT_STANDBY needs SALLYPORT_DATABASE");
  if (port === 0) problems.push("SALLYPORT_STANDBY needs a SALLYPORT_PORT that probes know");
}

function checkObjects(config: Config, problems: string[]): void {
  const { objects, objectsCredentials, objectsLock: lock, objectsStyle, retentionMs } = config;
  if (objects === undefined) return;
  if (objectsCredentials === "") {
    problems.push("SALLYPORT_OBJECTS needs SALLYPORT_OBJECTS_CREDENTIALS");
  }
  if (lock !== undefined && retentionMs > 0 && lock.forMs > retentionMs) {
    problems.push("SALLYPORT_OBJECTS_LOCK: it is longer than SALLYPORT_RETENTION");
  }
  const host = new URL(objects.endpoint).hostname.replace(/^\[|\]$/g, "");
  if (objectsStyle === "virtual-host" && isIP(host) !== 0) {
    problems.push("SALLYPORT_OBJECTS_STYLE: virtual-host needs a name, not an address");
  }
}

function checkAcme({ tls, acmeDirectory, httpPort }: Config, problems: string[]): void {
  if (tls !== "acme") {
    if (acmeDirectory !== "") {
      problems.push("SALLYPORT_ACME_DIRECTORY counts with SALLYPORT_TLS=acme");
    }
    return;
  }
  if (acmeDirectory === "") {
    problems.push("SALLYPORT_TLS: acme needs SALLYPORT_ACME_DIRECTORY, the authority's address");
  }
  if (httpPort === undefined) {
    problems.push("SALLYPORT_TLS: acme needs SALLYPORT_HTTP_PORT, reached by the authority as 80");
  }
}

function checkTls(config: Config, problems: string[]) {
  const { tls, tlsCertificate, tlsKey, httpPort, origins } = config;
  checkAcme(config, problems);
  const files = [tlsCertificate, tlsKey].filter((file) => file !== "");
  if (tls === "files" && files.length < 2) {
    problems.push(
      "SALLYPORT_TLS: files needs both SALLYPORT_TLS_CERTIFICATE and SALLYPORT_TLS_KEY",
    );
  }
  if (tls !== "files" && files.length > 0) {
    problems.push("SALLYPORT_TLS_CERTIFICATE and SALLYPORT_TLS_KEY count with SALLYPORT_TLS=files");
  }
  if (tls === "off") {
    if (httpPort !== undefined) problems.push("SALLYPORT_HTTP_PORT needs SALLYPORT_TLS");
    return;
  }
  for (const origin of origins.filter((each) => each.startsWith("http:"))) {
    problems.push(`SALLYPORT_ORIGINS: with SALLYPORT_TLS ${origin} must be https`);
  }
}

function nearest(variable: string): string {
  const rest = variable.slice(PREFIX.length).replaceAll("_", "");
  const close = [...VARIABLES].find((known) => {
    const text = known.slice(PREFIX.length).replaceAll("_", "");
    return text.startsWith(rest) || rest.startsWith(text);
  });
  return close ? `; did you mean ${close}?` : "";
}

/** One setting as the reference shows it. */
export interface SettingReference {
  readonly variable: string;
  readonly fileKey: string;
  readonly description: string;
  readonly accepts: string;
  readonly fallback: string;
}

/** The generated reference of all settings, in the order of this file. */
export function settingReference(): readonly SettingReference[] {
  return Object.values(SETTINGS).map((setting: Setting<unknown>) => ({
    variable: setting.variable,
    fileKey: setting.variable.slice(PREFIX.length).toLowerCase().replaceAll("_", "-"),
    description: setting.description,
    accepts: setting.expects,
    fallback: setting.fallback,
  }));
}
