/** The section `tickets` of the integrations file: where a ticket's state is looked up. */
import { distinct, oneOf, text } from "../plant/yaml-readings.ts";
import { Mapping, type Reading } from "../plant/yaml-value.ts";
import type { TicketSystem } from "./model.ts";
import { addressOf, type SecretSource, secret, trustOf } from "./parse-via.ts";

const STATES_MAX = 16;
const STATE_LENGTH_MAX = 80;
const PATH_LENGTH_MAX = 200;
/** Names and positions with dots between them: `fields.status.name`, `result.0.state`. */
const PATH = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const PLACE = "{ticket}";

export function ticketSystem(source: SecretSource): Reading<TicketSystem> {
  return (value) => {
    const from = Mapping.read(value, "the ticket system");
    if (!from) return undefined;
    const url = from.need("url", addressOf(source));
    const authorization = from.take("authorization", secret(source));
    const state = from.need("state", statePath);
    const states = from.need(
      "states",
      distinct(text(STATE_LENGTH_MAX), { min: 1, max: STATES_MAX }),
    );
    const whenAway = from.take("when-away", oneOf(["refuse", "permit"])) ?? "refuse";
    const trust = trustOf(from, source, true);
    if (url && !namesTicket(url.read())) {
      from.place("url").fail(`write ${PLACE} once where the ticket stands, behind the host`);
    }
    from.finish();
    if (!url || !state || !states) return undefined;
    return { url, state, states, whenAway, ...(authorization && { authorization }), ...trust };
  };
}

/** A ticket must not say which machine is asked. */
function namesTicket(url: string): boolean {
  const [before = "", ...after] = url.split(PLACE);
  return after.length === 1 && /^https?:\/\/[^/]+\//.test(before);
}

const statePath: Reading<readonly string[]> = (value) => {
  const read = text(PATH_LENGTH_MAX)(value);
  if (read === undefined || PATH.test(read)) return read?.split(".");
  return value.fail(`"${read}" is not a place in an answer; write it like fields.status.name`);
};
