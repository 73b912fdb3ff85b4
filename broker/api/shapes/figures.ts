/** Figures by month, as the console shows and exports them. */
import { z } from "zod";

const count = z.number().int().nonnegative();
/** Milliseconds; null where nothing was counted. */
const spreadSchema = z.object({ median: z.number().nullable(), most: z.number().nullable() });

export const monthFiguresSchema = z.object({
  /** `2026-11`, of the site's calendar */
  month: z.string(),
  signIns: z.object({ begun: count, refused: count }),
  requests: z.object({
    ...{ made: count, agreed: count, refused: count, lapsed: count },
    ...{ decided: spreadSchema, used: spreadSchema },
  }),
  sessions: z.object({ opened: count, cut: count, cutAfter: spreadSchema }),
  refusals: count,
  breakGlass: count,
  recordings: z.object({ ended: count, unreviewed: count }),
});
export type MonthFiguresView = z.infer<typeof monthFiguresSchema>;

export const figuresSchema = z.object({
  site: z.string(),
  atMs: z.number(),
  now: z.object({ rights: count, standing: count, unused: count }),
  /** The newest first. */
  months: z.array(monthFiguresSchema),
});
export type FiguresView = z.infer<typeof figuresSchema>;
