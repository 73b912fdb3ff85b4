/** Parameters in paths and pieces of bodies that several endpoints take. */
import { z } from "zod";

/** Ids are made by the broker and short; credential ids are at most 1,023 bytes as base64url. */
const ID_LENGTH_MAX = 1_364;

export const idParameter = z.strictObject({ id: z.string().min(1).max(ID_LENGTH_MAX) });

/** Names of people, companies and passkeys. */
export const nameText = z.string().trim().min(1).max(120);

/** Why somebody does something, for the log and for others to read. */
export const reasonText = z.string().trim().min(1).max(500);

/** `ASSET/ENDPOINT` */
export const endpointText = z.string().regex(/^[a-z0-9][\w.-]{0,99}\/[a-z0-9][\w.-]{0,99}$/i);

/** What an authenticator answered, through the browser; identity parses and verifies it. */
export const authenticatorResponse = z.record(z.string(), z.unknown());

/** A body with nothing in it, or none. */
export const emptyBody = z.strictObject({}).nullish();

/** An instant in milliseconds since the epoch, within the years that a Date can say. */
export const instant = z.number().int().min(0).max(8.64e15);
