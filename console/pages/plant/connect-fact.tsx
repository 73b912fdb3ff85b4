/** How a tool on one's own machine reaches an endpoint: the command that opens a port for it there. */
import { Copyable } from "../../components/copyable.tsx";
import { nativeText as words } from "../../text/native.ts";

/** @param endpoint `ASSET/ENDPOINT` */
export function ConnectFact({ endpoint }: { readonly endpoint: string }) {
  return (
    <>
      <dt>{words.connect}</dt>
      <dd>
        <Copyable value={words.connectCommand(endpoint)} what={words.commandName} />
        <div className="sp-dim">{words.connectFirst(location.origin)}</div>
      </dd>
    </>
  );
}
