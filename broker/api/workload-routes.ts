/** Routes for services that prove themselves. Part of `route-table.ts`. */
import type { Clock } from "../clock.ts";
import type { Identity } from "../identity/identity.ts";
import type { Workloads } from "../workloads/workloads.ts";
import { forCommands, guarded, open, type Route } from "./route.ts";
import { WORKLOAD_TOKEN_PATH, type WorkloadDoor } from "./shapes/workloads.ts";
import { listWorkloads } from "./workloads/list-workloads.ts";
import { proveByToken, showWorkloadDoor } from "./workloads/prove-workload.ts";

export interface WorkloadRouteParts {
  readonly identity: Pick<Identity, "people">;
  readonly services: {
    readonly workloads: Workloads;
    /** What is wrong with the file; null for nothing, undefined where there is none. */
    readonly problem: () => string | null | undefined;
    readonly door: () => WorkloadDoor;
  };
  readonly clock: Clock;
}

export function workloadRoutes({ identity, services, clock }: WorkloadRouteParts) {
  const { workloads, problem, door } = services;
  const ground = { workloads, problem, people: identity.people, clock };
  const routes: readonly Route[] = [
    open("POST", "/api/workloads/options", showWorkloadDoor(door)),
    open("POST", WORKLOAD_TOKEN_PATH, proveByToken(workloads, clock)),
    forCommands(guarded("GET", "/api/workloads", "people:manage", listWorkloads(ground))),
  ];
  return routes;
}
