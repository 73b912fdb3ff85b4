/**
 * What the registers of an asset held when a segment began, so that a player that seeks into a
 * long recording shows every value without the segments before. Derived from the tape and never
 * input: where a frame is missing, the segments before tell the same.
 *
 *     {"version":1,"points":[[unit,"holding-registers",address,value,wallMs,sequence], …]}
 */
import { z } from "zod";
import type { PointValue } from "../../protocols/modbus/history-row.ts";
import { LastPoints } from "../../protocols/modbus/last-points.ts";
import { TapeDecoder } from "../../protocols/tape/decoder.ts";

/** More points than any panel shows; a session that read more is played without frames. */
export const FRAME_POINTS_MAX = 20_000;

/** The course of all registers through one recording, segment by segment in order. */
export class RegisterState {
  private readonly points: LastPoints;
  private overfull = false;

  constructor(points: readonly PointValue[] = []) {
    this.points = new LastPoints(points);
  }

  /** @param plain the next segment, whole */
  push(plain: Uint8Array): void {
    if (this.overfull) return;
    new TapeDecoder().visit(plain, (record) => this.points.push(record), "client");
    this.overfull = this.points.size > FRAME_POINTS_MAX;
    if (this.overfull) this.points.clear();
  }

  /** As it stands, for the segment that begins now; undefined if there is too much of it. */
  frame(): Uint8Array | undefined {
    if (this.overfull) return undefined;
    const points = this.points
      .list()
      .map(
        ({ unit, table, address, value, wallMs, sequence }) =>
          [unit, table, address, value, wallMs, sequence] as const,
      );
    return new TextEncoder().encode(JSON.stringify({ version: 1, points }));
  }
}

const whole = z.number().int().nonnegative();
const table = z.enum(["coils", "discrete-inputs", "holding-registers", "input-registers"]);

const frameSchema = z.object({
  version: z.literal(1),
  points: z.array(z.tuple([whole, table, whole, whole, z.number(), whole])).max(FRAME_POINTS_MAX),
});

/** Undefined if the bytes are no frame that can be read here. */
export function parseFrame(bytes: Uint8Array): PointValue[] | undefined {
  const points = frameSchema.safeParse(parseJson(bytes)).data?.points;
  return points?.map(([unit, table, address, value, wallMs, sequence]) => ({
    ...{ unit, table, address, value, wallMs, sequence },
    source: "read",
  }));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
