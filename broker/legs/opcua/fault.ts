/** What a leg answers by itself where it can give no answer. */
import { coerceStatusCode } from "node-opcua-status-code";
import { ServiceFault } from "node-opcua-types";

/** Words are cut: they are ours, and some clients show them. */
const WORDS_MAX = 200;

/** @param because for the person, where their tool shows it */
export function fault(status: number, because?: string): ServiceFault {
  return new ServiceFault({
    responseHeader: {
      serviceResult: coerceStatusCode(status),
      timestamp: new Date(),
      ...(because !== undefined && { stringTable: [because.slice(0, WORDS_MAX)] }),
    },
  });
}
