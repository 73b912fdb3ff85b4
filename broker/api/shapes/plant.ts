/** JSON of the plant as one person may see it. */
import { z } from "zod";
import { PROTOCOLS } from "../../plant/model.ts";

export const classSchema = z.enum(["observe", "operate", "configure", "program", "transfer"]);
export type ClassName = z.infer<typeof classSchema>;

const allowedSchema = z
  .object({
    profile: z.string(),
    rule: z.string(),
    /** A second person must agree to each write. */
    held: z.boolean().exactOptional(),
    min: z.number().nullable(),
    max: z.number().nullable(),
    values: z.array(z.number()).nullable(),
    /** Largest change of one write. */
    stepMax: z.number().nullable(),
    every: z.object({ ms: z.number(), count: z.number() }).nullable(),
    /** Only while this tag has this raw value. */
    while: z.object({ tag: z.string(), is: z.number() }).nullable(),
  })
  .nullable();

export const tagSchema = z.object({
  name: z.string(),
  description: z.string(),
  unitId: z.number(),
  table: z.enum(["coils", "discrete-inputs", "holding-registers", "input-registers"]),
  address: z.number(),
  type: z.enum([
    "bool",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "float32",
    "float64",
  ]),
  wordOrder: z.enum(["big", "little"]),
  scale: z.number(),
  offset: z.number(),
  unit: z.string(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  states: z.array(z.object({ value: z.number(), word: z.string() })),
  /** Whether the caller's best grant could write it now (limits aside). */
  writable: z.boolean(),
  /**
   * What the rule that lets the caller's best grant write it allows: engineering values, the tag's
   * own bounds worked in. Null where it is not writable.
   */
  allowed: allowedSchema,
});
export type TagView = z.infer<typeof tagSchema>;

/** A named node of an OPC UA endpoint; its value is in its unit already. */
export const nodeTagSchema = tagSchema
  .pick({ name: true, description: true, unit: true, min: true, max: true, states: true })
  .extend({
    /** `nsu=URI;ID`, or `ID` alone in OPC UA's own namespace. */
    node: z.string(),
    /** What the session's profile lets be written; null where it lets nothing. */
    allowed: allowedSchema,
  });
export type NodeTagView = z.infer<typeof nodeTagSchema>;

/** A grant as its holder sees it. */
export const myGrantSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  profile: z.string(),
  profileDescription: z.string(),
  classes: z.array(classSchema),
  fromMs: z.number().nullable(),
  untilMs: z.number().nullable(),
  /** Now within its window and not revoked. */
  live: z.boolean(),
  /** What each session under it needs besides. */
  needs: z.object({ supervisor: z.enum(["wait", "end"]).nullable(), consent: z.boolean() }),
});
export type MyGrantView = z.infer<typeof myGrantSchema>;

/** One of the gateways by which alone an endpoint is reached. */
export const endpointGatewaySchema = z.object({
  name: z.string(),
  /** Connected, with a lease, since then; null while it is away. */
  sinceMs: z.number().nullable(),
  /** Live sessions on this endpoint that go through it, the broker's own readings too. */
  carries: z.number(),
});
export type EndpointGatewayView = z.infer<typeof endpointGatewaySchema>;

export const endpointSchema = z.object({
  /** `ASSET/ENDPOINT` */
  id: z.string(),
  protocol: z.enum(PROTOCOLS),
  /** Null for people who administer nothing: they need no addresses. */
  address: z.string().nullable(),
  units: z.array(z.number()),
  pollMinMs: z.number(),
  /** It has gateways, and none of them is connected: it cannot be opened now. */
  unreachable: z.boolean(),
  /** Empty where this broker reaches it itself, and for people who administer nothing. */
  gateways: z.array(endpointGatewaySchema),
  /** What it is found by; the rest of each point is asked for by asset. */
  tags: z.array(tagSchema.pick({ name: true, unit: true })),
  /** The caller's live and coming grants here, best first. */
  grants: z.array(myGrantSchema),
});
export type EndpointView = z.infer<typeof endpointSchema>;

/** Of each endpoint of an asset, `ASSET/ENDPOINT`. */
export const assetTagsSchema = z.array(z.object({ id: z.string(), tags: z.array(tagSchema) }));
export type AssetTagsView = z.infer<typeof assetTagsSchema>;

export const namedSiteSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** IANA name. */
  timeZone: z.string(),
});
export type NamedSiteView = z.infer<typeof namedSiteSchema>;

export const assetSchema = z.object({
  id: z.string(),
  name: z.string(),
  zone: z.string(),
  description: z.string(),
  vendor: z.string(),
  model: z.string(),
  /** `in-session`: someone has a live session on it. */
  state: z.enum(["idle", "in-session", "locked"]),
  sessions: z.number().int(),
  /** Set while a key switch of the plant keeps remote access away. */
  closed: z.string().nullable(),
  endpoints: z.array(endpointSchema),
});
export type AssetView = z.infer<typeof assetSchema>;

/** What of an asset changes without anybody's changing the plant file. */
export const assetStateSchema = assetSchema
  .pick({ id: true, state: true, sessions: true, closed: true })
  .extend({
    /** As many as the asset has, in their order. */
    endpoints: z.array(endpointSchema.pick({ unreachable: true, gateways: true, grants: true })),
  });
export type AssetStateView = z.infer<typeof assetStateSchema>;

export const plantSchema = z.object({
  /** Stays the same for as long as all but what `plantStateSchema` has does, for the one who asks. */
  fixed: z.string(),
  site: namedSiteSchema,
  /** Those within it of which one sees anything. */
  sites: z.array(namedSiteSchema),
  zones: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      level: z.number(),
      securityLevelTarget: z.number(),
      parent: z.string().nullable(),
      /** The site that it is at: `site` itself where the plant file names no other. */
      site: z.string(),
    }),
  ),
  conduits: z.array(z.object({ from: z.string(), to: z.string(), protocols: z.array(z.string()) })),
  assets: z.array(assetSchema),
  /** Switches at the plant that must be on for remote access, as the broker reads them. */
  keySwitches: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      covers: z.object({ kind: z.enum(["site", "zone", "asset"]), name: z.string() }),
      state: z.enum(["on", "off", "unknown"]),
      /** Why it is unknown. */
      why: z.string(),
      /** The last good reading; null before the first. */
      readMs: z.number().nullable(),
      whenOff: z.enum(["read-only", "end"]),
    }),
  ),
  /** The profiles that a grant can name. */
  profiles: z.array(
    z.object({ id: z.string(), description: z.string(), classes: z.array(classSchema) }),
  ),
  digest: z.string(),
  /** Set while the file on disk is invalid and an older one is in force. */
  problem: z.string().nullable(),
});
export type PlantView = z.infer<typeof plantSchema>;

export const plantStateSchema = plantSchema
  .pick({ fixed: true, keySwitches: true, problem: true })
  .extend({
    /** Without those that are idle and open, and where the caller has no grant. */
    assets: z.array(assetStateSchema),
  });
export type PlantStateView = z.infer<typeof plantStateSchema>;

/** A grant as an administrator sees it. */
export const grantSchema = z.object({
  id: z.string(),
  source: z.enum(["plant-file", "console", "request", "break-glass"]),
  personId: z.string().nullable(),
  /** Person's name or `role:engineer`. */
  subject: z.string(),
  endpoint: z.string(),
  /** Id of the site that it is at. */
  site: z.string(),
  profile: z.string(),
  fromMs: z.number().nullable(),
  untilMs: z.number().nullable(),
  state: z.enum(["coming", "live", "ended", "revoked"]),
  createdBy: z.string(),
  createdMs: z.number(),
  reason: z.string(),
});
export type GrantView = z.infer<typeof grantSchema>;
