/** Of one endpoint: the gateways by which alone it is reached, and whether they are there. */
import type { EndpointGatewayView, EndpointView } from "../../../broker/api/shapes/plant.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { TimeSince } from "../../components/time.tsx";
import { gatewayFactText as words } from "../../text/gateways.ts";

export function GatewayFact({ endpoint }: { readonly endpoint: EndpointView }) {
  const { gateways, unreachable } = endpoint;
  if (gateways.length === 0 && !unreachable) return null;
  return (
    <>
      <dt>{words.fact}</dt>
      <dd>
        {gateways.map((gateway) => (
          <One key={gateway.name} gateway={gateway} />
        ))}
        {unreachable && <div>{words.unreachable}</div>}
      </dd>
    </>
  );
}

function One({ gateway: { name, sinceMs, carries } }: { readonly gateway: EndpointGatewayView }) {
  if (sinceMs === null) {
    return (
      <div>
        <span className="sp-mono">{name}</span> <StateBadge tone="attention" word={words.away} />
      </div>
    );
  }
  return (
    <div>
      <span className="sp-mono">{name}</span>{" "}
      <StateBadge tone={carries > 0 ? "active" : "normal"} word={words.there(carries)} />{" "}
      <span className="sp-dim">
        <TimeSince atMs={sinceMs} />
      </span>
    </div>
  );
}
