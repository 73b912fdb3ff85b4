/** Opens the door by which people come through an identity provider, where the site names one. */
import { readFileSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Identity } from "./identity/identity.ts";
import { IntegrationDialer } from "./legs/integration-dialer.ts";
import { plantRanges } from "./open-integrations.ts";
import type { Ground } from "./open-parts.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { NOTHING, parseProviders } from "./providers/parse-providers.ts";
import type { Providers } from "./providers/provider.ts";
import { originsOf } from "./providers/provider-client.ts";
import { ProviderDesk } from "./providers/provider-desk.ts";
import { StartRefused } from "./start-refused.ts";

/** A handful of providers; anything larger is the wrong file. */
const FILE_BYTES_MAX = 65_536;
/** Whether they answer, for Health. */
const LOOK_MS = 5 * 60_000;

/** @throws StartRefused: a rule about who may sign in is never left out because of a slip */
export function readProviders(path: string): Providers {
  if (path === "") return NOTHING;
  const source = { folder: dirname(path), environment: process.env };
  const parsed = parseProviders(textOf(path), basename(path), source);
  if (parsed.kind === "providers") return parsed.providers;
  throw new StartRefused(parsed.problems.slice(0, 3).join("; "), 2);
}

export function openProviders(
  ground: Ground,
  parts: {
    readonly identity: Identity;
    readonly plant: Pick<PlantSource, "current">;
    readonly providers: Providers;
  },
): ProviderDesk {
  const { config, clock, noticed, board, opened } = ground;
  const { identity, plant, providers } = parts;
  const ranges = plantRanges(config, plant);
  const desk = new ProviderDesk({
    ...{ clock, providers, through: identity.through, signIns: identity.signIns },
    dialer: (provider) => new IntegrationDialer({ ...ranges, destinations: originsOf(provider) }),
    note: (event) => noticed.note(event),
    report: ({ name }, problem) => {
      const said = problem === undefined ? "It answers." : `Nobody can sign in: ${problem}.`;
      board.report(`sign-in through ${name}`, problem === undefined ? "ok" : "attention", said);
    },
  });
  if (providers.list.length === 0) return desk;
  let cancel = () => {};
  const look = async () => {
    cancel = clock.after(LOOK_MS, () => void look());
    await desk.look();
  };
  // Nobody waits for it: the broker starts, and passkeys work, while a provider is away.
  void look();
  opened.push(() => cancel());
  return desk;
}

function textOf(path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error("it is too large");
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartRefused(`${path} cannot be read: ${reason}`, 2);
  }
}
