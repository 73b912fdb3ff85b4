/** Where recordings are kept besides this machine. Part of `settings.ts`. */
import { isIP } from "node:net";
import { z } from "zod";
import { optionalText, type Setting } from "./setting.ts";

/** A bucket, and what every name in it begins with. */
export interface ObjectAddress {
  /** `https://HOST[:PORT]` */
  readonly endpoint: string;
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
}

export interface ObjectLock {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly forMs: number;
}

/** When the local copy of a recording goes whose other copy is proven. */
export type LocalRule =
  | { readonly kind: "forever" }
  /** Once the volume is over 85 % full, the oldest first. */
  | { readonly kind: "until-full" }
  /** So long after its end; earlier where the volume is over 85 % full. */
  | { readonly kind: "for"; readonly ms: number };

const DAY_MS = 86_400_000;

export const OBJECT_SETTINGS = {
  objects: {
    variable: "SALLYPORT_OBJECTS",
    fallback: "",
    expects: "https://HOST[:PORT]/BUCKET[/PREFIX] (http only to this machine)",
    description:
      "S3-compatible object store that recordings are copied to once they are closed. Default: none.",
    schema: z
      .string()
      .transform((text) => (text === "" ? "" : addressIn(text)))
      .pipe(z.union([z.literal("").transform(() => undefined), z.custom<ObjectAddress>(Boolean)])),
  },
  objectsStyle: {
    variable: "SALLYPORT_OBJECTS_STYLE",
    fallback: "path",
    expects: "one of path, virtual-host",
    description: "Whether the bucket stands in the path or before the name of the host.",
    schema: z.enum(["path", "virtual-host"]),
  },
  objectsRegion: optionalText(
    {
      variable: "SALLYPORT_OBJECTS_REGION",
      fallback: "us-east-1",
      description: "Region that requests to the object store are signed for.",
    },
    /^[a-z0-9-]{1,40}$/,
    "a region such as eu-central-1",
  ),
  objectsCredentials: optionalText(
    {
      variable: "SALLYPORT_OBJECTS_CREDENTIALS",
      fallback: "",
      description:
        "File with `aws_access_key_id = …` and `aws_secret_access_key = …`, readable by its owner alone; read again when it changes.",
    },
    /./,
    "a path",
  ),
  objectsCa: optionalText(
    {
      variable: "SALLYPORT_OBJECTS_CA",
      fallback: "",
      description:
        "PEM file of the authority that the object store's certificate must come from. Default: those that this machine trusts.",
    },
    /./,
    "a path",
  ),
  objectsLock: {
    variable: "SALLYPORT_OBJECTS_LOCK",
    fallback: "off",
    expects: "`off`, or governance:DAYS or compliance:DAYS such as compliance:365d",
    description:
      "Object Lock: for how long after its end nobody, or nobody without a special right, can delete a recording in the store.",
    schema: z
      .string()
      .regex(/^(off|(governance|compliance):[1-9]\d{0,4}d)$/)
      .transform(lockIn),
  },
  objectsLocal: {
    variable: "SALLYPORT_OBJECTS_LOCAL",
    fallback: "forever",
    expects: "`forever`, `until-full` or a time from 1d to 36500d, such as 30d",
    description:
      "How long a recording stays on this machine too once its copy is proven. With a time, and with until-full, the oldest go when the volume is over 85 % full.",
    schema: z
      .string()
      .regex(/^(forever|until-full|[1-9]\d{0,4}d)$/)
      .transform(ruleIn),
  },
} as const satisfies Record<string, Setting<unknown>>;

/** S3's rule for names, without dots: with them no certificate fits a virtual host. */
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
/** What stands in a key as it is written. */
const PREFIX = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}\/){0,8}$/;

function addressIn(text: string): ObjectAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { protocol, username, password, search, hash, pathname, origin } = url;
  if (username !== "" || password !== "" || search !== "" || hash !== "") return undefined;
  if (protocol !== "https:" && !(protocol === "http:" && isThisMachine(url))) return undefined;
  const [, bucket = "", rest = ""] = /^\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
  const prefix = rest === "" || rest.endsWith("/") ? rest : `${rest}/`;
  if (!BUCKET.test(bucket) || !PREFIX.test(prefix)) return undefined;
  return { endpoint: origin, bucket, prefix };
}

function isThisMachine({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) === 0) return host === "localhost" || host.endsWith(".localhost");
  return host === "::1" || host.startsWith("127.");
}

function lockIn(text: string): ObjectLock | undefined {
  const [mode, days] = text.split(":");
  if (days === undefined) return undefined;
  return {
    mode: mode === "compliance" ? "COMPLIANCE" : "GOVERNANCE",
    forMs: Number(days.slice(0, -1)) * DAY_MS,
  };
}

function ruleIn(text: string): LocalRule {
  if (text === "forever" || text === "until-full") return { kind: text };
  return { kind: "for", ms: Number(text.slice(0, -1)) * DAY_MS };
}
