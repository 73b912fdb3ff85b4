/** The gateways of the site: which are there, letting one in, and shutting one out. */
import { z } from "zod";
import type { SiteGateways } from "../../open-gateways.ts";
import type { Plant } from "../../plant/model.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { type GatewayView, gatewaysSchema, invitationSchema } from "../shapes/gateways.ts";

interface PlantNow {
  current(): Plant;
}

type Status = Awaited<ReturnType<SiteGateways["list"]>>[number];

/** As identifiers of the plant file are. */
const gatewayName = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);

export function listGateways(gateways: SiteGateways | undefined, plant: PlantNow) {
  return endpoint({
    summary: "Gateways that reach assets for this site",
    answer: gatewaysSchema,
    handle: async () => {
      const known = (await gateways?.list()) ?? [];
      const served = endpointsByGateway(plant.current());
      const unknown = [...served].filter(([name]) => !known.some((each) => each.name === name));
      return {
        open: gateways !== undefined,
        gateways: known.map((status) => gatewayView(status, served.get(status.name) ?? [])),
        unknown: unknown.map(([name, endpoints]) => ({ name, endpoints })),
      };
    },
  });
}

export function inviteGateway(gateways: SiteGateways | undefined) {
  return endpoint({
    summary: "A line by which one machine joins as a gateway, once; shown once",
    body: z.strictObject({ name: gatewayName }),
    answer: invitationSchema,
    status: 201,
    handle: ({ me, body }) => opened(gateways).invite(me.person, body.name),
  });
}

export function revokeGateway(gateways: SiteGateways | undefined) {
  return endpoint({
    summary: "Shut a gateway out: its sessions end at once",
    params: idParameter,
    handle: async ({ me, params }) => {
      if (!(await opened(gateways).revoke(me.person, params.id))) throw notFound();
    },
  });
}

function opened(gateways: SiteGateways | undefined): SiteGateways {
  if (gateways) return gateways;
  const said = "No gateways are let in here: SALLYPORT_GATEWAY_PORT is off.";
  throw new ApiRefused(409, "not-now", said);
}

function endpointsByGateway({ assets }: Plant): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const asset of assets) {
    for (const { id, gateways = [] } of asset.endpoints) {
      for (const name of gateways) {
        found.set(name, [...(found.get(name) ?? []), `${asset.id}/${id}`]);
      }
    }
  }
  return found;
}

function gatewayView(status: Status, endpoints: string[]): GatewayView {
  const { id, name, createdMs, seenMs, link, isEnrolled } = status;
  return {
    ...{ id, name, createdMs, seenMs, endpoints },
    state: link ? "connected" : isEnrolled ? "away" : "invited",
    sinceMs: link?.sinceMs ?? null,
    build: link?.build ?? "",
    sessions: link?.sessions ?? 0,
    certificateUntilMs: status.certificateUntilMs,
    invitedUntilMs: status.tokenUntilMs,
  };
}
