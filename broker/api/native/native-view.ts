import type { Access, Grant } from "../../access/access.ts";
import type { NativeAsk } from "../../native/native-asks.ts";
import type { Protocol } from "../../plant/model.ts";
import type { LiveSession } from "../../sessions/session.ts";
import type { Person } from "../../store/model.ts";
import type { PlantShown } from "../plant/plant-view.ts";
import type { NativeAskView } from "../shapes/native.ts";

export interface NativeGround {
  readonly access: Pick<Access<LiveSession>, "liveGrants" | "mayView" | "openSession">;
  readonly plant: Pick<PlantShown, "current">;
}

interface Target {
  readonly endpoint: string;
  readonly protocol: Protocol;
  readonly assetName: string;
  /** Live ones: not empty. */
  readonly grants: readonly Pick<Grant, "id" | "profile">[];
}

/** The endpoint that the tool means, if the person may open it now. */
export function targetOf(
  { access, plant }: NativeGround,
  { target, protocol, person: only }: Pick<NativeAsk, "target" | "person"> & Partial<NativeAsk>,
  person: Person,
): Target | undefined {
  if (only !== undefined && only !== person.id) return undefined;
  const [assetId, endpointId] = target.split("/");
  const asset = plant.current().assets.find(({ id }) => id === assetId);
  if (!asset || !access.mayView(person, asset)) return undefined;
  const speaking = asset.endpoints.filter((each) => each.protocol === (protocol ?? each.protocol));
  const found =
    endpointId === undefined ? speaking : speaking.filter(({ id }) => id === endpointId);
  for (const { id, protocol: speaks } of found) {
    const endpoint = `${asset.id}/${id}`;
    const grants = access.liveGrants(person, endpoint);
    if (grants.length > 0) {
      return { endpoint, protocol: speaks, assetName: asset.name, grants };
    }
  }
  return undefined;
}

export function nativeView(ground: NativeGround, ask: NativeAsk, person: Person): NativeAskView {
  const target = targetOf(ground, ask, person);
  const { id, protocol, address, tool, key = null, askedMs, untilMs, choices } = ask;
  return {
    ...{ id, target: ask.target, protocol, address, tool, key, askedMs, untilMs },
    endpoint: target?.endpoint ?? null,
    assetName: target?.assetName ?? null,
    choices: [...choices],
    grants: (target?.grants ?? []).map(({ id: grant, profile }) => {
      const described = ground.plant.current().profiles.find((each) => each.id === profile);
      return { id: grant, profile, description: described?.description ?? "" };
    }),
  };
}
