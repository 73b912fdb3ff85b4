/**
 * Loaded before the conduit (`--import`): makes the OPC UA library fail where no `try` can be
 * around it, in a timer on the client's side and in a promise on the asset's, as its own faults
 * have done; and hears of uncaught errors as the broker does.
 *
 *     FindServers  -> what answers the client throws in a timer
 *     SIGHUP       -> the layer towards the asset that was reached last leaves a rejected promise
 *                     behind (to the OPC UA process)
 *     SIGUSR2      -> something of the broker's own throws in a timer
 */
import { AsyncResource } from "node:async_hooks";
import { ClientSecureChannelLayer, type Request } from "node-opcua-secure-channel";
import { FindServersResponse } from "node-opcua-types";
import { onFault } from "../../broker/on-fault.ts";

const BROKER_FAULT_EXIT = 7;

// The process of OPC UA, into which this is loaded too, looks after its own.
if (!process.argv[1]?.endsWith("opcua-child.ts")) {
  onFault((error) => {
    process.stderr.write(
      `fault of the broker: ${error instanceof Error ? error.message : error}\n`,
    );
    process.exit(BROKER_FAULT_EXIT);
  });
}

const found = FindServersResponse.prototype;
const encode = found.encode;
found.encode = function failing(stream) {
  setTimeout(() => {
    process.stderr.write("fails in a timer\n");
    throw new Error("injected in a timer");
  }, 1);
  encode.call(this, stream);
};

const client = ClientSecureChannelLayer.prototype;
const perform = client.performMessageTransaction;
let fail = () => {};
client.performMessageTransaction = function failing(request: Request, done) {
  // As its own timers do, for example the one that renews.
  fail = AsyncResource.bind(() => {
    process.stderr.write("fails in a promise\n");
    void Promise.reject(new Error("injected in a promise"));
  });
  perform.call(this, request, done);
};
if (process.argv[1]?.endsWith("opcua-child.ts")) process.on("SIGHUP", () => fail());

process.on("SIGUSR2", () => {
  setTimeout(() => {
    throw new Error("injected in the broker");
  }, 1);
});
