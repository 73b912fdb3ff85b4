/**
 * A whole broker in this process on free ports, with the simulated plant behind it and a console
 * of one page. Everything is real but the pages.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RoleName } from "../../broker/api/shapes/people.ts";
import { type Config, readConfig } from "../../broker/config.ts";
import { type Broker, type StartOptions, startBroker } from "../../broker/start.ts";
import { type SimulatedPlant, startSimulatedPlant } from "../../simulators/plant.ts";
import { ConsoleUser } from "./console-user.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);

export interface RunningBroker {
  readonly broker: Broker;
  readonly plant: SimulatedPlant;
  readonly folder: string;
  /** The first person: administrator and engineer. */
  readonly first: ConsoleUser;
  /** Invites somebody, who enrols with an authenticator of their own. */
  invite(name: string, roles: readonly RoleName[]): Promise<ConsoleUser>;
  close(): Promise<void>;
}

/** @param environment more settings @param started called once it listens, before anybody asks it */
export async function startRunningBroker(
  environment: Readonly<Record<string, string>> = {},
  options: StartOptions = {},
  started: () => void = () => {},
): Promise<RunningBroker> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-broker-"));
  const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 } });
  const config = readConfig({
    SALLYPORT_PORT: "0",
    SALLYPORT_SSH_PORT: "off",
    SALLYPORT_OPCUA_PORT: "off",
    SALLYPORT_PANEL_PORT: "off",
    SALLYPORT_DATA: join(folder, "data"),
    SALLYPORT_PLANT: writePlantFile(folder, plant),
    SALLYPORT_CONSOLE: writeConsole(folder),
    SALLYPORT_REQUESTS_PER_MINUTE: "100000",
    ...environment,
  });
  const broker = await startBroker(config, options);
  started();
  const trusted = authorityOf(config);
  const first = new ConsoleUser(broker.address, trusted);
  await first.enrol(broker.enrolmentLink?.url ?? "");
  return {
    ...{ broker, plant, folder, first },
    invite: (name, roles) => invite(new ConsoleUser(broker.address, trusted), first, name, roles),
    close: async () => {
      await broker.close();
      await plant.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The site's own, where it has one; files of a test end with their authority. */
function authorityOf({ dataFolder, tls, tlsCertificate }: Config): string | undefined {
  if (tls === "files") return readFileSync(tlsCertificate, "utf8");
  const file = join(dataFolder, "tls/site-ca.pem");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

interface Invited {
  readonly link: { readonly url: string };
}

async function invite(
  user: ConsoleUser,
  by: ConsoleUser,
  name: string,
  roles: readonly RoleName[],
): Promise<ConsoleUser> {
  const email = `${name.toLowerCase()}@plant.example`;
  const invited = await by.ask<Invited>("POST", "/api/people", {
    name,
    email,
    employer: "Plant",
    roles,
  });
  await user.enrol(invited.body.link.url);
  return user;
}

/** The example, with the ports of this test's plant. */
export function writePlantFile(folder: string, plant: Pick<SimulatedPlant, "ports">): string {
  const path = join(folder, "plant.yaml");
  const text = readFileSync(EXAMPLE, "utf8")
    .replaceAll("127.0.0.1:15020", `127.0.0.1:${plant.ports.treatment}`)
    .replaceAll("127.0.0.1:15021", `127.0.0.1:${plant.ports.distribution}`)
    .replaceAll("127.0.0.1:15022", `127.0.0.1:${plant.ports.switch}`)
    .replaceAll("127.0.0.1:15023", `127.0.0.1:${plant.ports.opcua}`)
    .replaceAll("127.0.0.1:15024", `127.0.0.1:${plant.ports.panel}`)
    .replaceAll("127.0.0.1:15025", `127.0.0.1:${plant.ports.web}`)
    .replaceAll("127.0.0.1:15026", `127.0.0.1:${plant.ports.wire}`);
  writeFileSync(path, text);
  return path;
}

/** Newer than every source, so that nothing is built. */
export function writeConsole(folder: string): string {
  const path = join(folder, "console");
  mkdirSync(join(path, "assets"), { recursive: true });
  const page = join(path, "index.html");
  writeFileSync(page, '<html><head><meta name="csp-nonce" content=""></head><body>console</body>');
  writeFileSync(join(path, "assets/app-1a2b.js"), "let x = 1;");
  const later = new Date(Date.now() + 86_400_000);
  utimesSync(page, later, later);
  return path;
}
