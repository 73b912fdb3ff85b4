import { z } from "zod";
import { idParameter } from "../parameters.ts";

/** A session of a day has some hundred segments. */
const SEGMENT_DIGITS_MAX = 6;

export const segmentParameters = idParameter.extend({
  number: z
    .string()
    .regex(new RegExp(`^\\d{1,${SEGMENT_DIGITS_MAX}}$`))
    .transform(Number),
});
