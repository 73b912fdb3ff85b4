/**
 * The OPC UA process: secure channels of native clients and to assets are opened and renewed here,
 * over connections of the broker's. Whatever the library or a peer does to it, at worst this
 * process ends, with the sessions of OPC UA; guard, decisions, recordings and all other sessions
 * are the broker's, and so are the messages of a channel that was handed over.
 */
import { Socket } from "node:net";
import { loadOpcuaIdentity } from "../identity.ts";
import { endedItsConnection } from "../library-scope.ts";
import { DialledAssets } from "./dialled-assets.ts";
import { ServedClients, type ServedClientWord } from "./served-clients.ts";
import { watchOver } from "./watchdog.ts";
import { jsonOf, KIND, Wire, type WireMessage } from "./wire.ts";

const PIPE = 3;

function fault(error: unknown): void {
  if (endedItsConnection(error)) return;
  const words = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`the OPC UA process failed: ${words}\n`);
  process.exit(1);
}

process.on("uncaughtException", fault);
process.on("unhandledRejection", fault);

async function main(file: string, parent: number): Promise<void> {
  watchOver(parent);
  const identity = await loadOpcuaIdentity(file);
  const wire = new Wire(
    new Socket({ fd: PIPE, readable: true, writable: true }),
    (message) => heard(message),
    (method, args) => answer(method, args),
    () => process.exit(0),
  );
  const clients = new ServedClients(wire, identity);
  const assets = new DialledAssets(wire, identity);

  function heard({ kind, id, body }: WireMessage): void {
    switch (kind) {
      case KIND.message:
        return void clients.message(id, body);
      case KIND.chunk:
        return void (clients.has(id) ? clients : assets).chunk(id, body);
      case KIND.beat:
        return void wire.send(KIND.beat, id, body);
      case KIND.word:
        return void word(id, jsonOf(body) as Word);
    }
  }

  function word(id: number, word: Word): void {
    if (word.forget) assets.forget(id);
    else if (word.carried && !clients.has(id)) assets.told(id, word.carried);
    else clients.word(id, word);
  }

  function answer(method: string, args: unknown): unknown {
    switch (method) {
      case "open":
        return assets.open(args as never);
      case "resume":
        return assets.resume(args as never);
      case "identify":
        return assets.identify(args as never);
      case "end":
        return end();
      default:
        throw new Error(`no call ${method}`);
    }
  }

  function end(): void {
    clients.close();
    setImmediate(() => process.exit(0));
  }

  wire.word(0, { ready: true });
}

interface Word extends ServedClientWord {
  readonly forget?: boolean;
}

await main(process.argv[2] ?? "", Number(process.argv[3]));
