import { z } from "zod";

/** The part of a one-time link behind `#token=`. */
export const linkToken = z.string().min(1).max(200);
