/** What this SCIM service can do (RFC 7644, section 4), for providers that ask first. */
import { publicEndpoint } from "../endpoint.ts";
import { answering, PAGE_MAX, page, plain, SCIM, type ScimGate } from "./answers.ts";
import { GROUP_SCHEMA } from "./groups.ts";
import { USER_SCHEMA } from "./users.ts";

const CORE = `${SCIM}:schemas:core:2.0`;

export function showServiceConfig(gate: ScimGate) {
  return publicEndpoint({
    summary: "SCIM 2.0: what is supported",
    handle: (call) =>
      answering(gate, call, () =>
        plain({
          schemas: [`${CORE}:ServiceProviderConfig`],
          patch: { supported: true },
          bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
          filter: { supported: true, maxResults: PAGE_MAX },
          ...{ changePassword: { supported: false }, sort: { supported: false } },
          etag: { supported: true },
          authenticationSchemes: [
            {
              ...{ type: "oauthbearertoken", name: "Bearer token", primary: true },
              description: "The token of the file that the site names.",
            },
          ],
        }),
      ),
  });
}

export function listResourceTypes(gate: ScimGate) {
  return publicEndpoint({
    summary: "SCIM 2.0: kinds of resources",
    handle: (call) => answering(gate, call, () => page(RESOURCE_TYPES, {})),
  });
}

export function listSchemas(gate: ScimGate) {
  return publicEndpoint({
    summary: "SCIM 2.0: attributes that are kept",
    handle: (call) => answering(gate, call, () => page(SCHEMAS, {})),
  });
}

const RESOURCE_TYPES = (
  [
    ["User", USER_SCHEMA],
    ["Group", GROUP_SCHEMA],
  ] as const
).map(([name, schema]) => ({
  schemas: [`${CORE}:ResourceType`],
  ...{ id: name, name, endpoint: `/${name}s`, schema },
}));

type Attribute = readonly [name: string, type: string, more?: Readonly<Record<string, unknown>>];

const USER: readonly Attribute[] = [
  ["userName", "string", { required: true, uniqueness: "server" }],
  ["displayName", "string"],
  [
    "name",
    "complex",
    {
      subAttributes: attributes([
        ["formatted", "string"],
        ["givenName", "string"],
        ["familyName", "string"],
      ]),
    },
  ],
  ["emails", "complex", { multiValued: true, mutability: "immutable" }],
  ["active", "boolean"],
  ["groups", "complex", { multiValued: true, mutability: "readOnly" }],
];
const GROUP: readonly Attribute[] = [
  ["displayName", "string", { required: true, uniqueness: "server" }],
  ["members", "complex", { multiValued: true }],
];

const SCHEMAS = (
  [
    ["User", USER_SCHEMA, USER],
    ["Group", GROUP_SCHEMA, GROUP],
  ] as const
).map(([name, id, of]) => ({
  schemas: [`${CORE}:Schema`],
  ...{ id, name, attributes: attributes(of) },
}));

function attributes(of: readonly Attribute[]) {
  return of.map(([name, type, more]) => ({
    ...{ name, type, multiValued: false, required: false, caseExact: false },
    ...{ mutability: "readWrite", returned: "default", uniqueness: "none", ...more },
  }));
}
