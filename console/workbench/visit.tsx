/** The sessions of one visit, as tabs of one page: all of them stay open, one is looked at. */
import { Button, Menu } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { useNavigate } from "react-router";
import type { AssetView, PlantView } from "../../broker/api/shapes/plant.ts";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { plantQuery, sessionsQuery } from "../components/queries.ts";
import { ProblemNotice } from "../components/states.tsx";
import { visitOf } from "../components/visit-note.tsx";
import { type Way, waysIn } from "../pages/plant/access.ts";
import { AwaitConsent } from "../pages/plant/await-consent.tsx";
import { useOpen } from "../pages/plant/use-open.ts";
import { visitText as words } from "../text/visit.ts";

/** Other live sessions of the visit that is shown: they end with it. */
const OthersContext = createContext(0);

export function useOthersOfVisit(): number {
  return useContext(OthersContext);
}

interface VisitProps {
  /** The session that the address names. */
  readonly view: LiveSessionView;
  /** The workbench of one session. */
  readonly children: (id: string) => ReactNode;
}

export function Visit({ view, children }: VisitProps) {
  const { data: sessions } = useQuery(sessionsQuery);
  const { data: plant } = useQuery(plantQuery);
  const members = useMembers(view, sessions);
  const asset = plant?.assets.find(({ id }) => id === view.asset.id);
  const ways = besideWays(asset, members);
  const hasStrip = members.length > 1 || ways.length > 0;
  const live = members.filter(({ id }) => id === view.id || isLive(sessions, id));
  return (
    <OthersContext.Provider value={live.length - 1}>
      <div className={hasStrip ? "wb-visit" : undefined}>
        {hasStrip && <Strip {...{ view, members, ways, sessions }} plant={plant} />}
        {members.map(({ id }) => (
          <div key={id} hidden={id !== view.id} inert={id !== view.id}>
            {children(id)}
          </div>
        ))}
      </div>
    </OthersContext.Provider>
  );
}

function isLive(sessions: readonly LiveSessionView[] | undefined, id: string): boolean {
  return sessions?.some((each) => each.id === id) === true;
}

/** Those that were seen here stay, though they have ended: their end is theirs to tell. */
function useMembers(
  view: LiveSessionView,
  sessions: readonly LiveSessionView[] | undefined,
): readonly LiveSessionView[] {
  const visit = visitOf(view);
  const [seen, setSeen] = useState<readonly LiveSessionView[]>([view]);
  useEffect(() => {
    const mine = [view, ...(sessions ?? [])].filter((each) => each.mine && visitOf(each) === visit);
    setSeen((before) => {
      const kept = before.filter((each) => visitOf(each) === visit);
      const more = mine.filter((each, n) => {
        const isFirst = mine.findIndex(({ id }) => id === each.id) === n;
        return isFirst && !kept.some(({ id }) => id === each.id);
      });
      if (more.length === 0 && kept.length === before.length) return before;
      return [...kept, ...more].sort((a, b) => a.startedMs - b.startedMs);
    });
  }, [view, sessions, visit]);
  return seen.some(({ id }) => id === view.id) ? seen : [view];
}

/** The best way to each endpoint of the asset that is not open here. */
function besideWays(
  asset: AssetView | undefined,
  members: readonly LiveSessionView[],
): readonly Way[] {
  if (!asset || asset.closed !== null) return [];
  const open = new Set(members.map(({ endpoint }) => endpoint));
  const ways = waysIn(asset).filter(({ endpoint }) => !open.has(endpoint.id));
  return ways.filter(
    ({ endpoint }, n) => ways.findIndex((each) => each.endpoint.id === endpoint.id) === n,
  );
}

interface StripProps {
  readonly view: LiveSessionView;
  readonly members: readonly LiveSessionView[];
  readonly ways: readonly Way[];
  readonly sessions: readonly LiveSessionView[] | undefined;
  readonly plant: PlantView | undefined;
}

function Strip({ view, members, ways, sessions, plant }: StripProps) {
  const navigate = useNavigate();
  const names = namesOf(plant);
  return (
    <nav className="wb-strip" aria-label={words.label}>
      {members.map(({ id, endpoint, protocol }) => (
        <Button
          key={id}
          size="xs"
          variant={id === view.id ? "filled" : "default"}
          aria-current={id === view.id ? "page" : undefined}
          title={endpoint}
          onClick={() => void navigate(`/sessions/${id}`, { replace: true })}
        >
          {names(endpoint, protocol)}
          {sessions !== undefined && id !== view.id && !isLive(sessions, id) && (
            <span className="wb-strip-ended"> · {words.ended}</span>
          )}
        </Button>
      ))}
      {ways.length > 0 && isLive(sessions, view.id) && <Beside beside={view.id} ways={ways} />}
    </nav>
  );
}

/** By its protocol; where two of an asset speak the same, by its id as well. */
function namesOf(plant: PlantView | undefined) {
  return (endpoint: string, protocol: string) => {
    const asset = plant?.assets.find((each) => each.endpoints.some(({ id }) => id === endpoint));
    const alike = asset?.endpoints.filter((each) => each.protocol === protocol).length ?? 1;
    const name = words.protocol(protocol);
    return alike > 1 ? `${name} (${endpoint.split("/")[1] ?? endpoint})` : name;
  };
}

function Beside({ beside, ways }: { readonly beside: string; readonly ways: readonly Way[] }) {
  const { open, opening, thrown, asked, agreed, giveUp } = useOpen(beside);
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button
            size="xs"
            variant="subtle"
            loading={opening}
            leftSection={<IconPlus size={14} aria-hidden />}
          >
            {words.beside}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {ways.map((way) => (
            <Menu.Item key={way.endpoint.id} onClick={() => open(way)}>
              {words.protocol(way.endpoint.protocol)} · {way.endpoint.id} · {way.grant.profile}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked && <AwaitConsent asked={asked} onAgreed={agreed} onClose={giveUp} />}
      {thrown !== undefined && <ProblemNotice thrown={thrown} title={words.openFailed} />}
    </>
  );
}
