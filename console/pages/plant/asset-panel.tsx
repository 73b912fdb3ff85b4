/** One asset: what I may do here, and the one button that does it. */
import { Anchor, Button, CloseButton, Group, Stack, Text, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import type { AssetView, EndpointView, PlantView } from "../../../broker/api/shapes/plant.ts";
import { Copyable } from "../../components/copyable.tsx";
import { useMe, useRight } from "../../components/me.ts";
import { useNow } from "../../components/now.ts";
import { sessionsQuery } from "../../components/queries.ts";
import { ProblemNotice } from "../../components/states.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { conditionText } from "../../text/conditions.ts";
import { assetText as words } from "../../text/plant.ts";
import { searchText } from "../../text/search.ts";
import { sentence } from "../../text/session.ts";
import { visitText } from "../../text/visit.ts";
import { searchAddress } from "../search/query-address.ts";
import { nameAtAsset, nextGrant, type Way, waysIn } from "./access.ts";
import { AssetState } from "./asset-state.tsx";
import { AwaitConsent } from "./await-consent.tsx";
import { ConnectFact } from "./connect-fact.tsx";
import { CredentialFact } from "./credential-fact.tsx";
import { GatewayFact } from "./gateway-fact.tsx";
import { GrantList } from "./grant-list.tsx";
import { IdentityFact } from "./identity-fact.tsx";
import { NativeFact } from "./native-fact.tsx";
import { OpcuaFact } from "./opcua-fact.tsx";
import { TagList } from "./tag-list.tsx";
import { useOpen } from "./use-open.ts";

interface AssetPanelProps {
  readonly plant: PlantView;
  readonly asset: AssetView;
  /** Absent where the panel lies in a drawer that has its own title and close button. */
  readonly onClose?: () => void;
}

export function AssetPanel({ plant, asset, onClose }: AssetPanelProps) {
  const panel = useRef<HTMLElement>(null);
  useHotkeys([["Escape", () => onClose?.()]]);
  const besidePlant = onClose !== undefined;
  useEffect(() => (besidePlant ? borrowFocus(panel.current) : undefined), [besidePlant]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      className={besidePlant ? "sp-asset sp-panel" : undefined}
      aria-label={asset.name}
    >
      <Stack gap="sm">
        {onClose && (
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <Title order={2} size="h4">
              {asset.name}
            </Title>
            <CloseButton aria-label={words.close} onClick={onClose} />
          </Group>
        )}
        <div>
          <AssetState asset={asset} />
        </div>
        {asset.description !== "" && <Text size="sm">{asset.description}</Text>}
        <Act asset={asset} />
        <GrantList asset={asset} />
        <Facts plant={plant} asset={asset} />
        {asset.endpoints.map((endpoint) => (
          <TagList key={endpoint.id} asset={asset.id} endpoint={endpoint} />
        ))}
        <Links asset={asset} />
      </Stack>
    </aside>
  );
}

/** A person who chose an asset goes on in its panel, and is back where they were when it closes. */
function borrowFocus(panel: HTMLElement | null): () => void {
  const before = document.activeElement;
  panel?.focus({ preventScroll: true });
  return () => {
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
}

/** Exactly one thing to do: go back, open, or read who can help. */
function Act({ asset }: { readonly asset: AssetView }) {
  const mayOpen = useRight("session:open");
  const { data: sessions } = useQuery({ ...sessionsQuery, enabled: mayOpen });
  const mine = sessions?.find((session) => session.mine && session.asset.id === asset.id);
  const ways = waysIn(asset);
  if (mine !== undefined)
    return (
      <Stack gap={4}>
        <Button
          component={Link}
          to={`/sessions/${mine.id}`}
          rightSection={<IconArrowRight size={16} />}
        >
          {words.back}
        </Button>
        <Text size="sm" c="dimmed">
          {words.mine}
        </Text>
      </Stack>
    );
  if (asset.endpoints.length === 0) return <Text size="sm">{words.noEndpoint}</Text>;
  if (!mayOpen) return <Text size="sm">{words.noOpening}</Text>;
  if (ways.length === 0) return <NoWay asset={asset} />;
  if (asset.closed !== null) return <Text size="sm">{sentence(asset.closed)}</Text>;
  return <Open ways={ways} />;
}

/** The best grant first, as the button; the others are beside their names below it. */
function Open({ ways }: { readonly ways: readonly Way[] }) {
  const { open, openAll, opening, thrown, asked, agreed, giveUp } = useOpen();
  const [best, ...others] = ways;
  const together = firstWays(ways);
  const isOne = ways.every(({ endpoint }) => endpoint.id === best?.endpoint.id);
  return (
    <Stack gap="xs">
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.openFailed} />}
      {best && (
        <Button loading={opening} onClick={() => open(best)}>
          {words.open}
        </Button>
      )}
      {best && <Needs needs={best.grant.needs} />}
      {together.length > 1 && (
        <Button variant="default" disabled={opening} onClick={() => openAll(together)}>
          {visitText.openAll(together.length)}
        </Button>
      )}
      {asked && <AwaitConsent asked={asked} onAgreed={agreed} onClose={giveUp} />}
      {others.map((way) => (
        <Button
          key={way.grant.id}
          variant="default"
          size="xs"
          disabled={opening}
          onClick={() => open(way)}
        >
          {words.openOther(way.grant.profile, isOne ? undefined : nameAtAsset(way.endpoint))}
        </Button>
      ))}
    </Stack>
  );
}

/** The best way to each endpoint, of those that nobody has to be asked for. */
function firstWays(ways: readonly Way[]): readonly Way[] {
  return ways.filter(
    ({ endpoint, grant }, n) =>
      !grant.needs.consent && ways.findIndex((each) => each.endpoint.id === endpoint.id) === n,
  );
}

/** What the session will need besides the grant, before one opens it. */
function Needs({ needs }: { readonly needs: Way["grant"]["needs"] }) {
  const said = conditionText.needs(needs.supervisor !== null, needs.consent);
  if (said === "") return null;
  return (
    <Text size="sm" c="dimmed">
      {said}
    </Text>
  );
}

function NoWay({ asset }: { readonly asset: AssetView }) {
  const { site } = useMe();
  const nowMs = useNow();
  const mayGrant = useRight("grant:manage");
  const coming = nextGrant(asset, nowMs);
  const endpoint = asset.endpoints[0]?.id ?? "";
  const of = `?new=${encodeURIComponent(endpoint)}`;
  return (
    <Stack gap={6} align="flex-start">
      <Text size="sm">{coming ? words.onlyComing : words.noGrant(site.name)}</Text>
      {coming?.fromMs != null && (
        <Text size="sm">
          {words.begins} <RelativeTime atMs={coming.fromMs} />
        </Text>
      )}
      <Button component={Link} to={`/access${of}`}>
        {words.request}
      </Button>
      {mayGrant && (
        <Button component={Link} to={`/grants${of}`} variant="default" size="xs">
          {words.makeGrant}
        </Button>
      )}
    </Stack>
  );
}

/** Sober and out of the way: for the moment in which nobody can agree in time. */
function BreakGlassLink({ asset }: { readonly asset: AssetView }) {
  const mayBreak = useRight("break-glass:open");
  const endpoint = asset.endpoints[0]?.id;
  if (!mayBreak || endpoint === undefined) return null;
  return (
    <Anchor component={Link} to={`/break-glass?new=${encodeURIComponent(endpoint)}`} size="sm">
      {words.breakGlass}
    </Anchor>
  );
}

function Facts({ plant, asset }: AssetPanelProps) {
  const zone = plant.zones.find((each) => each.id === asset.zone);
  const device = [asset.vendor, asset.model].filter(Boolean).join(" ");
  return (
    <dl className="sp-asset-facts">
      <dt>{words.facts.zone}</dt>
      <dd>{zone?.name ?? asset.zone}</dd>
      {device !== "" && (
        <>
          <dt>{words.facts.device}</dt>
          <dd>{device}</dd>
        </>
      )}
      {asset.endpoints.map((endpoint) => (
        <EndpointFacts
          key={endpoint.id}
          endpoint={endpoint}
          alone={asset.endpoints.filter(({ protocol }) => protocol === "ssh").length === 1}
        />
      ))}
    </dl>
  );
}

interface EndpointFactsProps {
  readonly endpoint: EndpointView;
  /** The only one of the asset that a tool of SSH can mean. */
  readonly alone: boolean;
}

/** By a key or a certificate. */
const PROVES_ITSELF: ReadonlySet<string> = new Set(["ssh", "opcua", "web"]);

/** Nobody signs in to the others. */
const TAKES_CREDENTIAL: ReadonlySet<string> = new Set(["ssh", "opcua", "vnc", "web"]);

function EndpointFacts({ endpoint, alone }: EndpointFactsProps) {
  return (
    <>
      <dt>{words.facts.endpoint}</dt>
      <dd>
        <Copyable value={endpoint.id} what={words.endpointId} />
        <div className="sp-dim">
          {[endpoint.protocol, endpoint.address].filter((part) => part !== null).join(" · ")}
        </div>
      </dd>
      <GatewayFact endpoint={endpoint} />
      {endpoint.units.length > 0 && (
        <>
          <dt>{words.facts.units}</dt>
          <dd>{endpoint.units.join(", ")}</dd>
        </>
      )}
      {endpoint.protocol !== "web" && <ConnectFact endpoint={endpoint.id} />}
      {endpoint.protocol === "ssh" && <NativeFact endpoint={endpoint.id} alone={alone} />}
      {endpoint.protocol === "opcua" && <OpcuaFact endpoint={endpoint} />}
      {PROVES_ITSELF.has(endpoint.protocol) && <IdentityFact endpoint={endpoint.id} />}
      {TAKES_CREDENTIAL.has(endpoint.protocol) && (
        <CredentialFact endpoint={endpoint.id} asksAlways={endpoint.protocol === "ssh"} />
      )}
    </>
  );
}

function Links({ asset }: { readonly asset: AssetView }) {
  const maySeeRecordings = useRight("recording:own", "recording:all");
  const maySeeLive = useRight("session:list");
  const of = `?asset=${encodeURIComponent(asset.id)}`;
  return (
    <Stack gap={4} className="sp-asset-links">
      <BreakGlassLink asset={asset} />
      {maySeeRecordings && (
        <Anchor component={Link} to={`/recordings${of}`} size="sm">
          {words.recordings}
        </Anchor>
      )}
      {maySeeRecordings && (
        <Anchor component={Link} to={searchAddress("asset", asset.id)} size="sm">
          {searchText.ofAsset}
        </Anchor>
      )}
      {maySeeLive && asset.sessions > 0 && (
        <Anchor component={Link} to={`/live${of}`} size="sm">
          {words.running(asset.sessions)}
        </Anchor>
      )}
    </Stack>
  );
}
