/** `sallyport integrations check` and `test NAME`: before it counts, and whether it arrives. */
import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { readIntegrations } from "../integrations/integration-file.ts";
import type { ParsedIntegrations } from "../integrations/parse-integrations.ts";
import { runTest } from "../integrations/test-delivery.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { readPlantText } from "../plant/plant-file.ts";
import { SiteKey } from "../signals/site-key.ts";
import { readVersion } from "../version.ts";
import type { TextOutput } from "./plant-check.ts";

export const INTEGRATIONS_VALID = 0;
/** The file is not valid, or the test was not taken. */
export const INTEGRATIONS_INVALID = 1;

type Named = Extract<ParsedIntegrations, { readonly kind: "integrations" }>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Prints one line a problem, or what would run. @returns the exit code */
export async function checkIntegrations(
  path: string,
  environment: Environment,
  out: TextOutput,
): Promise<number> {
  const found = await readAll(path, environment, out);
  if (!found) return INTEGRATIONS_INVALID;
  const { integrations, transmitters, tickets } = found;
  for (const { name, purpose, via } of integrations) {
    out.write(`${name}: ${purpose} by ${via.form}\n`);
  }
  for (const { name, issuer, delivery } of transmitters) {
    out.write(`${name}: signals of ${issuer} by ${delivery.kind}\n`);
  }
  if (tickets) out.write(`tickets: they count while they are ${tickets.states.join(" or ")}\n`);
  out.write(`${path} is valid: ${counted(integrations.length + transmitters.length)}\n`);
  return INTEGRATIONS_VALID;
}

/** @param to who receives a mail that goes to those concerned */
export async function testIntegration(
  config: Config,
  environment: Environment,
  wanted: { readonly path: string; readonly name: string; readonly to: string },
  out: TextOutput,
): Promise<number> {
  const { path, name, to } = wanted;
  const found = await readAll(path, environment, out);
  const integration = found?.integrations.find((each) => each.name === name);
  if (!integration) {
    const names = found?.integrations.map((each) => each.name).join(", ");
    if (found) out.write(`${path} names no integration "${name}": ${names || "it names none"}\n`);
    return INTEGRATIONS_INVALID;
  }
  const plant = await plantOf(config);
  if (!plant) {
    out.write("the plant file cannot be read, so nothing is sent: what is a plant is not known\n");
    return INTEGRATIONS_INVALID;
  }
  const { site, assets } = plant;
  const ranges = {
    plant: () => assets.flatMap(({ endpoints }) => endpoints),
    networks: config.plantNetworks,
  };
  const parts = {
    ...{ ranges, clock: systemClock, host: hostname(), concerned: async () => [to] },
    product: () => ({ version: readVersion(), site: site.id, siteName: site.name }),
    site: () => ({ origin: config.origins[0] ?? "", siteName: site.name }),
    sign: (claims: Readonly<Record<string, unknown>>) => siteKeyOf(config).sign(claims),
    emailOf: async () => undefined,
  };
  const { error, tookMs } = await runTest(parts, integration, to);
  out.write(error === null ? `${name} took it in ${tookMs} ms\n` : `${name}: ${error}\n`);
  return error === null ? INTEGRATIONS_VALID : INTEGRATIONS_INVALID;
}

async function readAll(
  path: string,
  environment: Environment,
  out: TextOutput,
): Promise<Named | undefined> {
  const read = await readIntegrations(path, environment);
  if (read.kind === "integrations") return read;
  for (const problem of read.problems) out.write(`${problem}\n`);
  out.write(`${path} is not valid: ${read.problems.length} to mend\n`);
  return undefined;
}

export async function plantOf({ plantFile, dataFolder }: Config) {
  const path = plantFile || `${dataFolder}/plant.yaml`;
  const read = await readPlantText(path);
  const parsed = read.kind === "text" ? parsePlant(read.text, path) : undefined;
  return parsed?.kind === "plant" ? parsed.plant : undefined;
}

function siteKeyOf({ dataFolder, origins }: Config): SiteKey {
  return new SiteKey(join(dataFolder, "signals-key.pem"), origins[0] ?? "", systemClock);
}

function counted(count: number): string {
  return count === 1 ? "1 integration" : `${count} integrations`;
}
