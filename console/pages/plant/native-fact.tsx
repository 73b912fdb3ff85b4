/** How a tool of one's own reaches an SSH endpoint, and how it knows that it is the broker. */
import { useQuery } from "@tanstack/react-query";
import { Copyable } from "../../components/copyable.tsx";
import { doorsQuery } from "../../components/native.ts";
import { nativeText as words } from "../../text/native.ts";

interface NativeFactProps {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  /** The asset has no other that a tool could mean. */
  readonly alone: boolean;
}

export function NativeFact({ endpoint, alone }: NativeFactProps) {
  const { data } = useQuery(doorsQuery);
  const door = data?.ssh;
  if (!door) return null;
  const asset = endpoint.split("/")[0] ?? "";
  const command = words.command(alone ? asset : endpoint, location.hostname, door.port);
  const knownHosts = words.knownHostsLine(location.hostname, door.port, door.publicKey);
  return (
    <>
      <dt>{words.native}</dt>
      <dd>
        <Copyable value={command} what={words.commandName} />
        <div className="sp-dim">
          {words.fingerprint} <Copyable value={door.fingerprint} what={words.fingerprint} />
        </div>
        <div className="sp-dim">
          {words.knownHosts} <Copyable value={knownHosts} what={words.knownHosts} shown={24} />
        </div>
      </dd>
    </>
  );
}
