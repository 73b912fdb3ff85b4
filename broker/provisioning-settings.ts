/** What another system may say about who works here. Part of `settings.ts`. */
import { z } from "zod";
import { optionalText, type Setting } from "./setting.ts";
import type { Role } from "./store/model.ts";

/** Administrators are made by administrators, and vendors by whoever answers for them. */
const GIVEN: readonly Role[] = ["engineer", "supervisor", "auditor"];
const GROUPS_MAX = 50;

export const PROVISIONING_SETTINGS = {
  scimTokenFile: optionalText(
    {
      variable: "SALLYPORT_SCIM_TOKEN_FILE",
      fallback: "",
      description:
        "File with the bearer token by which an identity provider makes, changes and disables people (SCIM 2.0 at /api/scim/v2); read for each request, so that a new one counts at once. Default: none may.",
    },
    /./,
    "a path",
  ),
  providers: optionalText(
    {
      variable: "SALLYPORT_PROVIDERS",
      fallback: "",
      description:
        "YAML file of the identity providers through which people may sign in besides their passkey (OpenID Connect), read at the start. Default: none.",
    },
    /./,
    "a path",
  ),
  scimRoles: {
    variable: "SALLYPORT_SCIM_ROLES",
    fallback: "",
    expects: `a list of GROUP=ROLE with the roles ${GIVEN.join(", ")}`,
    description:
      "Roles that membership in a group of the identity provider gives, for example `OT Engineers=engineer, Shift leads=supervisor`. Default: none; administrators give roles here.",
    schema: z.string().transform(readRoles),
  },
} as const satisfies Record<string, Setting<unknown>>;

function readRoles(text: string, at: z.RefinementCtx): ReadonlyMap<string, Role> {
  const items = text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
  const pairs = items.map((item) => {
    const [, group = "", name = ""] = /^(.{1,200}?)\s*=\s*([a-z]+)$/.exec(item) ?? [];
    return [group, GIVEN.find((role) => role === name)] as const;
  });
  const good = pairs.flatMap(([group, role]) => (role ? [[group, role] as const] : []));
  if (good.length < pairs.length || pairs.length > GROUPS_MAX) {
    at.addIssue({ code: "custom", message: "is no such list" });
  }
  return new Map(good);
}
