import { z } from "zod";
import { writePoints } from "../../../protocols/modbus/build.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { isOwner } from "../sessions/visible-session.ts";
import { holdSchema } from "../shapes/holds.ts";
import { holdView } from "./open-hold.ts";

/** What one request of the protocol writes (Modbus Application Protocol V1.1b3, 6.12). */
const VALUES_MAX = 123;

const write = z.strictObject({
  unit: z.number().int().min(0).max(255),
  table: z.enum(["coils", "holding-registers"]),
  address: z.number().int().min(0).max(0xffff),
  values: z.array(z.number().int().min(0).max(0xffff)).min(1).max(VALUES_MAX),
});

/** Only for the session's own person, and only what their profile holds: nothing is given here. */
export function askBeforehand(sessions: SessionHost) {
  return endpoint({
    summary: "Put a write before a second person that a native tool will send later",
    params: idParameter,
    body: write,
    answer: holdSchema,
    status: 201,
    handle: async ({ me, params, body }) => {
      const session = sessions.get(params.id);
      if (!session || !isOwner(session, { me })) throw notFound();
      if (session.claims.endpoint.protocol !== "modbus") throw notAsked("this is not Modbus");
      const { unit, table, address, values } = body;
      const bits = table === "coils" && values.some((value) => value > 1);
      if (bits || address + values.length > 0x1_0000) throw notAsked("there is no such write");
      const hold = await session.askBeforehand(writePoints(unit, table, address, values));
      if (typeof hold === "string") throw notAsked(hold);
      return holdView({ session, hold }, me.person.id);
    },
  });
}

function notAsked(why: string): ApiRefused {
  return new ApiRefused(409, "not-held", `Nobody was asked: ${why.replace(/[.]$/, "")}.`);
}
