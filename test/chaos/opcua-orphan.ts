/**
 * A stand-in for a broker that is killed: it starts the OPC UA process and waits.
 *
 *     node test/chaos/opcua-orphan.ts FILE    prints `runs PID`
 */
import { OpcuaProcess } from "../../broker/legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "../../broker/legs/opcua/kept-identity.ts";

const file = process.argv[2] ?? "";
const opcua = new OpcuaProcess(file, keptIdentity(file), {
  failed: (why) => process.stderr.write(`${why}\n`),
});
await opcua.begin();
process.stdout.write(`runs ${opcua.pid}\n`);
setInterval(() => undefined, 60_000);
