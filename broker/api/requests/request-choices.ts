import type { Access, ControlledSession, PlantInForce } from "../../access/access.ts";
import { ruleOf } from "../../access/approval-rules.ts";
import { type Plant, PROTOCOLS, type Profile } from "../../plant/model.ts";
import { classesOf, speaksOf } from "../../policy/profile-reach.ts";
import type { Person } from "../../store/model.ts";
import { endpoint } from "../endpoint.ts";
import { type RequestChoicesView, requestChoicesSchema } from "../shapes/requests.ts";
import { writeLong } from "../written-json.ts";
import { shownApprovers } from "./shown-approvers.ts";

type Asked = Pick<Access<ControlledSession>, "viewable" | "grantsOf">;

export function requestChoices(access: Asked, plant: PlantInForce) {
  return endpoint({
    summary: "Endpoints and profiles that I can ask for, and who must agree",
    answer: requestChoicesSchema,
    handle: ({ me }) => choicesOf(access, plant.current(), me.person),
  });
}

function choicesOf(access: Asked, plant: Plant, person: Person) {
  const assets = plant.assets.filter(access.viewable(person));
  const profiles = plant.profiles.filter((profile) => mayKnow(access, person, profile));
  const agreed = new Map<string, ReturnType<typeof agreedIn>>();
  const endpoints = assets.flatMap((asset) => asset.endpoints.map((each) => ({ asset, each })));
  const rest = {
    profiles: profiles.map((profile) => ({
      id: profile.id,
      description: profile.description,
      classes: [...classesOf(profile)],
      protocols: PROTOCOLS.filter((protocol) => speaksOf(profile, protocol)),
    })),
  };
  return writeLong<RequestChoicesView, "endpoints", (typeof endpoints)[number]>(
    rest,
    "endpoints",
    endpoints,
    ({ asset: { id, name, zone }, each }) => {
      // A zone has one rule for all that is in it, and ten thousand assets a few hundred zones.
      const here = agreed.get(zone) ?? agreedIn(plant, zone, person);
      agreed.set(zone, here);
      return { id: `${id}/${each.id}`, assetName: name, protocol: each.protocol, ...here };
    },
  );
}

function agreedIn(plant: Plant, zone: string, person: Person) {
  const { by, needed } = ruleOf(plant, zone);
  return { by: shownApprovers(by, person), needed };
}

/** Outsiders know the profiles of their grants alone. */
function mayKnow(access: Asked, person: Person, profile: Profile): boolean {
  if (!person.roles.includes("vendor")) return true;
  return access.grantsOf(person).some((grant) => grant.profile === profile.id);
}
