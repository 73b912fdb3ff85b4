/** Routes by which an identity provider tells who works here (SCIM 2.0). Part of `route-table.ts`. */
import type { Identity } from "../identity/identity.ts";
import { provided, type Route } from "./route.ts";
import { listResourceTypes, listSchemas, showServiceConfig } from "./scim/about.ts";
import type { ScimGate } from "./scim/answers.ts";
import {
  listOfGroups,
  makeGroup,
  patchGroup,
  removeGroup,
  replaceGroup,
  showGroup,
} from "./scim/groups.ts";
import { listUsers, makeUser, patchUser, removeUser, replaceUser, showUser } from "./scim/users.ts";

export interface ScimRouteParts {
  readonly identity: Pick<Identity, "provisioned">;
  readonly scim: ScimGate;
}

export function scimRoutes({ identity, scim: gate }: ScimRouteParts): readonly Route[] {
  const users = { gate, people: identity.provisioned.people };
  const groups = { gate, groups: identity.provisioned.groups };
  const [user, group] = ["/api/scim/v2/Users", "/api/scim/v2/Groups"];
  return [
    provided("GET", "/api/scim/v2/ServiceProviderConfig", showServiceConfig(gate)),
    provided("GET", "/api/scim/v2/ResourceTypes", listResourceTypes(gate)),
    provided("GET", "/api/scim/v2/Schemas", listSchemas(gate)),
    provided("GET", user, listUsers(users)),
    provided("POST", user, makeUser(users)),
    provided("GET", `${user}/:id`, showUser(users)),
    provided("PUT", `${user}/:id`, replaceUser(users)),
    provided("PATCH", `${user}/:id`, patchUser(users)),
    provided("DELETE", `${user}/:id`, removeUser(users)),
    provided("GET", group, listOfGroups(groups)),
    provided("POST", group, makeGroup(groups)),
    provided("GET", `${group}/:id`, showGroup(groups)),
    provided("PUT", `${group}/:id`, replaceGroup(groups)),
    provided("PATCH", `${group}/:id`, patchGroup(groups)),
    provided("DELETE", `${group}/:id`, removeGroup(groups)),
  ];
}
