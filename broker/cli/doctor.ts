/**
 * `sallyport doctor`: looks at everything that a start or a quiet night depends on, with the broker
 * running or not, changes nothing, and says what to do. Endpoints are knocked at only when asked.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { BackupRefused } from "../backup/backup-manifest.ts";
import { checkDatabase } from "../backup/database-copy.ts";
import type { Config } from "../config.ts";
import { diskVolume } from "../evidence/disk-volume.ts";
import { checkLog } from "../evidence/log/check-log.ts";
import { generationsIn } from "../evidence/log/generations.ts";
import { publicKeyOf } from "../evidence/log/public-keys.ts";
import { knock } from "../legs/knock.ts";
import { copyPlace } from "../open-copies.ts";
import { acmeFile, servedNames } from "../open-tls.ts";
import { membershipFile } from "../planes/gateway/gateway-files.ts";
import { siteLogFolder } from "../site-log-place.ts";
import { lookAtDatabase } from "../site-store.ts";
import { DATABASE } from "../store/data-folder.ts";
import { readPair } from "../tls/certificate-pair.ts";
import { readAuthority, shownFingerprint } from "../tls/site-authority.ts";
import { gatewayDoor, gatewaysNamed, membership, roadToControl } from "./doctor-gateways.ts";
import { clock, disk, messageOf, permissions, runtime } from "./doctor-machine.ts";
import { broker, standby } from "./doctor-standby.ts";
import { checkIntegrations, plantOf } from "./integrations.ts";
import { PLANT_VALID, runPlantCheck, type TextOutput } from "./plant-check.ts";
import { POLICIES_VALID, runPolicyCheck } from "./policy-check.ts";
import { objectStore } from "./stored-copies.ts";

export interface Finding {
  readonly state: "ok" | "attention" | "failed";
  /** One line: what is so, or what is wrong and what to do. */
  readonly text: string;
}

export interface NamedFinding extends Finding {
  readonly name: string;
}

/** A certificate ordered by hand takes days. */
const CERTIFICATE_DAYS = 14;
const DAY_MS = 86_400_000;
const KNOCK_MS = 3_000;
/** Files are replaced while they are read; a log that is damaged is so again. */
const LOG_ATTEMPTS = 3;

/** Runs a check; what it throws is what it found. */
type Look = (name: string, check: () => Finding | Promise<Finding>) => Promise<void>;

/** @param reach also connects to every endpoint of the plant file, and sends nothing */
export async function examine(config: Config, reach: boolean): Promise<readonly NamedFinding[]> {
  const found: NamedFinding[] = [];
  const look: Look = async (name, check) => {
    try {
      found.push({ name, ...(await check()) });
    } catch (error) {
      found.push({ name, state: "failed", text: messageOf(error) });
    }
  };
  if (existsSync(membershipFile(config.dataFolder))) await examineGateway(config, look);
  else await examineBroker(config, reach, look);
  return found;
}

/** A machine that has joined a site as its gateway: no console, no plant file, no log. */
async function examineGateway(config: Config, look: Look): Promise<void> {
  const { dataFolder } = config;
  await look("runtime", runtime);
  await look("permissions", () => permissions(config));
  await look("disk", () => disk(dataFolder));
  await look("clock", () => clock(undefined));
  await look("gateway", () => membership(dataFolder));
  await look("control", () => roadToControl(dataFolder));
}

async function examineBroker(config: Config, reach: boolean, look: Look): Promise<void> {
  const { dataFolder, evidenceFolder, integrations } = config;
  await look("runtime", runtime);
  await look("permissions", () => permissions(config));
  await look("disk", () => disk(dataFolder));
  if (path.dirname(evidenceFolder) !== dataFolder) {
    await look("evidence disk", () => disk(evidenceFolder));
  }
  await look("clock", async () => clock(await newestCheckpoint(config)));
  await look("certificate", () => certificate(config));
  await look("broker", () => broker(config));
  const [plant, policies] = [plantOfSite(config), path.join(dataFolder, "policies")];
  await look("plant file", () =>
    plant === config.plantFile || existsSync(plant)
      ? said(PLANT_VALID, (out) => runPlantCheck(plant, out))
      : AT_FIRST_START,
  );
  await look("policies", () =>
    existsSync(policies)
      ? said(POLICIES_VALID, (out) => runPolicyCheck(policies, out))
      : AT_FIRST_START,
  );
  if (integrations !== "") {
    await look("integrations", () =>
      said(0, (out) => checkIntegrations(integrations, process.env, out)),
    );
  }
  const served = (await plantOf(config).catch(() => undefined))?.assets ?? [];
  if (config.gatewayPort !== undefined || gatewaysNamed(served).length > 0) {
    await look("gateways", () => gatewayDoor(config, served));
  }
  await look("database", () => database(config));
  if (config.standby) await look("standby", () => standby(config));
  const place = copyPlace(config);
  if (place) await look("object store", () => objectStore(config, place));
  await look("site log", () => siteLog(config));
  if (reach) for (const each of await endpoints(config)) await look(each.name, each.check);
}

const AT_FIRST_START: Finding = { state: "attention", text: "it is made at the first start" };

function plantOfSite({ plantFile, dataFolder }: Config): string {
  return plantFile || path.join(dataFolder, "plant.yaml");
}

/** What another command says of a file: its last line, and all of them where something is wrong. */
async function said(
  well: number,
  run: (out: TextOutput) => number | Promise<number>,
): Promise<Finding> {
  let text = "";
  const code = await run({
    write: (part) => {
      text += part;
    },
  });
  const lines = text.trim().split("\n");
  if (code !== well) return { state: "failed", text: lines.join("; ") };
  return { state: "ok", text: lines.at(-1) ?? "" };
}

function certificate(config: Config): Finding {
  const { tls, tlsCertificate, tlsKey, dataFolder } = config;
  if (tls === "off") {
    const away = config.origins.filter((origin) => origin.startsWith("https:"));
    if (away.length === 0) return { state: "ok", text: "none: the console is on localhost alone" };
    return { state: "ok", text: `a proxy in front proves ${away.join(", ")}` };
  }
  if (tls === "site-ca") {
    const authority = readAuthority(dataFolder)?.certificate;
    if (!authority)
      return { state: "attention", text: "the site's authority is made at the start" };
    const print = shownFingerprint(authority.fingerprint256.replaceAll(":", "").toLowerCase());
    return ends(Date.parse(authority.validTo), `the site's authority ${print}`);
  }
  if (tls === "acme") {
    const file = acmeFile(dataFolder);
    if (!existsSync(file)) return { state: "attention", text: "none was given by ACME yet" };
    const given = readPair(file, file, servedNames(config));
    return ends(given.notAfterMs, `by ACME for ${servedNames(config).join(", ")}`, 0);
  }
  const pair = readPair(tlsCertificate, tlsKey, servedNames(config));
  return ends(pair.notAfterMs, `certificate for ${servedNames(config).join(", ")}`);
}

function ends(atMs: number, what: string, days = CERTIFICATE_DAYS): Finding {
  const text = `${what}, until ${new Date(atMs).toISOString().slice(0, 10)}`;
  if (atMs <= Date.now()) return { state: "failed", text: `${text}: it has ended` };
  const isNear = atMs - Date.now() < days * DAY_MS;
  return { state: isNear ? "attention" : "ok", text: isNear ? `${text}: renew it` : text };
}

/** A running broker has it to itself and says by its health how it is. */
async function database(config: Config): Promise<Finding> {
  const { dataFolder } = config;
  if (config.database) {
    const { text } = await lookAtDatabase(config, config.database);
    return { state: "ok", text };
  }
  const file = path.join(dataFolder, DATABASE);
  if (!existsSync(file)) return AT_FIRST_START;
  try {
    checkDatabase(file);
    return { state: "ok", text: "every page of it was checked" };
  } catch (error) {
    if (error instanceof BackupRefused) return { state: "failed", text: error.message };
    if (!/locked|busy/i.test(messageOf(error))) throw error;
    return { state: "ok", text: "a running broker has it open" };
  }
}

async function newestCheckpoint(config: Config): Promise<string | undefined> {
  const directory = siteLogFolder(config);
  const newest = (await generationsIn(diskVolume, directory)).at(-1);
  const file = path.join(directory, String(newest), "checkpoint");
  return newest !== undefined && existsSync(file) ? file : undefined;
}

async function siteLog(config: Config): Promise<Finding> {
  const directory = siteLogFolder(config);
  const numbers = await generationsIn(diskVolume, directory);
  if (numbers.length === 0) return AT_FIRST_START;
  const ends: string[] = [];
  for (const number of numbers) {
    const checked = await checkedLog(directory, number);
    if (checked.kind === "damaged") {
      return { state: "failed", text: `log ${number}: ${checked.reason}` };
    }
    ends.push(`${checked.checkpoint.size} entries`);
  }
  return { state: "ok", text: `every entry fits its signed checkpoint: ${ends.join(", ")}` };
}

async function checkedLog(directory: string, number: number) {
  const publicKey = await publicKeyOf(diskVolume, directory, number);
  if (!publicKey) return { kind: "damaged" as const, reason: "its public key is missing" };
  const folder = path.join(directory, String(number));
  let checked = await checkLog(diskVolume, folder, publicKey);
  for (let again = 1; checked.kind === "damaged" && again < LOG_ATTEMPTS; again += 1) {
    checked = await checkLog(diskVolume, folder, publicKey);
  }
  return checked;
}

async function endpoints(config: Config) {
  const plant = await plantOf(config);
  return (plant?.assets ?? []).flatMap((asset) =>
    asset.endpoints.map(({ id, host, port, gateways = [] }) => ({
      name: `${asset.id}/${id}`,
      check: async (): Promise<Finding> => {
        if (gateways.length > 0) {
          return { state: "ok", text: `not knocked at: only ${gateways.join(", ")} may reach it` };
        }
        const found = await knock(host, port, KNOCK_MS);
        if (found.kind === "open") {
          return { state: "ok", text: `${host}:${port} answers in ${found.ms.toFixed(1)} ms` };
        }
        return { state: "attention", text: `${host}:${port}: ${found.reason}` };
      },
    })),
  );
}

const MARKS = { ok: "well", attention: "look", failed: "FAILED" } as const;

export function doctorText(found: readonly NamedFinding[]): string {
  const width = Math.max(...found.map(({ name }) => name.length));
  const lines = found.map(
    ({ name, state, text }) => `${MARKS[state].padEnd(7)} ${name.padEnd(width)}  ${text}`,
  );
  const count = (state: Finding["state"]) => found.filter((each) => each.state === state).length;
  const summary = `${count("failed")} failed, ${count("attention")} to look at, ${count("ok")} well`;
  return `${[...lines, "", summary].join("\n")}\n`;
}
