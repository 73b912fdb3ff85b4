import { findEndpoint, findProfile } from "../../access/reach.ts";
import type { RequestSeen } from "../../access/requests.ts";
import type { Plant } from "../../plant/model.ts";
import { siteOfEndpoint } from "../../plant/plant-index.ts";
import { classesOf } from "../../policy/profile-reach.ts";
import type { Person } from "../../store/model.ts";
import type { RequestView } from "../shapes/requests.ts";
import { shownApprovers } from "./shown-approvers.ts";

export function requestView(seen: RequestSeen, plant: Plant, viewer: Person): RequestView {
  const { request } = seen;
  const profile = findProfile(plant, request.profile);
  const { id, fromMs, untilMs, durationMs, sessionsMax, reason, ticket } = request;
  return {
    ...{ id, fromMs, untilMs, durationMs, sessionsMax, reason, ticket },
    person: who(seen.person),
    requestedBy: who(seen.requestedBy),
    endpoints: request.endpoints.map((endpoint) => ({
      id: endpoint,
      assetName: findEndpoint(plant, endpoint)?.asset.name ?? endpoint,
    })),
    sites: [...new Set(request.endpoints.map((each) => siteOfEndpoint(plant, each).id))],
    profile: request.profile,
    profileDescription: profile?.description ?? "",
    classes: profile ? [...classesOf(profile)] : [],
    weekly: request.weekly?.map((window) => ({ ...window })) ?? null,
    moreTimeFor: request.grantId,
    createdMs: request.createdMs,
    expiresMs: request.expiresMs,
    state: seen.state,
    stateMs: seen.state === "expired" ? request.expiresMs : request.stateMs,
    decisions: seen.decisions.map(({ name, decision, reason: why, atMs }) => ({
      ...{ name, decision, reason: why, atMs },
    })),
    approvals: seen.standings.map(({ rule, given }) => ({
      zone: plant.zones.find((zone) => zone.id === rule.zone)?.name ?? rule.zone,
      ...{ by: shownApprovers(rule.by, viewer), needed: rule.needed, given },
    })),
    alike: seen.alike.map((each) => ({ ...who(each), disabled: each.state === "disabled" })),
    mine: seen.person.id === viewer.id,
    mayDecide: seen.mayDecide,
    mayWithdraw: seen.mayWithdraw,
  };
}

function who({ id, name, employer }: Person): RequestView["person"] {
  return { id, name, employer };
}
