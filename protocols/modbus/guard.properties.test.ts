import { guardProperties } from "../../test/kit/guard-properties.ts";
import { clientBytes, honestReply, requestFrame } from "../../test/kit/modbus-samples.ts";
import { ModbusGuard } from "./guard.ts";
import { wordAt } from "./words.ts";

guardProperties({
  name: "Modbus",
  create: () => new ModbusGuard({ inFlightMax: 4, parkedMax: 3 }),
  client: clientBytes,
  request: requestFrame,
  reply: honestReply,
  requestOf: (sent) => wordAt(sent, 0),
  // An inbox of 256 KiB on each side at the very most, and some requests with their values.
  retainedMax: 600_000,
  runs: 200,
});
