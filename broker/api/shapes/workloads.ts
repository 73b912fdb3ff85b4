/** JSON of workloads: services that prove themselves by certificate or token. */
import { z } from "zod";
import { deviceTokenSchema } from "./machines.ts";

/** Under the address of the door for certificates, and of the console for tokens. */
export const WORKLOAD_TOKEN_PATH = "/api/workloads/token";

/** What a workload must know to prove itself. */
export const workloadDoorSchema = z.object({
  /** What its tokens must name as `aud`, where the file of workloads says nothing else. */
  audience: z.string(),
  /** Port for certificates, by TLS; null where none is open. */
  svidPort: z.number().nullable(),
});
export type WorkloadDoor = z.infer<typeof workloadDoorSchema>;

const tool = z.string().min(1).max(80);

export const svidProofSchema = z.strictObject({ tool });

export const tokenProofSchema = z.strictObject({
  tool,
  /** The JWT. */
  token: z.string().min(1).max(8_192),
});

/** Counts with the machine's key alone, as those of people's commands do. */
export const workloadTokenSchema = deviceTokenSchema.extend({
  /** What was shown counts no second time: another one is needed to go on. */
  once: z.boolean(),
});

/** Why an administrator should look at it. */
export const workloadMarkSchema = z.enum(["unused", "expiring", "expired", "no-owner"]);

export const workloadSchema = z.object({
  id: z.string(),
  /** As grants name it: `workload:historian`. */
  handle: z.string(),
  name: z.string(),
  owner: z.string(),
  /** `unnamed`: the file of workloads does not name it any more. */
  state: z.enum(["active", "disabled", "unnamed"]),
  /** SPIFFE ID, or issuer and subject; empty for one that is unnamed. */
  identity: z.string(),
  /** How long its token counts. */
  lifeMs: z.number().nullable(),
  untilMs: z.number().nullable(),
  createdMs: z.number(),
  lastUsedMs: z.number().nullable(),
  /** Copies of it that are signed in now. */
  live: z.number().int(),
  /** When the last of their certificates or tokens ends. */
  proofEndsMs: z.number().nullable(),
  marks: z.array(workloadMarkSchema),
});
export type WorkloadView = z.infer<typeof workloadSchema>;

export const trustSchema = z.object({
  kind: z.enum(["domain", "issuer"]),
  name: z.string(),
  /** Certificates and keys that it is verified by. */
  keys: z.number().int(),
  /** When the last of its certificates ends. */
  endsMs: z.number().nullable(),
  /** Why they are not what they should be. */
  problem: z.string().nullable(),
});
export type TrustView = z.infer<typeof trustSchema>;

export const workloadsSchema = z.object({
  /** False where the broker was given no file of workloads. */
  configured: z.boolean(),
  /** What is wrong with the file; what was in force before stays. */
  problem: z.string().nullable(),
  workloads: z.array(workloadSchema),
  trust: z.array(trustSchema),
});
export type WorkloadsView = z.infer<typeof workloadsSchema>;
