/** Opens what lets services in: the file of workloads, their tokens, the door for certificates. */
import { SITE } from "./alarms/alarms-by-event.ts";
import type { WorkloadRouteParts } from "./api/workload-routes.ts";
import { SvidDoor } from "./api/workloads/svid-door.ts";
import type { Identity } from "./identity/identity.ts";
import { IntegrationDialer } from "./legs/integration-dialer.ts";
import { plantRanges } from "./open-integrations.ts";
import type { Ground } from "./open-parts.ts";
import { servedNames, siteAuthority } from "./open-tls.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import { StartRefused } from "./start-refused.ts";
import { fromAuthority, ServedCertificate } from "./tls/served-certificate.ts";
import { WorkloadFile } from "./workloads/workload-file.ts";
import { Workloads } from "./workloads/workloads.ts";

interface Parts {
  readonly identity: Identity;
  readonly plant: Pick<PlantSource, "current">;
  readonly tls: ServedCertificate | undefined;
}

export async function openWorkloads(
  ground: Ground,
  { identity, plant, tls }: Parts,
): Promise<WorkloadRouteParts["services"]> {
  const { config, clock, noticed } = ground;
  const audience = config.origins[0] ?? "";
  const ranges = plantRanges(config, plant);
  const workloads = new Workloads({
    ...{ clock, audience, signIns: identity.workloads },
    note: (event) => noticed.note(event),
    fetchKeys: async (url) => {
      // Each is a destination because the file of workloads names it, and no other is.
      const dialer = new IntegrationDialer({ ...ranges, destinations: [url] });
      const { status, body } = await dialer.get(url, { headers: { accept: "application/json" } });
      if (status !== 200) throw new Error(`it answered ${status}`);
      return body;
    },
  });
  const problem = await openFile(ground, workloads);
  const door = config.workloads === "" ? undefined : await openDoor(ground, workloads, tls);
  return { workloads, problem, door: () => ({ audience, svidPort: door?.port ?? null }) };
}

/** @returns what is wrong with it, null for nothing, undefined where there is none */
async function openFile(
  { config, clock, noticed, alarms, board, opened, log }: Ground,
  workloads: Workloads,
): Promise<() => string | null | undefined> {
  const { workloads: path } = config;
  if (path === "") return () => undefined;
  let current: string | null = null;
  const file = await WorkloadFile.open({
    ...{ path, clock },
    onChanged: (read) => {
      log.info({ workloads: read.workloads.map(({ id }) => id) }, "workloads are configured");
      workloads
        .configure(read)
        .catch((error: unknown) => log.error({ error }, "workloads were not made known"));
    },
    onProblem: (problem) => {
      current = problem ?? null;
      if (problem === undefined) {
        alarms.clear("workloads-invalid", SITE);
        board.report("workloads", "ok", "The file of workloads is in force.");
        return;
      }
      board.report("workloads", "attention", `The file of workloads: ${problem}.`);
      const text = `The file of workloads is not as it should be: ${problem}`;
      noticed.note({ kind: "workload:file-invalid", priority: "alarm", text });
      alarms.raise("workloads-invalid", SITE, { text });
    },
  });
  opened.push(() => file.close());
  return () => current;
}

async function openDoor(
  { config, clock, log, opened }: Ground,
  workloads: Workloads,
  tls: ServedCertificate | undefined,
): Promise<SvidDoor | undefined> {
  const { listen, workloadPort: port } = config;
  if (port === undefined) return undefined;
  const hosts = servedNames(config).filter((name) => !name.startsWith("*."));
  const certificate = tls ?? (await ownCertificate(config, clock, hosts));
  if (!tls) opened.push(() => certificate.close());
  const opening = SvidDoor.open({ listen, port, certificate, workloads, hosts, clock, log });
  const door = await opening.catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code})`;
    throw new StartRefused(
      `port ${listen}:${port} for workloads ${why}: choose another one with SALLYPORT_WORKLOAD_PORT, or "off"`,
      1,
    );
  });
  opened.push(() => door.close());
  return door;
}

/** Where a proxy speaks TLS for the console, nobody does for this door: the site's authority. */
async function ownCertificate(
  config: Ground["config"],
  clock: Ground["clock"],
  hosts: readonly string[],
): Promise<ServedCertificate> {
  const authority = await siteAuthority(config, clock);
  return ServedCertificate.open(fromAuthority(authority, clock, hosts), clock);
}
